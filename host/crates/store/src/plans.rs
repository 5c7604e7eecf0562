//! How the databases go about a page of 50 out of 100,000: along one index, without a sort and without reading
//! everything.

use cartwright_domain::ids::{ConnectionId, CustomerId, ShopId, StrategyId, VersionId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{MessageFilter, NoteKind, PageRequest, ReplyFilter, RunFilter};
use cartwright_testkit::database::Database;
use sqlx::{AssertSqlSafe, PgPool, Row, SqlitePool};
use uuid::Uuid;

use crate::{postgres, sqlite};

const ROWS: i64 = 100_000;
const SHOP: ShopId = ShopId(Uuid::from_u128(1));

/// The id of a kind of thing at a place.
fn id(kind: u128, place: i64) -> Uuid {
    Uuid::from_u128((kind << 64) + u128::from(place.unsigned_abs()))
}

fn page() -> PageRequest {
    PageRequest { after: None, limit: 50 }
}

fn next_page() -> PageRequest {
    PageRequest { after: Some(format!("{}.{}", ROWS / 2, id(4, ROWS / 2))), limit: 50 }
}

/// The same place in a list that goes by numbers.
fn numbered(page: &PageRequest) -> PageRequest {
    PageRequest { after: page.after.as_ref().map(|_| (ROWS / 2).to_string()), ..page.clone() }
}

fn message_filters() -> Vec<(&'static str, MessageFilter)> {
    let usual = MessageFilter::default;
    vec![
        ("nothing", usual()),
        ("state", MessageFilter { state: Some("state 3".into()), ..usual() }),
        ("reason", MessageFilter { reason: Some("reason 3".into()), ..usual() }),
        (
            "state and reason",
            MessageFilter { state: Some("state 3".into()), reason: Some("reason 3".into()), ..usual() },
        ),
        ("strategy", MessageFilter { strategy: Some(StrategyId(id(3, 3))), ..usual() }),
        (
            "strategy and state",
            MessageFilter { strategy: Some(StrategyId(id(3, 3))), state: Some("state 3".into()), ..usual() },
        ),
        ("version", MessageFilter { version: Some(VersionId(id(5, 3))), ..usual() }),
        ("step", MessageFilter { strategy: Some(StrategyId(id(3, 3))), step: Some("step 3".into()), ..usual() }),
        (
            "time",
            MessageFilter {
                from: Some(Timestamp::from_millis(1_000)),
                until: Some(Timestamp::from_millis(90_000)),
                ..usual()
            },
        ),
    ]
}

fn run_filters() -> Vec<(&'static str, RunFilter)> {
    let usual = RunFilter::default;
    vec![
        ("nothing", usual()),
        ("strategy", RunFilter { strategy: Some(StrategyId(id(3, 3))), ..usual() }),
        ("customer", RunFilter { customer: Some(CustomerId(id(1, 3))), ..usual() }),
        ("under way", RunFilter { active_only: true, ..usual() }),
        ("version", RunFilter { version: Some(VersionId(id(5, 3))), ..usual() }),
        ("end", RunFilter { end: Some("end 3".into()), ..usual() }),
        ("step", RunFilter { strategy: Some(StrategyId(id(3, 3))), step: Some("step 3".into()), ..usual() }),
        ("time", RunFilter { until: Some(Timestamp::from_millis(90_000)), ..usual() }),
    ]
}

/// With the index that each goes along.
fn reply_filters() -> Vec<(&'static str, ReplyFilter)> {
    let usual = ReplyFilter::default;
    vec![
        ("replies_newest", usual()),
        ("replies_of_customer", ReplyFilter { customer: Some(CustomerId(id(1, 3))), ..usual() }),
        ("replies_of_channel", ReplyFilter { channel: Some("channel 3".into()), ..usual() }),
        ("replies_waiting", ReplyFilter { waiting_only: true, ..usual() }),
    ]
}

/// The shop's audit, a plugin's, and the deliveries of a connection.
fn notes() -> [(NoteKind, &'static str); 3] {
    [(NoteKind::Change, ""), (NoteKind::Audit, "subject 3"), (NoteKind::Delivery, "subject 3")]
}

/// A page of strategies, whose runs are counted.
fn strategies() -> Vec<StrategyId> {
    (0..50).map(|place| StrategyId(id(3, place))).collect()
}

/// What is looked for: how each of the names and addresses begins.
fn prefix(what: &str) -> (&'static str, &'static str) {
    match what {
        "name" => ("n", "o"),
        "email" => ("m", "n"),
        _ => ("+", ","),
    }
}

/// Statements that fill the lists; how a UUID is written is each database's own affair.
fn fill(uuid: impl Fn(u128, &str) -> String, series: &str, own: (&str, &str, [&str; 2])) -> Vec<String> {
    let (numbered, number, [asks, waits]) = own;
    let (shop, customer, run, message) = (uuid(0, "1"), uuid(1, "n / 10 + 1"), uuid(2, "n"), uuid(4, "n"));
    let (strategy, version) = (uuid(3, "n % 10"), uuid(5, "n % 10"));
    vec![
        format!(
            "insert into customers (shop_id, customer_id, revision, document, name, surname)
             select {shop}, {}, 1, '{{}}', 'name ' || n, 'surname ' || n from {series}",
            uuid(1, "n")
        ),
        format!(
            "insert into identities (shop_id, kind, value, customer_id)
             select {shop}, 'email', 'mail' || n || '@shop.example', {} from {series}",
            uuid(1, "n")
        ),
        format!(
            "insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, due_at, revision, document,
                               version_id, step, end_reason)
             select {shop}, {run}, {customer}, {strategy}, n || '', n % 100 < 10, n, 1, '{{}}', {version}, 'step ' || (n % 7),
                    case when n % 100 >= 10 then 'end ' || (n % 3) end from {series}"
        ),
        format!(
            "insert into messages (shop_id, message_id, run_id, customer_id, created_at, price_due_at, revision, document,
                                   step, state, reason, strategy_id, version_id)
             select {shop}, {message}, {run}, {customer}, n, case when n % 10 = 0 then n end, 1, '{{}}', 'step ' || (n % 7), 'state ' || (n % 8),
                    case when n % 2 = 1 then 'reason ' || (n % 9) end, {strategy}, {version} from {series}"
        ),
        format!(
            "insert into asides (shop_id, {numbered}connection_id, received_at, reason, document)
             select {shop}, {number}{}, n, 'odd', '{{}}' from {series}",
            uuid(6, "n % 10")
        ),
        // One in a hundred waits, and one in a thousand came in over the third channel.
        format!(
            "insert into replies (shop_id, reply_id, customer_id, channel, at, received_at, asks, waits, document)
             select {shop}, {message}, {customer}, case when n % 1000 = 0 then 'channel 3' else 'channel 1' end, n, n,
                    {asks}, {waits}, '{{}}' from {series}"
        ),
        format!(
            "insert into strategies (shop_id, strategy_id, name, document)
             select {shop}, {}, 'strategy ' || n, '{{}}' from {series}",
            uuid(3, "n")
        ),
        format!(
            "insert into contents (shop_id, name, revision, saved_at, document)
             select {shop}, 'content ' || n, 1, n, '{{}}' from {series}"
        ),
        format!(
            "insert into plugin_notes (shop_id, kind, subject, note_id, at, document)
             select {shop}, case n % 3 when 0 then 'change' when 1 then 'audit' else 'delivery' end,
                    case n % 3 when 0 then '' else 'subject ' || (n % 10) end, {run}, n, '{{}}' from {series}"
        ),
    ]
}

