//! The keys that seal links in messages.

use crate::contract;
use crate::values::add_shop;

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
}
