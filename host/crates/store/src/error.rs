//! What can go wrong, said so that somebody can do something about it.

use cartwright_engine::ports::StoreError;
use sqlx::error::ErrorKind;
use sqlx::migrate::MigrateError;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither of the two.
    #[error(
        "`{0}` is no database that Cartwright knows; write sqlite:FILE, sqlite::memory: or postgres://USER@HOST/DATABASE"
    )]
    Url(String),
    /// The address itself cannot be read.
    #[error("the database address cannot be read: {0}")]
    Address(String),
    /// The file cannot be made or written.
    #[error("the database file {path} cannot be opened: {reason}; its folder must exist and be writable for this user")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The server does not answer.
    #[error("the PostgreSQL server at {server} does not answer: {reason}; start it, or correct the database address")]
    Server {
        /// Where it was looked for, without the password.
        server: String,
        /// What the system says.
        reason: String,
    },
    /// The server answers with a refusal.
    #[error("the PostgreSQL server at {server} refuses: {reason}")]
    Refused {
        /// Which.
        server: String,
        /// What it says, such as that the database does not exist.
        reason: String,
    },
    /// Somebody ran a later version on it.
    #[error(
        "the database was made by a newer Cartwright (it has migration {0}, which this binary does not know); \
         use that version, or restore the backup from before the upgrade"
    )]
    Newer(i64),
    /// The tables are not what the migrations made.
    #[error("the tables cannot be brought up to this version: {0}")]
    Migration(String),
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) => Self::Migration(format!(
                "migration {version} differs from the one that was applied; this binary and the database belong to \
                 different builds"
            )),
            error => Self::Migration(error.to_string()),
        }
    }
}

/// What a database error means to the caller. Somebody else's change is a conflict, whichever way the database tells
/// it: a key that is there already, a row that is gone, a transaction that could not be ordered, a deadlock.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    let Some(database) = error.as_database_error() else { return StoreError::Failed(error.to_string()) };
    let code = database.code().unwrap_or_default().into_owned();
    let conflict = matches!(database.kind(), ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation)
        || matches!(code.as_str(), "40001" | "40P01");
    if conflict {
        tracing::debug!(%code, message = database.message(), "refused as a conflict");
        return StoreError::Conflict;
    }
    StoreError::Failed(format!("{} ({code})", database.message()))
}

/// As [`failed`], but a key that is there already is a name that is taken.
pub(crate) fn taken(name: impl FnOnce() -> String) -> impl FnOnce(sqlx::Error) -> StoreError {
    |error| match error.as_database_error().map(|database| database.kind()) {
        Some(ErrorKind::UniqueViolation) => StoreError::Taken(name()),
        _ => failed(error),
    }
}
