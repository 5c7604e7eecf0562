//! Secrets never lie in clear (S44).

use cartwright_domain::shop::ConnectionKind;
use cartwright_engine::ports::{Captured, Secret, StoreError};
use cartwright_store::SecretKeys;

use crate::contract;
use crate::settings::connection;
use crate::values::{add_shop, at};

const WORDS: &str = "open-sesame-4711";

/// Keys by their seeds, the newest last.
fn keys(seeds: &[u8]) -> SecretKeys {
    let lines: Vec<String> = seeds.iter().map(|seed| SecretKeys::line(&[*seed; 32]).to_string()).collect();
    SecretKeys::parse(&lines.join("\n")).unwrap()
}

fn id(seed: u8) -> String {
    SecretKeys::line(&[seed; 32])[..8].to_owned()
}

/// The key of the tests, and two that come after it.
const OLD: u8 = 42;
const NEW: u8 = 43;
const NEWER: u8 = 44;

contract! {
    async fn s44_secrets_come_back_by_name_and_go_with_their_connection(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let channel = connection(3, "channel", "main");
        store.save_connection(shop, &channel).await.unwrap();
        for (name, secret) in [("token", "old"), ("password", "p"), ("token", WORDS)] {
            store.save_secret(shop, channel.id, name, &Secret::from(secret)).await.unwrap();
        }
        assert_eq!(store.secret_names(shop, channel.id).await.unwrap(), ["password", "token"]);
        let secrets = store.secrets(shop, channel.id).await.unwrap();
        assert_eq!(secrets, [("password".into(), Secret::from("p")), ("token".into(), Secret::from(WORDS))]);
        store.remove_connection(shop, ConnectionKind::Channel, "main").await.unwrap();
        assert!(store.secrets(shop, channel.id).await.unwrap().is_empty());
    }

    async fn s44_a_secret_that_was_given_has_its_end_and_one_that_was_set_has_none(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let channel = connection(3, "channel", "main");
        store.save_connection(shop, &channel).await.unwrap();
        let given = |name: &str, expires_at| Captured { name: name.into(), secret: Secret::from(WORDS), expires_at };
        store.save_secret(shop, channel.id, "token", &Secret::from("old")).await.unwrap();
        let captured = [given("token", Some(at(60))), given("renewal", None)];
        store.keep_secrets(shop, channel.id, &captured).await.unwrap();
        let both = [("renewal".into(), Secret::from(WORDS)), ("token".into(), Secret::from(WORDS))];
        assert_eq!(store.secrets(shop, channel.id).await.unwrap(), both);
        assert_eq!(store.secret_expiries(shop, channel.id).await.unwrap(), [("token".into(), at(60))]);
        store.save_secret(shop, channel.id, "token", &Secret::from("new")).await.unwrap();
        assert!(store.secret_expiries(shop, channel.id).await.unwrap().is_empty());
    }
}

