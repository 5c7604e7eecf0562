//! Names become addresses here, and the addresses found are those connected to: no second look-up could give others.

use std::io;
use std::net::SocketAddr;

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

/// All addresses of a host, if all of them are within reach: one private among public ones is refused too.
pub(super) async fn addresses(host: &str, port: u16, reach: Reach) -> Result<Vec<SocketAddr>, Unreachable> {
    let not_found = |error| Unreachable::NotFound { host: host.to_owned(), error };
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await.map_err(not_found)?.collect();
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
pub(super) struct Names(pub(super) Reach);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = addresses(name.as_str(), 0, reach).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s41_a_name_for_loopback_is_refused_unless_it_may_stand_anywhere() {
        let refused = addresses("localhost", 80, Reach::Public).await.unwrap_err();
        assert!(matches!(refused, Unreachable::NotPublic(_)), "{refused}");
        assert!(!addresses("localhost", 80, Reach::Anywhere).await.unwrap().is_empty());
    }

    #[test]
    fn s41_one_private_address_among_public_ones_is_enough() {
        let found = ["1.1.1.1:443", "10.0.0.1:443"].map(|text| text.parse().unwrap());
        assert!(within_reach("mixed.example", &found).is_err());
        assert!(within_reach("mixed.example", &found[..1]).is_ok());
    }
}
