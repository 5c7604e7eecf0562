//! Skipping time: from due instant to due instant, settling each, so that a skip equals waiting.

use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};

use crate::Engine;
use crate::ports::{Clock, StoreError};

/// A clock that can be moved ahead.
pub trait MovableClock: Clock {
    /// Moves to a moment; never back.
    fn move_to(&self, moment: Timestamp);
}

/// What a skip did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Where the clock stood.
    pub from: Timestamp,
    /// Where it stands.
    pub to: Timestamp,
    /// Due instants on the way.
    pub stops: u32,
}

impl Engine {
    /// Moves the clock ahead by a span. `clock` is the engine's own.
    pub async fn skip(&self, clock: &dyn MovableClock, span: Span) -> Result<Skipped, StoreError> {
        let _turn = self.turn.lock().await;
        let from = self.now();
        self.settle_in_turn().await?;
        let stops = self.run_to(clock, from + span).await?;
        Ok(Skipped { from, to: self.now(), stops })
    }

    /// Settles every due instant up to a moment, and stays there; how many there were.
    pub(crate) async fn run_to(&self, clock: &dyn MovableClock, to: Timestamp) -> Result<u32, StoreError> {
        let mut stops = 0;
        while let Some(due) = self.store.next_due(&Shard::ALL).await?.filter(|due| *due <= to) {
            clock.move_to(due.max(self.now()));
            self.settle_in_turn().await?;
            stops += 1;
            // What is still due now cannot be done now; it must not hold up time.
            if self.store.next_due(&Shard::ALL).await?.is_some_and(|next| next <= due) {
                clock.move_to((self.now() + Span::seconds(1)).min(to));
                if self.now() >= to {
                    break;
                }
            }
        }
        clock.move_to(to.max(self.now()));
        self.settle_in_turn().await?;
        Ok(stops)
    }
}
