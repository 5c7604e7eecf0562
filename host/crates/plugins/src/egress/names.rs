//! Names become addresses here, and the addresses found are those connected to: no second look-up could give others.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// Where a server may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// In the public network only.
    Public,
    /// An operator named it: anywhere, also without TLS.
    Anywhere,
}

/// A name that stands for an address it must not stand for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` is at {address}, which is no public address; an operator may allow it by name")]
pub(super) struct NotPublic {
    pub(super) host: String,
    pub(super) address: std::net::IpAddr,
}

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    #[error(transparent)]
    NotPublic(#[from] NotPublic),
    #[error("`{host}` cannot be found: {error}")]
    NotFound { host: String, error: io::Error },
}

/// Who is asked for the addresses of a host and port.
type LookUp = fn(String, u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// The system's own resolver.
fn system(host: String, port: u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
    Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
}

/// All addresses of a host, if all of them are within reach: one private among public ones is refused too.
pub(super) async fn addresses(host: &str, port: u16, reach: Reach) -> Result<Vec<SocketAddr>, Unreachable> {
    looked_up(system, host, port, reach).await
}

/// Asks once: the addresses that are checked are the addresses that come back.
async fn looked_up(look_up: LookUp, host: &str, port: u16, reach: Reach) -> Result<Vec<SocketAddr>, Unreachable> {
    let not_found = |error| Unreachable::NotFound { host: host.to_owned(), error };
    let found = look_up(host.to_owned(), port).await.map_err(not_found)?;
    if found.is_empty() {
        return Err(not_found(io::Error::new(io::ErrorKind::NotFound, "no address")));
    }
    if reach == Reach::Public {
        within_reach(host, &found)?;
    }
    Ok(found)
}

fn within_reach(host: &str, found: &[SocketAddr]) -> Result<(), NotPublic> {
    match found.iter().find(|address| !is_public(address.ip())) {
        Some(address) => Err(NotPublic { host: host.to_owned(), address: address.ip() }),
        None => Ok(()),
    }
}

/// Looks names up for the HTTP client. Hosts written as addresses never come here: they are checked before.
pub(super) struct Names {
    reach: Reach,
    look_up: LookUp,
}

impl Names {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach, look_up: system }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, look_up) = (self.reach, self.look_up);
        Box::pin(async move {
            let found = looked_up(look_up, name.as_str(), 0, reach).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn s41_a_name_for_loopback_is_refused_unless_it_may_stand_anywhere() {
        let refused = addresses("localhost", 80, Reach::Public).await.unwrap_err();
        assert!(matches!(refused, Unreachable::NotPublic(_)), "{refused}");
        assert!(!addresses("localhost", 80, Reach::Anywhere).await.unwrap().is_empty());
    }

    /// A server of names that changes its mind: first a public address, from then on the host's own.
    fn rebinding(_: String, port: u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let address = if ASKED.fetch_add(1, Ordering::Relaxed) == 0 { [1, 1, 1, 1] } else { [127, 0, 0, 1] };
        Box::pin(async move { Ok(vec![SocketAddr::from((address, port))]) })
    }

    #[tokio::test]
    async fn s41_a_name_that_is_bound_to_another_address_gets_nobody_in() {
        let names = Names { look_up: rebinding, ..Names::new(Reach::Public) };
        let resolve = || names.resolve("rebinding.example".parse().unwrap());
        let first: Vec<SocketAddr> = resolve().await.unwrap().collect();
        // The client connects to what it is handed; had the check asked by itself, this would be 127.0.0.1 by now.
        assert_eq!(first, ["1.1.1.1:0".parse().unwrap()]);
        let second = resolve().await.err().unwrap();
        assert!(second.to_string().contains("`rebinding.example` is at 127.0.0.1"), "{second}");
    }

    #[test]
    fn s41_one_private_address_among_public_ones_is_enough() {
        let found = ["1.1.1.1:443", "10.0.0.1:443"].map(|text| text.parse().unwrap());
        assert!(within_reach("mixed.example", &found).is_err());
        assert!(within_reach("mixed.example", &found[..1]).is_ok());
    }
}
