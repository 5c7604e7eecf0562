//! Secrets never lie in clear (S44).

use cartwright_domain::shop::ConnectionKind;
use cartwright_engine::ports::{Secret, StoreError};
use cartwright_store::SecretKeys;

use crate::contract;
use crate::settings::connection;
use crate::values::add_shop;

const WORDS: &str = "open-sesame-4711";

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
}
