//! The engine that runs guests: how it compiles, how memory is laid out, how time is cut into slices, and how many
//! may run at once.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{PluginFailure, Problem};
use cartwright_engine::ports::Observer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::Linker;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, UpdateDeadline,
    WasmBacktraceDetails,
};

use crate::editions;
use crate::failure::fail;
use crate::guest::{Guest, TABLE_ELEMENTS};
use crate::limits::{Limits, SLICE};
use crate::wasi;

/// How the time of guests is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slices {
    /// By the wall: a slice is 10 ms of running. Waiting for a processor does not count.
    Timed,
    /// By the guest's own checks: each function entered and each turn of a loop is a slice. The same guest always
    /// ends at the same place; for tests.
    Counted,
}

/// The engine with everything that is set up once.
pub(crate) struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
    pub(crate) limits: Arc<Limits>,
    /// Who is told of calls whose answers do not tell what they took.
    pub(crate) observer: OnceLock<Arc<dyn Observer>>,
    slices: Slices,
    places: Places,
    alive: Arc<()>,
    spent: Arc<AtomicU64>,
    _ticker: mpsc::Sender<()>,
}

impl Sandbox {
    pub(crate) fn new(limits: Limits, slices: Slices) -> wasmtime::Result<Self> {
        let engine = Engine::new(&config(&limits))?;
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker)?;
        editions::link(&mut linker)?;
        Ok(Self {
            _ticker: start_ticker(&engine)?,
            places: Places::new(&limits),
            alive: Arc::default(),
            spent: Arc::default(),
            limits: Arc::new(limits),
            observer: OnceLock::new(),
            engine,
            linker,
            slices,
        })
    }

    /// A store for one instance. `output_bytes` is what the guest may hand over in one call.
    pub(crate) fn store(&self, mut guest: Guest, output_bytes: usize) -> Store<Guest> {
        guest.alive = Some(self.alive.clone());
        let mut store = Store::new(&self.engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(output_bytes);
        let slice = match self.slices {
            Slices::Timed => 1,
            Slices::Counted => 0,
        };
        let spent = self.spent.clone();
        store.epoch_deadline_callback(move |mut store| {
            spent.fetch_add(1, Ordering::Relaxed);
            store.data_mut().time.spend()?;
            Ok(UpdateDeadline::Yield(slice))
        });
        store.set_epoch_deadline(slice);
        store
    }

    /// Instances that are alive.
    pub(crate) fn alive(&self) -> usize {
        Arc::strong_count(&self.alive) - 1
    }

    /// Slices that all guests together have used.
    pub(crate) fn slices(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Gives the next call a whole first slice: what the host did in between is not the guest's.
    pub(crate) fn rearm(&self, store: &mut Store<Guest>) {
        store.set_epoch_deadline(match self.slices {
            Slices::Timed => 1,
            Slices::Counted => 0,
        });
    }

    /// Waits for a place to run; in the order of asking, and no shop takes all of them.
    pub(crate) async fn place(&self, shop: Option<ShopId>) -> Result<Place, PluginFailure> {
        self.places.take(shop).await
    }
}

fn config(limits: &Limits) -> Config {
    let places = limits.places.max(1);
    let mut pool = PoolingAllocationConfig::new();
    // An interpreter is up to 38 core instances with several memories; the pool holds `places` of the largest.
    pool.total_component_instances(places)
        .total_core_instances(places * CORE_INSTANCES)
        .total_memories(places * MEMORIES)
        .total_tables(places * TABLES)
        .total_stacks(places * 2)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .max_component_instance_size(8 << 20)
        .max_core_instance_size(8 << 20)
        .pagemap_scan(Enabled::Auto);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        // Only where the kernel says which pages were touched: else all that is kept would be cleared each time.
        pool.linear_memory_keep_resident(512 << 10).table_keep_resident(64 << 10);
    }
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .concurrency_support(false)
        // The same input gives the same output on every machine, so that a decision can be replayed.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES))
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    config
}

