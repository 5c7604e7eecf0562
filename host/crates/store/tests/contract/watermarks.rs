//! Somebody has everything that they were sent until an instant: which messages that are.

use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::message::{Message, MessageState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::{Entry, Identity, IdentityKind};
use cartwright_engine::ports::{Changes, Store};

use crate::contract;
use crate::values::{Person, add_person, add_shop, at, message, mint, name};

/// A message of a person's run that stands somewhere.
async fn made(
    store: &dyn Store,
    shop: ShopId,
    of: &Person,
    slot: u32,
    made_at: Timestamp,
    state: MessageState,
) -> MessageId {
    let made = Message { created_at: made_at, state, ..message(shop, &of.run, slot, None) };
    store.commit(shop, &Changes { messages: vec![Entry::new(made.clone())], ..Changes::default() }).await.unwrap();
    made.id
}

fn sorted(mut ids: Vec<MessageId>) -> Vec<MessageId> {
    ids.sort();
    ids
}

contract! {
    async fn what_somebody_was_sent_before_an_instant_is_found_by_any_of_their_names(db) {
        use MessageState::{Accepted, Uncertain};
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let handle = name(IdentityKind::Anonymous, "chat\0:5010");
        let ana = add_person(&*store, shop, &mut mint(3), mint(4).next(), "ana").await;
        let ben = add_person(&*store, shop, &mut mint(5), mint(4).next(), "ben").await;
        let named = Changes {
            identities: vec![(handle.clone(), ana.customer.id)],
            unchanged: vec![(ana.customer.id, 1)],
            ..Changes::default()
        };
        store.commit(shop, &named).await.unwrap();
        let (day, month) = (Span::days(1), Span::days(30));
        let old = made(&*store, shop, &ana, 1, at(0) - month, Accepted).await;
        let first = made(&*store, shop, &ana, 2, at(1) - day, Accepted).await;
        let second = made(&*store, shop, &ana, 3, at(1), Accepted).await;
        made(&*store, shop, &ana, 4, at(1), Uncertain).await;
        let third = made(&*store, shop, &ana, 5, at(2), Accepted).await;
        let bens = made(&*store, shop, &ben, 6, at(1), Accepted).await;
        let found = async |shop, names: &[(&Identity, Timestamp)]| {
            let names: Vec<_> = names.iter().map(|(name, until)| ((*name).clone(), *until)).collect();
            store.sent_before(shop, &names).await.unwrap()
        };
        assert_eq!(found(shop, &[(&handle, at(1))]).await, sorted(vec![first, second]));
        assert_eq!(found(shop, &[(&handle, at(0) - day)]).await, [old], "30 days are not over yet");
        let mail = name(IdentityKind::Email, "ana");
        let both = [(&handle, at(1)), (&mail, at(2)), (&name(IdentityKind::Email, "ben"), at(9))];
        assert_eq!(found(shop, &both).await, sorted(vec![first, second, third, bens]));
        assert_eq!(found(shop, &[(&name(IdentityKind::Phone, "ana"), at(9))]).await, []);
        assert_eq!(found(shop, &[]).await, []);
        assert_eq!(found(other, &[(&handle, at(9))]).await, []);
    }
}
