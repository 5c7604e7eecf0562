//! Who signs in, and who is signed in.

use async_trait::async_trait;
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Link, Role, Session, User};
use cartwright_engine::ports::{People, Redemption, StoreError};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::PostgresStore;
use crate::error::{failed, taken};
use crate::people::{self, UserRow};
use crate::rows;
use crate::text::column;

#[async_trait]
impl People for PostgresStore {
    async fn add_user(&self, user: &User) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert_user(&mut transaction, user).await?;
        self.end(transaction).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        let found: Vec<UserRow> =
            sqlx::query_as("select user_id, name, standing, password, created_at from users order by name")
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        found.into_iter().map(people::user).collect()
    }

    async fn user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        let found: Option<UserRow> =
            sqlx::query_as("select user_id, name, standing, password, created_at from users where user_id = $1")
                .bind(user.0)
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        found.map(people::user).transpose()
    }

    async fn user_named(&self, name: &str) -> Result<Option<User>, StoreError> {
        let found: Option<UserRow> =
            sqlx::query_as("select user_id, name, standing, password, created_at from users where name = $1")
                .bind(column(name))
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        found.map(people::user).transpose()
    }

    async fn remove_user(&self, user: UserId) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        for statement in [
            "delete from sessions where user_id = $1",
            "delete from members where user_id = $1",
            "delete from accounts where user_id = $1",
        ] {
            sqlx::query(statement).bind(user.0).execute(&mut *transaction).await.map_err(failed)?;
        }
        let removed = sqlx::query("delete from users where user_id = $1")
            .bind(user.0)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(removed.rows_affected() > 0)
    }

    async fn members(&self, shop: ShopId) -> Result<Vec<(User, Role)>, StoreError> {
        let found: Vec<(Uuid, String, String, String, i64, String)> = sqlx::query_as(
            "select u.user_id, u.name, u.standing, u.password, u.created_at, m.role
             from members m join users u on u.user_id = m.user_id where m.shop_id = $1 order by u.name",
        )
        .bind(shop.0)
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        found.into_iter().map(people::member).collect()
    }

    async fn roles(&self, user: UserId) -> Result<Vec<(ShopId, Role)>, StoreError> {
        let found: Vec<(Uuid, String)> =
            sqlx::query_as("select shop_id, role from members where user_id = $1 order by shop_id")
                .bind(user.0)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        found.into_iter().map(people::role_in).collect()
    }

    async fn set_role(&self, shop: ShopId, user: UserId, role: Option<Role>) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        match role {
            Some(role) => put_role(&mut transaction, shop, user, role).await?,
            None => {
                sqlx::query("delete from members where shop_id = $1 and user_id = $2")
                    .bind(shop.0)
                    .bind(user.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
            }
        }
        self.end(transaction).await
    }

    async fn add_session(&self, session: &Session) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for statement in ["delete from sessions where expires_at <= $1", "delete from links where expires_at <= $1"] {
            sqlx::query(statement)
                .bind(session.created_at.millis())
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        sqlx::query("insert into sessions (hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)")
            .bind(&session.hash[..])
            .bind(session.user.0)
            .bind(session.created_at.millis())
            .bind(session.expires_at.millis())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await
    }

    async fn session(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Session, User, Vec<(ShopId, Role)>)>, StoreError> {
        let found: Option<(Uuid, i64, i64)> =
            sqlx::query_as("select user_id, created_at, expires_at from sessions where hash = $1 and expires_at > $2")
                .bind(&hash[..])
                .bind(now.millis())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        let Some(row) = found else { return Ok(None) };
        let session = people::session(*hash, row);
        let Some(user) = self.user(session.user).await? else { return Ok(None) };
        let roles = self.roles(user.id).await?;
        Ok(Some((session, user, roles)))
    }

    async fn end_session(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let ended = sqlx::query("delete from sessions where hash = $1")
            .bind(&hash[..])
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(ended.rows_affected() > 0)
    }

    async fn add_link(&self, link: &Link) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("insert into links (hash, expires_at, document) values ($1, $2, $3)")
            .bind(&link.hash[..])
            .bind(link.expires_at.millis())
            .bind(rows::write(&link.purpose)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await
    }

    async fn link(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Link>, StoreError> {
        let found: Option<(i64, String)> =
            sqlx::query_as("select expires_at, document from links where hash = $1 and expires_at > $2")
                .bind(&hash[..])
                .bind(now.millis())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        found.map(|row| people::link(*hash, row)).transpose()
    }

    async fn redeem(&self, hash: &[u8; 32], redemption: &Redemption) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let used = sqlx::query("delete from links where hash = $1")
            .bind(&hash[..])
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        match redemption {
            Redemption::First(user) => {
                // Two first users who do not see each other would both be first.
                sqlx::query("lock table users in exclusive mode").execute(&mut *transaction).await.map_err(failed)?;
                let others = sqlx::query_scalar::<_, i64>("select count(*) from users")
                    .fetch_one(&mut *transaction)
                    .await
                    .map_err(failed)?;
                if others > 0 {
                    return Ok(false);
                }
                insert_user(&mut transaction, user).await?;
            }
            Redemption::Join(user, role) => {
                insert_user(&mut transaction, user).await?;
                if let Some((shop, role)) = role {
                    put_role(&mut transaction, *shop, user.id, *role).await?;
                }
            }
            Redemption::NewPassword(user, password) => {
                sqlx::query("update users set password = $2 where user_id = $1")
                    .bind(user.0)
                    .bind(password)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
                sqlx::query("delete from sessions where user_id = $1")
                    .bind(user.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
            }
        }
        self.end(transaction).await?;
        Ok(true)
    }
}

pub(super) async fn insert_user(
    transaction: &mut Transaction<'static, Postgres>,
    user: &User,
) -> Result<(), StoreError> {
    sqlx::query("insert into users (user_id, name, standing, password, created_at) values ($1, $2, $3, $4, $5)")
        .bind(user.id.0)
        .bind(column(&user.name))
        .bind(user.standing.name())
        .bind(&user.password)
        .bind(user.created_at.millis())
        .execute(&mut **transaction)
        .await
        .map_err(taken(|| format!("the name `{}`", user.name)))?;
    Ok(())
}

pub(super) async fn put_role(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    user: UserId,
    role: Role,
) -> Result<(), StoreError> {
    let put = sqlx::query(
        "insert into members (shop_id, user_id, role) select $1, user_id, $3 from users where user_id = $2
         on conflict (shop_id, user_id) do update set role = excluded.role",
    )
    .bind(shop.0)
    .bind(user.0)
    .bind(role.name())
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    if put.rows_affected() == 0 { Err(StoreError::Conflict) } else { Ok(()) }
}
