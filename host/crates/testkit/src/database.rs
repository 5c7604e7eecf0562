//! A fresh database for each test, gone when the test is over.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cartwright_engine::ports::Store;
use cartwright_store::SecretKeys;
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::postgres;

/// A database of one test, with a store on it.
pub struct Database {
    url: String,
    store: Option<Arc<dyn Store>>,
    place: Place,
}

enum Place {
    Memory,
    File(PathBuf),
    Server { database: String },
}

impl Database {
    /// SQLite in a file of its own.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(unique("cartwright"));
        // A process that was killed had the same number, and left its folder behind.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        Self::at(format!("sqlite:{}/test.db", folder.display()), Place::File(folder)).await
    }

    /// The store that forgets: as `simulate` has it.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn memory() -> Self {
        Self::at("memory:".into(), Place::Memory).await
    }

    /// PostgreSQL: a database of its own on the server that `CARTWRIGHT_TEST_POSTGRES` names, else on a private one
    /// of this process.
    ///
    /// # Panics
    /// If there is none, with what to install.
    pub async fn postgres() -> Self {
        let database = unique("cartwright_test");
        let url = postgres::create_database(&database).await;
        Self::at(url, Place::Server { database }).await
    }

    async fn at(url: String, place: Place) -> Self {
        let mut database = Self { url, store: None, place };
        database.store = Some(database.open().await);
        database
    }

    /// The store.
    ///
    /// # Panics
    /// After [`Self::crash`], until it is opened again.
    pub fn store(&self) -> Arc<dyn Store> {
        self.store.clone().expect("the store crashed; open the database again")
    }

    /// One more store on the same database, as another node or the next process has it.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn open(&self) -> Arc<dyn Store> {
        cartwright_store::open(&self.url, keys()).await.unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }

    /// Lets the store fall without closing anything, and opens the database as the next process would.
    pub async fn crash(&mut self) {
        drop(self.store.take());
        self.store = Some(self.open().await);
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Does something behind the store's back: one statement with an id.
    ///
    /// # Panics
    /// If it fails.
    pub async fn execute(&self, statement: &'static str, id: Uuid) {
        let done = match &self.place {
            Place::Server { .. } => {
                let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
                sqlx::query(statement).bind(id).execute(&mut connection).await.map(|done| done.rows_affected())
            }
            _ => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("a connection");
                sqlx::query(statement).bind(id).execute(&mut connection).await.map(|done| done.rows_affected())
            }
        };
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Every byte of it as it lies on the disk: whoever steals it has this.
    ///
    /// # Panics
    /// If it cannot be read, or is in memory.
    pub async fn bytes(&self) -> Vec<u8> {
        match &self.place {
            Place::Memory => panic!("a database in memory lies nowhere"),
            Place::File(folder) => {
                let files = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
                let files = files.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
                files.into_iter().flat_map(|file| std::fs::read(file.path()).unwrap_or_default()).collect()
            }
            Place::Server { .. } => postgres::bytes_of(&self.url).await,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.place {
            Place::Memory => {}
            Place::File(folder) => drop(std::fs::remove_dir_all(folder)),
            Place::Server { database } => postgres::drop_database(database.clone()),
        }
    }
}

/// The keys that secrets of tests are sealed with.
///
/// # Panics
/// Never: they are constants.
pub fn keys() -> SecretKeys {
    SecretKeys::parse(&SecretKeys::line(&[42; 32])).expect("a line as the store writes it")
}

/// A name that no other test of this machine has.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
