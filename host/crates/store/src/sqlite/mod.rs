//! SQLite: one writer, many readers, every commit on the disk before it counts.

mod accounts;
mod commit;
mod erasure;
mod figures;
mod incidents;
mod journal;
mod ledger;
mod links;
mod load;
mod nodes;
mod notes;
mod people;
mod plugins;
mod publication;
mod reading;
mod replies;
mod revised;
mod search;
mod settings;
mod test_sends;
mod trust;

#[cfg(test)]
pub(crate) use journal::select_asides;
#[cfg(test)]
pub(crate) use ledger::{DUE_PRICES, SENT_TO};
#[cfg(test)]
pub(crate) use load::LOADS;
#[cfg(test)]
pub(crate) use notes::NOTES;
#[cfg(test)]
pub(crate) use reading::{count_running, select_messages, select_runs};
#[cfg(test)]
pub(crate) use replies::select_replies;
#[cfg(test)]
pub(crate) use search::SEARCHES;
#[cfg(test)]
pub(crate) use settings::{CONTENTS_PAGE, STRATEGIES_PAGE};

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cartwright_engine::ports::StoreError;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use crate::error::{OpenError, failed};
use crate::secrets::SecretKeys;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How many can read at once while one writes.
const READERS: u32 = 4;

/// The store on SQLite.
pub struct SqliteStore {
    /// Never more than one connection: whoever has it is the one who writes, and transactions queue here instead of
    /// failing as busy.
    writer: SqlitePool,
    /// A database in memory has one connection in all, so here it is the writer's: nothing may hold one while it
    /// asks for the other.
    reader: SqlitePool,
    keys: SecretKeys,
    commits: AtomicU64,
}

impl SqliteStore {
    /// Opens `sqlite:FILE` (made if it is not there) or `sqlite::memory:`, and brings its tables up to this version.
    pub async fn open(url: &str, keys: SecretKeys) -> Result<Self, OpenError> {
        let options: SqliteConnectOptions =
            url.parse().map_err(|error: sqlx::Error| OpenError::Address(error.to_string()))?;
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that was reported survives a power cut: NORMAL would lose accepted events and repeat messages.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .foreign_keys(true)
            .page_size(8192)
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", "-32000")
            .pragma("temp_store", "memory")
            .statement_cache_capacity(200)
            .create_if_missing(true);
        // Connections are never closed for their age: one in memory would take the database with it.
        let pool = |most: u32| SqlitePoolOptions::new().max_connections(most).idle_timeout(None).max_lifetime(None);
        let in_memory = url.starts_with("sqlite::memory:") || url.starts_with("sqlite://:memory:");
        let path = options.get_filename().to_owned();
        if !in_memory {
            make_private(&path)?;
        }
        let writer = pool(1).connect_with(options.clone()).await.map_err(|error| file_error(&path, &error))?;
        MIGRATIONS.run(&writer).await?;
        let reader = match in_memory {
            true => writer.clone(),
            false => pool(READERS).connect_lazy_with(options.create_if_missing(false).pragma("query_only", "on")),
        };
        Ok(Self { writer, reader, keys, commits: AtomicU64::new(0) })
    }

    /// Closes all connections. Not needed for anything to be durable: it only frees the database for others.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// How many transactions were committed: the first limit of any database.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// A transaction that has the right to write from its first statement on: one that had to ask for it later could
    /// be refused in the middle.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("begin immediate").await.map_err(failed)
    }

    async fn end(&self, transaction: Transaction<'static, Sqlite>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(failed)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Makes the file, readable for this user only: there are people's addresses in it. SQLite gives the files beside it
/// the same rights.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let mut file = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.write(true).create_new(true).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(OpenError::File { path: path.display().to_string(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

fn file_error(path: &Path, error: &sqlx::Error) -> OpenError {
    OpenError::File { path: path.display().to_string(), reason: error.to_string() }
}

/// Ids as one parameter: `unhex(value, '-')` over `json_each` makes them 16 bytes each again.
fn ids(ids: impl IntoIterator<Item = Uuid>) -> String {
    texts(ids.into_iter().map(|id| id.to_string()))
}

/// Texts as one parameter for `json_each`.
fn texts(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts = texts.into_iter().map(|text| serde_json::Value::from(text.as_ref()));
    serde_json::Value::from_iter(texts).to_string()
}
