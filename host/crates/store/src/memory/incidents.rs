//! What went wrong, and how a batch opens and closes it.

use async_trait::async_trait;
use cartwright_domain::alert::Alarm;
use cartwright_domain::ids::{IncidentId, ShopId};
use cartwright_domain::incident::Incident;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Incidents, Page, PageRequest, StoreError};
use std::cmp::Reverse;

use super::MemoryStore;
use super::tables::{Row, Tables};
use crate::page;

#[async_trait]
impl Incidents for MemoryStore {
    async fn due_incidents(
        &self,
        shop: ShopId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Entry<Incident>>, StoreError> {
        Ok(self.read(shop, |tables| {
            let is_due = |row: &&Row<Incident>| row.value.due_at.is_some_and(|due| due <= now);
            let mut due: Vec<_> = tables.incidents.values().filter(is_due).map(Row::entry).collect();
            due.sort_by_key(|entry| (entry.value.due_at, entry.value.id));
            due.truncate(limit as usize);
            due
        }))
    }

    async fn incident(&self, shop: ShopId, incident: IncidentId) -> Result<Option<Entry<Incident>>, StoreError> {
        Ok(self.read(shop, |tables| tables.incidents.get(&incident).map(Row::entry)))
    }

    async fn incidents(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Incident>, StoreError> {
        let (is_closed, at, id) = page::before_standing(page);
        let place = |incident: &Incident| {
            (incident.closed_at.is_some(), Reverse(incident.opened_at.millis()), Reverse(incident.id.0))
        };
        Ok(self.read(shop, |tables| {
            let mut listed: Vec<&Incident> = tables.incidents.values().map(|row| &row.value).collect();
            listed.sort_by_key(|incident| place(incident));
            let listed = listed.into_iter().filter(|incident| place(incident) > (is_closed, Reverse(at), Reverse(id)));
            let listed = listed.take(page::rows(page) as usize);
            page::page(listed.map(|incident| (page::standing_cursor(incident), incident.clone())).collect(), page)
        }))
    }

    async fn open_incidents(&self) -> Result<Vec<(ShopId, Incident)>, StoreError> {
        let state = self.state();
        let all = state
            .shops
            .iter()
            .flat_map(|(shop, tables)| tables.incidents.values().map(|row| (*shop, row.value.clone())));
        let mut open: Vec<_> = all.filter(|(_, incident)| incident.closed_at.is_none()).collect();
        open.sort_by_cached_key(|(shop, incident)| (*shop, incident.cause.name(), incident.about.clone()));
        Ok(open)
    }
}

/// Opens what is not open, and closes what is: saying either twice changes nothing.
pub(super) fn sound(tables: &mut Tables, shop: ShopId, alarms: &[Alarm]) {
    for alarm in alarms {
        let is_of = |incident: &Incident| {
            incident.closed_at.is_none() && (incident.cause, &incident.about) == (alarm.cause, &alarm.about)
        };
        let open = tables.incidents.values().find(|row| is_of(&row.value)).map(|row| row.value.id);
        let row = match (Incident::open(shop, alarm), open) {
            (Some(incident), None) => {
                let row = tables.incidents.entry(incident.id).or_insert(Row { value: incident, revision: 0 });
                row.value.closed_at = None;
                Some(row)
            }
            (None, Some(open)) => {
                let mut row = tables.incidents.get_mut(&open);
                if let Some(row) = &mut row {
                    row.value.closed_at = Some(alarm.at);
                }
                row
            }
            _ => None,
        };
        if let Some(row) = row {
            row.value.due_at = Some(alarm.at);
            row.revision += 1;
        }
    }
}
