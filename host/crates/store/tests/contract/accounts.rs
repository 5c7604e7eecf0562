//! Accounts at OpenID providers: as whom they are known, and that a proof is good once.

use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::oidc::{Account, Entrance, Granted, Keeper};
use cartwright_domain::user::{Role, Standing, User};
use cartwright_engine::ports::{Store, StoreError};

use crate::contract;
use crate::values::{add_shop, at, is_conflict, mint};

fn user(seed: u8, name: &str) -> User {
    let id = mint(seed).next();
    User { id, name: name.into(), standing: Standing::Member, password: String::new(), created_at: at(0) }
}

fn account(subject: &str) -> Account {
    Account { issuer: "https://id.example".into(), subject: subject.into() }
}

/// Somebody comes in at minute 0 with a proof that is good for an hour.
async fn enter(store: &dyn Store, subject: &str, nonce: u8, entrance: Entrance) -> Result<bool, StoreError> {
    store.enter(&account(subject), &[nonce; 32], at(0), at(60), &entrance).await
}

async fn known(store: &dyn Store, subject: &str) -> Option<(UserId, Keeper)> {
    store.account(&account(subject)).await.unwrap().map(|(user, keeper)| (user.id, keeper))
}

fn granted(standing: Standing, roles: &[(ShopId, Role)]) -> Granted {
    Granted { standing, roles: roles.to_vec() }
}

contract! {
    async fn an_account_is_linked_to_a_user_who_was_here_before(db) {
        let store = db.store();
        let own = add_shop(&*store, 1).await;
        let ana = user(3, "ana");
        store.add_user(&ana).await.unwrap();
        store.set_role(own, ana.id, Some(Role::Editor)).await.unwrap();
        assert_eq!(known(&*store, "a").await, None);
        assert!(enter(&*store, "a", 1, Entrance::Linked(ana.id)).await.unwrap());
        assert_eq!(store.account(&account("a")).await.unwrap(), Some((ana.clone(), Keeper::Here)));
        assert_eq!(store.roles(ana.id).await.unwrap(), [(own, Role::Editor)]);
        let elsewhere = Account { issuer: "https://other.example".into(), subject: "a".into() };
        assert_eq!(store.account(&elsewhere).await.unwrap(), None);
        assert_eq!(known(&*store, "A").await, None);
    }

    async fn a_user_has_one_account_at_a_provider_and_an_account_one_user(db) {
        let store = db.store();
        let (ana, ben) = (user(3, "ana"), user(4, "ben"));
        store.add_user(&ana).await.unwrap();
        store.add_user(&ben).await.unwrap();
        assert!(enter(&*store, "a", 1, Entrance::Linked(ana.id)).await.unwrap());
        assert!(is_conflict(enter(&*store, "b", 2, Entrance::Linked(ana.id)).await.map(drop)));
        assert!(is_conflict(enter(&*store, "a", 3, Entrance::Linked(ben.id)).await.map(drop)));
        assert!(is_conflict(enter(&*store, "c", 4, Entrance::Linked(user(9, "nobody").id)).await.map(drop)));
        assert_eq!(known(&*store, "b").await, None);
        assert_eq!(known(&*store, "a").await, Some((ana.id, Keeper::Here)));
        // What was refused used nothing up.
        assert!(enter(&*store, "b", 2, Entrance::Linked(ben.id)).await.unwrap());
    }

    async fn a_newcomer_is_made_with_their_roles_or_not_at_all(db) {
        let store = db.store();
        let own = add_shop(&*store, 1).await;
        let ana = user(3, "ana");
        let made = Entrance::Made(ana.clone(), vec![(own, Role::Viewer)]);
        assert!(enter(&*store, "a", 1, made).await.unwrap());
        assert_eq!(known(&*store, "a").await, Some((ana.id, Keeper::Provider)));
        assert_eq!(store.members(own).await.unwrap(), [(ana, Role::Viewer)]);
        let again = Entrance::Made(user(4, "ana"), vec![(own, Role::Owner)]);
        let taken = enter(&*store, "b", 2, again).await;
        assert!(matches!(taken, Err(StoreError::Taken(_))), "{taken:?}");
        assert!(is_conflict(enter(&*store, "a", 3, Entrance::Made(user(5, "ben"), Vec::new())).await.map(drop)));
        assert_eq!((store.users().await.unwrap().len(), known(&*store, "b").await), (1, None));
    }

    async fn who_follows_the_provider_is_what_it_says_now(db) {
        let store = db.store();
        let (own, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let ana = user(3, "ana");
        let made = Entrance::Made(ana.clone(), vec![(own, Role::Owner), (other, Role::Viewer)]);
        assert!(enter(&*store, "a", 1, made).await.unwrap());
        let less = granted(Standing::Member, &[(other, Role::Editor)]);
        assert!(enter(&*store, "a", 2, Entrance::Followed(ana.id, less)).await.unwrap());
        assert_eq!(store.roles(ana.id).await.unwrap(), [(other, Role::Editor)]);
        assert!(enter(&*store, "a", 3, Entrance::Followed(ana.id, granted(Standing::Operator, &[]))).await.unwrap());
        assert_eq!(store.user(ana.id).await.unwrap().unwrap().standing, Standing::Operator);
        assert_eq!(store.roles(ana.id).await.unwrap(), []);
        let nobody = Entrance::Followed(user(9, "nobody").id, granted(Standing::Operator, &[]));
        assert!(is_conflict(enter(&*store, "a", 4, nobody).await.map(drop)));
    }

    async fn a_nonce_is_good_once_until_its_proof_ends(db) {
        let store = db.store();
        let ana = user(3, "ana");
        store.add_user(&ana).await.unwrap();
        assert!(enter(&*store, "a", 1, Entrance::Linked(ana.id)).await.unwrap());
        assert!(!enter(&*store, "a", 1, Entrance::Known).await.unwrap());
        assert!(!enter(&*store, "b", 1, Entrance::Made(user(4, "ben"), Vec::new())).await.unwrap());
        assert_eq!((store.users().await.unwrap().len(), known(&*store, "b").await), (1, None));
        assert!(enter(&*store, "a", 2, Entrance::Known).await.unwrap());
        assert!(!store.enter(&account("a"), &[1; 32], at(59), at(60), &Entrance::Known).await.unwrap());
        // By now the proof is refused for its age, so nothing has to be remembered.
        assert!(store.enter(&account("a"), &[1; 32], at(60), at(99), &Entrance::Known).await.unwrap());
    }

    async fn of_two_who_come_with_one_proof_at_the_same_instant_one_gets_in(db) {
        let store = db.store();
        let ana = user(3, "ana");
        store.add_user(&ana).await.unwrap();
        assert!(enter(&*store, "a", 1, Entrance::Linked(ana.id)).await.unwrap());
        let (one, other) =
            tokio::join!(enter(&*store, "a", 2, Entrance::Known), enter(&*store, "a", 2, Entrance::Known));
        assert!(one.unwrap() != other.unwrap());
    }

    async fn who_is_removed_takes_their_account_with_them(db) {
        let store = db.store();
        let ana = user(3, "ana");
        store.add_user(&ana).await.unwrap();
        assert!(enter(&*store, "a", 1, Entrance::Linked(ana.id)).await.unwrap());
        assert!(store.remove_user(ana.id).await.unwrap());
        assert_eq!(known(&*store, "a").await, None);
        assert!(enter(&*store, "a", 2, Entrance::Made(user(4, "ana"), Vec::new())).await.unwrap());
    }
}
