//! Shards: the parts into which the work of all shops is divided between nodes. A shop's shard is a function of its
//! id, so nobody has to be asked for it, and it never changes.

use sha2::{Digest, Sha256};
use std::fmt;

use crate::ids::{NodeId, ShopId};

/// One of 256 parts of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u8);

impl Shard {
    /// All of them.
    pub const ALL: [Self; 256] = {
        let mut all = [Self(0); 256];
        let mut number = 0;
        while number < 256 {
            all[number] = Self(number as u8);
            number += 1;
        }
        all
    };

    /// The shard of a shop: the first byte of the SHA-256 of its id, which a database can compute as well.
    pub fn of(shop: ShopId) -> Self {
        Self(Sha256::digest(shop.0.as_bytes())[0])
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What proves that a node may change what is due in a shard: its lease, by the number of times the shard has changed
/// hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// Of which shard.
    pub shard: Shard,
    /// Who works on it.
    pub node: NodeId,
    /// Moves by one with each change of hands.
    pub generation: u64,
}

/// How many shards a node may have when so many share them: rounded up, so that none is left over.
pub fn share(workers: usize) -> usize {
    match workers {
        0 => 0,
        workers => Shard::ALL.len().div_ceil(workers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// Published: another version that reckons otherwise would work on shops that are somebody else's.
    #[test]
    fn the_shard_of_a_shop_never_changes() {
        let vectors = [
            ("00000000-0000-0000-0000-000000000000", 55),
            ("00000000-0000-0000-0000-000000000001", 124),
            ("01930000-0000-7000-8000-000000000001", 81),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff", 90),
        ];
        for (shop, shard) in vectors {
            assert_eq!(Shard::of(shop.parse().unwrap()), Shard(shard), "{shop}");
        }
    }

    #[test]
    fn shops_spread_over_all_shards() {
        let mut shops = [0; 256];
        for number in 0..25_600 {
            shops[usize::from(Shard::of(ShopId(Uuid::from_u128(number))).0)] += 1;
        }
        assert!(shops.iter().all(|count| (50..200).contains(count)), "{shops:?}");
        assert_eq!(Shard::ALL[255], Shard(255));
    }

    #[test]
    fn shares_leave_no_shard_over() {
        for workers in 1..=300 {
            assert!(share(workers) * workers >= 256 && (share(workers) - 1) * workers < 256, "{workers}");
        }
        assert_eq!((share(0), share(1), share(3)), (0, 256, 86));
    }
}
