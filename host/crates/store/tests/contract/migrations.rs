//! Two databases, one promise: the tables are the same, and what cannot be opened says what to do.

use cartwright_store::{OpenError, SecretKeys};
use cartwright_testkit::database::Database;
use uuid::Uuid;

use crate::contract;

/// Table, column, whether it may be empty.
type Column = (String, String, bool);

async fn error(url: &str) -> OpenError {
    match cartwright_store::open(url, SecretKeys::none()).await {
        Ok(_) => panic!("{url} opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    let pool = sqlx::SqlitePool::connect(sqlite.url()).await.unwrap();
    let on_sqlite: Vec<Column> = sqlx::query_as(
        "select t.name, c.name, c.\"notnull\" = 0 and c.pk = 0 from sqlite_schema t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite%' and t.name not like '_sqlx%' order by t.name, c.cid",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let pool = sqlx::PgPool::connect(postgres.url()).await.unwrap();
    let on_postgres: Vec<Column> = sqlx::query_as(
        "select table_name::text, column_name::text, is_nullable = 'YES' from information_schema.columns
         where table_schema = 'public' and table_name not like '\\_sqlx%'
         order by table_name collate \"C\", ordinal_position",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    assert!(on_sqlite.len() > 50);
    assert_eq!(on_sqlite, on_postgres);
}

#[test]
fn migrations_come_in_pairs() {
    let names = |database: &str| {
        let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn every_key_and_index_begins_with_the_shop() {
    let sqlite = Database::sqlite().await;
    let pool = sqlx::SqlitePool::connect(sqlite.url()).await.unwrap();
    let first_columns: Vec<(String, String)> = sqlx::query_as(
        "select i.name, c.name from sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
         where t.type = 'table' and t.name not like '_sqlx%' and c.seqno = 0 and c.name <> 'shop_id' order by i.name",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let without: Vec<&str> = first_columns.iter().map(|(_, column)| column.as_str()).collect();
    // Looked up before anybody knows the shop: a key by its hash, a connection or short link by its address, the shops of
    // a person. And what has no shop: the database itself, nodes and their leases, a number for all, people, who is
    // signed in and where, links.
    let expected = [
        "user_id",
        "connection_id",
        "user_id",
        "user_id",
        "token",
        "issuer",
        "hash",
        "instance_id",
        "hash",
        "node_id",
        "name",
        "hash",
        "shard",
        "hash",
        "user_id",
        "name",
    ];
    assert_eq!(without, expected, "{first_columns:?}");
}

#[tokio::test]
async fn an_address_of_no_known_kind_is_refused_with_examples() {
    for url in ["mysql://root@localhost/shop", "cartwright.db", ""] {
        let error = error(url).await.to_string();
        assert!(error.contains("sqlite:FILE") && error.contains("postgres://"), "{error}");
    }
    assert!(!error("mysql://root:hunter2@localhost/shop").await.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_named() {
    let error = error("sqlite:/no/such/folder/cartwright.db").await;
    assert!(matches!(&error, OpenError::File { path, .. } if path == "/no/such/folder/cartwright.db"), "{error}");
    assert!(error.to_string().contains("writable"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let file = std::env::temp_dir().join(format!("cartwright_no_database_{}", std::process::id()));
    std::fs::write(
        &file,
        "this is a letter to my aunt, and longer than a hundred bytes, so that SQLite looks at it closely, as it does",
    )
    .unwrap();
    let error = error(&format!("sqlite:{}", file.display())).await;
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(error, OpenError::File { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_at_once() {
    let error = error("postgres://ana:hunter2@127.0.0.1:1/shop").await;
    assert!(matches!(&error, OpenError::Server { server, .. } if server == "127.0.0.1:1"), "{error}");
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_refuses_says_why() {
    let postgres = Database::postgres().await;
    let missing = postgres.url().replace("cartwright_test", "cartwright_missing");
    let error = error(&missing).await;
    assert!(matches!(&error, OpenError::Refused { reason, .. } if reason.contains("does not exist")), "{error}");
}

contract! { on_disk:
    async fn a_database_of_a_newer_version_is_left_alone(db) {
        db.execute(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             select 9999, 'later', success, checksum, 0 from _sqlx_migrations where version = 1 and $1 is not null",
            Uuid::nil(),
        )
        .await;
        let error = error(db.url()).await;
        assert!(matches!(error, OpenError::Newer(9999)), "{error}");
        assert!(error.to_string().contains("newer Cartwright"));
    }

    async fn opening_again_changes_nothing(db) {
        let before = db.store().sizes().await.unwrap();
        assert_eq!(db.open().await.sizes().await.unwrap(), before);
    }
}
