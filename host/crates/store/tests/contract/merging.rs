//! Two customers who turn out to be one (S10).

use cartwright_domain::ids::{Mint, ShopId, StrategyId};
use cartwright_domain::world::{Entry, IdentityKind};
use cartwright_engine::ports::{Changes, MessageFilter, PageRequest, RunFilter, Wanted};

use crate::contract;
use crate::values::{Person, add_person, add_shop, changed, customer, ended, is_conflict, load, mint, name, run};

/// What a batch writes that makes `ana` of `guest`.
fn merging(guest: &Person, ana: &Person) -> Changes {
    Changes {
        customers: vec![changed(ana.customer.clone(), 1)],
        unchanged: vec![(guest.customer.id, 1)],
        runs: vec![changed(ended(guest.run.clone()), 1)],
        merged: vec![(guest.customer.id, ana.customer.id)],
        ..Changes::default()
    }
}

async fn two(store: &dyn cartwright_engine::ports::Store) -> (ShopId, StrategyId, Mint, Person, Person) {
    let mut mint = mint(9);
    let (shop, strategy) = (add_shop(store, 1).await, mint.next());
    let guest = add_person(store, shop, &mut mint, strategy, "guest").await;
    let ana = add_person(store, shop, &mut mint, strategy, "ana").await;
    (shop, strategy, mint, guest, ana)
}

