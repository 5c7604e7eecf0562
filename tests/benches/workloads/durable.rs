//! What a database says of itself while others use it.

use sqlx::{Connection, PgConnection, SqliteConnection};

/// Counted by PostgreSQL since its start; SQLite does not count.
pub(crate) struct Written {
    pub(crate) rows: i64,
    pub(crate) commits: i64,
    pub(crate) syncs: i64,
}

pub(crate) async fn written(url: &str) -> Option<Written> {
    if url.starts_with("sqlite") {
        return None;
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    let (rows, commits, syncs) = sqlx::query_as(
        "select tup_inserted + tup_updated + tup_deleted, xact_commit, (select wal_sync from pg_stat_wal)
         from pg_stat_database where datname = current_database()",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    Some(Written { rows, commits, syncs })
}

/// Messages of which it is known that the provider took them.
pub(crate) async fn handed_over(url: &str) -> usize {
    usize::try_from(number(url, "select count(*) from messages where provider_id is not null").await).unwrap()
}

/// The answer to a question that has one number, or none.
pub(crate) async fn number(url: &str, question: &'static str) -> i64 {
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
    }
}
