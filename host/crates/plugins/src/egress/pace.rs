//! How often a connection may ask a host: a bucket of as many requests as a minute has, which fills up evenly. Whoever
//! finds it empty has sent nothing, so the request is made again later and nothing is lost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cartwright_domain::ids::ConnectionId;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::EgressFailure;

use super::refused;
use crate::guest::Rights;

const MINUTE: i64 = 60_000_000;
/// More buckets than this are looked through for full ones, which need not be kept.
const KEPT: usize = 10_000;

/// The buckets of this process, by connection and host. Each is the moment, in microseconds, at which it is full again.
#[derive(Default)]
pub(super) struct Pace {
    full_at: Mutex<HashMap<(ConnectionId, String), i64>>,
}

/// What a request is measured by.
#[derive(Clone, Copy)]
pub(super) struct Gate<'a> {
    pub(super) rights: &'a Rights,
    pub(super) pace: &'a Pace,
    pub(super) connection: ConnectionId,
    pub(super) now: Timestamp,
}

impl Gate<'_> {
    /// Takes one request to a host out of its bucket.
    pub(super) fn take(&self, host: &str, per_minute: u32) -> Result<(), EgressFailure> {
        if per_minute == 0 {
            return Err(refused(format!("{host} is granted 0 requests a minute; grant some, or take the host away")));
        }
        let (now, each) = (self.now.millis() * 1000, MINUTE / i64::from(per_minute));
        let mut buckets = self.pace.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > KEPT {
            buckets.retain(|_, full_at| *full_at > now);
        }
        let full_at = buckets.entry((self.connection, host.to_owned())).or_insert(now);
        let next = (*full_at).max(now) + each;
        let wait = next - now - MINUTE;
        if wait > 0 {
            let seconds = wait.div_euclid(1_000_000) + i64::from(wait.rem_euclid(1_000_000) > 0);
            return Err(EgressFailure::NotSent(format!(
                "{host} has had its {per_minute} requests a minute; the next one may go in {seconds} s"
            )));
        }
        *full_at = next;
        Ok(())
    }
}
