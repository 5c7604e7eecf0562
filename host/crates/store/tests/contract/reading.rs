//! Listings: newest first, page by page, nothing twice and nothing left out.

use cartwright_domain::ids::{Mint, RunId};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, InboxEntry, MessageFilter, Page, PageRequest, RunFilter};
use serde_json::json;

use crate::contract;
use crate::values::{add_person, add_shop, at, changed, customer, ended, message, mint, run};

fn page(after: Option<String>, limit: u32) -> PageRequest {
    PageRequest { after, limit }
}

/// All items of a listing, read two at a time; pages but the last are full.
async fn all<T, E: std::fmt::Debug>(mut list: impl AsyncFnMut(PageRequest) -> Result<Page<T>, E>) -> Vec<T> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let next = list(page(after, 2)).await.unwrap();
        assert!(next.next.is_none() || next.items.len() == 2);
        items.extend(next.items);
        match next.next {
            Some(cursor) => after = Some(cursor),
            None => return items,
        }
    }
}

contract! {
    async fn customers_are_listed_newest_first_page_by_page(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        assert!(store.customers(shop, &page(None, 10)).await.unwrap().items.is_empty());
        let customers: Vec<_> = (0..5).map(|_| customer(&mut mint)).collect();
        let changes = Changes { customers: customers.iter().cloned().map(Entry::new).collect(), ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();
        let listed = all(async |page| store.customers(shop, &page).await).await;
        assert_eq!(listed, customers.into_iter().rev().collect::<Vec<_>>());
    }

    async fn limits_and_cursors_nobody_gave_out_are_harmless(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let customers = (0..3).map(|_| Entry::new(customer(&mut mint))).collect();
        store.commit(shop, &Changes { customers, ..Changes::default() }).await.unwrap();
        assert_eq!(store.customers(shop, &page(None, 0)).await.unwrap().items.len(), 1);
        assert_eq!(store.customers(shop, &page(None, u32::MAX)).await.unwrap().items.len(), 3);
        for cursor in ["", "x", "1.x", "';--", "\0"] {
            let wrong = page(Some(cursor.into()), 10);
            assert!(store.customers(shop, &wrong).await.unwrap().items.is_empty());
            assert!(store.runs(shop, &RunFilter::default(), &wrong).await.unwrap().items.is_empty());
            assert!(store.messages(shop, &MessageFilter::default(), &wrong).await.unwrap().items.is_empty());
            assert!(store.inbox(shop, &wrong).await.unwrap().items.is_empty());
            assert!(store.asides(shop, None, &wrong).await.unwrap().items.is_empty());
        }
    }

    async fn runs_are_listed_by_strategy_customer_and_whether_they_go_on(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (one, other) = (mint.next(), mint.next());
        let ana = add_person(&*store, shop, &mut mint, one, "ana").await;
        let bob = add_person(&*store, shop, &mut mint, one, "bob").await;
        let second = run(&mut mint, other, ana.customer.id, None);
        let runs = vec![Entry::new(second.clone()), changed(ended(bob.run.clone()), 1)];
        store.commit(shop, &Changes { runs, ..Changes::default() }).await.unwrap();
        let listed = async |filter: RunFilter| -> Vec<RunId> {
            all(async |page| store.runs(shop, &filter, &page).await).await.into_iter().map(|run| run.id).collect()
        };
        assert_eq!(listed(RunFilter::default()).await, [second.id, bob.run.id, ana.run.id]);
        assert_eq!(listed(RunFilter { strategy: Some(one), ..RunFilter::default() }).await, [bob.run.id, ana.run.id]);
        assert_eq!(listed(RunFilter { customer: Some(ana.customer.id), ..RunFilter::default() }).await, [second.id, ana.run.id]);
        assert_eq!(listed(RunFilter { active_only: true, ..RunFilter::default() }).await, [second.id, ana.run.id]);
        let narrow = RunFilter { strategy: Some(one), customer: Some(ana.customer.id), active_only: true, ..RunFilter::default() };
        assert_eq!(listed(narrow).await, [ana.run.id]);
        assert_eq!(store.run(shop, bob.run.id).await.unwrap(), Some(ended(bob.run)));
        assert_eq!(store.run(shop, Mint::new(at(1), [0; 32]).next()).await.unwrap(), None);
    }

    async fn messages_are_listed_newest_first_by_run_and_customer(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let strategy = mint.next();
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let bob = add_person(&*store, shop, &mut mint, strategy, "bob").await;
        let more: Vec<_> = (1..4).map(|slot| message(shop, &ana.run, slot, None)).collect();
        let changes = Changes { messages: more.iter().cloned().map(Entry::new).collect(), ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();
        let of_run = MessageFilter { run: Some(ana.run.id), ..MessageFilter::default() };
        let listed = all(async |page| store.messages(shop, &of_run, &page).await).await;
        assert_eq!(listed.iter().map(|message| message.slot).collect::<Vec<_>>(), [3, 2, 1, 0]);
        let everything = all(async |page| store.messages(shop, &MessageFilter::default(), &page).await).await;
        assert_eq!(everything.len(), 5);
        assert!(everything.is_sorted_by(|one, next| (one.created_at, one.id) > (next.created_at, next.id)));
        let of_bob = MessageFilter { customer: Some(bob.customer.id), ..MessageFilter::default() };
        assert_eq!(all(async |page| store.messages(shop, &of_bob, &page).await).await, std::slice::from_ref(&bob.message));
        assert_eq!(store.message(shop, bob.message.id).await.unwrap(), Some(bob.message));
        assert_eq!(store.message(shop, message(shop, &bob.run, 9, None).id).await.unwrap(), None);
    }

    async fn the_inbox_is_listed_newest_first(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let strategy = mint.next();
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let entry = |slot: u32, minute| InboxEntry {
            message: message(shop, &ana.run, slot, None).id,
            at: at(minute),
            to: "ana\0".into(),
            document: json!({ "slot": slot }),
        };
        let inbox = vec![entry(0, 5), entry(1, 7), entry(2, 5), entry(3, 6)];
        store.commit(shop, &Changes { inbox, ..Changes::default() }).await.unwrap();
        let listed = all(async |page| store.inbox(shop, &page).await).await;
        assert_eq!(listed.iter().map(|entry| entry.at).collect::<Vec<_>>(), [at(7), at(6), at(5), at(5)]);
        assert_eq!(listed[0], entry(1, 7));
    }

    async fn sizes_count_every_table(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let strategy = mint.next();
        add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let sizes = store.sizes().await.unwrap();
        let size = |table: &str| sizes.iter().find(|(name, _)| name == table).map(|(_, size)| *size);
        for table in ["shops", "customers", "identities", "carts", "orders", "runs", "messages", "traces"] {
            assert_eq!(size(table), Some(1), "{table}");
        }
        assert_eq!((size("inbox"), size("pending_events"), size("_sqlx_migrations")), (Some(0), Some(0), None));
    }
}
