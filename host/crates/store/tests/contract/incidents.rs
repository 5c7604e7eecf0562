//! What went wrong: opened once, closed once, and what was told of it.

use cartwright_domain::alert::{Alarm, AlertCause, AlertTarget};
use cartwright_domain::ids::ShopId;
use cartwright_domain::incident::{Incident, NoticeState};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Changes, PageRequest, Store};

use crate::contract;
use crate::values::{add_shop, at, changed, is_conflict};

fn raised(about: &str, at: Timestamp) -> Alarm {
    Alarm::raise(AlertCause::ChannelHeld, about, "no credit", "top it up", at)
}

fn cleared(about: &str, at: Timestamp) -> Alarm {
    Alarm::clear(AlertCause::ChannelHeld, about, at)
}

async fn sound(store: &dyn Store, shop: ShopId, alarm: Alarm) {
    store.commit(shop, &Changes { alarms: vec![alarm], ..Changes::default() }).await.unwrap();
}

async fn all(store: &dyn Store, shop: ShopId) -> Vec<Incident> {
    store.incidents(shop, &PageRequest { after: None, limit: 50 }).await.unwrap().items
}

contract! {
    async fn s23_something_that_goes_wrong_is_one_incident_until_it_is_over(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        sound(&*store, shop, raised("mail", at(1))).await;
        sound(&*store, shop, raised("mail", at(2))).await;
        sound(&*store, shop, raised("sms\\\0", at(2))).await;
        let open = all(&*store, shop).await;
        let about: Vec<_> = open.iter().map(|incident| (incident.about.as_str(), incident.opened_at)).collect();
        assert_eq!(about, [("sms\\\0", at(2)), ("mail", at(1))]);
        assert_eq!(open[1].told.next_step, "top it up");
        sound(&*store, shop, cleared("mail", at(3))).await;
        sound(&*store, shop, cleared("mail", at(4))).await;
        let mail = &all(&*store, shop).await[1];
        assert_eq!((mail.about.as_str(), mail.closed_at), ("mail", Some(at(3))));
        sound(&*store, shop, raised("mail", at(5))).await;
        let about: Vec<_> =
            all(&*store, shop).await.into_iter().map(|incident| (incident.about, incident.closed_at)).collect();
        assert_eq!(about, [("mail".into(), None), ("sms\\\0".into(), None), ("mail".into(), Some(at(3)))]);
    }

    async fn s23_what_is_over_and_wrong_again_in_one_moment_is_one_incident(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        sound(&*store, shop, raised("mail", at(1))).await;
        sound(&*store, shop, cleared("mail", at(1))).await;
        sound(&*store, shop, raised("mail", at(1))).await;
        let [incident] = &all(&*store, shop).await[..] else { panic!("more than one") };
        assert_eq!(incident.closed_at, None);
    }

    async fn s23_an_incident_is_work_until_all_is_told(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        sound(&*store, shop, raised("mail", at(5))).await;
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(5)));
        assert!(store.shops_with_work(&Shard::ALL, at(4)).await.unwrap().is_empty());
        assert_eq!(store.shops_with_work(&Shard::ALL, at(5)).await.unwrap(), [shop]);
        assert!(store.due_incidents(shop, at(4), 10).await.unwrap().is_empty());
        let due = store.due_incidents(shop, at(5), 10).await.unwrap();
        let mut told = due[0].value.clone();
        told.plan(&[AlertTarget { channel: "slack".into(), to: "C1".into() }], at(5));
        told.notices[0].state = NoticeState::Accepted;
        told.close(at(6));
        told.due_at = None;
        store.commit(shop, &Changes { incidents: vec![changed(told.clone(), 1)], ..Changes::default() }).await.unwrap();
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), None);
        let known = store.incident(shop, told.id).await.unwrap().unwrap();
        assert_eq!((known.value, known.revision), (told, 2));
    }

    async fn s22_who_tells_an_incident_that_has_moved_on_looks_again(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        sound(&*store, shop, raised("mail", at(1))).await;
        let known = store.due_incidents(shop, at(1), 1).await.unwrap().remove(0);
        sound(&*store, shop, cleared("mail", at(2))).await;
        let stale = Changes { incidents: vec![changed(known.value.clone(), known.revision)], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &stale).await), "it was closed meanwhile");
        let due = store.due_incidents(shop, at(2), 1).await.unwrap().remove(0);
        assert_eq!(due.value.closed_at, Some(at(2)), "whoever looks again sees that it is over");
    }

    async fn s23_a_refused_batch_opens_nothing(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let refused = Changes { applied: vec![77], alarms: vec![raised("mail", at(1))], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &refused).await));
        assert!(all(&*store, shop).await.is_empty());
    }

    async fn s23_pages_of_incidents_follow_one_another_those_that_stand_first(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        for minute in 1..=6 {
            sound(&*store, shop, raised(&format!("c{minute}"), at(minute))).await;
        }
        for minute in [2, 5] {
            sound(&*store, shop, cleared(&format!("c{minute}"), at(9))).await;
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.incidents(shop, &PageRequest { after, limit: 2 }).await.unwrap();
            seen.extend(page.items.into_iter().map(|incident| incident.about));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["c6", "c4", "c3", "c1", "c5", "c2"]);
        let nonsense = PageRequest { after: Some("nobody gave this out".into()), limit: 9 };
        assert!(store.incidents(shop, &nonsense).await.unwrap().items.is_empty());
    }

    async fn s23_incidents_of_shops_are_apart(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        sound(&*store, shop, raised("mail", at(1))).await;
        let incident = all(&*store, shop).await.remove(0);
        sound(&*store, other, cleared("mail", at(2))).await;
        assert!(all(&*store, other).await.is_empty());
        assert!(store.incident(other, incident.id).await.unwrap().is_none());
        assert!(store.due_incidents(other, at(9), 9).await.unwrap().is_empty());
        let theirs = Changes { incidents: vec![changed(incident.clone(), 1)], ..Changes::default() };
        assert!(is_conflict(store.commit(other, &theirs).await));
        sound(&*store, other, raised("mail", at(2))).await;
        let open = store.open_incidents().await.unwrap();
        let mut open: Vec<_> = open.into_iter().map(|(shop, incident)| (shop, incident.opened_at)).collect();
        open.sort_by_key(|(_, at)| *at);
        assert_eq!(open, [(shop, at(1)), (other, at(2))], "the operator sees both");
    }
}
