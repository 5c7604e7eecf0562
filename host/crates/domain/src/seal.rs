//! What only a shop's own key makes: seals of links, and hashes by which an erased address is known again.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key, padded as HMAC itself pads one that is shorter than a block.
fn block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    block
}

/// HMAC-SHA-256 over the parts, one behind the other. Whoever seals things of several kinds tells them apart by the
/// first part.
pub(crate) fn seal(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut sealing = <Hmac<Sha256> as KeyInit>::new(&block(key).into());
    for part in parts {
        sealing.update(part);
    }
    sealing
}