/// Functions of a back-trace that are told.
const FRAMES: usize = 20;
const CORE_INSTANCES: u32 = 100;
const MEMORIES: u32 = 8;
const TABLES: u32 = 100;

/// One thread that cuts the time of all guests into slices; it ends with the sandbox.
fn start_ticker(engine: &Engine) -> std::io::Result<mpsc::Sender<()>> {
    let (alive, ended) = mpsc::channel();
    let engine = engine.weak();
    std::thread::Builder::new().name("plugin-slices".to_owned()).spawn(move || {
        while ended.recv_timeout(SLICE) == Err(mpsc::RecvTimeoutError::Timeout) {
            let Some(engine) = engine.upgrade() else { break };
            engine.increment_epoch();
        }
    })?;
    Ok(alive)
}

/// Who may run: as many as the pool has room for, and of one shop only so many.
struct Places {
    all: Arc<Semaphore>,
    by_shop: Mutex<HashMap<ShopId, Arc<Semaphore>>>,
    per_shop: usize,
    waiting: Arc<AtomicU32>,
    queue: u32,
}

/// A place to run, held until it is dropped.
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_shop: Option<OwnedSemaphorePermit>,
}

/// One more in the queue, until it is dropped: a caller may give up while it waits.
struct Waiting(Arc<AtomicU32>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Places {
    fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.places.max(1) as usize)),
            by_shop: Mutex::default(),
            per_shop: limits.places_per_shop.max(1) as usize,
            waiting: Arc::default(),
            queue: limits.queue,
        }
    }

    async fn take(&self, shop: Option<ShopId>) -> Result<Place, PluginFailure> {
        let waiting = Waiting(self.waiting.clone());
        if waiting.0.fetch_add(1, Ordering::Relaxed) >= self.queue {
            return Err(self.busy());
        }
        // First the shop's own, so that a shop with much to do waits among its own and not before the others.
        let of_shop = match shop {
            Some(shop) => Some(self.of_shop(shop).acquire_owned().await.map_err(|_| self.busy())?),
            None => None,
        };
        let of_all = self.all.clone().acquire_owned().await.map_err(|_| self.busy())?;
        Ok(Place { _of_all: of_all, _of_shop: of_shop })
    }

    fn of_shop(&self, shop: ShopId) -> Arc<Semaphore> {
        let mut shops = self.by_shop.lock().unwrap_or_else(PoisonError::into_inner);
        if shops.len() > 10_000 {
            shops.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < self.per_shop);
        }
        shops.entry(shop).or_insert_with(|| Arc::new(Semaphore::new(self.per_shop))).clone()
    }

    fn busy(&self) -> PluginFailure {
        fail(Problem::Busy, format!("{} calls are waiting for a place already; it is tried again", self.queue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::ids::Mint;
    use cartwright_domain::time::Timestamp;
    use futures_util::FutureExt;

    fn places(limits: Limits) -> (Places, ShopId, ShopId) {
        let mut mint = Mint::new(Timestamp::from_millis(0), [0; 32]);
        (Places::new(&limits), mint.next(), mint.next())
    }

    #[tokio::test]
    async fn s13_one_shop_never_takes_all_places() {
        let (places, busy, other) = places(Limits { places: 2, places_per_shop: 1, ..Limits::default() });
        let held = places.take(Some(busy)).await.unwrap();
        let mut second = Box::pin(places.take(Some(busy)));
        assert!((&mut second).now_or_never().is_none());
        assert!(places.take(Some(other)).now_or_never().is_some());
        drop(held);
        assert!(second.now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_comes_when_the_queue_is_full_is_told_so() {
        let (places, shop, _) = places(Limits { places: 1, queue: 1, ..Limits::default() });
        let _held = places.take(Some(shop)).await.unwrap();
        let mut waiting = Box::pin(places.take(Some(shop)));
        assert!((&mut waiting).now_or_never().is_none());
        let refused = places.take(Some(shop)).await.err().map(|failure| failure.problem);
        assert_eq!(refused, Some(Problem::Busy));
        // Whoever gives up leaves the queue.
        drop(waiting);
        assert!(places.take(Some(shop)).now_or_never().is_none());
    }
}
