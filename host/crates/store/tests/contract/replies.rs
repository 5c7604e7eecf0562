//! What customers write, and what is sent because of it.

use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::erasure::Erased;
use cartwright_domain::ids::{CustomerId, ReplyId, ShopId};
use cartwright_domain::message::{Details, Outcome, Rejection, RejectionClass};
use cartwright_domain::reply::{Reply, ReplySend, SendKind};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::Span;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, InboxEntry, PageRequest, ReplyFilter, ReplySendFilter, Store};
use serde_json::json;

use crate::contract;
use crate::values::{add_shop, at, customer, is_conflict, mint};

/// Written so many minutes after the beginning.
fn reply(shop: ShopId, customer: CustomerId, channel: &str, minute: i64) -> Reply {
    Reply {
        id: ReplyId::of(shop, channel, &format!("{customer}:{minute}")),
        customer,
        channel: channel.into(),
        from: Some(phone()),
        at: at(minute),
        received_at: at(minute),
        text: Some("Is it red?\0 \\".into()),
        cut: false,
        message: None,
        sender: None,
        asks: true,
    }
}

fn phone() -> Address {
    Address { kind: AddressKind::Phone, value: "+4915112345678".into() }
}

fn answer(reply: &Reply, minute: i64) -> ReplySend {
    reply.answer(phone(), None, "It is.", "mia", 0, at(minute))
}

/// As the shop's own people are told of it.
fn notice(reply: &Reply) -> ReplySend {
    ReplySend { id: reply.id.send("notice", "inbox", "staff"), kind: SendKind::Notice, by: None, ..answer(reply, 0) }
}

fn writing(replies: &[&Reply], sends: &[&ReplySend]) -> Changes {
    Changes {
        replies: replies.iter().map(|reply| (*reply).clone()).collect(),
        reply_sends: sends.iter().map(|send| Entry::new((*send).clone())).collect(),
        ..Changes::default()
    }
}

async fn listed(store: &dyn Store, shop: ShopId, filter: &ReplyFilter) -> Vec<(ReplyId, bool)> {
    let page = store.replies(shop, filter, &PageRequest { after: None, limit: 50 }).await.unwrap();
    page.items.into_iter().map(|kept| (kept.reply.id, kept.waits)).collect()
}

async fn all(store: &dyn Store, shop: ShopId) -> Vec<(ReplyId, bool)> {
    listed(store, shop, &ReplyFilter::default()).await
}

async fn sends_of(store: &dyn Store, shop: ShopId, reply: &Reply) -> Vec<Entry<ReplySend>> {
    let filter = ReplySendFilter { replies: vec![reply.id], ..ReplySendFilter::default() };
    store.reply_sends(shop, &filter).await.unwrap()
}

async fn add_customer(store: &dyn Store, shop: ShopId, seed: u8) -> CustomerId {
    let person = customer(&mut mint(seed));
    let changes = Changes { customers: vec![Entry::new(person.clone())], ..Changes::default() };
    store.commit(shop, &changes).await.unwrap();
    person.id
}

