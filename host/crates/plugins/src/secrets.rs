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
