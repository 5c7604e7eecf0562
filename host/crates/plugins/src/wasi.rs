//! A virtual WASI 0.2: everything an ordinary toolchain links is there, and nothing of it leads outside.
//!
//! No environment, arguments, files or sockets; clocks show the moment of the decision and never move, randomness
//! comes from the run and step, standard output and error go to the log. Sleeping returns at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::bindings::sockets::{ip_name_lookup, network, tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketError, subscribe};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::failure::Stopped;
use crate::guest::Guest;
use crate::log::Log;

/// WASI for one instance, made when it is first touched.
pub(crate) struct Wasi {
    ctx: Option<WasiCtx>,
    table: ResourceTable,
    log: Log,
    now: Arc<AtomicI64>,
}

impl Wasi {
    pub(crate) fn new(log: Log, now: Arc<AtomicI64>) -> Self {
        Self { ctx: None, table: ResourceTable::new(), log, now }
    }

    /// From here on, chance begins anew: what a subject sees does not depend on its place in the batch.
    pub(crate) fn forget(&mut self) {
        self.ctx = None;
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let seed = if self.wasi.ctx.is_none() { self.chance() } else { 0 };
        let Wasi { ctx, table, log, now } = &mut self.wasi;
        let ctx = ctx.get_or_insert_with(|| {
            WasiCtx::builder()
                .stdout(log.clone())
                .stderr(log.clone())
                .wall_clock(Frozen(now.clone()))
                .monotonic_clock(Frozen(now.clone()))
                .secure_random(chance(seed, "secure"))
                .insecure_random(chance(seed, "insecure"))
                .insecure_random_seed(u128::from(seed))
                // The host makes the bytes one by one while the guest's time stands still.
                .max_random_size(64 << 10)
                .allow_tcp(false)
                .allow_udp(false)
                .allow_ip_name_lookup(false)
                .build()
        });
        WasiCtxView { ctx, table }
    }
}

/// 1 KiB of chance, over and over.
fn chance(seed: u64, purpose: &str) -> Deterministic {
    let block = |counter: u32| {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(purpose.as_bytes());
        hash.update(counter.to_be_bytes());
        hash.finalize()
    };
    Deterministic::new((0..32).flat_map(block).collect())
}

/// A clock that stands still at the moment of the decision.
struct Frozen(Arc<AtomicI64>);

impl Frozen {
    fn since_1970(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0))
    }
}

impl HostWallClock for Frozen {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.since_1970()
    }
}

impl HostMonotonicClock for Frozen {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        // Asked what it is, a guest has no moment; Go's run-time takes a zero for a broken clock and gives up.
        u64::try_from(self.since_1970().as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}

/// Offers all of it to guests.
pub(crate) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<Guest, StillClock>(linker, |guest| Still { guest })?;
    tcp_create_socket::add_to_linker::<Guest, NoSockets>(linker, |_| NoSockets)?;
    udp_create_socket::add_to_linker::<Guest, NoSockets>(linker, |_| NoSockets)?;
    ip_name_lookup::add_to_linker::<Guest, NoSockets>(linker, |_| NoSockets)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The monotonic clock: where time stands still, every wait is over.
struct Still<'a> {
    guest: &'a mut Guest,
}

/// Names [`Still`] for the linker.
struct StillClock;

impl HasData for StillClock {
    type Data<'a> = Still<'a>;
}

struct Over;

#[async_trait::async_trait]
impl Pollable for Over {
    async fn ready(&mut self) {}
}

impl monotonic_clock::Host for Still<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::now(&Frozen(self.guest.wasi.now.clone())))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1_000_000)
    }

    fn subscribe_instant(&mut self, _: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_duration(0)
    }

    fn subscribe_duration(&mut self, _: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let table = self.guest.ctx().table;
        let over = table.push(Over)?;
        subscribe(table, over)
    }
}

/// The doors to the network. They can be imported, because some toolchains always do; opening one ends the call.
struct NoSockets;

impl HasData for NoSockets {
    type Data<'a> = NoSockets;
}

impl network::Host for NoSockets {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<network::ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, _: Resource<network::Error>) -> wasmtime::Result<Option<network::ErrorCode>> {
        Ok(None)
    }
}

impl network::HostNetwork for NoSockets {
    fn drop(&mut self, _: Resource<network::Network>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl tcp_create_socket::Host for NoSockets {
    fn create_tcp_socket(
        &mut self,
        _: network::IpAddressFamily,
    ) -> Result<Resource<tcp_create_socket::TcpSocket>, SocketError> {
        Err(SocketError::trap(Stopped::Socket("open a TCP socket")))
    }
}

impl udp_create_socket::Host for NoSockets {
    async fn create_udp_socket(
        &mut self,
        _: network::IpAddressFamily,
    ) -> Result<Resource<udp_create_socket::UdpSocket>, SocketError> {
        Err(SocketError::trap(Stopped::Socket("open a UDP socket")))
    }
}

impl ip_name_lookup::Host for NoSockets {
    fn resolve_addresses(
        &mut self,
        _: Resource<network::Network>,
        _: String,
    ) -> Result<Resource<ip_name_lookup::ResolveAddressStream>, SocketError> {
        Err(SocketError::trap(Stopped::Socket("look up a host name")))
    }
}

impl ip_name_lookup::HostResolveAddressStream for NoSockets {
    fn resolve_next_address(
        &mut self,
        _: Resource<ip_name_lookup::ResolveAddressStream>,
    ) -> Result<Option<network::IpAddress>, SocketError> {
        Err(SocketError::trap(Stopped::Socket("look up a host name")))
    }

    fn subscribe(
        &mut self,
        _: Resource<ip_name_lookup::ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        Err(Stopped::Socket("look up a host name").into())
    }

    fn drop(&mut self, _: Resource<ip_name_lookup::ResolveAddressStream>) -> wasmtime::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_without_a_moment_has_a_clock_that_runs() {
        assert!(HostMonotonicClock::now(&Frozen(Arc::default())) > 0);
    }
}
