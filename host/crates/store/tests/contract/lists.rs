//! Lists that are searched and filtered: what is found, in which order, and nothing of another shop.

use cartwright_domain::contact::Email;
use cartwright_domain::customer::Customer;
use cartwright_domain::message::{HoldReason, MessageState, RejectionClass, SkipReason};
use cartwright_domain::run::Position;
use cartwright_domain::world::{Entry, IdentityKind};
use cartwright_engine::ports::{Changes, CustomerSearch, MessageFilter, Page, PageRequest, RunFilter};

use crate::contract;
use crate::values::{add_person, add_shop, at, changed, customer, ended, message, mint, name, run};

async fn all<T, E: std::fmt::Debug>(mut list: impl AsyncFnMut(PageRequest) -> Result<Page<T>, E>) -> Vec<T> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let next = list(PageRequest { after, limit: 2 }).await.unwrap();
        items.extend(next.items);
        match next.next {
            Some(cursor) => after = Some(cursor),
            None => return items,
        }
    }
}

fn called(mint: &mut cartwright_domain::ids::Mint, first: &str, last: &str) -> Customer {
    Customer { first_name: Some(first.into()), last_name: Some(last.into()), ..customer(mint) }
}

fn search(text: &str) -> CustomerSearch {
    CustomerSearch::parse(text).unwrap()
}

