//! What channels and sources may ask of their connection. Secrets are used here, never seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::time::Timestamp;
use cartwright_plugins_bindings::v0_2::imports::{connection, secrets};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use wasmtime::Result;
use zeroize::Zeroizing;

use crate::failure::Stopped;
use crate::guest::Guest;

impl connection::Host for Guest {
    fn now(&mut self) -> Result<i64> {
        Ok(Guest::now(self).millis())
    }

    fn config(&mut self) -> Result<String> {
        Ok(self.config.to_string())
    }

    fn address(&mut self) -> Result<String> {
        Ok(self.address.clone())
    }

    fn log(&mut self, line: String) -> Result<()> {
        self.log.line(&line);
        Ok(())
    }
}

impl Guest {
    fn secret(&self, name: &str) -> Result<Option<&[u8]>> {
        self.rights.secret(name)?;
        Ok(self.secrets.get(name).map(|secret| secret.0.as_slice()).filter(|bytes| !bytes.is_empty()))
    }
}

/// A keyed hash, to be told or compared.
enum Keyed {
    Sha256(Hmac<Sha256>),
    Sha1(Hmac<Sha1>),
    Sha512(Hmac<Sha512>),
}

impl Keyed {
    /// None for a key that the algorithm does not take; it takes any.
    fn new(algorithm: secrets::Algorithm, key: &[u8], data: &[u8]) -> Option<Self> {
        Some(match algorithm {
            secrets::Algorithm::HmacSha256 => Self::Sha256(Hmac::new_from_slice(key).ok()?.chain_update(data)),
            secrets::Algorithm::HmacSha1 => Self::Sha1(Hmac::new_from_slice(key).ok()?.chain_update(data)),
            secrets::Algorithm::HmacSha512 => Self::Sha512(Hmac::new_from_slice(key).ok()?.chain_update(data)),
        })
    }

