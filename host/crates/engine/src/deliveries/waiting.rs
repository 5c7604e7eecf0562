//! Deliveries in memory, until somebody writes them down: bounded by connection and altogether.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cartwright_domain::delivery::DeliveryOutcome;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::time::{Span, Timestamp};

use crate::ports::Webhook;

/// How often they go into the database.
const FLUSH: Span = Span::seconds(10);
/// How often old ones are looked for.
const SWEEP: Span = Span::hours(1);
/// Proven ones of a connection that wait for it; the oldest go first.
const PROVEN: usize = 50;
/// The others of a connection; those beyond are not noted.
const UNPROVEN: usize = 10;
/// All that waits, in bytes; what comes beyond is not noted.
const MOST_WAITING: usize = 32 * 1024 * 1024;

/// What came of a delivery.
#[derive(Debug)]
pub(crate) struct Fate {
    pub(crate) outcome: DeliveryOutcome,
    /// Events, receipts and decisions on templates in it.
    pub(crate) told: u32,
    /// Those of them that were known before.
    pub(crate) known: u32,
    pub(crate) reason: Option<String>,
}

impl Fate {
    /// One that nothing was taken from.
    pub(crate) fn of_nothing(outcome: DeliveryOutcome, reason: Option<String>) -> Self {
        Self { outcome, told: 0, known: 0, reason }
    }
}

/// Deliveries that are not written down yet.
#[derive(Default)]
pub(crate) struct Deliveries(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    by_connection: BTreeMap<(ShopId, ConnectionId, bool), VecDeque<Noted>>,
    bytes: usize,
    flushed_at: Timestamp,
    swept_at: Timestamp,
}

pub(super) struct Noted {
    pub(super) received_at: Timestamp,
    pub(super) status: u16,
    pub(super) fate: Fate,
    pub(super) webhook: Webhook,
    /// How long its body was.
    pub(super) length: usize,
}

impl Noted {
    fn size(&self) -> usize {
        let headers: usize = self.webhook.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.webhook.path.len() + headers + self.webhook.body.len()
    }
}

impl Deliveries {
    pub(super) fn note(&self, shop: ShopId, connection: ConnectionId, noted: Noted) {
        let is_proven = noted.fate.outcome.is_proven();
        let size = noted.size();
        let mut guard = self.lock();
        let waiting = &mut *guard;
        if waiting.bytes + size > MOST_WAITING {
            return;
        }
        let ring = waiting.by_connection.entry((shop, connection, is_proven)).or_default();
        if ring.len() == if is_proven { PROVEN } else { UNPROVEN } {
            if !is_proven {
                return;
            }
            waiting.bytes -= ring.pop_front().map_or(0, |oldest| oldest.size());
        }
        waiting.bytes += size;
        ring.push_back(noted);
    }

    /// Takes those of a shop that wait, by connection.
    pub(super) fn take(&self, shop: ShopId) -> Vec<(ConnectionId, VecDeque<Noted>)> {
        let mut guard = self.lock();
        let waiting = &mut *guard;
        let own: Vec<_> = waiting.by_connection.keys().filter(|(of, ..)| *of == shop).copied().collect();
        let taken: Vec<_> =
            own.into_iter().filter_map(|key| Some((key.1, waiting.by_connection.remove(&key)?))).collect();
        let freed: usize = taken.iter().flat_map(|(_, ring)| ring).map(Noted::size).sum();
        waiting.bytes -= freed;
        taken
    }

    pub(super) fn shops(&self) -> Vec<ShopId> {
        let mut shops: Vec<ShopId> = self.lock().by_connection.keys().map(|(shop, ..)| *shop).collect();
        shops.dedup();
        shops
    }

    /// Whether it is time to write them down, and to look for old ones.
    pub(super) fn due(&self, now: Timestamp) -> (bool, bool) {
        let mut waiting = self.lock();
        let (flush, sweep) = (now >= waiting.flushed_at + FLUSH, now >= waiting.swept_at + SWEEP);
        if flush {
            waiting.flushed_at = now;
        }
        if sweep {
            waiting.swept_at = now;
        }
        (flush, sweep)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use cartwright_domain::ids::Mint;

    use super::*;

    const BODY: usize = 64 * 1024;

    fn noted(outcome: DeliveryOutcome, body: Vec<u8>) -> Noted {
        let webhook = Webhook { method: "POST".into(), path: String::new(), headers: Vec::new(), body: body.into() };
        let length = webhook.body.len();
        let fate = Fate::of_nothing(outcome, None);
        Noted { received_at: Timestamp::default(), status: 200, fate, webhook, length }
    }

    fn ids() -> (ShopId, ConnectionId) {
        let mut mint = Mint::new(Timestamp::default(), [1; 32]);
        (mint.next(), mint.next())
    }

    fn waiting(deliveries: &Deliveries, shop: ShopId) -> Vec<u8> {
        let firsts = |ring: VecDeque<Noted>| ring.into_iter().map(|noted| noted.webhook.body[0]).collect::<Vec<_>>();
        deliveries.take(shop).into_iter().flat_map(|(_, ring)| firsts(ring)).collect()
    }

    #[test]
    fn a_flood_of_what_is_not_proven_is_cut_off_and_pushes_nothing_out() {
        let (deliveries, (shop, connection)) = (Deliveries::default(), ids());
        deliveries.note(shop, connection, noted(DeliveryOutcome::Accepted, vec![200]));
        for number in 0..100 {
            deliveries.note(shop, connection, noted(DeliveryOutcome::Refused, vec![number]));
        }
        let found = waiting(&deliveries, shop);
        assert_eq!(found, (0..UNPROVEN as u8).chain([200]).collect::<Vec<_>>());
        assert!(deliveries.shops().is_empty() && deliveries.lock().bytes == 0);
    }

    #[test]
    fn of_many_that_are_proven_the_newest_wait() {
        let (deliveries, (shop, connection)) = (Deliveries::default(), ids());
        for number in 0..120 {
            deliveries.note(shop, connection, noted(DeliveryOutcome::Accepted, vec![number]));
        }
        assert_eq!(deliveries.lock().bytes, PROVEN);
        assert_eq!(waiting(&deliveries, shop), (70..120).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_waits_than_there_is_room_for() {
        let (deliveries, (shop, _)) = (Deliveries::default(), ids());
        let mut mint = Mint::new(Timestamp::default(), [2; 32]);
        for _ in 0..MOST_WAITING / BODY + 10 {
            deliveries.note(shop, mint.next(), noted(DeliveryOutcome::Accepted, vec![7; BODY]));
        }
        assert_eq!(waiting(&deliveries, shop).len(), MOST_WAITING / BODY);
    }
}
