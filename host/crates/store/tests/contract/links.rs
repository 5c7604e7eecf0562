//! Links in messages: the keys that seal them, and whose a short one is.

use cartwright_domain::erasure::Erased;
use cartwright_domain::ids::MessageId;
use cartwright_engine::ports::Changes;

use crate::contract;
use crate::settings::strategy;
use crate::values::{Person, add_person, add_shop, mint};

fn links(links: &[(&str, MessageId)]) -> Changes {
    let short_links = links.iter().map(|(token, message)| ((*token).to_owned(), *message)).collect();
    Changes { short_links, ..Changes::default() }
}

contract! {
    async fn s18_a_shop_has_one_key_for_its_links_for_ever(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        assert_eq!(store.link_key(shop).await.unwrap(), None);
        assert_eq!(store.make_link_key(shop, [1; 32]).await.unwrap(), [1; 32]);
        assert_eq!(store.make_link_key(shop, [2; 32]).await.unwrap(), [1; 32], "two nodes that make one make the same");
        assert_eq!(store.link_key(shop).await.unwrap(), Some([1; 32]));
        assert_eq!(store.link_key(other).await.unwrap(), None);
    }

    async fn a_short_link_names_its_shop_and_its_message(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let mut mint = mint(9);
        let (record, _) = strategy("carts", 10, 1);
        let ana = add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let foreign = add_person(&*store, other, &mut mint, record.id, "ana").await;
        assert_eq!(store.short_link("AAAAAAAAAAAA").await.unwrap(), None);
        for _ in 0..2 {
            store.commit(shop, &links(&[("AAAAAAAAAAAA", ana.message.id), ("aaaaaaaaaaaa", ana.message.id)])).await.unwrap();
        }
        store.commit(other, &links(&[("BBBBBBBBBBBB", foreign.message.id)])).await.unwrap();
        assert_eq!(store.short_link("AAAAAAAAAAAA").await.unwrap(), Some((shop, ana.message.id)));
        assert_eq!(store.short_link("BBBBBBBBBBBB").await.unwrap(), Some((other, foreign.message.id)));
        assert_eq!(store.short_link("AAAAAAAAAAAa").await.unwrap(), None, "small letters are others");
    }

    async fn s45_the_short_links_of_whoever_is_erased_lead_nowhere(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, _) = strategy("carts", 10, 1);
        let mut people: Vec<Person> = Vec::new();
        for (who, token) in [("ana", "AAAAAAAAAAAA"), ("ben", "BBBBBBBBBBBB")] {
            let person = add_person(&*store, shop, &mut mint, record.id, who).await;
            store.commit(shop, &links(&[(token, person.message.id)])).await.unwrap();
            people.push(person);
        }
        let (customer, messages) = (Some(people[0].customer.id), vec![people[0].message.id]);
        let erased = Erased { customer, messages, ..Erased::default() };
        store.commit(shop, &Changes { erased: Some(erased), ..Changes::default() }).await.unwrap();
        assert_eq!(store.short_link("AAAAAAAAAAAA").await.unwrap(), None);
        assert_eq!(store.short_link("BBBBBBBBBBBB").await.unwrap(), Some((shop, people[1].message.id)));
    }
}
