//! Identifiers: one type for each kind of thing, so that no two can be mixed up.
//!
//! Most are UUIDv7, made from a moment and entropy that the caller hands in. A message's id is a UUIDv5 of what it
//! is about: making it twice makes it once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use crate::time::Timestamp;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "uuid" })
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// One merchant, the tenant.
    ShopId,
    /// A person, known or still anonymous.
    CustomerId,
    /// A cart that may have become a checkout.
    CartId,
    /// A strategy over all its versions.
    StrategyId,
    /// One immutable version of a strategy.
    VersionId,
    /// One customer's way through one version.
    RunId,
    /// A contact on one channel slot.
    MessageId,
    /// A shop's configured channel or source.
    ConnectionId,
    /// An API key (not its secret).
    KeyId,
    /// A person who signs in.
    UserId,
    /// Something written down beside the ledger: a line of the audit, a trap, a difference.
    NoteId,
    /// Something that went wrong, from when it did to its all-clear.
    IncidentId,
    /// What a customer wrote.
    ReplyId,
    /// A process that works on a database, from its start to its end.
    NodeId,
    /// A database with all its copies.
    InstanceId,
}

/// Makes UUIDv7 ids from one moment and one seed. Every id of a batch comes from one `Mint`, so that a batch
/// computed twice from the same inputs has the same ids.
#[derive(Debug, Clone)]
pub struct Mint {
    now: Timestamp,
    seed: [u8; 32],
    counter: u64,
}

impl Mint {
    /// A mint for one batch.
    pub fn new(now: Timestamp, seed: [u8; 32]) -> Self {
        Self { now, seed, counter: 0 }
    }

    /// The next id, later in order than all before it from this mint.
    #[expect(clippy::should_implement_trait, reason = "each call chooses its own type, and there is no end")]
    pub fn next<T: From<Uuid>>(&mut self) -> T {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.counter.to_be_bytes());
        let digest = hash.finalize();
        let mut random = [0u8; 10];
        random.copy_from_slice(&digest[..10]);
        // The 12 bits behind the clock hold the counter, so that ids of one batch sort as they were made.
        random[0] = (self.counter >> 8) as u8 & 0x0f;
        random[1] = self.counter as u8;
        self.counter += 1;
        let millis = u64::try_from(self.now.millis()).unwrap_or(0);
        T::from(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl MessageId {
    /// The id of the message that a contact makes on a slot of a step's channels.
    pub fn of_contact(shop: ShopId, run: RunId, step: &str, iteration: u32, slot: u32) -> Self {
        let name = format!("{run}/{step}/{iteration}/{slot}");
        Self(Uuid::new_v5(&shop.0, name.as_bytes()))
    }
}

impl IncidentId {
    /// The id of what went wrong then: telling it twice tells it once.
    pub fn of(shop: ShopId, cause: &str, about: &str, at: Timestamp) -> Self {
        Self(Uuid::new_v5(&shop.0, format!("incident/{cause}/{at}/{about}").as_bytes()))
    }

    /// The id of a notice of it, as the channel knows it.
    pub fn notice(self, what: &str, channel: &str, to: &str) -> MessageId {
        MessageId(Uuid::new_v5(&self.0, format!("{what}/{channel}/{to}").as_bytes()))
    }
}

impl ReplyId {
    /// The id of what an event of a channel told: telling it twice tells it once.
    pub fn of(shop: ShopId, channel: &str, event: &str) -> Self {
        Self(Uuid::new_v5(&shop.0, format!("reply/{channel}/{event}").as_bytes()))
    }

    /// The id of what is sent because of it, as the channel knows it.
    pub fn send(self, what: &str, to: &str, which: &str) -> MessageId {
        MessageId(Uuid::new_v5(&self.0, format!("{what}/{to}/{which}").as_bytes()))
    }
}

/// A number that is always the same for a run and step: the chance that plugins see.
pub fn chance_of(run: RunId, step: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(run.0.as_bytes());
    hash.update(step.as_bytes());
    let digest = hash.finalize();
    let mut first = [0u8; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_mint_are_version_7_and_sort_as_made() {
        let mut mint = Mint::new(Timestamp::from_millis(1_700_000_000_000), [7; 32]);
        let ids: Vec<RunId> = (0..5000).map(|_| mint.next()).collect();
        assert!(ids.windows(2).take(4000).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].0.get_version_num(), 7);
        let mut again = Mint::new(Timestamp::from_millis(1_700_000_000_000), [7; 32]);
        assert_eq!(again.next::<RunId>(), ids[0]);
    }

    #[test]
    fn s22_a_message_made_twice_is_one_message() {
        let mut mint = Mint::new(Timestamp::from_millis(0), [1; 32]);
        let (shop, run): (ShopId, RunId) = (mint.next(), mint.next());
        let first = MessageId::of_contact(shop, run, "remind", 0, 0);
        assert_eq!(first, MessageId::of_contact(shop, run, "remind", 0, 0));
        assert_ne!(first, MessageId::of_contact(shop, run, "remind", 0, 1));
        assert_eq!(first.0.get_version_num(), 5);
    }
}
