//! Time and chance. Nothing else in the workspace may ask for either (`clippy.toml`).

use async_trait::async_trait;
use cartwright_domain::ids::Mint;
use cartwright_domain::time::Timestamp;

/// The time of the engine: real in `serve`, skippable in `demo`, virtual in `simulate`, by hand in tests.
#[async_trait]
pub trait Clock: Send + Sync {
    /// This moment.
    fn now(&self) -> Timestamp;
    /// Returns once the moment is reached.
    async fn sleep_until(&self, moment: Timestamp);
    /// Whether it is known to go with the clock that all nodes share: what is due is done by no other.
    fn is_sure(&self) -> bool {
        true
    }
}

/// The chance of the engine: of the operating system in `serve`, seeded in `simulate` and tests.
pub trait Entropy: Send + Sync {
    /// 32 bytes that nobody can guess, or the next of the seed.
    fn seed(&self) -> [u8; 32];

    /// Ids for one batch.
    fn mint(&self, now: Timestamp) -> Mint {
        Mint::new(now, self.seed())
    }
}
