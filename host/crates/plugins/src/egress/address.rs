//! Which addresses are of the public network. Everything that is not is refused, known or not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::{Ipv4Net, Ipv6Net};

/// Blocks of IPv4 that are not public: this network, private, shared (carrier), loopback, link-local (with the
/// metadata services of clouds), protocol, documentation, 6to4 relays, benchmarks, multicast, reserved, broadcast.
const NOT_PUBLIC_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// Of IPv6 only this block is public, less protocol assignments with Teredo, documentation and 6to4.
const PUBLIC_V6: &str = "2000::/3";
const NOT_PUBLIC_V6: &[&str] = &["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
/// Networks that reach IPv4 through IPv6: the address is the last 32 bits.
const NAT64: &str = "64:ff9b::/96";

struct Blocks {
    not_public_v4: Vec<Ipv4Net>,
    public_v6: Vec<Ipv6Net>,
    not_public_v6: Vec<Ipv6Net>,
    nat64: Vec<Ipv6Net>,
}

static BLOCKS: LazyLock<Blocks> = LazyLock::new(|| Blocks {
    not_public_v4: NOT_PUBLIC_V4.iter().filter_map(|block| block.parse().ok()).collect(),
    public_v6: PUBLIC_V6.parse().into_iter().collect(),
    not_public_v6: NOT_PUBLIC_V6.iter().filter_map(|block| block.parse().ok()).collect(),
    nat64: NAT64.parse().into_iter().collect(),
});

/// Whether an address is of the public network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !BLOCKS.not_public_v4.iter().any(|block| block.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let within = |blocks: &[Ipv6Net]| blocks.iter().any(|block| block.contains(&address));
    if within(&BLOCKS.nat64) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within(&BLOCKS.public_v6) && !within(&BLOCKS.not_public_v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_read() {
        assert_eq!(BLOCKS.not_public_v4.len(), NOT_PUBLIC_V4.len());
        assert_eq!(BLOCKS.not_public_v6.len(), NOT_PUBLIC_V6.len());
        assert_eq!((BLOCKS.public_v6.len(), BLOCKS.nat64.len()), (1, 1));
    }

    #[test]
    fn s41_private_addresses_in_all_their_guises_are_not_public() {
        for address in [
            "127.0.0.1",
            "127.8.9.1",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_public() {
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "64:ff9b::101:101"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
