//! Chance: the only place that asks the operating system for it, and a row of numbers that only looks like it.

use cartwright_engine::ports::Entropy;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Failure;

/// The chance of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn seed(&self) -> [u8; 32] {
        // Without chance there are no ids and no keys: better no service than a guessable one.
        random().unwrap_or_else(|failure| panic!("{}", failure.lines().collect::<String>()))
    }
}

/// 32 bytes that nobody can guess.
#[expect(clippy::disallowed_methods, reason = "the one source of chance that everything else is handed")]
pub(crate) fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Failure::failed(format!("the operating system gives no random numbers: {error}"))),
    }
}

/// The same numbers in every simulation, so that it prints the same ids twice.
#[derive(Debug, Default)]
pub(crate) struct CountedEntropy {
    next: AtomicU64,
}

impl CountedEntropy {
    /// What set the stage leaves no mark on the play: one more plugin there would change every id.
    pub(crate) fn begin(&self) {
        self.next.store(1 << 32, Ordering::Relaxed);
    }
}

impl Entropy for CountedEntropy {
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_has_the_same_chance_however_much_its_stage_took() {
        let after = |taken: u32| {
            let entropy = CountedEntropy::default();
            let of_stage: Vec<_> = (0..taken).map(|_| entropy.seed()).collect();
            entropy.begin();
            let first = entropy.seed();
            assert!(!of_stage.contains(&first));
            first
        };
        assert_eq!(after(3), after(40));
    }
}
