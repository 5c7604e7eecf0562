//! The port to storage, as far as it is about people: who signs in, what they are in which shop, who is signed in.

use async_trait::async_trait;
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Link, Role, Session, User};

use super::StoreError;

/// What is done with a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redemption {
    /// Somebody becomes the first user; nobody does if there is one by now.
    First(User),
    /// Somebody becomes a user, with a role in a shop if the link gives one.
    Join(User, Option<(ShopId, Role)>),
    /// A user has another password from now on, and is signed in nowhere any more.
    NewPassword(UserId, String),
}

/// People who sign in. They stand above the shops, so that one may have roles in several.
#[async_trait]
pub trait People: Send + Sync {
    /// Makes a user; the name is unique.
    async fn add_user(&self, user: &User) -> Result<(), StoreError>;
    /// All users, by name: for the operator.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// A user.
    async fn user(&self, user: UserId) -> Result<Option<User>, StoreError>;
    /// The user of a name.
    async fn user_named(&self, name: &str) -> Result<Option<User>, StoreError>;
    /// Forgets a user with all roles and sessions. Returns whether there was one.
    async fn remove_user(&self, user: UserId) -> Result<bool, StoreError>;

    /// Who has a role in a shop, by name.
    async fn members(&self, shop: ShopId) -> Result<Vec<(User, Role)>, StoreError>;
    /// In which shops a user has which role.
    async fn roles(&self, user: UserId) -> Result<Vec<(ShopId, Role)>, StoreError>;
    /// Gives a user a role in a shop, or takes it away. A conflict if there is no such user.
    async fn set_role(&self, shop: ShopId, user: UserId, role: Option<Role>) -> Result<(), StoreError>;

    /// Begins a session, and forgets those that have ended by its beginning.
    async fn add_session(&self, session: &Session) -> Result<(), StoreError>;
    /// The session of a hash, if it lasts at this moment, with its user and the user's roles.
    async fn session(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Session, User, Vec<(ShopId, Role)>)>, StoreError>;
    /// Ends a session. Returns whether there was one.
    async fn end_session(&self, hash: &[u8; 32]) -> Result<bool, StoreError>;

    /// Keeps a link.
    async fn add_link(&self, link: &Link) -> Result<(), StoreError>;
    /// The link of a hash, if it is good at this moment.
    async fn link(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Link>, StoreError>;
    /// Uses a link up and does what it is for, in one transaction. Returns whether it was good: of two who use the
    /// same one, or two for the first user, one is told no.
    async fn redeem(&self, hash: &[u8; 32], redemption: &Redemption) -> Result<bool, StoreError>;
}