contract! {
    async fn s10_all_that_was_the_one_s_is_the_other_s(db) {
        let store = db.store();
        let (shop, _, _, guest, ana) = two(&*store).await;
        store.commit(shop, &merging(&guest, &ana)).await.unwrap();
        let slice = load(&*store, shop, "guest").await;
        assert_eq!(slice.customers, [Entry::loaded(ana.customer.clone(), 2)]);
        assert_eq!(slice.identities.len(), 2);
        assert!(slice.identities.iter().all(|(_, owner)| *owner == ana.customer.id));
        assert_eq!((slice.carts.len(), slice.orders.len(), slice.runs.len()), (2, 2, 1));
        assert!(slice.carts.iter().all(|cart| cart.value.customer == ana.customer.id));
        assert!(slice.orders.iter().all(|order| order.value.customer == ana.customer.id));
        let moved = slice.carts.iter().find(|cart| cart.value.id == guest.cart.id).unwrap();
        assert_eq!(moved.revision, 2, "it moved: who loaded it before must look again");
        let run = store.run(shop, guest.run.id).await.unwrap().unwrap();
        assert_eq!(run.customer, ana.customer.id);
        let message = store.message(shop, guest.message.id).await.unwrap().unwrap();
        assert_eq!(message.customer, ana.customer.id);
    }

    async fn s10_a_merged_customer_is_found_as_the_one_it_became(db) {
        let store = db.store();
        let (shop, _, mut mint, guest, ana) = two(&*store).await;
        store.commit(shop, &merging(&guest, &ana)).await.unwrap();
        // And on from there: whoever knew the first still finds the last.
        let other = mint.next();
        let bea = add_person(&*store, shop, &mut mint, other, "bea").await;
        let changes = Changes {
            customers: vec![changed(bea.customer.clone(), 1)],
            unchanged: vec![(ana.customer.id, 2)],
            merged: vec![(ana.customer.id, bea.customer.id)],
            ..Changes::default()
        };
        store.commit(shop, &changes).await.unwrap();
        for gone in [guest.customer.id, ana.customer.id] {
            assert_eq!(store.customer(shop, gone).await.unwrap().unwrap().id, bea.customer.id);
            let slice = store.load(shop, &Wanted { customers: vec![gone], ..Wanted::default() }).await.unwrap();
            assert_eq!(slice.customers.iter().map(|entry| entry.value.id).collect::<Vec<_>>(), [bea.customer.id]);
            let page = PageRequest { after: None, limit: 10 };
            let runs = RunFilter { customer: Some(gone), ..RunFilter::default() };
            assert_eq!(store.runs(shop, &runs, &page).await.unwrap().items.len(), 3);
            let messages = MessageFilter { customer: Some(gone), ..MessageFilter::default() };
            assert_eq!(store.messages(shop, &messages, &page).await.unwrap().items.len(), 3);
        }
        let page = PageRequest { after: None, limit: 10 };
        let shown = store.customers(shop, &page).await.unwrap().items;
        assert_eq!(shown.iter().map(|customer| customer.id).collect::<Vec<_>>(), [bea.customer.id]);
    }

    async fn s10_a_customer_is_merged_once(db) {
        let store = db.store();
        let (shop, _, mut mint, guest, ana) = two(&*store).await;
        let other = mint.next();
        let bea = add_person(&*store, shop, &mut mint, other, "bea").await;
        store.commit(shop, &merging(&guest, &ana)).await.unwrap();
        let again = Changes { merged: vec![(guest.customer.id, bea.customer.id)], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &again).await));
        assert_eq!(store.customer(shop, guest.customer.id).await.unwrap().unwrap().id, ana.customer.id);
    }

    async fn s10_who_loaded_a_row_before_it_moved_must_look_again(db) {
        let store = db.store();
        let (shop, _, _, guest, ana) = two(&*store).await;
        store.commit(shop, &merging(&guest, &ana)).await.unwrap();
        for stale in [
            Changes { customers: vec![changed(guest.customer.clone(), 1)], ..Changes::default() },
            Changes { unchanged: vec![(guest.customer.id, 1)], ..Changes::default() },
            Changes { carts: vec![changed(guest.cart.clone(), 1)], ..Changes::default() },
            Changes { orders: vec![changed(guest.order.clone(), 1)], ..Changes::default() },
            Changes { messages: vec![changed(guest.message.clone(), 1)], ..Changes::default() },
        ] {
            assert!(is_conflict(store.commit(shop, &stale).await), "{stale:?}");
        }
    }

    async fn s10_nothing_is_added_to_a_customer_who_is_gone(db) {
        let store = db.store();
        let (shop, _, mut mint, guest, ana) = two(&*store).await;
        store.commit(shop, &merging(&guest, &ana)).await.unwrap();
        let other = mint.next();
        let late = run(&mut mint, other, guest.customer.id, None);
        assert!(is_conflict(store.commit(shop, &Changes { runs: vec![Entry::new(late)], ..Changes::default() }).await));
        let named = Changes { identities: vec![(name(IdentityKind::Phone, "+49"), guest.customer.id)], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &named).await));
    }

    async fn s10_a_customer_may_be_made_and_merged_in_one_batch(db) {
        let store = db.store();
        let (shop, _, mut mint, guest, ana) = two(&*store).await;
        let passing = customer(&mut mint);
        let changes = Changes {
            customers: vec![Entry::new(passing.clone()), changed(ana.customer.clone(), 1)],
            identities: vec![(name(IdentityKind::Anonymous, "browser"), passing.id)],
            merged: vec![(passing.id, guest.customer.id), (guest.customer.id, ana.customer.id)],
            runs: vec![changed(ended(guest.run.clone()), 1)],
            ..Changes::default()
        };
        store.commit(shop, &changes).await.unwrap();
        let wanted = Wanted { identities: vec![name(IdentityKind::Anonymous, "browser")], ..Wanted::default() };
        assert_eq!(store.load(shop, &wanted).await.unwrap().customers[0].value.id, ana.customer.id);
        assert_eq!(store.customer(shop, passing.id).await.unwrap().unwrap().id, ana.customer.id);
    }

    async fn s10_a_name_moves_only_from_a_customer_that_was_read(db) {
        let store = db.store();
        let (shop, _, _, guest, ana) = two(&*store).await;
        let name = name(IdentityKind::Email, "guest");
        let moving = Changes { identities: vec![(name.clone(), ana.customer.id)], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &moving).await), "it appeared after the batch was loaded");
        store.commit(shop, &Changes { unchanged: vec![(guest.customer.id, 1)], ..moving.clone() }).await.unwrap();
        assert_eq!(load(&*store, shop, "guest").await.customers[0].value.id, ana.customer.id);
        store.commit(shop, &moving).await.unwrap();
    }
}
