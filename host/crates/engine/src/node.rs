//! This process as one node of several: which shards it works on, and whether it may work at all.
//!
//! What is held here is only what the node believes. What counts is the row of the lease: every commit of due work
//! carries it as a fence, so a node that was taken for dead changes nothing any more.

use cartwright_domain::funnel::Figure;
use cartwright_domain::ids::{NodeId, ShopId};
use cartwright_domain::message::SkipReason;
use cartwright_domain::shard::{Fence, Shard};
use cartwright_domain::time::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

use crate::Engine;
use crate::ports::{Changes, Committed, Instance, Lease, Mark, NodeRecord, Role, SeenNode, Standing, StoreError, Wake};
use crate::standing::judge;

/// A node, from its start to its end.
pub struct Node {
    pub(crate) id: NodeId,
    pub(crate) role: Role,
    pub(crate) version: String,
    /// How long a lease lasts without being renewed: how long it takes until others do the work of a node that died.
    pub(crate) lease: Span,
    /// Woken when shards may be free.
    pub(crate) poked: Notify,
    mark: Arc<dyn Mark>,
    state: Mutex<State>,
    untold: Mutex<BTreeSet<Shard>>,
}

struct State {
    held: BTreeMap<Shard, u64>,
    /// Where a batch is under way, with the generation that it began with.
    working: BTreeMap<Shard, u64>,
    /// How much is under way beside the batches.
    beside: BTreeMap<Shard, u32>,
    standing: Standing,
    seen: Option<Instance>,
    /// The beats of others when they were first seen.
    others: BTreeMap<NodeId, u64>,
    hears: bool,
}

/// Why a node does not do what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// It has no mark, and no other node is there who knows the database.
    Unknown,
    /// The database may be a restored copy.
    Safe,
    /// It does not know what time it is.
    Clock,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => {
                "this node has no mark of the database, and no other node vouches for it: nothing is sent; \
                 if no other installation sends from a copy of this database, run `cartwright node confirm` here"
            }
            Self::Safe => {
                "safe mode: this node knows the database with more behind it, or another one, so this may be a \
                 restored copy: nothing is sent; if no other installation sends from it, run `cartwright node confirm` \
                 here"
            }
            Self::Clock => {
                "the time of the database is not known within 2 seconds: nothing is sent until it answers in time"
            }
        })
    }
}

impl Node {
    /// A node that has not joined yet.
    pub fn new(id: NodeId, role: Role, version: &str, lease: Span, mark: Arc<dyn Mark>) -> Self {
        let state = State {
            held: BTreeMap::new(),
            working: BTreeMap::new(),
            beside: BTreeMap::new(),
            standing: Standing::Unknown,
            seen: None,
            others: BTreeMap::new(),
            hears: false,
        };
        let (poked, untold) = (Notify::new(), Mutex::default());
        Self { id, role, version: version.to_owned(), lease, poked, mark, state: Mutex::new(state), untold }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self) -> NodeRecord {
        let standing = self.state().standing;
        NodeRecord { id: self.id, role: self.role, version: self.version.clone(), standing }
    }

    /// What was seen so far of the database. Asked before the database is: what comes meanwhile is no sign of a copy.
    pub(crate) fn seen(&self) -> Option<Instance> {
        self.state().seen
    }

    /// Holds the database against the mark. While it is not trusted the mark is read again, as somebody may confirm.
    pub(crate) fn look_at(&self, before: Option<Instance>, database: Instance) {
        let mut state = self.state();
        let before = match (before, state.standing) {
            (Some(before), Standing::Sound) => Some(before),
            _ => match self.mark.read() {
                Ok(mark) => mark,
                Err(why) => {
                    tracing::error!(why, "the mark of the database cannot be read");
                    state.standing = Standing::Safe;
                    return;
                }
            },
        };
        let standing = judge(before, database);
        if standing != state.standing {
            tracing::info!(node = %self.id, standing = standing.name(), "the database was held against the mark");
        }
        if standing == Standing::Safe && state.standing != Standing::Safe {
            tracing::error!("{}", Pause::Safe);
        }
        state.standing = standing;
        if standing == Standing::Sound {
            self.keep(&mut state, database);
        }
    }

