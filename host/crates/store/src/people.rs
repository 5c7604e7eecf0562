//! People as rows.

use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::oidc::Keeper;
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Link, Role, Session, Standing, User};
use cartwright_engine::ports::StoreError;
use uuid::Uuid;

use crate::rows;
use crate::text;

/// Id, name, standing, password and making of a user.
pub(crate) type UserRow = (Uuid, String, String, String, i64);

/// A user from its row.
pub(crate) fn user((id, name, standing, password, created_at): UserRow) -> Result<User, StoreError> {
    let standing = [Standing::Operator, Standing::Member].into_iter().find(|known| known.name() == standing);
    Ok(User {
        id: UserId(id),
        name: text::from_column(name),
        standing: standing.ok_or_else(|| unknown("standing of a user"))?,
        password,
        created_at: Timestamp::from_millis(created_at),
    })
}

/// A user with a role from its row.
pub(crate) fn member(
    (id, name, standing, password, created_at, role): (Uuid, String, String, String, i64, String),
) -> Result<(User, Role), StoreError> {
    Ok((user((id, name, standing, password, created_at))?, role_of(&role)?))
}

/// A user with who keeps their roles, from its row.
pub(crate) type AccountRow = (Uuid, String, String, String, i64, String);

/// As whom an account is known, from its row.
pub(crate) fn account(
    (id, name, standing, password, created_at, keeper): AccountRow,
) -> Result<(User, Keeper), StoreError> {
    let keeper = [Keeper::Here, Keeper::Provider].into_iter().find(|known| known.name() == keeper);
    let keeper = keeper.ok_or_else(|| unknown("keeper of roles"))?;
    Ok((user((id, name, standing, password, created_at))?, keeper))
}

/// A role in a shop from its row.
pub(crate) fn role_in((shop, role): (Uuid, String)) -> Result<(ShopId, Role), StoreError> {
    Ok((ShopId(shop), role_of(&role)?))
}

/// A session from its row.
pub(crate) fn session(hash: [u8; 32], (user, created_at, expires_at): (Uuid, i64, i64)) -> Session {
    Session {
        hash,
        user: UserId(user),
        created_at: Timestamp::from_millis(created_at),
        expires_at: Timestamp::from_millis(expires_at),
    }
}

/// A link from its row.
pub(crate) fn link(hash: [u8; 32], (expires_at, document): (i64, String)) -> Result<Link, StoreError> {
    Ok(Link { hash, purpose: rows::read(&document)?, expires_at: Timestamp::from_millis(expires_at) })
}

fn role_of(word: &str) -> Result<Role, StoreError> {
    Role::named(word).ok_or_else(|| unknown("role"))
}

fn unknown(what: &str) -> StoreError {
    StoreError::Failed(format!("a stored {what} is none that this version knows"))
}
