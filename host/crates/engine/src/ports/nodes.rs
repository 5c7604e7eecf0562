//! The port to what nodes know of one another: who is there, who works on which shards, and whose database it is.

use async_trait::async_trait;
use cartwright_domain::ids::{InstanceId, NodeId};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};

use super::StoreError;

/// What a node is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Answers people and platforms.
    Api,
    /// Does what is due.
    Worker,
    /// Both.
    #[default]
    All,
}

impl Role {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::All => "all",
        }
    }

    /// The role with that word.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Api, Self::Worker, Self::All].into_iter().find(|role| role.name() == name)
    }

    /// Whether it does what is due.
    pub fn works(self) -> bool {
        self != Self::Api
    }

    /// Whether it answers people and platforms.
    pub fn answers(self) -> bool {
        self != Self::Worker
    }
}

/// Whether a node takes the database for the one it knows (S29).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has no mark of its own, and waits for somebody who knows.
    Unknown,
    /// It does.
    Sound,
    /// It does not: this may be a restored copy, so it sends nothing.
    Safe,
}

impl Standing {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Sound => "sound",
            Self::Safe => "safe",
        }
    }

    /// The standing with that word.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Sound, Self::Safe].into_iter().find(|standing| standing.name() == name)
    }
}

/// A node as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// Who.
    pub id: NodeId,
    /// What for.
    pub role: Role,
    /// Of which version of Cartwright.
    pub version: String,
    /// What it makes of the database.
    pub standing: Standing,
}

/// A node as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenNode {
    /// What it tells of itself.
    pub node: NodeRecord,
    /// How often it has told.
    pub beats: u64,
    /// How long ago it last told, by the database's clock.
    pub silent_for: Span,
    /// How many shards it has a lease of.
    pub shards: u32,
}

/// A shard that a node may work on, until its lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Which.
    pub shard: Shard,
    /// For the fence.
    pub generation: u64,
}

/// What a database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// Which one it is; a copy says the same.
    pub id: InstanceId,
    /// The highest hand-over number that was given.
    pub hand_overs: u64,
}

/// Why a node is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// There is work in a shard.
    Work(Shard),
    /// A node came or went, or gave shards back.
    Nodes,
}

/// What wakes nodes, as it comes.
#[async_trait]
pub trait Wakes: Send {
    /// Waits for the next. After an error some may have been missed, and no more will come.
    async fn next(&mut self) -> Result<Wake, StoreError>;
}

/// Nodes, their leases, and the clock that they all go by.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// The time of the database: the only one that all nodes share.
    async fn now(&self) -> Result<Timestamp, StoreError>;
    /// Which database it is.
    async fn instance(&self) -> Result<Instance, StoreError>;

    /// A node says that it begins. On SQLite, which one process works on, whoever worked before is taken for ended, and
    /// its shards are free.
    async fn join(&self, node: &NodeRecord) -> Result<(), StoreError>;
    /// A node says that it lives, and forgets those that have not for a day; all nodes, itself included, by id.
    async fn beat(&self, node: &NodeRecord) -> Result<Vec<SeenNode>, StoreError>;
    /// All nodes, by id.
    async fn nodes(&self) -> Result<Vec<SeenNode>, StoreError>;
    /// A node ends: it is forgotten, and what it had is free.
    async fn leave(&self, node: NodeId) -> Result<(), StoreError>;

    /// Lengthens the leases of a node; those it has.
    async fn keep_shards(&self, node: NodeId, lease: Span) -> Result<Vec<Lease>, StoreError>;
    /// Takes shards that nobody has or whose lease has ended, at most so many; those it took.
    async fn take_shards(&self, node: NodeId, most: usize, lease: Span) -> Result<Vec<Lease>, StoreError>;
    /// Gives shards back, as far as the node still has them.
    async fn give_back_shards(&self, node: NodeId, shards: &[Shard]) -> Result<(), StoreError>;

    /// Wakes other nodes. Whoever does not listen looks by itself, a little later.
    async fn wake(&self, wakes: &[Wake]) -> Result<(), StoreError>;
    /// Listens for what wakes nodes from now on; none where no other process can wake anybody.
    async fn wakes(&self) -> Result<Option<Box<dyn Wakes>>, StoreError>;
}

/// What a node keeps outside of the database: which one it knows, and the highest hand-over number it saw there (S29).
pub trait Mark: Send + Sync {
    /// What was kept, if anything was.
    fn read(&self) -> Result<Option<Instance>, String>;
    /// Keeps something else; it is there after a crash of the process.
    fn write(&self, seen: Instance) -> Result<(), String>;
}
