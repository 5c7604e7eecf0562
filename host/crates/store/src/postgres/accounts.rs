//! Accounts at OpenID providers, and as whom they are known here.

use async_trait::async_trait;
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::oidc::{Account, Entrance, Granted, Keeper};
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Role, User};
use cartwright_engine::ports::{Accounts, StoreError};
use sqlx::{Postgres, Transaction};

use super::PostgresStore;
use super::people::{insert_user, put_role};
use crate::error::failed;
use crate::people::{self, AccountRow};
use crate::text::column;

#[async_trait]
impl Accounts for PostgresStore {
    async fn account(&self, account: &Account) -> Result<Option<(User, Keeper)>, StoreError> {
        let found: Option<AccountRow> = sqlx::query_as(
            "select u.user_id, u.name, u.standing, u.password, u.created_at, a.kept_by
             from accounts a join users u on u.user_id = a.user_id where a.issuer = $1 and a.subject = $2",
        )
        .bind(column(&account.issuer))
        .bind(column(&account.subject))
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        found.map(people::account).transpose()
    }

    async fn enter(
        &self,
        account: &Account,
        nonce: &[u8; 32],
        now: Timestamp,
        until: Timestamp,
        entrance: &Entrance,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("delete from used_nonces where expires_at <= $1")
            .bind(now.millis())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let used = sqlx::query("insert into used_nonces (hash, expires_at) values ($1, $2) on conflict do nothing")
            .bind(&nonce[..])
            .bind(until.millis())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        match entrance {
            Entrance::Known => {}
            Entrance::Linked(user) => link(&mut transaction, account, *user, Keeper::Here).await?,
            Entrance::Made(user, roles) => {
                insert_user(&mut transaction, user).await?;
                link(&mut transaction, account, user.id, Keeper::Provider).await?;
                put_roles(&mut transaction, user.id, roles).await?;
            }
            Entrance::Followed(user, granted) => follow(&mut transaction, *user, granted).await?,
        }
        self.end(transaction).await?;
        Ok(true)
    }
}

/// A user has one account at a provider, and an account one user.
async fn link(
    transaction: &mut Transaction<'static, Postgres>,
    account: &Account,
    user: UserId,
    keeper: Keeper,
) -> Result<(), StoreError> {
    let linked = sqlx::query(
        "insert into accounts (issuer, subject, user_id, kept_by)
         select $1, $2, user_id, $4 from users where user_id = $3",
    )
    .bind(column(&account.issuer))
    .bind(column(&account.subject))
    .bind(user.0)
    .bind(keeper.name())
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    if linked.rows_affected() == 0 { Err(StoreError::Conflict) } else { Ok(()) }
}

/// Whatever they were before is forgotten.
async fn follow(
    transaction: &mut Transaction<'static, Postgres>,
    user: UserId,
    granted: &Granted,
) -> Result<(), StoreError> {
    let known = sqlx::query("update users set standing = $2 where user_id = $1")
        .bind(user.0)
        .bind(granted.standing.name())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    if known.rows_affected() == 0 {
        return Err(StoreError::Conflict);
    }
    sqlx::query("delete from members where user_id = $1")
        .bind(user.0)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    put_roles(transaction, user, &granted.roles).await
}

async fn put_roles(
    transaction: &mut Transaction<'static, Postgres>,
    user: UserId,
    roles: &[(ShopId, Role)],
) -> Result<(), StoreError> {
    for (shop, role) in roles {
        put_role(transaction, *shop, user, *role).await?;
    }
    Ok(())
}
