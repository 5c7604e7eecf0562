//! Links by which customers unsubscribe (S18, RFC 8058): which shop and which customer, under a seal that only the
//! shop's key makes. Nothing is stored for a link and it never expires: people keep mail for years.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::ids::{CustomerId, ShopId};
use crate::seal::seal;

/// Of the shop, the customer, and the seal.
const PART: usize = 16;
/// So that no seal of another kind of link, made by the same key, is one of these.
const KIND: &[u8] = b"unsubscribe\0";

/// Whose link it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsubscribeLink {
    /// Of which shop.
    pub shop: ShopId,
    /// The customer whose consent it withdraws.
    pub customer: CustomerId,
}

impl UnsubscribeLink {
    /// The last part of the link's address: 64 letters, digits, `-` and `_`.
    pub fn token(&self, key: &[u8; 32]) -> String {
        let seal = self.sealing(key).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([self.shop.0.as_bytes(), self.customer.0.as_bytes(), &seal[..PART]].concat())
    }

    /// Whose link a token says it is: nothing to believe before it was [opened](Self::opened) with the shop's key.
    pub fn claimed(token: &str) -> Option<Self> {
        parts(token).map(|(link, _)| link)
    }

    /// Whose link it is, if the key sealed it; takes as long whatever the seal is.
    pub fn opened(token: &str, key: &[u8; 32]) -> Option<Self> {
        let (link, seal) = parts(token)?;
        link.sealing(key).verify_truncated_left(&seal).ok()?;
        Some(link)
    }

    fn sealing(&self, key: &[u8; 32]) -> Hmac<Sha256> {
        seal(key, &[KIND, self.shop.0.as_bytes(), self.customer.0.as_bytes()])
    }
}

fn parts(token: &str) -> Option<(UnsubscribeLink, [u8; PART])> {
    let bytes: [u8; 3 * PART] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let part = |place: usize| -> Option<[u8; PART]> { bytes[place * PART..(place + 1) * PART].try_into().ok() };
    let (shop, customer) = (ShopId(Uuid::from_bytes(part(0)?)), CustomerId(Uuid::from_bytes(part(1)?)));
    Some((UnsubscribeLink { shop, customer }, part(2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: UnsubscribeLink =
        UnsubscribeLink { shop: ShopId(Uuid::from_u128(7)), customer: CustomerId(Uuid::from_u128(9)) };

    #[test]
    fn a_link_opens_with_the_key_that_sealed_it_and_with_no_other() {
        let token = LINK.token(&[1; 32]);
        assert_eq!(token.len(), 64);
        assert_eq!(UnsubscribeLink::opened(&token, &[1; 32]), Some(LINK));
        assert_eq!(UnsubscribeLink::opened(&token, &[2; 32]), None);
    }

    #[test]
    fn no_link_of_anybody_else_is_made_of_one() {
        let token = LINK.token(&[1; 32]);
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(UnsubscribeLink::opened(&forged, &[1; 32]), None, "{place}");
        }
        for other in ["", "AAAA", &token[1..], &format!("{token}A")] {
            assert_eq!(UnsubscribeLink::claimed(other), None, "{other}");
        }
    }
}
