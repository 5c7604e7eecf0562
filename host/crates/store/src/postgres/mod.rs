//! PostgreSQL: batched statements over arrays, as many nodes as there are.
//!
//! # Why `read committed` is enough
//!
//! Every promise hangs on a row or a lock, never on a snapshot:
//! - a change names the revision it builds on; an update that had to wait for somebody else looks at the revision
//!   again before it writes, finds another, and changes nothing, which is a conflict;
//! - rows that were only read are checked under a share lock, so they stay as they are until the commit;
//! - whatever must be there once has a unique index, which also waits for those who have not committed yet;
//! - a row that points at a customer has a foreign key, so nobody can add to a customer who is being merged away;
//! - a hand-over and the arrival of an urgent event of the same shop exclude each other by an advisory lock, and the
//!   hand-over looks for events in a statement of its own behind the lock, which sees all that came before (S08).
//!
//! Serializable transactions would promise the same at the price of retries for batches that have nothing to do with
//! one another. Loading takes a snapshot, because six statements must tell of one moment.

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
mod search;
mod settings;
mod test_sends;
mod trust;

#[cfg(test)]
pub(crate) use journal::select_asides;
#[cfg(test)]
pub(crate) use ledger::DUE_PRICES;
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

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::StoreError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};

use crate::error::{OpenError, failed};
use crate::secrets::SecretKeys;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How a transaction begins that only reads, but in several statements.
const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// How many connections a node has.
const CONNECTIONS: u32 = 16;

/// The store on PostgreSQL.
pub struct PostgresStore {
    pool: PgPool,
    keys: SecretKeys,
    commits: AtomicU64,
}

impl PostgresStore {
    /// Opens `postgres://USER:PASSWORD@HOST/DATABASE` and brings its tables up to this version.
    pub async fn open(url: &str, keys: SecretKeys) -> Result<Self, OpenError> {
        let options: PgConnectOptions =
            url.parse().map_err(|error: sqlx::Error| OpenError::Address(error.to_string()))?;
        let options = options.application_name("cartwright").statement_cache_capacity(200);
        // The pool would go on trying for as long as anybody waits for a connection: the first one says what is wrong.
        let first = options.connect().await.map_err(|error| server_error(&options, &error))?;
        first.close().await.map_err(|error| server_error(&options, &error))?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(10))
            .connect_lazy_with(options);
        // Nodes that start together wait for one another here.
        MIGRATIONS.run(&pool).await?;
        Ok(Self { pool, keys, commits: AtomicU64::new(0) })
    }

    /// Closes all connections. Not needed for anything to be durable: it only frees the database for others.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// How many transactions were committed: the first limit of any database.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin_with("begin isolation level read committed").await.map_err(failed)
    }

    async fn end(&self, transaction: Transaction<'static, Postgres>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(failed)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn server_error(options: &PgConnectOptions, error: &sqlx::Error) -> OpenError {
    let server = match options.get_socket() {
        Some(folder) => format!("{} (port {})", folder.display(), options.get_port()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    match error.as_database_error() {
        Some(refusal) => OpenError::Refused { server, reason: refusal.message().to_owned() },
        None => OpenError::Server { server, reason: error.to_string() },
    }
}

/// One column of many rows.
fn each<'a, T, C>(rows: &'a [T], column: impl Fn(&'a T) -> C) -> Vec<C> {
    rows.iter().map(column).collect()
}

/// The number of a shop's advisory lock. Two shops with one number only wait for each other.
fn lock_number(shop: ShopId) -> i64 {
    let (_, chance) = shop.0.as_u64_pair();
    chance.cast_signed()
}
