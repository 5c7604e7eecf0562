//! Keys of a provider (RFC 7517, 7518), as far as signatures are checked with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

/// How a token may be signed. What takes a shared secret is not among them, and neither is `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    only: Option<String>,
    public: Public,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Public {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a set that signatures can be checked with; the others are somebody else's.
pub(crate) fn keys(set: &Value) -> Vec<Key> {
    let all = set["keys"].as_array().into_iter().flatten();
    all.filter_map(|key| Key::read(serde_json::from_value(key.clone()).ok()?)).collect()
}

impl Key {
    fn read(jwk: Jwk) -> Option<Self> {
        if jwk.purpose.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let point = |length: usize| {
            let (x, y) = (bytes(jwk.x.clone())?, bytes(jwk.y.clone())?);
            (x.len() == length && y.len() == length).then(|| [&[4][..], &x, &y].concat())
        };
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Public::Rsa { modulus: bytes(jwk.n)?, exponent: bytes(jwk.e)? },
            ("EC", Some("P-256")) => Public::P256(point(32)?),
            ("EC", Some("P-384")) => Public::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Public::Ed25519(bytes(jwk.x)?),
            _ => return None,
        };
        Some(Self { id: jwk.kid, only: jwk.alg, public })
    }

    /// Whether a token that names this key and algorithm may be signed with it.
    pub(crate) fn fits(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        let is_named = id.is_none() || self.id.is_none() || self.id.as_deref() == id;
        is_named && self.only.as_deref().is_none_or(|only| only == format!("{algorithm:?}"))
    }

    /// Whether it has signed something by this algorithm. The kind of the key decides, whatever a token says.
    pub(crate) fn has_signed(&self, algorithm: Algorithm, text: &[u8], signature: &[u8]) -> bool {
        let fixed = |by: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(by, key).verify(text, signature).is_ok()
        };
        match (&self.public, algorithm) {
            (Public::P256(point), Algorithm::ES256) => fixed(&ECDSA_P256_SHA256_FIXED, point),
            (Public::P384(point), Algorithm::ES384) => fixed(&ECDSA_P384_SHA384_FIXED, point),
            (Public::Ed25519(key), Algorithm::EdDSA) => fixed(&ED25519, key),
            (Public::Rsa { modulus, exponent }, _) => rsa(algorithm).is_some_and(|by| {
                RsaPublicKeyComponents { n: without_zeros(modulus), e: without_zeros(exponent) }
                    .verify(by, text, signature)
                    .is_ok()
            }),
            _ => false,
        }
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA => return None,
    })
}

/// Some providers write a zero before a number, which is not allowed and changes nothing.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_that_signatures_are_checked_with_are_kept() {
        let n = URL_SAFE_NO_PAD.encode([1; 256]);
        let (x, y) = (URL_SAFE_NO_PAD.encode([1; 32]), URL_SAFE_NO_PAD.encode([2; 32]));
        let set = json!({ "keys": [
            { "kty": "RSA", "kid": "r", "n": n, "e": "AQAB", "use": "sig" },
            { "kty": "RSA", "kid": "sealing", "n": n, "e": "AQAB", "use": "enc" },
            { "kty": "EC", "crv": "P-256", "kid": "p", "x": x, "y": y, "alg": "ES256" },
            { "kty": "EC", "crv": "P-256", "x": "AQ", "y": y },
            { "kty": "EC", "crv": "P-521", "x": x, "y": y },
            { "kty": "oct", "k": "c2VjcmV0" },
            "nonsense"
        ] });
        let kept: Vec<_> = keys(&set).into_iter().map(|key| key.id.unwrap()).collect();
        assert_eq!(kept, ["r", "p"]);
        assert_eq!(keys(&json!({})), []);
    }

    #[test]
    fn a_key_fits_by_its_name_and_by_the_algorithm_that_it_is_for() {
        let key = |id: Option<&str>, only: Option<&str>| Key {
            id: id.map(str::to_owned),
            only: only.map(str::to_owned),
            public: Public::Ed25519(Vec::new()),
        };
        assert!(key(Some("a"), None).fits(Some("a"), Algorithm::RS256));
        assert!(!key(Some("a"), None).fits(Some("b"), Algorithm::RS256));
        assert!(key(Some("a"), None).fits(None, Algorithm::RS256) && key(None, None).fits(Some("a"), Algorithm::RS256));
        assert!(key(None, Some("RS256")).fits(None, Algorithm::RS256));
        assert!(!key(None, Some("RS256")).fits(None, Algorithm::PS256));
    }
}
