//! What messages cost, and when their providers are asked for it.

use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::price::{Price, Pricing};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, Store};

use crate::contract;
use crate::values::{add_person, add_shop, at, changed, is_conflict, message, mint};

/// One message more of a run, to be asked about then.
async fn sent(store: &dyn Store, shop: ShopId, like: &Message, slot: u32, due_at: Option<Timestamp>) -> Message {
    let run = store.run(shop, like.run).await.unwrap().unwrap();
    let pricing = Pricing { due_at, ..Pricing::default() };
    let sent = Message { pricing, ..message(shop, &run, slot, None) };
    store.commit(shop, &Changes { messages: vec![Entry::new(sent.clone())], ..Changes::default() }).await.unwrap();
    sent
}

async fn due(store: &dyn Store, shop: ShopId, now: Timestamp, limit: u32) -> Vec<MessageId> {
    store.due_prices(shop, now, limit).await.unwrap()
}

contract! {
    async fn providers_are_asked_for_prices_in_the_order_in_which_they_are_due(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let ana = add_person(&*store, shop, &mut mint(3), mint(4).next(), "ana").await;
        let late = sent(&*store, shop, &ana.message, 1, Some(at(9))).await;
        let early = sent(&*store, shop, &ana.message, 2, Some(at(5))).await;
        sent(&*store, shop, &ana.message, 3, None).await;
        assert_eq!(due(&*store, shop, at(4), 9).await, []);
        assert_eq!(due(&*store, shop, at(5), 9).await, [early.id]);
        assert_eq!(due(&*store, shop, at(9), 9).await, [early.id, late.id]);
        assert_eq!(due(&*store, shop, at(9), 1).await, [early.id]);
        assert_eq!(due(&*store, other, at(9), 9).await, []);
    }

    async fn a_price_that_is_to_be_asked_for_is_work_and_one_that_is_known_is_none(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let ana = add_person(&*store, shop, &mut mint(3), mint(4).next(), "ana").await;
        let asked = sent(&*store, shop, &ana.message, 1, Some(at(5))).await;
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(5)));
        assert!(store.shops_with_work(&Shard::ALL, at(4)).await.unwrap().is_empty());
        assert_eq!(store.shops_with_work(&Shard::ALL, at(5)).await.unwrap(), [shop]);
        assert!(store.shops_with_work(&[], at(5)).await.unwrap().is_empty());
        let pricing = Pricing { price: Price::read(7_900, "VND"), due_at: None, tries: 1 };
        let known = Changes { messages: vec![changed(Message { pricing: pricing.clone(), ..asked.clone() }, 1)],
                              ..Changes::default() };
        store.commit(shop, &known).await.unwrap();
        assert_eq!(due(&*store, shop, at(99), 9).await, []);
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(10)), "her run");
        assert_eq!(store.message(shop, asked.id).await.unwrap().map(|message| message.pricing), Some(pricing));
        assert!(is_conflict(store.commit(shop, &known).await), "whoever asked beside it looks again");
    }
}
