//! Senders of channels: what holds one stays with its channel until a batch lets it go.

use cartwright_domain::alert::AlertCodes;
use cartwright_domain::message::HoldReason;
use cartwright_domain::sender::Sender;
use cartwright_domain::shop::{Connection, Hold};
use cartwright_engine::ports::{Changes, Wanted};

use crate::contract;
use crate::settings::connection;
use crate::values::{add_person, add_shop, at, changed, is_conflict, mint};

fn with_senders(seed: u8) -> Connection {
    let acorn = Sender { rate_per_second: Some(80), is_default: true, ..Sender::named("acorn") };
    let config = serde_json::from_value(serde_json::json!({ "from": "+4930\\\0" })).unwrap();
    let oak = Sender { config, ..Sender::named("oak") };
    Connection { senders: vec![acorn, oak], ..connection(seed, "channel", "sms") }
}

fn held(mut channel: Connection) -> Connection {
    let (words, next_step, codes) = ("refused".to_owned(), "ask".to_owned(), AlertCodes::default());
    let hold = Hold { reason: HoldReason::SenderPolicy, since: at(3), words, next_step, codes };
    channel.sender_mut("oak").unwrap().held = Some(hold);
    channel.sender_mut("acorn").unwrap().waits_until = Some(at(9));
    channel
}

contract! {
    async fn s27_what_holds_a_sender_is_kept_with_its_channel_until_it_is_let_go(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let (channel, theirs) = (with_senders(3), with_senders(4));
        store.save_connection(shop, &channel).await.unwrap();
        store.save_connection(other, &theirs).await.unwrap();
        let known = store.connections(shop).await.unwrap().remove(0);
        assert_eq!(known.value, channel);
        let before = store.settings_revision(shop).await.unwrap();
        let holding = Changes { connections: vec![changed(held(channel.clone()), known.revision)], ..Changes::default() };
        store.commit(shop, &holding).await.unwrap();
        let known = store.connections(shop).await.unwrap().remove(0);
        assert_eq!(known.value, held(channel.clone()));
        assert!(store.settings_revision(shop).await.unwrap() > before, "every node hears of it");
        assert_eq!(store.connections(other).await.unwrap()[0].value, theirs, "one shop's hold is not another's");
        assert!(is_conflict(store.commit(shop, &holding).await), "who builds on what it was loads again");
        let mut free = known;
        free.edit().release();
        store.commit(shop, &Changes { connections: vec![free], ..Changes::default() }).await.unwrap();
        assert_eq!(store.connections(shop).await.unwrap()[0].value, channel);
    }

    async fn s22_a_message_knows_the_sender_that_it_went_by(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let strategy = mint.next();
        let mut ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        ana.message.sender = Some("acorn".into());
        let changes = Changes { messages: vec![changed(ana.message.clone(), 1)], ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();
        let found = store.load(shop, &Wanted { messages: vec![ana.message.id], ..Wanted::default() }).await.unwrap();
        assert_eq!(found.messages[0].value.sender.as_deref(), Some("acorn"));
    }
}
