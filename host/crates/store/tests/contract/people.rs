//! Who signs in, what they are in which shop, and links that work once.

use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::user::{Link, Purpose, Role, Session, Standing, User};
use cartwright_engine::ports::{Redemption, Store, StoreError};

use crate::contract;
use crate::values::{add_shop, at, is_conflict, mint};

fn user(seed: u8, name: &str) -> User {
    let id = mint(seed).next();
    User { id, name: name.into(), standing: Standing::Member, password: format!("hash of {name}"), created_at: at(0) }
}

fn session(seed: u8, user: UserId, until: i64) -> Session {
    Session { hash: [seed; 32], user, created_at: at(0), expires_at: at(until) }
}

fn link(seed: u8, purpose: Purpose) -> Link {
    Link { hash: [seed; 32], purpose, expires_at: at(60) }
}

async fn is_signed_in(store: &dyn Store, seed: u8, minute: i64) -> bool {
    store.session(&[seed; 32], at(minute)).await.unwrap().is_some()
}

async fn add_member(store: &dyn Store, shop: ShopId, seed: u8, name: &str, role: Role) -> User {
    let user = user(seed, name);
    store.add_user(&user).await.unwrap();
    store.set_role(shop, user.id, Some(role)).await.unwrap();
    user
}

contract! {
    async fn a_name_to_sign_in_with_is_unique(db) {
        let store = db.store();
        let (ana, again) = (user(1, "ana"), user(2, "ana"));
        store.add_user(&ana).await.unwrap();
        let operator = User { standing: Standing::Operator, ..user(3, "ben") };
        store.add_user(&operator).await.unwrap();
        assert!(matches!(store.add_user(&again).await, Err(StoreError::Taken(name)) if name.contains("ana")));
        assert_eq!(store.user_named("ana").await.unwrap(), Some(ana.clone()));
        assert_eq!(store.user(operator.id).await.unwrap(), Some(operator.clone()));
        assert_eq!(store.user_named("Ana").await.unwrap(), None);
        assert_eq!(store.users().await.unwrap(), [ana, operator]);
    }

    async fn a_role_in_one_shop_is_none_in_another(db) {
        let store = db.store();
        let (own, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let ana = add_member(&*store, own, 3, "ana", Role::Viewer).await;
        store.set_role(own, ana.id, Some(Role::Editor)).await.unwrap();
        assert_eq!(store.members(own).await.unwrap(), [(ana.clone(), Role::Editor)]);
        assert_eq!(store.members(other).await.unwrap(), []);
        assert_eq!(store.roles(ana.id).await.unwrap(), [(own, Role::Editor)]);
        store.set_role(other, ana.id, None).await.unwrap();
        assert_eq!(store.roles(ana.id).await.unwrap(), [(own, Role::Editor)]);
        store.set_role(own, ana.id, None).await.unwrap();
        assert_eq!(store.roles(ana.id).await.unwrap(), []);
        assert!(is_conflict(store.set_role(own, user(9, "nobody").id, Some(Role::Owner)).await));
        assert_eq!(store.members(own).await.unwrap(), []);
    }

    async fn a_session_lasts_until_it_expires_or_is_ended(db) {
        let store = db.store();
        let own = add_shop(&*store, 1).await;
        let ana = add_member(&*store, own, 3, "ana", Role::Owner).await;
        let first = session(1, ana.id, 30);
        store.add_session(&first).await.unwrap();
        let found = store.session(&[1; 32], at(29)).await.unwrap();
        assert_eq!(found, Some((first, ana.clone(), vec![(own, Role::Owner)])));
        assert!(!is_signed_in(&*store, 1, 30).await);
        assert!(!is_signed_in(&*store, 2, 0).await);
        store.add_session(&session(2, ana.id, 90)).await.unwrap();
        assert!(store.end_session(&[1; 32]).await.unwrap());
        assert!(!store.end_session(&[1; 32]).await.unwrap());
        assert!(!is_signed_in(&*store, 1, 0).await);
        assert!(is_signed_in(&*store, 2, 0).await);
        let later = Session { created_at: at(90), ..session(3, ana.id, 99) };
        store.add_session(&later).await.unwrap();
        assert!(!store.end_session(&[2; 32]).await.unwrap());
    }

    async fn who_is_removed_is_signed_in_nowhere_and_has_no_role(db) {
        let store = db.store();
        let own = add_shop(&*store, 1).await;
        let ana = add_member(&*store, own, 3, "ana", Role::Owner).await;
        let ben = add_member(&*store, own, 4, "ben", Role::Viewer).await;
        store.add_session(&session(1, ana.id, 30)).await.unwrap();
        store.add_session(&session(2, ben.id, 30)).await.unwrap();
        assert!(store.remove_user(ana.id).await.unwrap());
        assert!(!store.remove_user(ana.id).await.unwrap());
        assert!(!is_signed_in(&*store, 1, 0).await);
        assert!(is_signed_in(&*store, 2, 0).await);
        assert_eq!(store.members(own).await.unwrap(), [(ben, Role::Viewer)]);
        assert_eq!(store.roles(ana.id).await.unwrap(), []);
    }

    async fn a_link_works_once_and_not_after_its_time(db) {
        let store = db.store();
        let own = add_shop(&*store, 1).await;
        let purpose = Purpose::Join { shop: own, role: Role::Editor };
        let invitation = link(1, purpose);
        store.add_link(&invitation).await.unwrap();
        assert_eq!(store.link(&[1; 32], at(59)).await.unwrap(), Some(invitation));
        assert_eq!(store.link(&[1; 32], at(60)).await.unwrap(), None);
        let ana = user(3, "ana");
        let join = Redemption::Join(ana.clone(), Some((own, Role::Editor)));
        assert!(store.redeem(&[1; 32], &join).await.unwrap());
        assert_eq!(store.members(own).await.unwrap(), [(ana, Role::Editor)]);
        let again = Redemption::Join(user(4, "ben"), Some((own, Role::Editor)));
        assert!(!store.redeem(&[1; 32], &again).await.unwrap());
        assert_eq!(store.users().await.unwrap().len(), 1);
        assert_eq!(store.link(&[1; 32], at(0)).await.unwrap(), None);
    }

    async fn of_two_who_would_be_first_at_the_same_instant_one_is(db) {
        let store = db.store();
        for seed in [1, 2] {
            store.add_link(&link(seed, Purpose::First)).await.unwrap();
        }
        let (ana, ben) = (Redemption::First(user(3, "ana")), Redemption::First(user(4, "ben")));
        let (one, other) = tokio::join!(store.redeem(&[1; 32], &ana), store.redeem(&[2; 32], &ben));
        assert!(one.unwrap() != other.unwrap());
        assert_eq!(store.users().await.unwrap().len(), 1);
    }

    async fn a_link_stays_good_when_the_name_is_taken(db) {
        let store = db.store();
        let invitation = link(1, Purpose::Operate);
        store.add_link(&invitation).await.unwrap();
        store.add_user(&user(3, "ana")).await.unwrap();
        let taken = store.redeem(&[1; 32], &Redemption::Join(user(4, "ana"), None)).await;
        assert!(matches!(taken, Err(StoreError::Taken(_))), "{taken:?}");
        assert_eq!(store.link(&[1; 32], at(0)).await.unwrap(), Some(invitation));
        assert!(store.redeem(&[1; 32], &Redemption::Join(user(4, "ben"), None)).await.unwrap());
    }

    async fn another_password_ends_every_session_of_its_user(db) {
        let store = db.store();
        let (ana, ben) = (user(3, "ana"), user(4, "ben"));
        store.add_user(&ana).await.unwrap();
        store.add_user(&ben).await.unwrap();
        store.add_session(&session(1, ana.id, 30)).await.unwrap();
        store.add_session(&session(2, ben.id, 30)).await.unwrap();
        store.add_link(&link(1, Purpose::NewPassword { user: ana.id })).await.unwrap();
        assert!(store.redeem(&[1; 32], &Redemption::NewPassword(ana.id, "another".into())).await.unwrap());
        assert_eq!(store.user(ana.id).await.unwrap().unwrap().password, "another");
        assert_eq!(store.user(ben.id).await.unwrap(), Some(ben));
        assert!(!is_signed_in(&*store, 1, 0).await);
        assert!(is_signed_in(&*store, 2, 0).await);
    }
}