contract! { on_disk:
    async fn s44_a_secret_is_never_in_clear_on_the_disk(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let channel = connection(3, "channel", "visible-name");
        store.save_connection(shop, &channel).await.unwrap();
        store.save_secret(shop, channel.id, "token", &Secret::from(WORDS)).await.unwrap();
        let bytes = db.bytes().await;
        let holds = |words: &str| bytes.windows(words.len()).any(|part| part == words.as_bytes());
        assert!(holds("visible-name"), "this looks at the right place");
        assert!(!holds(WORDS));
    }

    async fn s44_without_the_key_nothing_opens_and_nothing_is_stored(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let channel = connection(3, "channel", "main");
        store.save_secret(shop, channel.id, "token", &Secret::from(WORDS)).await.unwrap();
        let keyless = cartwright_store::open(db.url(), SecretKeys::none()).await.unwrap();
        assert_eq!(keyless.secret_names(shop, channel.id).await.unwrap(), ["token"]);
        assert!(matches!(keyless.secrets(shop, channel.id).await, Err(StoreError::NoKey(_))));
        let refused = keyless.save_secret(shop, channel.id, "other", &Secret::from("x")).await;
        assert!(matches!(refused, Err(StoreError::NoKey(words)) if words.contains("cartwright key new")));
        let other = SecretKeys::parse(&SecretKeys::line(&[1; 32])).unwrap();
        let wrong = cartwright_store::open(db.url(), other).await.unwrap();
        let id = SecretKeys::line(&[42; 32])[..8].to_owned();
        assert!(matches!(wrong.secrets(shop, channel.id).await, Err(StoreError::NoKey(words)) if words.contains(&id)));
    }

    async fn s44_a_secret_moved_to_another_connection_does_not_open(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (own, other) = (connection(3, "channel", "main"), connection(4, "channel", "other"));
        store.save_secret(shop, own.id, "token", &Secret::from(WORDS)).await.unwrap();
        db.execute("update connection_secrets set connection_id = $1", other.id.0).await;
        assert!(matches!(store.secrets(shop, other.id).await, Err(StoreError::NoKey(_))));
    }

    async fn s44_a_rotation_goes_on_where_it_stopped_and_then_the_old_key_can_go(db) {
        let old = db.store();
        let (first, second) = (add_shop(&*old, 1).await, add_shop(&*old, 2).await);
        let channel = connection(3, "channel", "main");
        for (shop, name) in [(first, "a"), (first, "b\0c"), (second, "a"), (second, "z")] {
            old.save_secret(shop, channel.id, name, &Secret::from(name)).await.unwrap();
        }
        let both = cartwright_store::open(db.url(), keys(&[OLD, NEW])).await.unwrap();
        assert_eq!(both.sealings().await.unwrap(), [(id(OLD), 4)]);
        let begun = both.reseal(None, 3).await.unwrap();
        assert_eq!((begun.resealed, begun.closed.len()), (3, 0));
        assert!(begun.next.is_some());
        // The command was stopped: it begins anew, and finds only what is left.
        let ended = both.reseal(None, 3).await.unwrap();
        assert_eq!((ended.resealed, ended.next), (1, None));
        assert_eq!(both.reseal(None, 3).await.unwrap(), Default::default());
        assert_eq!(both.sealings().await.unwrap(), [(id(NEW), 4)]);
        let new = cartwright_store::open(db.url(), keys(&[NEW])).await.unwrap();
        for (shop, names) in [(first, ["a", "b\0c"]), (second, ["a", "z"])] {
            let expected = names.map(|name| (name.to_owned(), Secret::from(name)));
            assert_eq!(new.secrets(shop, channel.id).await.unwrap(), expected);
        }
    }

    async fn s44_a_secret_that_does_not_open_is_named_and_stops_no_other(db) {
        let old = db.store();
        let shop = add_shop(&*old, 1).await;
        let channel = connection(3, "channel", "main");
        for name in ["a", "b"] {
            old.save_secret(shop, channel.id, name, &Secret::from(WORDS)).await.unwrap();
        }
        let lost = cartwright_store::open(db.url(), keys(&[NEW])).await.unwrap();
        lost.save_secret(shop, channel.id, "b", &Secret::from(WORDS)).await.unwrap();
        let newer = cartwright_store::open(db.url(), keys(&[NEW, NEWER])).await.unwrap();
        let turned = newer.reseal(None, 10).await.unwrap();
        assert_eq!((turned.resealed, turned.closed.len()), (1, 1));
        let closed = &turned.closed[0];
        assert_eq!((closed.place.shop, closed.place.name.as_str()), (shop, "a"));
        assert!(closed.why.contains(&id(OLD)) && !closed.why.contains(WORDS), "{}", closed.why);
        let mut expected = [(id(OLD), 1), (id(NEWER), 1)];
        expected.sort();
        assert_eq!(newer.sealings().await.unwrap(), expected);
        // It is passed over page by page, not met for ever.
        let mut after = None;
        for _ in 0..2 {
            let page = newer.reseal(after.as_ref(), 1).await.unwrap();
            after = page.next;
        }
        assert_eq!(after, None);
    }

    async fn s44_without_a_key_nothing_is_sealed_anew(db) {
        let keyless = cartwright_store::open(db.url(), SecretKeys::none()).await.unwrap();
        assert!(matches!(keyless.reseal(None, 10).await, Err(StoreError::NoKey(_))));
    }
}
