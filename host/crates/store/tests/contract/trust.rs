//! Whose signatures a shop trusts.

use cartwright_domain::trust::{TrustMode, TrustPolicy, TrustedKey};

use crate::contract;
use crate::values::add_shop;

fn policy() -> TrustPolicy {
    let key = TrustedKey { name: "Ann".into(), key: "RWQ".into() };
    TrustPolicy { mode: TrustMode::Require, keys: vec![key] }
}

contract! {
    async fn a_shop_trusts_nobody_until_it_says_so_and_every_cache_hears_of_it(db) {
        let store = db.store();
        let (own, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        assert_eq!(store.trust(own).await.unwrap(), TrustPolicy::default());
        let before = store.settings_revision(own).await.unwrap();
        store.save_trust(own, &policy()).await.unwrap();
        assert_eq!(store.trust(own).await.unwrap(), policy());
        assert!(store.settings_revision(own).await.unwrap() > before);
        assert_eq!(store.trust(other).await.unwrap(), TrustPolicy::default());
        store.save_trust(own, &TrustPolicy::default()).await.unwrap();
        assert_eq!(store.trust(own).await.unwrap(), TrustPolicy::default());
    }
}
