//! Strategies that are listed, counted and deleted.

use cartwright_domain::ids::VersionId;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, MessageFilter, PageRequest};

use serde_json::json;

use crate::contract;
use crate::lists::migrations;
use crate::settings::{publish, strategy};
use crate::values::{add_person, add_shop, changed, ended, is_conflict, message, mint, run};

const PAGE: PageRequest = PageRequest { after: None, limit: 10 };

contract! {
    async fn a_deleted_strategy_is_gone_and_what_it_did_can_still_be_read(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, version) = strategy("carts", 10, 1);
        publish(&*store, shop, &record, &version).await.unwrap();
        let ana = add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let over = Changes { runs: vec![changed(ended(ana.run.clone()), 1)], ..Changes::default() };
        store.commit(shop, &over).await.unwrap();
        let revision = store.settings_revision(shop).await.unwrap();
        assert!(store.remove_strategy(shop, record.id, revision).await.unwrap());
        assert!(store.strategies(shop).await.unwrap().is_empty());
        assert!(store.settings_revision(shop).await.unwrap() > revision);
        assert_eq!(store.versions_of(shop, record.id).await.unwrap(), std::slice::from_ref(&version));
        assert_eq!(store.versions(shop, &[version.id]).await.unwrap(), [version]);
        let of_it = MessageFilter { strategy: Some(record.id), ..MessageFilter::default() };
        assert_eq!(store.messages(shop, &of_it, &PAGE).await.unwrap().items, [ana.message]);
        assert!(store.run(shop, ana.run.id).await.unwrap().is_some());
        let (again, version) = strategy("carts", 20, 1);
        publish(&*store, shop, &again, &version).await.expect("its name is free");
    }

    async fn a_strategy_with_a_run_under_way_is_not_deleted(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, version) = strategy("carts", 10, 1);
        publish(&*store, shop, &record, &version).await.unwrap();
        add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let revision = store.settings_revision(shop).await.unwrap();
        assert!(is_conflict(store.remove_strategy(shop, record.id, revision).await));
        assert_eq!(store.strategies(shop).await.unwrap(), [record]);
        assert_eq!(store.settings_revision(shop).await.unwrap(), revision);
    }

    async fn a_strategy_is_deleted_as_it_was_looked_at_or_not_at_all(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (record, version) = strategy("carts", 10, 1);
        publish(&*store, shop, &record, &version).await.unwrap();
        let revision = store.settings_revision(shop).await.unwrap();
        assert!(is_conflict(store.remove_strategy(shop, record.id, revision - 1).await));
        assert!(!store.remove_strategy(shop, mint(99).next(), revision).await.unwrap());
        let revision = store.settings_revision(shop).await.unwrap();
        assert!(store.remove_strategy(shop, record.id, revision).await.unwrap());
    }

    async fn runs_under_way_are_counted_by_strategy_and_no_further_than_asked(db) {
        let store = db.store();
        let (shop, other, mut mint) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await, mint(9));
        let (one, two, idle) = (mint.next(), mint.next(), mint.next());
        let ana = add_person(&*store, shop, &mut mint, one, "ana").await;
        let ben = add_person(&*store, shop, &mut mint, one, "ben").await;
        add_person(&*store, shop, &mut mint, two, "eve").await;
        let more = vec![Entry::new(run(&mut mint, two, ana.customer.id, None)), changed(ended(ben.run), 1)];
        store.commit(shop, &Changes { runs: more, ..Changes::default() }).await.unwrap();
        let counted = store.running(shop, &[one, two, idle], 10).await.unwrap();
        assert_eq!(counted, [(one, 1), (two, 2), (idle, 0)]);
        assert_eq!(store.running(shop, &[two], 1).await.unwrap(), [(two, 1)]);
        assert_eq!(store.running(other, &[one], 10).await.unwrap(), [(one, 0)]);
        assert!(store.running(shop, &[], 10).await.unwrap().is_empty());
    }

    async fn s28_messages_are_listed_by_the_version_that_they_were_made_in(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (one, two): (VersionId, VersionId) = (mint.next(), mint.next());
        let strategy = mint.next();
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let old = ana.run.version;
        let mut moved = ana.run.clone();
        moved.version = one;
        let mut before = ana.message.clone();
        before.version = Some(old);
        let after = message(shop, &moved, 1, None);
        let changes = Changes {
            runs: vec![changed(moved, 1)],
            messages: vec![changed(before.clone(), 1), Entry::new(after.clone())],
            ..Changes::default()
        };
        store.commit(shop, &changes).await.unwrap();
        for (version, made) in [(old, vec![before]), (one, vec![after]), (two, Vec::new())] {
            let of_it = MessageFilter { version: Some(version), ..MessageFilter::default() };
            assert_eq!(store.messages(shop, &of_it, &PAGE).await.unwrap().items, made);
        }
    }
}

