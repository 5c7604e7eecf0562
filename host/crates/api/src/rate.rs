//! How often one address may ask for what needs no key: the public pages `/u/…` and `/l/…`, `/s/…`, and signing in at
//! an OpenID provider.
//!
//! The memory is bounded by construction: addresses share a table of fixed size, by a hash that nobody outside can
//! foresee. Two that meet in it share what they may ask; nobody is ever let through because of another.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::Entropy;
use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};
use crate::router::Api;

/// Between two requests of somebody who asks all the time, in milliseconds.
const PACE: i64 = 100;
/// So many may come at once.
const AT_ONCE: i64 = 100;
const PLACES: usize = 16_384;

/// What each address has used up.
pub(crate) struct RateLimit {
    /// Drawn at the first request.
    seed: OnceLock<[u8; 32]>,
    /// When the requests of each would be over if they had come at their pace, in milliseconds since 1970.
    over_at: Box<[AtomicI64]>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { seed: OnceLock::new(), over_at: (0..PLACES).map(|_| AtomicI64::new(0)).collect() }
    }
}

impl RateLimit {
    /// Takes one request; otherwise in how many seconds there is room for another.
    fn take(&self, address: IpAddr, now: Timestamp, entropy: &dyn Entropy) -> Result<(), u64> {
        let now = now.millis();
        let over_at = &self.over_at[place(address, self.seed.get_or_init(|| entropy.seed()))];
        let latest = now + (AT_ONCE - 1) * PACE;
        // A clock that was set back must not lock anybody out for longer than a whole table of requests would.
        let begins = |over: i64| if over > latest + AT_ONCE * PACE { now } else { over.max(now) };
        let taken = over_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |over| {
            let begins = begins(over);
            (begins <= latest).then_some(begins + PACE)
        });
        taken.map(|_| ()).map_err(|over| (begins(over) - latest).max(1).cast_unsigned().div_ceil(1_000))
    }
}

/// Where in the table an address stands.
fn place(address: IpAddr, seed: &[u8; 32]) -> usize {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        // Whoever has one address has all of its /64.
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64),
    };
    let hash = Sha256::new().chain_update(seed).chain_update(address.octets()).finalize();
    let place = hash.iter().take(8).fold(0_u64, |place, byte| (place << 8) | u64::from(*byte));
    (place % PLACES as u64) as usize
}

/// Stands before the public pages.
pub(crate) async fn limit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let address = peer.and_then(|peer| address_of(peer, request.headers(), &api.options.trusted_proxies));
    let taken = address.map_or(Ok(()), |address| api.rate.take(address, api.engine.now(), &*api.engine.entropy));
    match taken {
        Ok(()) => next.run(request).await,
        Err(seconds) => {
            let detail = format!("This address asks too often; try again in {seconds} s.");
            let mut response = Problem::new(Code::TooManyRequests, detail).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
    }
}

/// Who asks, as far as that can be believed; none behind a proxy that nobody named: everybody would share one address.
fn address_of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let lists = headers.get_all("x-forwarded-for").iter().filter_map(|list| list.to_str().ok());
    let told: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    if is_trusted(&peer) {
        // Each proxy adds whom it heard; what stands before the first stranger anybody could have written.
        let mut heard = told.iter().rev().map_while(|text| text.parse().ok()).map(|it: IpAddr| it.to_canonical());
        return Some(heard.find(|address| !is_trusted(address)).unwrap_or(peer));
    }
    let is_near = match peer {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private() || peer.is_link_local(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local() || peer.is_unicast_link_local(),
    };
    (told.is_empty() || !is_near).then_some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    struct Fixed;

    impl Entropy for Fixed {
        fn seed(&self) -> [u8; 32] {
            [1; 32]
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn after(millis: i64) -> Timestamp {
        Timestamp::from_millis(NOW.millis() + millis)
    }

    #[test]
    fn a_hundred_come_at_once_and_then_ten_a_second() {
        let limit = RateLimit::default();
        let ana = address("203.0.113.7");
        let taken = (0..200).filter(|_| limit.take(ana, NOW, &Fixed).is_ok()).count();
        assert_eq!(taken, 100);
        assert_eq!(limit.take(ana, NOW, &Fixed), Err(1));
        assert_eq!((0..200).filter(|_| limit.take(ana, after(1_000), &Fixed).is_ok()).count(), 10);
        assert_eq!(limit.take(address("203.0.113.8"), NOW, &Fixed), Ok(()), "somebody else");
    }

    #[test]
    fn a_network_of_the_sixth_version_is_one_address() {
        let limit = RateLimit::default();
        let taken =
            (0..200_u32).filter(|place| limit.take(address(&format!("2001:db8::{place:x}")), NOW, &Fixed).is_ok());
        assert_eq!(taken.count(), 100);
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let limit = RateLimit::default();
        let ana = address("203.0.113.7");
        (0..200).for_each(|_| _ = limit.take(ana, after(86_400_000), &Fixed));
        assert_eq!(limit.take(ana, NOW, &Fixed), Ok(()));
    }

    fn asked_by(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<IpAddr> {
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(list).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        address_of(address(peer), &headers, &trusted)
    }

    #[test]
    fn only_a_proxy_that_was_named_says_who_asks() {
        let (proxy, ana) = (["10.0.0.0/8"], Some(address("203.0.113.7")));
        assert_eq!(asked_by("10.0.0.2", &["198.51.100.1, 203.0.113.7"], &proxy), ana);
        assert_eq!(asked_by("10.0.0.2", &["198.51.100.1", "203.0.113.7, 10.0.0.9"], &proxy), ana);
        assert_eq!(asked_by("10.0.0.2", &["nonsense"], &proxy), Some(address("10.0.0.2")));
        assert_eq!(asked_by("203.0.113.7", &["198.51.100.1"], &proxy), ana, "a stranger says nothing of others");
        assert_eq!(asked_by("10.0.0.2", &[], &[]), Some(address("10.0.0.2")));
    }

    #[test]
    fn behind_a_proxy_that_nobody_named_nobody_pays_for_all() {
        assert_eq!(asked_by("127.0.0.1", &["203.0.113.7"], &[]), None);
    }
}