contract! {
    async fn a_reply_that_is_told_twice_is_kept_once_and_so_is_what_is_sent_because_of_it(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let ana = add_customer(&*store, shop, 9).await;
        let asked = reply(shop, ana, "whatsapp", 1);
        let told = notice(&asked);
        store.commit(shop, &writing(&[&asked], &[&told])).await.unwrap();
        let again = Reply { text: Some("Something else".into()), ..asked.clone() };
        let mut later = told.clone();
        later.hand_over(Span::minutes(1), at(5));
        store.commit(shop, &writing(&[&again], &[&later])).await.unwrap();
        assert_eq!(store.reply(shop, asked.id).await.unwrap().unwrap().reply, asked);
        let sends: Vec<ReplySend> = sends_of(&*store, shop, &asked).await.into_iter().map(|entry| entry.value).collect();
        assert_eq!(sends, [told]);
        assert_eq!((store.reply(other, asked.id).await.unwrap(), all(&*store, other).await), (None, vec![]));
        assert!(sends_of(&*store, other, &asked).await.is_empty());
    }

    async fn replies_are_listed_newest_first_by_customer_by_channel_and_by_what_waits(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (ana, ben) = (add_customer(&*store, shop, 9).await, add_customer(&*store, shop, 8).await);
        let stop = Reply { asks: false, ..reply(shop, ben, "sms", 4) };
        let asked = [reply(shop, ana, "sms", 1), reply(shop, ana, "whatsapp", 2), reply(shop, ben, "sms", 3), stop];
        store.commit(shop, &writing(&asked.iter().collect::<Vec<_>>(), &[])).await.unwrap();
        let ids = |places: &[usize]| -> Vec<ReplyId> { places.iter().map(|place| asked[*place].id).collect() };
        let usual = ReplyFilter::default;
        for (filter, expected) in [
            (usual(), ids(&[3, 2, 1, 0])),
            (ReplyFilter { customer: Some(ana), ..usual() }, ids(&[1, 0])),
            (ReplyFilter { channel: Some("sms".into()), ..usual() }, ids(&[3, 2, 0])),
            (ReplyFilter { waiting_only: true, ..usual() }, ids(&[2, 1, 0])),
            (ReplyFilter { customer: Some(ben), channel: Some("sms".into()), waiting_only: true }, ids(&[2])),
        ] {
            let found: Vec<ReplyId> = listed(&*store, shop, &filter).await.into_iter().map(|(id, _)| id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.replies(shop, &usual(), &PageRequest { after, limit: 3 }).await.unwrap();
            seen.extend(page.items.into_iter().map(|kept| kept.reply.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids(&[3, 2, 1, 0]));
    }

    async fn an_answer_answers_what_came_before_it_unless_it_came_to_nothing(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (ana, ben) = (add_customer(&*store, shop, 9).await, add_customer(&*store, shop, 8).await);
        let before = reply(shop, ana, "sms", 1);
        let asked = reply(shop, ana, "sms", 2);
        let elsewhere = reply(shop, ana, "whatsapp", 1);
        let others = reply(shop, ben, "sms", 1);
        let sent = answer(&asked, 3);
        store.commit(shop, &writing(&[&before, &asked, &elsewhere, &others], &[&notice(&others)])).await.unwrap();
        store.commit(shop, &writing(&[], &[&sent])).await.unwrap();
        let after = reply(shop, ana, "sms", 4);
        store.commit(shop, &writing(&[&after], &[])).await.unwrap();
        let waiting = async || -> Vec<ReplyId> {
            let filter = ReplyFilter { waiting_only: true, ..ReplyFilter::default() };
            let mut found: Vec<ReplyId> = listed(&*store, shop, &filter).await.into_iter().map(|(id, _)| id).collect();
            found.sort();
            found
        };
        let sorted = |replies: &[&Reply]| {
            let mut ids: Vec<ReplyId> = replies.iter().map(|reply| reply.id).collect();
            ids.sort();
            ids
        };
        assert_eq!(waiting().await, sorted(&[&after, &elsewhere, &others]));
        assert!(!store.reply(shop, before.id).await.unwrap().unwrap().waits);

        let mut known = sends_of(&*store, shop, &asked).await.pop().unwrap();
        known.edit().hand_over(Span::minutes(1), at(3));
        store.commit(shop, &Changes { reply_sends: vec![known.clone()], ..Changes::default() }).await.unwrap();
        assert!(
            is_conflict(store.commit(shop, &Changes { reply_sends: vec![known], ..Changes::default() }).await),
            "it has moved on"
        );
        let mut known = sends_of(&*store, shop, &asked).await.pop().unwrap();
        let no = Details { code: None, text: "no".into() };
        let refused = Outcome::Rejected(Rejection { class: RejectionClass::InvalidRecipient, details: no });
        known.edit().settle(1, &refused, at(3));
        store.commit(shop, &Changes { reply_sends: vec![known], ..Changes::default() }).await.unwrap();
        assert_eq!(waiting().await, sorted(&[&before, &asked, &after, &elsewhere, &others]), "it came to nothing");
    }

    async fn what_is_sent_is_found_when_it_is_due_by_its_id_and_by_the_providers(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let ana = add_customer(&*store, shop, 9).await;
        let asked = reply(shop, ana, "sms", 1);
        let (first, second) = (answer(&asked, 2), notice(&asked));
        store.commit(shop, &writing(&[&asked], &[&first, &second])).await.unwrap();
        let due = store.due_reply_sends(shop, at(2), 9).await.unwrap();
        assert_eq!(due.iter().map(|entry| entry.value.id).collect::<Vec<_>>(), [second.id, first.id]);
        assert_eq!(store.due_reply_sends(shop, at(1), 9).await.unwrap().len(), 1);
        let shards = [Shard::of(shop)];
        assert_eq!(store.shops_with_work(&shards, at(0)).await.unwrap(), [shop]);
        assert_eq!(store.next_due(&shards).await.unwrap(), Some(at(0)));
        assert_eq!(store.count_notices(shop, at(0)).await.unwrap(), 0, "it has not left");

        let mut settled = due;
        for entry in &mut settled {
            entry.edit().hand_over(Span::minutes(1), at(2));
            let provider_id = format!("p-{}\0", entry.value.kind.name());
            entry.edit().settle(1, &Outcome::Accepted { provider_id, price: None }, at(2));
        }
        store.commit(shop, &Changes { reply_sends: settled, ..Changes::default() }).await.unwrap();
        assert!(store.due_reply_sends(shop, at(99), 9).await.unwrap().is_empty());
        assert!(store.shops_with_work(&shards, at(99)).await.unwrap().is_empty());
        assert_eq!(store.next_due(&shards).await.unwrap(), None);
        let filter = ReplySendFilter { provider_ids: vec!["p-answer\0".into()], ..ReplySendFilter::default() };
        assert_eq!(store.reply_sends(shop, &filter).await.unwrap()[0].value.id, first.id);
        let filter = ReplySendFilter { ids: vec![second.id], ..ReplySendFilter::default() };
        assert_eq!(store.reply_sends(shop, &filter).await.unwrap()[0].value.id, second.id);
        assert_eq!(store.count_notices(shop, at(0)).await.unwrap(), 1);
        assert_eq!(store.count_notices(shop, at(1)).await.unwrap(), 0);
    }

    async fn s45_what_somebody_wrote_moves_with_them_and_goes_with_them(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (ana, heir, ben) = (
            add_customer(&*store, shop, 9).await,
            add_customer(&*store, shop, 8).await,
            add_customer(&*store, shop, 7).await,
        );
        let (hers, his) = (reply(shop, ana, "sms", 1), reply(shop, ben, "sms", 2));
        let (told, other) = (notice(&hers), notice(&his));
        let shown = |send: &ReplySend| InboxEntry { message: send.id, at: at(1), to: "mia".into(), document: json!({}) };
        let changes = Changes { inbox: vec![shown(&told), shown(&other)], ..writing(&[&hers, &his], &[&told, &other]) };
        store.commit(shop, &changes).await.unwrap();
        store.commit(shop, &Changes { merged: vec![(ana, heir)], ..Changes::default() }).await.unwrap();
        assert_eq!(store.reply(shop, hers.id).await.unwrap().unwrap().reply.customer, heir);
        assert_eq!(sends_of(&*store, shop, &hers).await[0].value.customer, heir);
        let by_old_name = ReplyFilter { customer: Some(ana), ..ReplyFilter::default() };
        assert_eq!(listed(&*store, shop, &by_old_name).await, [(hers.id, true)]);

        let erased = Erased { customer: Some(heir), ..Erased::default() };
        store.commit(shop, &Changes { erased: Some(erased), ..Changes::default() }).await.unwrap();
        assert_eq!(all(&*store, shop).await, [(his.id, true)]);
        assert!(sends_of(&*store, shop, &hers).await.is_empty());
        let inbox = store.inbox(shop, &PageRequest { after: None, limit: 9 }).await.unwrap().items;
        assert_eq!(inbox.iter().map(|entry| entry.message).collect::<Vec<_>>(), [other.id]);
    }
}