contract! {
    async fn customers_are_found_by_how_their_names_begin(db) {
        let store = db.store();
        let (shop, other, mut mint) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await, mint(9));
        let people = [("Ana", "Öberg"), ("ANA", "Lind"), ("Lina", "Ana"), ("Bo", "Lind%"), ("Ana", "Ana\0\\")];
        let people: Vec<Customer> = people.iter().map(|(first, last)| called(&mut mint, first, last)).collect();
        let strangers = vec![Entry::new(called(&mut mint, "Ana", "Elsewhere"))];
        store.commit(other, &Changes { customers: strangers, ..Changes::default() }).await.unwrap();
        let customers = people.iter().cloned().chain([customer(&mut mint)]).map(Entry::new).collect();
        store.commit(shop, &Changes { customers, ..Changes::default() }).await.unwrap();
        let found = async |text: &str| -> Vec<String> {
            let search = search(text);
            let found = all(async |page| store.find_customers(shop, &search, &page).await).await;
            found.into_iter().map(|customer| customer.search_names().0).collect()
        };
        assert_eq!(found("ana").await, ["lina ana", "ana ana\\", "ana lind", "ana öberg"]);
        assert_eq!(found("Ana  öB").await, ["ana öberg"]);
        assert_eq!(found("lin").await, ["lina ana", "ana lind", "bo lind%"]);
        assert_eq!(found("lind%").await, ["bo lind%"]);
        assert_eq!(found("nobody").await, Vec::<String>::new());
        let renamed = Customer { first_name: Some("Zoe".into()), last_name: None, ..people[0].clone() };
        store.commit(shop, &Changes { customers: vec![changed(renamed, 1)], ..Changes::default() }).await.unwrap();
        assert_eq!((found("zoe").await.len(), found("öberg").await.len()), (1, 0));
    }

    async fn customers_are_found_by_address_and_by_id(db) {
        let store = db.store();
        let (shop, other, mut mint) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await, mint(9));
        let mut people = Vec::new();
        for (shop, phone, email) in [
            (shop, "+4917055501", "ana@shop.example"),
            (shop, "+4917055502", "anabel@shop.example"),
            (other, "+4917055503", "ana@else.example"),
        ] {
            let one = Customer { email: Some(Email::parse(email).unwrap()), ..customer(&mut mint) };
            let names = [name(IdentityKind::Email, email), name(IdentityKind::Phone, phone)];
            let identities = names.into_iter().map(|name| (name, one.id)).collect();
            let customers = vec![Entry::new(one.clone())];
            store.commit(shop, &Changes { customers, identities, ..Changes::default() }).await.unwrap();
            people.push(one.id);
        }
        let found = async |text: &str| -> Vec<_> {
            let search = search(text);
            let found = all(async |page| store.find_customers(shop, &search, &page).await).await;
            found.into_iter().map(|customer| customer.id).collect()
        };
        assert_eq!(found("Ana@").await, people[..1]);
        assert_eq!(found("anabel@shop").await, people[1..2]);
        assert_eq!(found("0049 170 555").await, people[..2]);
        assert_eq!(found("+4917055503").await, []);
        assert_eq!(found(&people[1].to_string()).await, people[1..2]);
        assert_eq!(found(&people[2].to_string()).await, []);
    }

    async fn a_search_goes_on_behind_no_cursor_that_nobody_gave_out(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let customers = vec![Entry::new(called(&mut mint, "Ana", "Lind"))];
        store.commit(shop, &Changes { customers, ..Changes::default() }).await.unwrap();
        for cursor in ["", "x", "x.ana", "';--", "\0"] {
            let wrong = PageRequest { after: Some(cursor.into()), limit: 10 };
            assert!(store.find_customers(shop, &search("ana"), &wrong).await.unwrap().items.is_empty(), "{cursor:?}");
        }
    }

    async fn messages_are_listed_by_where_they_stand_and_what_made_them(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (one, other) = (mint.next(), mint.next());
        let ana = add_person(&*store, shop, &mut mint, one, "ana").await;
        let bob = add_person(&*store, shop, &mut mint, other, "bob").await;
        let standing = |slot: u32, state: MessageState| {
            let mut message = message(shop, &ana.run, slot, None);
            message.state = state;
            message
        };
        let mut late = standing(4, MessageState::Accepted);
        late.step = "again".into();
        let messages = [
            standing(1, MessageState::Prepared { lease_until: at(1) }),
            standing(2, MessageState::Skipped { reason: SkipReason::CappedByShop }),
            standing(3, MessageState::Held { reason: HoldReason::Auth }),
            late,
            standing(5, MessageState::Rejected { class: RejectionClass::Auth }),
        ];
        let messages = messages.into_iter().map(Entry::new).collect();
        store.commit(shop, &Changes { messages, ..Changes::default() }).await.unwrap();
        let listed = async |filter: MessageFilter| -> Vec<u32> {
            all(async |page| store.messages(shop, &filter, &page).await).await.into_iter().map(|one| one.slot).collect()
        };
        let usual = MessageFilter::default;
        let state = |state: &str| MessageFilter { state: Some(state.into()), ..usual() };
        assert_eq!(listed(MessageFilter { strategy: Some(other), ..usual() }).await, [0]);
        assert_eq!(listed(MessageFilter { strategy: Some(one), ..state("queued") }).await, [1, 0]);
        assert_eq!(listed(MessageFilter { reason: Some("auth".into()), ..usual() }).await, [5, 3]);
        assert_eq!(listed(MessageFilter { reason: Some("auth".into()), ..state("held") }).await, [3]);
        assert_eq!(listed(state("skipped")).await, [2]);
        assert_eq!(listed(MessageFilter { step: Some("again".into()), ..usual() }).await, [4]);
        assert_eq!(listed(MessageFilter { from: Some(at(2)), until: Some(at(4)), ..usual() }).await, [3, 2]);
        let settled = standing(2, MessageState::Accepted);
        store.commit(shop, &Changes { messages: vec![changed(settled, 1)], ..Changes::default() }).await.unwrap();
        assert_eq!((listed(state("skipped")).await, listed(state("accepted")).await), (vec![], vec![4, 2]));
        assert_eq!(listed(MessageFilter { customer: Some(bob.customer.id), ..state("queued") }).await, [0]);
    }

    async fn runs_are_listed_by_version_step_end_and_when_they_came_to_be(db) {
        let store = db.store();
        let (shop, mut first) = (add_shop(&*store, 1).await, mint(9));
        let strategy = first.next();
        let ana = add_person(&*store, shop, &mut first, strategy, "ana").await;
        let mut later = cartwright_domain::ids::Mint::new(at(60), [9; 32]);
        let other = later.next();
        let mut waiting = run(&mut later, other, ana.customer.id, None);
        waiting.position = Position::Step { step: "a day".into(), since: at(60), tries: 0 };
        let over = ended(run(&mut later, strategy, ana.customer.id, None));
        let runs = vec![Entry::new(waiting.clone()), Entry::new(over.clone())];
        store.commit(shop, &Changes { runs, ..Changes::default() }).await.unwrap();
        let listed = async |filter: RunFilter| -> Vec<_> {
            all(async |page| store.runs(shop, &filter, &page).await).await.into_iter().map(|run| run.id).collect()
        };
        let usual = RunFilter::default;
        assert_eq!(listed(RunFilter { version: Some(waiting.version), ..usual() }).await, [waiting.id]);
        assert_eq!(listed(RunFilter { step: Some("a day".into()), ..usual() }).await, [waiting.id]);
        assert_eq!(listed(RunFilter { end: Some("completed".into()), ..usual() }).await, [over.id]);
        assert_eq!(listed(RunFilter { from: Some(at(60)), ..usual() }).await, [over.id, waiting.id]);
        assert_eq!(listed(RunFilter { until: Some(at(60)), ..usual() }).await, [ana.run.id]);
        let moved = changed(ended(waiting.clone()), 1);
        store.commit(shop, &Changes { runs: vec![moved], ..Changes::default() }).await.unwrap();
        assert_eq!(listed(RunFilter { step: Some("a day".into()), ..usual() }).await, []);
        assert_eq!(listed(RunFilter { end: Some("completed".into()), ..usual() }).await, [over.id, waiting.id]);
    }
}