    fn told(self) -> Vec<u8> {
        match self {
            Self::Sha256(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha1(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha512(mac) => mac.finalize().into_bytes().to_vec(),
        }
    }

    /// In constant time.
    fn is(self, signature: &[u8]) -> bool {
        match self {
            Self::Sha256(mac) => mac.verify_slice(signature).is_ok(),
            Self::Sha1(mac) => mac.verify_slice(signature).is_ok(),
            Self::Sha512(mac) => mac.verify_slice(signature).is_ok(),
        }
    }
}

/// What stands in a public key before its point: "an elliptic curve, P-256" (RFC 5480).
const P256: [u8; 26] =
    *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// The point of a public key that is written as PEM, or as the base64 within.
fn p256_point(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    Some(BASE64.decode(base64).ok()?.strip_prefix(&P256)?.to_vec())
}

fn hash_of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = D::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

impl secrets::Host for Guest {
    fn is_set(&mut self, name: String) -> Result<bool> {
        Ok(self.secret(&name)?.is_some())
    }

    fn expires_at(&mut self, name: String) -> Result<Option<i64>> {
        Ok(self.secret(&name)?.and_then(|_| self.expiries.get(&name).copied()).map(Timestamp::millis))
    }

    fn sign(&mut self, name: String, algorithm: secrets::Algorithm, data: Vec<u8>) -> Result<Option<Vec<u8>>> {
        Ok(self.secret(&name)?.and_then(|key| Keyed::new(algorithm, key, &data)).map(Keyed::told))
    }

    fn sign_encoded(
        &mut self,
        name: String,
        prefix: String,
        algorithm: secrets::Algorithm,
        data: Vec<u8>,
    ) -> Result<Option<Vec<u8>>> {
        let key = self.secret(&name)?.and_then(|secret| secret.strip_prefix(prefix.as_bytes()));
        let key = key.and_then(|text| BASE64.decode(text).ok()).filter(|key| !key.is_empty()).map(Zeroizing::new);
        Ok(key.and_then(|key| Keyed::new(algorithm, &key, &data)).map(Keyed::told))
    }

    fn digest(
        &mut self,
        hash: secrets::Hash,
        parts: Vec<secrets::Part>,
        encoding: secrets::Encoding,
    ) -> Result<Option<Vec<u8>>> {
        if !parts.iter().any(|part| matches!(part, secrets::Part::Bytes(bytes) if !bytes.is_empty())) {
            return Err(Stopped::HashOfSecret.into());
        }
        let mut known = Vec::with_capacity(parts.len());
        for part in &parts {
            match part {
                secrets::Part::Bytes(bytes) => known.push(bytes.as_slice()),
                secrets::Part::Secret(name) => match self.secret(name)? {
                    Some(secret) => known.push(secret),
                    None => return Ok(None),
                },
            }
        }
        let hash = match hash {
            secrets::Hash::Sha256 => hash_of::<Sha256>(&known),
            secrets::Hash::Sha1 => hash_of::<Sha1>(&known),
            secrets::Hash::Md5 => hash_of::<Md5>(&known),
        };
        Ok(Some(match encoding {
            secrets::Encoding::Raw => hash,
            secrets::Encoding::Hex => hex::encode(hash).into_bytes(),
            secrets::Encoding::Base64 => BASE64.encode(hash).into_bytes(),
        }))
    }

    fn verify(
        &mut self,
        name: String,
        algorithm: secrets::Algorithm,
        data: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<bool> {
        let keyed = self.secret(&name)?.and_then(|key| Keyed::new(algorithm, key, &data));
        Ok(keyed.is_some_and(|keyed| keyed.is(&signature)))
    }

    fn equals(&mut self, name: String, value: String) -> Result<bool> {
        Ok(self.secret(&name)?.is_some_and(|secret| secret.ct_eq(value.as_bytes()).into()))
    }

    fn verify_p256(&mut self, name: String, data: Vec<u8>, signature: Vec<u8>) -> Result<bool> {
        let point = self.secret(&name)?.and_then(p256_point);
        let key = point.map(|point| UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point));
        Ok(key.is_some_and(|key| key.verify(&data, &signature).is_ok()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cartwright_domain::shop::Grants;
    use cartwright_engine::ports::Secret;

    use super::secrets::{Algorithm, Encoding, Hash, Host, Part};
    use super::*;
    use crate::guest::Rights;
    use crate::limits::Limits;

    fn guest() -> Guest {
        let named = |names: &[&str]| {
            let secrets = names.iter().map(|&name| name.to_owned()).collect();
            Arc::new(Grants { secrets, ..Grants::default() })
        };
        let mut guest = Guest::new(&Arc::new(Limits::default()));
        guest.rights = Rights::of(named(&["key", "unset", "kept"]), named(&["key", "unset"]));
        let stored = ["key", "kept"].map(|name| (name.to_owned(), Secret::from("Jefe")));
        guest.secrets = Arc::new(stored.into());
        let expiry = Timestamp::from_millis(1_700_000_000_000);
        guest.expiries = Arc::new(["key", "unset"].map(|name| (name.to_owned(), expiry)).into());
        guest
    }

    const DATA: &[u8] = b"what do ya want for nothing?";

    #[test]
    fn s44_signatures_are_those_of_rfc_2202_and_4231() {
        let mut guest = guest();
        let known = [
            (Algorithm::HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (Algorithm::HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                Algorithm::HmacSha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ];
        for (algorithm, signature) in known {
            let signature = hex::decode(signature).unwrap();
            let mut verify = |data: &[u8], signature: &[u8]| {
                guest.verify("key".to_owned(), algorithm, data.to_vec(), signature.to_vec()).unwrap()
            };
            assert!(verify(DATA, &signature), "{algorithm:?}");
            assert!(!verify(b"something else", &signature) && !verify(DATA, &signature[..16]), "{algorithm:?}");
            let signed = guest.sign("key".to_owned(), algorithm, DATA.to_vec()).unwrap();
            assert_eq!(signed, Some(signature));
        }
        assert_eq!(guest.sign("unset".to_owned(), Algorithm::HmacSha1, DATA.to_vec()).unwrap(), None);
    }

    #[test]
    fn s44_a_key_in_base64_behind_a_prefix_signs_as_its_bytes_do() {
        let mut guest = guest();
        let mut signed = |stored: &str| {
            guest.secrets = Arc::new([("key".to_owned(), Secret::from(stored))].into());
            let data = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#.to_vec();
            guest.sign_encoded("key".to_owned(), "whsec_".to_owned(), Algorithm::HmacSha256, data).unwrap()
        };
        // The example of Standard Webhooks.
        let known = BASE64.decode("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=").unwrap();
        assert_eq!(signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Some(known));
        for wrong in ["Jefe", &BASE64.encode("Jefe"), "whsec_Jefe!", "whsec_", ""] {
            assert_eq!(signed(wrong), None, "{wrong}");
        }
        let kept = guest.sign_encoded("kept".to_owned(), String::new(), Algorithm::HmacSha256, Vec::new());
        assert!(kept.unwrap_err().to_string().contains("not granted"));
    }

    #[test]
    fn s44_a_hash_is_over_bytes_and_handles_together() {
        let mut guest = guest();
        let mut text = |hash, encoding| {
            let parts = vec![Part::Bytes(b"id=7&".to_vec()), Part::Secret("key".to_owned())];
            String::from_utf8(guest.digest(hash, parts, encoding).unwrap().unwrap()).unwrap()
        };
        assert_eq!(text(Hash::Md5, Encoding::Hex), hex::encode(Md5::digest(b"id=7&Jefe")));
        assert_eq!(text(Hash::Sha1, Encoding::Hex), hex::encode(Sha1::digest(b"id=7&Jefe")));
        assert_eq!(text(Hash::Sha256, Encoding::Base64), BASE64.encode(Sha256::digest(b"id=7&Jefe")));
        let unset = vec![Part::Bytes(b"x".to_vec()), Part::Secret("unset".to_owned())];
        assert_eq!(guest.digest(Hash::Sha256, unset, Encoding::Raw).unwrap(), None);
    }

    #[test]
    fn s44_the_hash_of_a_secret_alone_is_not_given_out() {
        let mut guest = guest();
        let handle = || Part::Secret("key".to_owned());
        for parts in [vec![handle()], vec![handle(), handle()], vec![handle(), Part::Bytes(Vec::new())], Vec::new()] {
            let error = guest.digest(Hash::Md5, parts, Encoding::Raw).unwrap_err();
            assert!(error.to_string().contains("hash of secrets alone"), "{error}");
        }
    }

    #[test]
    fn a_secret_that_is_not_set_equals_nothing_and_expires_never() {
        let mut guest = guest();
        let mut equals = |name: &str, value: &str| guest.equals(name.to_owned(), value.to_owned()).unwrap();
        assert!(equals("key", "Jefe") && !equals("key", "jefe"));
        assert!(!equals("unset", ""));
        assert!(!guest.is_set("unset".to_owned()).unwrap() && guest.is_set("key".to_owned()).unwrap());
        assert_eq!(guest.expires_at("key".to_owned()).unwrap(), Some(1_700_000_000_000));
        assert_eq!(guest.expires_at("unset".to_owned()).unwrap(), None);
    }

    #[test]
    fn s44_who_has_the_private_key_of_a_public_one_is_known() {
        // Made by openssl, as is the signature.
        let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWDVkoAu1zJvPGIcJwMhEg9R6CUHZOc7G1idJZkxn59baKVDhHzPdlM+pacBBtZRJpJgprgtmiAyqtZ260OCS2A==";
        let signature =
            "MEQCIGjaYK98N8mFcFU3dEpi43eFUXYcxK1E6oEWnM3SQ1lgAiBt2D+tYPic+KfN8Ih/cpBQN28PpEE/jSOUCPI2NEQ1wA==";
        let (data, signature) = (br#"1600112502[{"event":"open"}]"#.to_vec(), BASE64.decode(signature).unwrap());
        let mut guest = guest();
        let mut verify = |key: &str, data: &[u8], signature: &[u8]| {
            guest.secrets = Arc::new([("key".to_owned(), Secret::from(key))].into());
            guest.verify_p256("key".to_owned(), data.to_vec(), signature.to_vec()).unwrap()
        };
        assert!(verify(key, &data, &signature));
        let (first, rest) = key.split_at(64);
        assert!(verify(
            &format!("-----BEGIN PUBLIC KEY-----\r\n{first}\r\n{rest}\r\n-----END PUBLIC KEY-----\r\n"),
            &data,
            &signature
        ));
        for byte in 0..data.len() {
            let mut other = data.clone();
            other[byte] ^= 1;
            assert!(!verify(key, &other, &signature), "byte {byte}");
        }
        assert!(!verify(key, &data, &signature[..60]) && !verify(key, &data, b""));
        assert!(!verify("Jefe", &data, &signature) && !verify(&key[4..], &data, &signature));
        assert!(guest.verify_p256("kept".to_owned(), data, signature).is_err());
    }

    #[test]
    fn s44_only_granted_names_can_be_used() {
        let mut guest = guest();
        assert!(guest.is_set("kept".to_owned()).unwrap_err().to_string().contains("`kept`, which is not granted"));
        assert!(guest.is_set("other".to_owned()).unwrap_err().to_string().contains("does not declare"));
        let kept = vec![Part::Bytes(b"x".to_vec()), Part::Secret("kept".to_owned())];
        assert!(guest.digest(Hash::Md5, kept, Encoding::Raw).unwrap_err().to_string().contains("not granted"));
        assert!(guest.sign("kept".to_owned(), Algorithm::HmacSha1, Vec::new()).is_err());
    }
}