/// A strategy with two versions, a run, and two messages of it, as they were written before the seventeenth migration.
fn rows_of_before(id: impl Fn(u8) -> String) -> String {
    let (shop, customer, run, strategy) = (id(1), id(2), id(3), id(5));
    let (one, two, first, second) = (id(6), id(7), id(8), id(9));
    let (old, new) = (uuid::Uuid::from_u128(8), uuid::Uuid::from_u128(9));
    format!(
        r#"insert into customers (shop_id, customer_id, revision, document) values ({shop}, {customer}, 1, '{{}}');
           insert into strategies (shop_id, strategy_id, name, document)
           values ({shop}, {strategy}, 'carts', '{{"name": "carts\u0000"}}');
           insert into versions (shop_id, version_id, strategy_id, number, document)
           values ({shop}, {second}, {strategy}, 2, '{{"published_at": "2026-02-01T00:00:00.000Z"}}'),
                  ({shop}, {first}, {strategy}, 1, '{{"published_at": "2026-01-01T00:00:00.000Z", "note": "\u0000"}}');
           insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, revision, document, version_id)
           values ({shop}, {run}, {customer}, {strategy}, 'k', '0', 1, '{{"version": "{new}"}}', {second});
           insert into messages (shop_id, message_id, run_id, customer_id, created_at, revision, document)
           values ({shop}, {one}, {run}, {customer}, 1, 1, '{{"version": "{old}", "text": "\u0000"}}'),
                  ({shop}, {two}, {run}, {customer}, 2, 1, '{{}}')"#
    )
}

/// The document of the strategy, and the versions of its messages in their order.
const READ_BACK: &str = "select document, (select string_agg(number || '', ' ' order by created_at) from messages
    join versions on versions.version_id = messages.version_id) from strategies";

#[tokio::test]
async fn strategies_and_messages_of_before_have_their_times_and_versions() {
    use sqlx::{AssertSqlSafe, raw_sql};
    const LAST: &str = "0017_strategies_and_deliveries.sql";
    let check = |(document, versions): (String, String)| {
        let record: serde_json::Value = serde_json::from_str(&document).unwrap();
        let times = json!({ "created_at": "2026-01-01T00:00:00.000Z", "changed_at": "2026-02-01T00:00:00.000Z" });
        assert_eq!((&record["created_at"], &record["changed_at"]), (&times["created_at"], &times["changed_at"]));
        assert_eq!((record["name"].as_str(), versions.as_str()), (Some("carts\0"), "1 2"));
    };

    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let files = migrations("sqlite", LAST);
    let (new, before) = files.split_last().unwrap();
    let rows = rows_of_before(|id| format!("x'{}'", uuid::Uuid::from_u128(id.into()).simple()));
    for sql in before.iter().chain([&rows, new]) {
        raw_sql(AssertSqlSafe(sql.clone())).execute(&pool).await.unwrap();
    }
    check(sqlx::query_as(READ_BACK).fetch_one(&pool).await.unwrap());

    let database = cartwright_testkit::database::Database::postgres().await;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
    let files = migrations("postgres", LAST);
    let (new, before) = files.split_last().unwrap();
    let rows = rows_of_before(|id| format!("'{}'", uuid::Uuid::from_u128(id.into())));
    let apart = "create schema before; set search_path = before".to_owned();
    for sql in [&apart].into_iter().chain(before).chain([&rows, new]) {
        raw_sql(AssertSqlSafe(sql.clone())).execute(&pool).await.unwrap();
    }
    check(sqlx::query_as(READ_BACK).fetch_one(&pool).await.unwrap());
    pool.close().await;
}