    /// Without a mark of its own a node believes another that lives: one that was heard of twice.
    pub(crate) fn listen_to(&self, nodes: &[SeenNode], database: Instance) {
        let mut state = self.state();
        if state.standing != Standing::Unknown {
            return;
        }
        for other in nodes.iter().filter(|other| other.node.id != self.id && other.node.standing == Standing::Sound) {
            if *state.others.entry(other.node.id).or_insert(other.beats) < other.beats {
                tracing::info!(node = %other.node.id, "another node vouches for the database");
                state.standing = Standing::Sound;
                self.keep(&mut state, database);
                return;
            }
        }
    }

    fn keep(&self, state: &mut State, database: Instance) {
        let higher = |seen: Instance| seen.id == database.id && seen.hand_overs >= database.hand_overs;
        if state.seen.is_some_and(higher) {
            return;
        }
        state.seen = Some(database);
        if let Err(why) = self.mark.write(database) {
            tracing::error!(why, "the mark of the database cannot be written: a restored copy might not be noticed");
        }
    }

    /// Hand-over numbers were taken; kept before anything leaves.
    fn saw_hand_overs(&self, highest: u64) {
        let mut state = self.state();
        if let Some(seen) = state.seen {
            self.keep(&mut state, Instance { hand_overs: highest, ..seen });
        }
    }

    /// What it makes of the database.
    pub(crate) fn standing(&self) -> Standing {
        self.state().standing
    }

    pub(crate) fn shards(&self) -> Vec<Shard> {
        self.state().held.keys().copied().collect()
    }

    pub(crate) fn holds(&self, shard: Shard) -> bool {
        self.state().held.contains_key(&shard)
    }

    /// The leases it has by now, as the database says.
    pub(crate) fn hold(&self, leases: &[Lease]) {
        self.state().held = leases.iter().map(|lease| (lease.shard, lease.generation)).collect();
    }

    pub(crate) fn hold_too(&self, leases: &[Lease]) {
        self.state().held.extend(leases.iter().map(|lease| (lease.shard, lease.generation)));
    }

    /// Lets go of shards, at most so many, where nothing is under way.
    pub(crate) fn let_go(&self, most: usize) -> Vec<Shard> {
        let mut state = self.state();
        let State { held, working, beside, .. } = &mut *state;
        let is_free = |shard: &&Shard| !working.contains_key(shard) && !beside.contains_key(shard);
        // Not the first ones: another node that takes some begins there.
        let spare: Vec<Shard> = held.keys().rev().filter(is_free).take(most).copied().collect();
        held.retain(|shard, _| !spare.contains(shard));
        spare
    }

    fn lose(&self, shard: Shard) {
        tracing::warn!(%shard, "another node has taken the shard over");
        let mut state = self.state();
        // It may have come back meanwhile, by a lease that the batch did not begin with.
        if state.held.get(&shard) == state.working.get(&shard) {
            state.held.remove(&shard);
        }
    }

    /// Begins a batch in a shard, if the node has it. Until the end of the batch it is not given back.
    pub(crate) fn begin(&self, shard: Shard) -> Option<Working<'_>> {
        let mut state = self.state();
        let generation = *state.held.get(&shard)?;
        state.working.insert(shard, generation);
        Some(Working { node: self, shard })
    }

    /// Begins something beside the batch that is under way, by the same right and for longer.
    pub(crate) fn begin_beside(self: &Arc<Self>, shard: Shard) -> Option<WorkingBeside> {
        let fence = self.fence(shard)?;
        *self.state().beside.entry(shard).or_default() += 1;
        Some(WorkingBeside { node: self.clone(), fence })
    }

    fn fence(&self, shard: Shard) -> Option<Fence> {
        let generation = *self.state().working.get(&shard)?;
        Some(Fence { shard, node: self.id, generation })
    }

    pub(crate) fn hears(&self, hears: bool) {
        self.state().hears = hears;
    }
}

/// A batch that is under way.
pub(crate) struct Working<'a> {
    node: &'a Node,
    shard: Shard,
}

impl Working<'_> {
    /// Somebody else has the shard by now.
    pub(crate) fn lost(self) {
        self.node.lose(self.shard);
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.node.state().working.remove(&self.shard);
    }
}

