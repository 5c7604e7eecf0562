//! Batches: what they find, what they may write, and when they are refused.

use cartwright_domain::event::{Event, Receipt, ReceiptKind, Subject, What};
use cartwright_domain::facts::{Contact, Reaction};
use cartwright_domain::ids::{Mint, ShopId, StrategyId};
use cartwright_domain::message::{Message, MessageState, RejectionClass};
use cartwright_domain::product::Product;
use cartwright_domain::shard::Shard;
use cartwright_domain::world::{Entry, Identity, IdentityKind};
use cartwright_engine::ports::{Arrival, Changes, InboxEntry, PageRequest, Store, Wanted};
use serde_json::json;
use std::sync::Arc;

use crate::contract;
use crate::values::{
    add_person, add_shop, at, calm, cart, changed, customer, ended, is_conflict, load, message, mint, name, order, run,
    told, urgent,
};

/// A shop with a strategy, and a mint.
async fn begin(store: &Arc<dyn Store>) -> (ShopId, StrategyId, Mint) {
    let mut mint = mint(9);
    (add_shop(&**store, 1).await, mint.next(), mint)
}

contract! {
    async fn a_customer_is_found_with_all_that_a_batch_needs(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        add_person(&*store, shop, &mut mint, strategy, "bob").await;
        let wanted = [
            Wanted { identities: vec![name(IdentityKind::Email, "ana"), name(IdentityKind::Email, "nobody")], ..Wanted::default() },
            Wanted { customers: vec![ana.customer.id], ..Wanted::default() },
            Wanted { runs: vec![ana.run.id], ..Wanted::default() },
            Wanted { messages: vec![ana.message.id], ..Wanted::default() },
            Wanted { provider_ids: vec!["provider-ana".into()], ..Wanted::default() },
            Wanted { orders: vec!["order-ana".into()], ..Wanted::default() },
        ];
        for wanted in wanted {
            let slice = store.load(shop, &wanted).await.unwrap();
            assert_eq!(slice.customers, [Entry::loaded(ana.customer.clone(), 1)], "{wanted:?}");
            assert_eq!(slice.identities, [(name(IdentityKind::Email, "ana"), ana.customer.id)], "{wanted:?}");
            assert_eq!(slice.carts, [Entry::loaded(ana.cart.clone(), 1)], "{wanted:?}");
            assert_eq!(slice.orders, [Entry::loaded(ana.order.clone(), 1)], "{wanted:?}");
            assert_eq!(slice.runs, [Entry::loaded(ana.run.clone(), 1)], "{wanted:?}");
            assert_eq!(slice.messages, [Entry::loaded(ana.message.clone(), 1)], "{wanted:?}");
        }
        assert!(store.load(shop, &Wanted::default()).await.unwrap().customers.is_empty());
    }

    async fn what_was_handed_over_to_a_customer_is_found_over_all_runs(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let bob = add_person(&*store, shop, &mut mint, strategy, "bob").await;
        let past = ended(run(&mut mint, strategy, ana.customer.id, None));
        let sent = |run, slot, minute, state| Message {
            handed_over_at: Some(at(minute)),
            state,
            receipt: Some(ReceiptKind::Read),
            // What a message says is never taken for what is known of it.
            rendered: Some(json!({ "handed_over_at": "\u{0}" })),
            ..message(shop, run, slot, None)
        };
        let rejected = MessageState::Rejected { class: RejectionClass::Auth };
        let messages = vec![
            Entry::new(sent(&past, 1, 2, MessageState::Accepted)),
            Entry::new(sent(&past, 2, 5, MessageState::Uncertain)),
            Entry::new(sent(&past, 3, 6, rejected)),
            Entry::new(message(shop, &past, 4, None)),
            Entry::new(sent(&ana.run, 5, 4, MessageState::Accepted)),
            Entry::new(sent(&bob.run, 6, 4, MessageState::Accepted)),
        ];
        let changes = Changes { runs: vec![Entry::new(past)], messages, ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();
        let contacts = async |since| {
            let wanted = Wanted { customers: vec![ana.customer.id], contacts_since: since, ..Wanted::default() };
            store.load(shop, &wanted).await.unwrap().contacts
        };
        let contact = |minute| (ana.customer.id, Contact { at: at(minute), reaction: Some(Reaction::Read) });
        assert_eq!(contacts(Some(at(0))).await, [2, 4, 5].map(contact));
        assert_eq!(contacts(Some(at(4))).await, [4, 5].map(contact));
        assert_eq!(contacts(None).await, []);
    }

    async fn products_come_with_the_carts_that_hold_them_and_when_asked_for(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let teapot: Product = serde_json::from_value(json!({
            "product_id": "8101", "title": "Teapot", "image_url": "https://shop.example/t.png", "updated_at": at(1)
        }))
        .unwrap();
        let mut held = ana.cart.clone();
        let line = json!({ "title": "Teapot", "quantity": 1, "product_id": "8101" });
        held.cart = Some(serde_json::from_value(json!({ "updated_at": at(1), "lines": [line] })).unwrap());
        let changes = Changes {
            carts: vec![changed(held, 1)],
            products: vec![Entry::new(teapot.clone())],
            ..Changes::default()
        };
        store.commit(shop, &changes).await.unwrap();
        let with_cart = load(&*store, shop, "ana").await;
        assert_eq!(with_cart.products, [Entry::loaded(teapot.clone(), 1)]);
        let asked = Wanted { products: vec!["8101".into(), "none".into()], ..Wanted::default() };
        let mut slice = store.load(shop, &asked).await.unwrap();
        assert_eq!(slice.products, [Entry::loaded(teapot, 1)]);
        slice.products[0].edit().title = "Copper teapot".into();
        let changes = Changes { products: slice.products, ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();
        assert_eq!(store.load(shop, &asked).await.unwrap().products[0].value.title, "Copper teapot");
        assert!(is_conflict(store.commit(shop, &changes).await), "its revision has moved on");
        let other = add_shop(&*store, 2).await;
        assert!(store.load(other, &asked).await.unwrap().products.is_empty());
    }

    async fn only_open_carts_and_active_runs_are_loaded_unless_a_run_is_asked_for(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let mut bought = ana.cart.clone();
        bought.ordered_at = Some(at(5));
        let changes = Changes {
            carts: vec![changed(bought, 1)],
            runs: vec![changed(ended(ana.run.clone()), 1)],
            ..Changes::default()
        };
        store.commit(shop, &changes).await.unwrap();
        let slice = load(&*store, shop, "ana").await;
        assert!(slice.carts.is_empty() && slice.runs.is_empty() && slice.messages.is_empty());
        let asked = Wanted { runs: vec![ana.run.id], ..Wanted::default() };
        let slice = store.load(shop, &asked).await.unwrap();
        assert_eq!((slice.runs.len(), slice.runs[0].revision, slice.messages.len()), (1, 2, 1));
        let asked = Wanted { messages: vec![ana.message.id], ..Wanted::default() };
        assert_eq!(store.load(shop, &asked).await.unwrap().runs.len(), 1, "a message comes with its run");
    }

    async fn names_keep_every_letter(db) {
        let store = db.store();
        let (shop, _, mut mint) = begin(&store).await;
        for (value, near) in [("a\0b", "a"), ("a\\0b", "a\0b"), ("Ä 'quoted\"", "ä 'quoted\""), ("100%_", "100xx"), ("\\", "")] {
            let odd = name(IdentityKind::Cart, value);
            let new = customer(&mut mint);
            let changes = Changes {
                customers: vec![Entry::new(new.clone())],
                identities: vec![(odd.clone(), new.id)],
                ..Changes::default()
            };
            store.commit(shop, &changes).await.unwrap();
            let wanted = Wanted { identities: vec![odd.clone()], ..Wanted::default() };
            assert_eq!(store.load(shop, &wanted).await.unwrap().identities, [(odd, new.id)]);
            let wanted = Wanted { identities: vec![name(IdentityKind::Email, value)], ..Wanted::default() };
            assert!(store.load(shop, &wanted).await.unwrap().customers.is_empty(), "another kind of name");
            if near != "a\0b" {
                let wanted = Wanted { identities: vec![name(IdentityKind::Cart, near)], ..Wanted::default() };
                assert!(store.load(shop, &wanted).await.unwrap().customers.is_empty(), "{near} is not {value}");
            }
        }
    }

    async fn every_row_is_refused_at_an_older_revision(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let writes = |revision| {
            [
                Changes { customers: vec![changed(ana.customer.clone(), revision)], ..Changes::default() },
                Changes { carts: vec![changed(ana.cart.clone(), revision)], ..Changes::default() },
                Changes { orders: vec![changed(ana.order.clone(), revision)], ..Changes::default() },
                Changes { runs: vec![changed(ana.run.clone(), revision)], ..Changes::default() },
                Changes { messages: vec![changed(ana.message.clone(), revision)], ..Changes::default() },
            ]
        };
        for changes in writes(1) {
            store.commit(shop, &changes).await.unwrap();
        }
        for stale in [0, 1, 3] {
            for changes in writes(stale) {
                assert!(is_conflict(store.commit(shop, &changes).await), "revision {stale}: {changes:?}");
            }
        }
        for changes in writes(2) {
            store.commit(shop, &changes).await.unwrap();
        }
    }

    async fn a_refused_batch_changes_nothing_at_all(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        store.accept(&[calm(shop, "e1")]).await.unwrap();
        let before = store.sizes().await.unwrap();
        let new = customer(&mut mint);
        let changes = Changes {
            applied: vec![store.pending_events(shop, 1).await.unwrap()[0].sequence],
            customers: vec![Entry::new(new.clone())],
            identities: vec![(name(IdentityKind::Phone, "+1"), new.id)],
            carts: vec![Entry::new(cart(&mut mint, new.id))],
            orders: vec![Entry::new(order("o9", new.id))],
            traces: vec![(ana.run.id, told("again"))],
            inbox: vec![InboxEntry { message: ana.message.id, at: at(0), to: "ana".into(), document: json!({}) }],
            hand_overs: 5,
            // The one that is wrong.
            messages: vec![changed(ana.message.clone(), 7)],
            ..Changes::default()
        };
        assert!(is_conflict(store.commit(shop, &changes).await));
        assert_eq!(store.sizes().await.unwrap(), before);
        assert_eq!(store.trace(shop, ana.run.id).await.unwrap(), [told("begun")]);
        let numbers = Changes { hand_overs: 1, ..Changes::default() };
        assert_eq!(store.commit(shop, &numbers).await.unwrap().first_hand_over, 1);
    }

    async fn customers_that_were_only_read_must_not_have_changed(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let reads = |revision| Changes { unchanged: vec![(ana.customer.id, revision)], ..Changes::default() };
        store.commit(shop, &reads(1)).await.unwrap();
        let write = Changes { customers: vec![changed(ana.customer.clone(), 1)], ..Changes::default() };
        store.commit(shop, &write).await.unwrap();
        assert!(is_conflict(store.commit(shop, &reads(1)).await));
        store.commit(shop, &reads(2)).await.unwrap();
        let gone = Changes { unchanged: vec![(mint.next(), 1)], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &gone).await));
    }

    async fn s07_a_strategy_never_has_two_active_runs_for_one_key(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let second = run(&mut mint, strategy, ana.customer.id, None);
        let adding = Changes { runs: vec![Entry::new(second.clone())], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &adding).await));
        let other = mint.next();
        let of_another = run(&mut mint, other, ana.customer.id, None);
        store.commit(shop, &Changes { runs: vec![Entry::new(of_another)], ..Changes::default() }).await.unwrap();
        // One batch may end the first and begin the second, in whatever order it says so.
        let instead = Changes { runs: vec![Entry::new(second), changed(ended(ana.run), 1)], ..Changes::default() };
        store.commit(shop, &instead).await.unwrap();
    }

    async fn s07_a_run_may_take_the_key_of_one_that_ends_with_it(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let bob = add_person(&*store, shop, &mut mint, strategy, "bob").await;
        let mut takes = ana.run.clone();
        takes.key.clone_from(&bob.run.key);
        let runs = vec![changed(takes, 1), changed(ended(bob.run), 1)];
        store.commit(shop, &Changes { runs, ..Changes::default() }).await.unwrap();
        let again = run(&mut mint, strategy, bob.customer.id, None);
        assert!(is_conflict(store.commit(shop, &Changes { runs: vec![Entry::new(again)], ..Changes::default() }).await));
    }

    async fn s22_a_message_is_made_once(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let again = Changes { messages: vec![Entry::new(message(shop, &ana.run, 0, None))], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &again).await));
        let other = Changes { messages: vec![Entry::new(message(shop, &ana.run, 1, None))], ..Changes::default() };
        store.commit(shop, &other).await.unwrap();
    }

    async fn s08_no_hand_over_while_an_urgent_event_waits(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let hand_over = Changes { addressed: Some(Vec::new()), hand_overs: 1, ..Changes::default() };
        store.accept(&[calm(shop, "visit"), urgent(other, "order")]).await.unwrap();
        assert_eq!(store.commit(shop, &hand_over).await.unwrap().first_hand_over, 1);
        store.accept(&[urgent(shop, "order")]).await.unwrap();
        assert!(is_conflict(store.commit(shop, &hand_over).await));
        store.commit(shop, &Changes { hand_overs: 1, ..Changes::default() }).await.unwrap();
        let applied = store.pending_events(shop, 10).await.unwrap();
        let applied = applied.iter().filter(|event| event.event.what.is_urgent()).map(|event| event.sequence).collect();
        store.commit(shop, &Changes { applied, ..Changes::default() }).await.unwrap();
        assert_eq!(store.commit(shop, &hand_over).await.unwrap().first_hand_over, 3);
    }

    async fn s08_what_somebody_else_did_keeps_no_message_from_leaving(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let ben = Subject { email: Some("Ben@Acorn.example".into()), cart: Some("c\0\\2".into()), ..Subject::default() };
        let order = urgent(shop, "order");
        store.accept(&[Arrival { event: Event { subject: ben, ..order.event.clone() }, ..order }]).await.unwrap();
        let to = |names: Vec<Identity>| Changes { addressed: Some(names), hand_overs: 1, ..Changes::default() };
        let ana = [name(IdentityKind::Email, "ana@acorn.example"), name(IdentityKind::Cart, "c1")];
        store.commit(shop, &to(ana.to_vec())).await.unwrap();
        for own in [name(IdentityKind::Email, "ben@acorn.example"), name(IdentityKind::Cart, "c\0\\2")] {
            assert!(is_conflict(store.commit(shop, &to(vec![ana[0].clone(), own])).await));
        }
        store.commit(shop, &to(vec![name(IdentityKind::Checkout, "ben@acorn.example")])).await.unwrap();
        // Nobody knows yet whose number that is: the shop's country says it.
        let order = urgent(shop, "another order");
        let phone = Subject { phone: Some("0151 2345678".into()), ..Subject::default() };
        store.accept(&[Arrival { event: Event { subject: phone, ..order.event.clone() }, ..order }]).await.unwrap();
        assert!(is_conflict(store.commit(shop, &to(ana.to_vec())).await));
    }

    async fn s08_receipts_keep_no_message_from_leaving_but_those_that_may_forbid_one(db) {
        use ReceiptKind::{Accepted, Clicked, Delivered, Failed, OptedOut, Read, Replied};
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let hand_over = Changes { addressed: Some(Vec::new()), hand_overs: 1, ..Changes::default() };
        let told = |kind: ReceiptKind| {
            let receipt = Receipt {
                kind,
                provider_id: Some("p1".into()),
                message_id: None,
                sender: None,
                text: None,
                also: None,
                link: None,
                price: None,
                failure: None,
            };
            let visit = calm(shop, &format!("{kind:?}"));
            Arrival { event: Event { what: What::Receipt(receipt), ..visit.event.clone() }, ..visit }
        };
        store.accept(&[Accepted, Delivered, Read, Clicked].map(told)).await.unwrap();
        store.commit(shop, &hand_over).await.unwrap();
        for kind in [Failed, Replied, OptedOut] {
            store.accept(&[told(kind)]).await.unwrap();
            assert!(is_conflict(store.commit(shop, &hand_over).await), "{kind:?}");
            let waiting = store.pending_events(shop, 10).await.unwrap();
            let applied = waiting.iter().map(|event| event.sequence).collect();
            store.commit(shop, &Changes { applied, ..Changes::default() }).await.unwrap();
        }
    }

    async fn s29_hand_over_numbers_only_go_upwards_over_all_shops(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let take = |count| Changes { hand_overs: count, ..Changes::default() };
        assert_eq!(store.commit(shop, &take(3)).await.unwrap().first_hand_over, 1);
        assert_eq!(store.commit(other, &take(2)).await.unwrap().first_hand_over, 4);
        assert_eq!(store.commit(shop, &take(0)).await.unwrap().first_hand_over, 0);
        assert_eq!(store.commit(shop, &take(1)).await.unwrap().first_hand_over, 6);
    }

    async fn due_work_is_found_earliest_first(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let quiet = add_shop(&*store, 2).await;
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), None);
        let customers: Vec<_> = (0..4).map(|_| customer(&mut mint)).collect();
        let dues = [Some(at(30)), Some(at(10)), None, Some(at(10))];
        let runs: Vec<_> = customers.iter().zip(dues).map(|(customer, due)| run(&mut mint, strategy, customer.id, due)).collect();
        let messages: Vec<_> = [Some(at(25)), None, Some(at(5))]
            .into_iter()
            .enumerate()
            .map(|(slot, due)| message(shop, &runs[0], slot as u32, due))
            .collect();
        let changes = Changes {
            customers: customers.into_iter().map(Entry::new).collect(),
            runs: runs.iter().cloned().map(Entry::new).collect(),
            messages: messages.iter().cloned().map(Entry::new).collect(),
            ..Changes::default()
        };
        store.commit(shop, &changes).await.unwrap();
        assert_eq!(store.due_runs(shop, at(9), 10).await.unwrap(), []);
        assert_eq!(store.due_runs(shop, at(30), 10).await.unwrap(), [runs[1].id, runs[3].id, runs[0].id]);
        assert_eq!(store.due_runs(shop, at(30), 2).await.unwrap(), [runs[1].id, runs[3].id]);
        assert_eq!(store.due_messages(shop, at(30), 10).await.unwrap(), [messages[2].id, messages[0].id]);
        assert_eq!(store.due_messages(shop, at(5), 10).await.unwrap(), [messages[2].id]);
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(5)));
        assert_eq!(store.shops_with_work(&Shard::ALL, at(4)).await.unwrap(), []);
        assert_eq!(store.shops_with_work(&Shard::ALL, at(5)).await.unwrap(), [shop]);
        store.accept(&[calm(quiet, "e1")]).await.unwrap();
        assert_eq!(store.shops_with_work(&Shard::ALL, at(4)).await.unwrap(), [quiet]);
    }

    async fn a_trace_is_appended_in_order(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let (ana, bob) = (
            add_person(&*store, shop, &mut mint, strategy, "ana").await,
            add_person(&*store, shop, &mut mint, strategy, "bob").await,
        );
        let lines = ["b", "a \"quoted\" \0 \\ \u{1f6d2}", "c"].map(told);
        let (one, other) = (ana.run.id, bob.run.id);
        let traces = vec![(one, lines[0].clone()), (other, lines[1].clone()), (one, lines[1].clone()), (one, lines[2].clone())];
        store.commit(shop, &Changes { traces, ..Changes::default() }).await.unwrap();
        let [b, a, c] = lines;
        assert_eq!(store.trace(shop, one).await.unwrap(), [told("begun"), b, a.clone(), c]);
        assert_eq!(store.trace(shop, other).await.unwrap(), [told("begun"), a]);
    }

    async fn s22_the_inbox_takes_a_message_once(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let entry = |minute, words: &str| {
            let document = json!({ "text": words });
            InboxEntry { message: ana.message.id, at: at(minute), to: "ana".into(), document }
        };
        for entry in [entry(1, "first"), entry(2, "second")] {
            store.commit(shop, &Changes { inbox: vec![entry], ..Changes::default() }).await.unwrap();
        }
        let page = store.inbox(shop, &PageRequest { after: None, limit: 10 }).await.unwrap();
        assert_eq!(page.items, [entry(1, "first")]);
    }

    async fn a_message_changes_with_its_columns(db) {
        let store = db.store();
        let (shop, strategy, mut mint) = begin(&store).await;
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let mut sent = ana.message.clone();
        sent.state = MessageState::Accepted;
        sent.due_at = None;
        sent.provider_id = Some("wamid\0.2".into());
        store.commit(shop, &Changes { messages: vec![changed(sent.clone(), 1)], ..Changes::default() }).await.unwrap();
        assert!(store.due_messages(shop, at(99), 10).await.unwrap().is_empty());
        let by_provider = |id: &str| Wanted { provider_ids: vec![id.into()], ..Wanted::default() };
        assert_eq!(store.load(shop, &by_provider("wamid\0.2")).await.unwrap().messages, [Entry::loaded(sent, 2)]);
        assert!(store.load(shop, &by_provider("provider-ana")).await.unwrap().messages.is_empty());
    }
}
