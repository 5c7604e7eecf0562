//! The ports of storage, kept on SQLite and on PostgreSQL: two databases, one promise.
//!
//! `sqlite` and `postgres` are twins: the same files, the same functions, each with the SQL that suits its database.
//! What they promise is stated once, in `tests/contract`, and runs on both. Whatever is not SQL is shared and stands
//! beside them. `memory` keeps the same promises for simulations and property tests, in plain maps.
//!
//! Nothing here decides anything: values come in and go out as the domain has them. No query crosses shops, except
//! the batch of arriving events, the claim of due work, keys and webhook addresses (which are looked up before
//! anybody knows the shop), and what the operator counts.
//!
//! Start reading at `migrations/sqlite`, then `sqlite/commit.rs`: what a batch may and may not do.

#![forbid(unsafe_code)]

mod arrivals;
mod error;
mod memory;
mod nodes;
mod page;
mod people;
#[cfg(test)]
mod plans;
mod postgres;
mod rows;
mod secrets;
mod sqlite;
mod text;

use std::sync::Arc;

use cartwright_engine::ports;

pub use error::OpenError;
pub use memory::MemoryStore;
pub use postgres::PostgresStore;
pub use secrets::{KeyError, SecretKeys};
pub use sqlite::SqliteStore;

/// Opens a database and brings its tables up to this version: `sqlite:cartwright.db`, `sqlite::memory:` or
/// `postgres://user@host/database`; `memory:` is the store that forgets.
pub async fn open(url: &str, keys: SecretKeys) -> Result<Arc<dyn ports::Store>, OpenError> {
    match url.split_once(':').map_or("", |(scheme, _)| scheme) {
        "sqlite" => Ok(Arc::new(SqliteStore::open(url, keys).await?)),
        "postgres" | "postgresql" => Ok(Arc::new(PostgresStore::open(url, keys).await?)),
        "memory" => Ok(Arc::new(MemoryStore::new(keys).await?)),
        _ => Err(OpenError::Url(url.split_once("://").map_or("", |(scheme, _)| scheme).to_owned())),
    }
}