/// Something that is under way beside the batches, and what it may commit by.
pub(crate) struct WorkingBeside {
    node: Arc<Node>,
    pub(crate) fence: Fence,
}

impl Drop for WorkingBeside {
    fn drop(&mut self) {
        let mut state = self.node.state();
        if let Some(count) = state.beside.get_mut(&self.fence.shard) {
            *count -= 1;
            if *count == 0 {
                state.beside.remove(&self.fence.shard);
            }
        }
    }
}

impl Engine {
    /// Commits due work. On a node, only while the shard is the node's.
    pub(crate) async fn commit(&self, shop: ShopId, changes: Changes) -> Result<Committed, StoreError> {
        let too_late = Figure::Skipped(SkipReason::TooLate);
        let more_are_late = changes.figures.iter().any(|(cell, by)| *by > 0 && cell.figure == too_late);
        let committed = self.commit_fenced(shop, changes).await?;
        if more_are_late && let Err(error) = self.look_at_lateness(shop).await {
            tracing::warn!(%shop, %error, "nobody was told that messages are too late; the next one tells");
        }
        Ok(committed)
    }

    async fn commit_fenced(&self, shop: ShopId, changes: Changes) -> Result<Committed, StoreError> {
        let Some(node) = &self.node else { return self.store.commit(shop, &changes).await };
        let fence = self.fence.or_else(|| node.fence(Shard::of(shop))).ok_or(StoreError::Fenced)?;
        let changes = Changes { fence: Some(fence), ..changes };
        let committed = self.store.commit(shop, &changes).await?;
        if changes.hand_overs > 0 {
            node.saw_hand_overs(committed.first_hand_over + u64::from(changes.hand_overs) - 1);
        }
        Ok(committed)
    }

    /// From now on this node believes that it has these leases and no others: for tests that move shards by hand.
    #[doc(hidden)]
    pub fn hold_shards(&self, leases: &[Lease]) {
        if let Some(node) = &self.node {
            node.hold(leases);
        }
    }

    /// Why nothing that is due is done here, if it is not.
    pub fn pause(&self) -> Option<Pause> {
        let standing = self.node.as_ref().map_or(Standing::Sound, |node| node.standing());
        match standing {
            Standing::Unknown => Some(Pause::Unknown),
            Standing::Safe => Some(Pause::Safe),
            Standing::Sound if !self.clock.is_sure() => Some(Pause::Clock),
            Standing::Sound => None,
        }
    }

    /// What this process may work on, as far as it knows.
    pub fn shards(&self) -> Vec<Shard> {
        match &self.node {
            None => Shard::ALL.to_vec(),
            Some(_) if self.pause().is_some() => Vec::new(),
            Some(node) => node.shards(),
        }
    }

    /// Whether work that other processes leave is told to this one.
    pub(crate) fn is_told_of_work(&self) -> bool {
        self.node.as_ref().is_some_and(|node| node.state().hears)
    }

    /// There may be work for these shops: wakes whoever works for them, here or elsewhere.
    pub(crate) fn wake_for(&self, shops: impl IntoIterator<Item = ShopId>) {
        self.wake.notify_one();
        let Some(node) = &self.node else { return };
        let elsewhere: BTreeSet<Shard> = {
            let state = node.state();
            shops.into_iter().map(Shard::of).filter(|shard| !state.held.contains_key(shard)).collect()
        };
        if elsewhere.is_empty() {
            return;
        }
        let mut untold = node.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let is_told_already = !untold.is_empty();
        untold.extend(elsewhere);
        if !is_told_already {
            let (store, node) = (self.store.clone(), node.clone());
            // Nobody who brought the work waits for this; and what comes meanwhile is told along with it.
            tokio::spawn(async move {
                let shards = std::mem::take(&mut *node.untold.lock().unwrap_or_else(PoisonError::into_inner));
                let wakes: Vec<Wake> = shards.into_iter().map(Wake::Work).collect();
                if let Err(error) = store.wake(&wakes).await {
                    tracing::debug!(%error, "other nodes were not woken; they look by themselves");
                }
            });
        }
    }
}