#[tokio::test]
async fn on_sqlite_a_page_of_100_000_is_one_walk_along_an_index() {
    let database = Database::sqlite().await;
    let pool = SqlitePool::connect(database.url()).await.unwrap();
    let uuid = |kind: u128, place: &str| format!("unhex(printf('%016x%016x', {kind}, {place}))");
    let series =
        format!("(with recursive s(n) as (select 1 union all select n + 1 from s where n < {ROWS}) select n from s)");
    for statement in fill(uuid, &series, ("sequence, ", "n, ", ["0", "n % 100 = 0"])) {
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    let mut plans = Vec::new();
    for page in [page(), next_page()] {
        for (what, filter) in message_filters() {
            let mut query = sqlite::select_messages("explain query plan ", SHOP, &filter, None, &page);
            plans.push((format!("messages by {what}"), query.build().fetch_all(&pool).await.unwrap()));
        }
        for (what, filter) in run_filters() {
            let customer = filter.customer.map(|customer| customer.0);
            let mut query = sqlite::select_runs("explain query plan ", SHOP, &filter, customer, &page);
            plans.push((format!("runs by {what}"), query.build().fetch_all(&pool).await.unwrap()));
        }
        let mut query =
            sqlite::select_asides("explain query plan ", SHOP, Some(ConnectionId(id(6, 3))), &numbered(&page));
        plans.push(("what a connection put aside".into(), query.build().fetch_all(&pool).await.unwrap()));
        for (index, filter) in reply_filters() {
            let customer = filter.customer.map(|customer| customer.0);
            let mut query = sqlite::select_replies("explain query plan ", SHOP, &filter, customer, &page);
            let lines = query.build().fetch_all(&pool).await.unwrap();
            let plan = lines.iter().map(|line| line.get::<String, _>("detail")).collect::<String>();
            assert!(plan.contains(index), "{plan}");
            plans.push((format!("replies by {index}"), lines));
        }
    }
    for (kind, subject) in notes() {
        for before in [Uuid::max(), id(2, ROWS / 2)] {
            let query = sqlx::query(AssertSqlSafe(format!("explain query plan {}", sqlite::NOTES)));
            let query = query.bind(SHOP.0).bind(kind.name()).bind(subject).bind(before).bind(51);
            let lines = query.fetch_all(&pool).await.unwrap();
            // The table is its own index.
            let plan = lines.iter().map(|line| line.get::<String, _>("detail")).collect::<String>();
            assert!(plan.contains("USING PRIMARY KEY (shop_id=? AND kind=? AND subject=? AND note_id<?)"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
    for (what, sql) in [("strategy", sqlite::STRATEGIES_PAGE), ("content", sqlite::CONTENTS_PAGE)] {
        for behind in [String::new(), format!("{what} 5")] {
            let query = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}")));
            let lines = query.bind(SHOP.0).bind(&behind).bind(51).fetch_all(&pool).await.unwrap();
            plans.push((format!("each {what} behind `{behind}`"), lines));
        }
    }
    let query = sqlx::query(AssertSqlSafe(format!("explain query plan {}", sqlite::DUE_PRICES)));
    let due = query.bind(SHOP.0).bind(ROWS / 2).bind(64).fetch_all(&pool).await.unwrap();
    plans.push(("prices that are due".into(), due));
    for (what, sql) in sqlite::SEARCHES {
        let sql = format!("explain query plan {sql}");
        let (prefix, behind) = prefix(what);
        let query =
            sqlx::query(AssertSqlSafe(sql)).bind(SHOP.0).bind(prefix).bind(behind).bind("").bind(Uuid::nil()).bind(51);
        plans.push((format!("customers by {what}"), query.fetch_all(&pool).await.unwrap()));
    }
    for (what, lines) in plans {
        let plan: Vec<String> = lines.iter().map(|line| line.get::<String, _>("detail")).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("SEARCH") && plan.contains("INDEX"), "{what}:\n{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{what}:\n{plan}");
    }
    let mut query = sqlite::count_running("explain query plan ", SHOP, &strategies(), 1_000);
    let lines = query.build().fetch_all(&pool).await.unwrap();
    let plan: Vec<String> = lines.iter().map(|line| line.get("detail")).collect();
    let counted = plan.iter().filter(|line| line.starts_with("SEARCH runs USING COVERING INDEX runs_active")).count();
    assert_eq!(counted, strategies().len(), "{plan:#?}");
}

#[tokio::test]
async fn on_sqlite_a_batch_finds_its_rows_and_looks_at_no_others_of_the_shop() {
    let database = Database::sqlite().await;
    let pool = SqlitePool::connect(database.url()).await.unwrap();
    let loads = sqlite::LOADS.into_iter().chain([("what a reader was sent", sqlite::SENT_TO)]);
    for (what, sql) in loads {
        let lines = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}"))).fetch_all(&pool).await.unwrap();
        let plan: Vec<String> = lines.iter().map(|line| line.get("detail")).collect();
        let searches: Vec<&String> = plan.iter().filter(|line| line.starts_with("SEARCH")).collect();
        assert!(!searches.is_empty(), "{what}: {plan:#?}");
        for search in searches {
            assert!(search.contains("(shop_id=? AND "), "{what} looks at all rows of the shop: {plan:#?}");
        }
        let own = |line: &&String| {
            line.contains(" json_each ") || ["VIRTUAL TABLE", "meant", "told"].iter().any(|own| line.contains(own))
        };
        let scans: Vec<&String> = plan.iter().filter(|line| line.starts_with("SCAN") && !own(line)).collect();
        assert!(scans.is_empty(), "{what}: {plan:#?}");
    }
}

#[tokio::test]
async fn on_postgres_a_page_of_100_000_is_one_walk_along_an_index() {
    let database = Database::postgres().await;
    let pool = PgPool::connect(database.url()).await.unwrap();
    let uuid = |kind: u128, place: &str| {
        format!("(lpad(to_hex({kind}), 16, '0') || lpad(to_hex(({place})::bigint), 16, '0'))::uuid")
    };
    let own = ("", "", ["false", "n % 100 = 0"]);
    for statement in fill(uuid, &format!("generate_series(1, {ROWS}) n"), own) {
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    sqlx::query("analyze").execute(&pool).await.unwrap();
    let mut plans = Vec::new();
    for page in [page(), next_page()] {
        for (what, filter) in message_filters() {
            let mut query = postgres::select_messages("explain ", SHOP, &filter, None, &page);
            plans.push((format!("messages by {what}"), query.build().fetch_all(&pool).await.unwrap()));
        }
        for (what, filter) in run_filters() {
            let customer = filter.customer.map(|customer| customer.0);
            let mut query = postgres::select_runs("explain ", SHOP, &filter, customer, &page);
            plans.push((format!("runs by {what}"), query.build().fetch_all(&pool).await.unwrap()));
        }
        let mut query = postgres::select_asides("explain ", SHOP, Some(ConnectionId(id(6, 3))), &numbered(&page));
        plans.push(("what a connection put aside".into(), query.build().fetch_all(&pool).await.unwrap()));
        for (index, filter) in reply_filters() {
            let customer = filter.customer.map(|customer| customer.0);
            let mut query = postgres::select_replies("explain ", SHOP, &filter, customer, &page);
            let lines = query.build().fetch_all(&pool).await.unwrap();
            let plan = lines.iter().map(|line| line.get::<String, _>(0)).collect::<String>();
            assert!(plan.contains(index), "{plan}");
            plans.push((format!("replies by {index}"), lines));
        }
    }
    for (kind, subject) in notes() {
        for before in [Uuid::max(), id(2, ROWS / 2)] {
            let query = sqlx::query(AssertSqlSafe(format!("explain {}", postgres::NOTES)));
            let query = query.bind(SHOP.0).bind(kind.name()).bind(subject).bind(before).bind(51_i64);
            plans.push((format!("{} about `{subject}`", kind.name()), query.fetch_all(&pool).await.unwrap()));
        }
    }
    for (what, sql) in [("strategy", postgres::STRATEGIES_PAGE), ("content", postgres::CONTENTS_PAGE)] {
        for behind in [String::new(), format!("{what} 5")] {
            let query = sqlx::query(AssertSqlSafe(format!("explain {sql}")));
            let lines = query.bind(SHOP.0).bind(&behind).bind(51_i64).fetch_all(&pool).await.unwrap();
            plans.push((format!("each {what} behind `{behind}`"), lines));
        }
    }
    let query = sqlx::query(AssertSqlSafe(format!("explain {}", postgres::DUE_PRICES)));
    let due = query.bind(SHOP.0).bind(ROWS / 2).bind(64_i64).fetch_all(&pool).await.unwrap();
    plans.push(("prices that are due".into(), due));
    for (what, sql) in postgres::SEARCHES {
        let (prefix, behind) = prefix(what);
        let query = sqlx::query(AssertSqlSafe(format!("explain {sql}")));
        let query = query.bind(SHOP.0).bind(prefix).bind(behind).bind("").bind(Uuid::nil()).bind(51_i64);
        plans.push((format!("customers by {what}"), query.fetch_all(&pool).await.unwrap()));
    }
    for (what, lines) in plans {
        let plan: Vec<String> = lines.iter().map(|line| line.get::<String, _>(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("Limit") && plan.contains("Index"), "{what}:\n{plan}");
        // A merge of what is in order already has a sort key, and is no sort.
        for forbidden in ["Seq Scan", "Bitmap", "Sort  (cost"] {
            assert!(!plan.contains(forbidden), "{what}:\n{plan}");
        }
    }
    let mut query = postgres::count_running("explain ", SHOP, &strategies(), 1_000);
    let lines = query.build().fetch_all(&pool).await.unwrap();
    let plan: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
    let counted = plan.iter().filter(|line| line.contains("using runs_active on runs")).count();
    assert_eq!(counted, strategies().len(), "{plan:#?}");
}
