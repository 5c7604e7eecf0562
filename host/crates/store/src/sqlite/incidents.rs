//! What went wrong, and how a batch opens and closes it.

use async_trait::async_trait;
use cartwright_domain::alert::Alarm;
use cartwright_domain::ids::{IncidentId, ShopId};
use cartwright_domain::incident::Incident;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Incidents, Page, PageRequest, StoreError};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::SqliteStore;
use crate::error::failed;
use crate::page;
use crate::rows::{self, IncidentRow};
use crate::text::column;

#[async_trait]
impl Incidents for SqliteStore {
    async fn due_incidents(
        &self,
        shop: ShopId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Entry<Incident>>, StoreError> {
        let found: Vec<IncidentRow> = sqlx::query_as(
            "select closed_at, revision, document from incidents
             where shop_id = $1 and due_at <= $2 order by due_at, incident_id limit $3",
        )
        .bind(shop.0)
        .bind(now.millis())
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.into_iter().map(rows::incident).collect()
    }

    async fn incident(&self, shop: ShopId, incident: IncidentId) -> Result<Option<Entry<Incident>>, StoreError> {
        let found: Option<IncidentRow> = sqlx::query_as(
            "select closed_at, revision, document from incidents where shop_id = $1 and incident_id = $2",
        )
        .bind(shop.0)
        .bind(incident.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(failed)?;
        found.map(rows::incident).transpose()
    }

    async fn incidents(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Incident>, StoreError> {
        let (is_closed, at, id) = page::before_standing(page);
        let found: Vec<IncidentRow> = sqlx::query_as(
            "select closed_at, revision, document from incidents
             where shop_id = $1
               and ((closed_at is not null) > $2
                 or ((closed_at is not null) = $2 and (opened_at, incident_id) < ($3, $4)))
             order by closed_at is not null, opened_at desc, incident_id desc limit $5",
        )
        .bind(shop.0)
        .bind(is_closed)
        .bind(at)
        .bind(id)
        .bind(page::rows(page))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let incidents = found.into_iter().map(|row| {
            let incident = rows::incident(row)?.value;
            Ok((page::standing_cursor(&incident), incident))
        });
        Ok(page::page(incidents.collect::<Result<_, StoreError>>()?, page))
    }

    async fn open_incidents(&self) -> Result<Vec<(ShopId, Incident)>, StoreError> {
        let found: Vec<(Uuid, Option<i64>, i64, String)> = sqlx::query_as(
            "select shop_id, closed_at, revision, document from incidents
             where closed_at is null order by shop_id, cause, about",
        )
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let incident = |(shop, closed_at, revision, document)| {
            Ok((ShopId(shop), rows::incident((closed_at, revision, document))?.value))
        };
        found.into_iter().map(incident).collect()
    }
}

/// Opens what is not open, and closes what is: saying either twice changes nothing.
pub(super) async fn sound(
    transaction: &mut Transaction<'_, Sqlite>,
    shop: ShopId,
    alarms: &[Alarm],
) -> Result<(), StoreError> {
    for alarm in alarms {
        let query = match Incident::open(shop, alarm) {
            Some(incident) => sqlx::query(
                "insert into incidents (shop_id, incident_id, cause, about, opened_at, due_at, revision, document)
                 select $1, $5, $2, $3, $4, $4, 1, $6 where not exists
                     (select 1 from incidents where shop_id = $1 and cause = $2 and about = $3 and closed_at is null)
                 on conflict (shop_id, incident_id) do update
                     set closed_at = null, due_at = excluded.due_at, revision = incidents.revision + 1",
            )
            .bind(shop.0)
            .bind(alarm.cause.name())
            .bind(column(&alarm.about).into_owned())
            .bind(alarm.at.millis())
            .bind(incident.id.0)
            .bind(rows::write(&incident)?),
            None => sqlx::query(
                "update incidents set closed_at = $4, due_at = $4, revision = revision + 1
                 where shop_id = $1 and cause = $2 and about = $3 and closed_at is null",
            )
            .bind(shop.0)
            .bind(alarm.cause.name())
            .bind(column(&alarm.about).into_owned())
            .bind(alarm.at.millis()),
        };
        query.execute(&mut **transaction).await.map_err(failed)?;
    }
    Ok(())
}