/// The migrations of a database up to one, in their order.
pub(crate) fn migrations(database: &str, last: &str) -> Vec<String> {
    let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    let wanted = names.into_iter().filter_map(|name| name.into_string().ok()).filter(|name| name.as_str() <= last);
    wanted.map(|name| std::fs::read_to_string(format!("{folder}/{name}")).unwrap()).collect()
}

/// A customer, a run and a message as they were written before the fourteenth migration.
fn rows_of_before(id: impl Fn(u8) -> String, truth: &str) -> String {
    let (shop, customer, run, message, strategy) = (id(1), id(2), id(3), id(4), id(5));
    let version = uuid::Uuid::from_u128(6);
    format!(
        r#"insert into customers (shop_id, customer_id, revision, document)
           values ({shop}, {customer}, 1, '{{"first_name": "ANA", "last_name": " Lind ", "note": "\u0000\\u0000"}}');
           insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, revision, document)
           values ({shop}, {run}, {customer}, {strategy}, 'k', {truth}, 1,
                   '{{"version": "{version}", "key": "\u0000", "position": {{"at": "ended", "reason": "converted"}}}}');
           insert into messages (shop_id, message_id, run_id, customer_id, created_at, revision, document)
           values ({shop}, {message}, {run}, {customer}, 1, 1,
                   '{{"step": "remind", "state": {{"state": "rejected", "class": {{"class": "auth"}}}}}}')"#
    )
}

const READ_BACK: &str = "select name, surname, end_reason, messages.step, messages.state, messages.reason,
    messages.strategy_id = runs.strategy_id and version_id is not null from customers, runs, messages";
type ReadBack = (String, String, String, String, String, String, bool);

fn expected() -> ReadBack {
    let text = str::to_owned;
    (text("ana lind"), text("lind"), text("converted"), text("remind"), text("rejected"), text("auth"), true)
}

#[tokio::test]
async fn what_was_written_before_there_were_lists_is_found_too() {
    use sqlx::{AssertSqlSafe, raw_sql};
    const LAST: &str = "0014_lists.sql";

    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let files = migrations("sqlite", LAST);
    let (new, before) = files.split_last().unwrap();
    let rows = rows_of_before(|id| format!("x'{}'", uuid::Uuid::from_u128(id.into()).simple()), "0");
    for sql in before.iter().chain([&rows, new]) {
        raw_sql(AssertSqlSafe(sql.clone())).execute(&pool).await.unwrap();
    }
    assert_eq!(sqlx::query_as::<_, ReadBack>(READ_BACK).fetch_one(&pool).await.unwrap(), expected());

    let database = cartwright_testkit::database::Database::postgres().await;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
    let files = migrations("postgres", LAST);
    let (new, before) = files.split_last().unwrap();
    let rows = rows_of_before(|id| format!("'{}'", uuid::Uuid::from_u128(id.into())), "false");
    let apart = "create schema before; set search_path = before".to_owned();
    for sql in [&apart].into_iter().chain(before).chain([&rows, new]) {
        raw_sql(AssertSqlSafe(sql.clone())).execute(&pool).await.unwrap();
    }
    assert_eq!(sqlx::query_as::<_, ReadBack>(READ_BACK).fetch_one(&pool).await.unwrap(), expected());
    pool.close().await;
}
