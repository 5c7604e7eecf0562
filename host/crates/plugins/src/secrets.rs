//! What channels and sources may ask of their connection. Secrets are used here, never seen.

use cartwright_plugins_bindings::v0_1::imports::{connection, secrets};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use wasmtime::Result;

use crate::guest::Guest;

impl connection::Host for Guest {
    fn now(&mut self) -> Result<i64> {
        Ok(Guest::now(self).millis())
    }

    fn config(&mut self) -> Result<String> {
        Ok(self.config.to_string())
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

impl secrets::Host for Guest {
    fn is_set(&mut self, name: String) -> Result<bool> {
        Ok(self.secret(&name)?.is_some())
    }

    fn verify(
        &mut self,
        name: String,
        algorithm: secrets::Algorithm,
        data: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<bool> {
        let Some(key) = self.secret(&name)? else { return Ok(false) };
        Ok(match algorithm {
            secrets::Algorithm::HmacSha256 => Hmac::<Sha256>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(&data).verify_slice(&signature).is_ok()),
            secrets::Algorithm::HmacSha1 => Hmac::<Sha1>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(&data).verify_slice(&signature).is_ok()),
        })
    }

    fn equals(&mut self, name: String, value: String) -> Result<bool> {
        Ok(self.secret(&name)?.is_some_and(|secret| secret.ct_eq(value.as_bytes()).into()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cartwright_domain::shop::Grants;
    use cartwright_engine::ports::Secret;

    use super::secrets::{Algorithm, Host};
    use super::*;
    use crate::guest::Rights;
    use crate::limits::Limits;

    fn guest() -> Guest {
        let named = |names: &[&str]| {
            let secrets = names.iter().map(|&name| name.to_owned()).collect();
            Arc::new(Grants { secrets, ..Grants::default() })
        };
        let mut guest = Guest::new(&Arc::new(Limits::default()));
        guest.rights = Rights { declared: named(&["key", "unset", "kept"]), granted: named(&["key", "unset"]) };
        let stored = ["key", "kept"].map(|name| (name.to_owned(), Secret::from("Jefe")));
        guest.secrets = Arc::new(stored.into());
        guest
    }

    #[test]
    fn s44_signatures_are_those_of_rfc_2202_and_4231() {
        let mut guest = guest();
        let data = b"what do ya want for nothing?".to_vec();
        let sha256 = hex::decode("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843").unwrap();
        let sha1 = hex::decode("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79").unwrap();
        let mut verify = |algorithm, data: &[u8], signature: &[u8]| {
            guest.verify("key".to_owned(), algorithm, data.to_vec(), signature.to_vec()).unwrap()
        };
        assert!(verify(Algorithm::HmacSha256, &data, &sha256));
        assert!(verify(Algorithm::HmacSha1, &data, &sha1));
        assert!(!verify(Algorithm::HmacSha1, &data, &sha256));
        assert!(!verify(Algorithm::HmacSha256, b"something else", &sha256));
        assert!(!verify(Algorithm::HmacSha256, &data, &sha256[..16]));
    }

    #[test]
    fn a_secret_that_is_not_set_equals_nothing() {
        let mut guest = guest();
        let mut equals = |name: &str, value: &str| guest.equals(name.to_owned(), value.to_owned()).unwrap();
        assert!(equals("key", "Jefe") && !equals("key", "jefe"));
        assert!(!equals("unset", ""));
        assert!(!guest.is_set("unset".to_owned()).unwrap() && guest.is_set("key".to_owned()).unwrap());
    }

    #[test]
    fn s44_only_granted_names_can_be_used() {
        let mut guest = guest();
        assert!(guest.is_set("kept".to_owned()).unwrap_err().to_string().contains("`kept`, which is not granted"));
        assert!(guest.is_set("other".to_owned()).unwrap_err().to_string().contains("does not declare"));
    }
}
