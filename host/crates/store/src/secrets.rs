//! Secrets of connections, sealed before they reach a database: XChaCha20-Poly1305 with a random nonce, bound to
//! shop, connection and name, so that a sealed secret opens nowhere but where it was put.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_engine::ports::{ClosedSecret, Resealed, Secret, SecretPlace, StoreError};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

const NONCE: usize = 24;

const MISSING: &str = "there is no key to seal secrets with; make one with `cartwright key new > FILE` and start with \
                       `--secret-key-file FILE`";

/// The keys that secrets are sealed with. Without any, nothing secret can be stored.
#[derive(Clone, Default)]
pub struct SecretKeys {
    by_id: BTreeMap<String, Zeroizing<[u8; 32]>>,
    newest: Option<String>,
}

/// A key file that cannot be used. Says the line, never the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form.
    #[error("line {0} of the secret keys is not `ID:KEY`; `cartwright key new` writes such a line")]
    Form(usize),
    /// The key is not 32 bytes.
    #[error("line {0} of the secret keys: the key must be 32 bytes in base64; `cartwright key new` writes such a line")]
    Length(usize),
    /// Two keys of one id.
    #[error("line {0} of the secret keys: the id `{1}` stands there twice; remove one of the lines")]
    Twice(usize, String),
    /// Nothing in it.
    #[error("there is no key in the secret keys; `cartwright key new > FILE` makes one")]
    Empty,
}

impl SecretKeys {
    /// No keys: secrets can be neither stored nor read.
    pub fn none() -> Self {
        Self::default()
    }

    /// The id of the key that seals.
    pub fn newest(&self) -> Option<&str> {
        self.newest.as_deref()
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// From a key file or an environment variable: a line `ID:KEY` for each key, the newest last; empty lines and
    /// lines behind `#` are skipped. The newest seals, all open.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys = Self::none();
        for (place, line) in text.lines().enumerate() {
            let (line, number) = (line.trim(), place + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, key) = line.split_once(':').ok_or(KeyError::Form(number))?;
            let sound = !id.is_empty()
                && id.len() <= 32
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            if !sound {
                return Err(KeyError::Form(number));
            }
            let bytes = Zeroizing::new(STANDARD.decode(key.trim()).map_err(|_| KeyError::Length(number))?);
            let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Length(number))?;
            if keys.by_id.insert(id.to_owned(), Zeroizing::new(key)).is_some() {
                return Err(KeyError::Twice(number, id.to_owned()));
            }
            keys.newest = Some(id.to_owned());
        }
        if keys.newest.is_some() { Ok(keys) } else { Err(KeyError::Empty) }
    }

    /// The line of a key file for 32 bytes that nobody can guess. The id is the start of their hash.
    pub fn line(random: &[u8; 32]) -> Zeroizing<String> {
        let hash = Sha256::digest(random);
        let id: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        Zeroizing::new(format!("{id}:{}", Zeroizing::new(STANDARD.encode(random)).as_str()))
    }

    /// Key id (behind its length), nonce, sealed text.
    pub(crate) fn seal(&self, place: &Place<'_>, secret: &Secret) -> Result<Vec<u8>, StoreError> {
        let id = self.newest.as_deref().ok_or_else(|| StoreError::NoKey(MISSING.into()))?;
        let nonce = nonce()?;
        let text = self
            .cipher(id)?
            .encrypt(&XNonce::from(nonce), Payload { msg: &secret.0, aad: &place.bound() })
            .map_err(|_| StoreError::Failed("the secret cannot be sealed: it is too long".into()))?;
        let mut sealed = Vec::with_capacity(1 + id.len() + NONCE + text.len());
        sealed.push(id.len() as u8);
        sealed.extend_from_slice(id.as_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// The secret, if it was sealed here with a key that is there.
    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Secret, StoreError> {
        let damaged = || StoreError::Failed(format!("the secret `{}` is damaged; set it again", place.name));
        let (length, rest) = sealed.split_first().ok_or_else(damaged)?;
        let (id, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(damaged)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let id = std::str::from_utf8(id).map_err(|_| damaged())?;
        let opened = self.cipher(id)?.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: &place.bound() });
        let plain = opened.map_err(|_| {
            StoreError::NoKey(format!(
                "the secret `{}` does not open with the key `{id}`: it is another key of that id, or the secret was \
                 changed; use the key file that it was sealed with, or set the secret again",
                place.name
            ))
        })?;
        Ok(Secret(Zeroizing::new(plain)))
    }

    /// What begins every secret that the newest key has sealed.
    pub(crate) fn newest_head(&self) -> Result<Vec<u8>, StoreError> {
        let id = self.newest.as_deref().ok_or_else(|| StoreError::NoKey(MISSING.into()))?;
        Ok([&[id.len() as u8], id.as_bytes()].concat())
    }

    /// Seals what another key has sealed. What does not open is told, and stays as it is.
    pub(crate) fn turn(&self, found: Vec<(SecretPlace, Vec<u8>)>, limit: u32) -> Result<Turned, StoreError> {
        let mut turned = Turned::default();
        if found.len() as u64 == u64::from(limit) {
            turned.batch.next = found.last().map(|(place, _)| place.clone());
        }
        for (at, before) in found {
            let place = Place { shop: at.shop, connection: at.connection, name: &at.name };
            match self.open(&place, &before) {
                Ok(secret) => {
                    let now = self.seal(&place, &secret)?;
                    turned.sealed.push((at, before, now));
                }
                Err(why) => turned.batch.closed.push(ClosedSecret { place: at, why: why.to_string() }),
            }
        }
        Ok(turned)
    }

    fn cipher(&self, id: &str) -> Result<XChaCha20Poly1305, StoreError> {
        if self.newest.is_none() {
            return Err(StoreError::NoKey(format!(
                "secrets are sealed with the key `{id}`, and no key was given; start with `--secret-key-file FILE`"
            )));
        }
        let key = self.by_id.get(id).ok_or_else(|| {
            StoreError::NoKey(format!(
                "a secret is sealed with the key `{id}`, which is not among the secret keys; add its line"
            ))
        })?;
        Ok(XChaCha20Poly1305::new(&(**key).into()))
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_id.keys()).finish()
    }
}

/// As much of a sealed secret as its key's id can take.
pub(crate) const HEAD: i32 = 33;

/// Secrets that were sealed anew: where, what stood there, and what takes its place.
#[derive(Default)]
pub(crate) struct Turned {
    pub(crate) sealed: Vec<(SecretPlace, Vec<u8>, Vec<u8>)>,
    pub(crate) batch: Resealed,
}

/// How many secrets each key has sealed, from their beginnings.
pub(crate) fn count(heads: &[Vec<u8>]) -> Vec<(String, u64)> {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for head in heads {
        let id = head.split_first().and_then(|(length, rest)| rest.get(..usize::from(*length)));
        *counted.entry(id.map_or_else(|| "?".into(), |id| String::from_utf8_lossy(id).into_owned())).or_default() += 1;
    }
    counted.into_iter().collect()
}

/// Where to begin: shop, connection and name that every later one is greater than.
pub(crate) fn begin_after(after: Option<&SecretPlace>) -> (Uuid, Uuid, &str) {
    after.map_or((Uuid::nil(), Uuid::nil(), ""), |place| (place.shop.0, place.connection.0, place.name.as_str()))
}

/// Where a secret belongs.
pub(crate) struct Place<'a> {
    pub(crate) shop: ShopId,
    pub(crate) connection: ConnectionId,
    pub(crate) name: &'a str,
}

impl Place<'_> {
    fn bound(&self) -> Vec<u8> {
        [self.shop.0.as_bytes(), self.connection.0.as_bytes(), self.name.as_bytes()].concat()
    }
}

/// The one place that asks the operating system for chance: a nonce must never repeat, not even in a test or a
/// simulation that runs again from the same seed, so it is not the engine's to give.
#[expect(clippy::disallowed_methods, reason = "see above")]
fn nonce() -> Result<[u8; NONCE], StoreError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)
        .map_err(|error| StoreError::Failed(format!("the operating system gives no random numbers: {error}")))?;
    Ok(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::ids::Mint;
    use cartwright_domain::time::Timestamp;

    fn places() -> (ShopId, ConnectionId) {
        let mut mint = Mint::new(Timestamp::from_millis(0), [3; 32]);
        (mint.next(), mint.next())
    }

    fn keys(bytes: u8) -> SecretKeys {
        SecretKeys::parse(&SecretKeys::line(&[bytes; 32])).unwrap()
    }

    #[test]
    fn s44_a_sealed_secret_opens_only_where_it_was_put() {
        let (shop, connection) = places();
        let place = Place { shop, connection, name: "token" };
        let sealed = keys(1).seal(&place, &Secret::from("open sesame")).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"sesame"));
        assert_eq!(keys(1).open(&place, &sealed).unwrap(), Secret::from("open sesame"));
        let elsewhere = Place { name: "other", ..place };
        assert!(matches!(keys(1).open(&elsewhere, &sealed), Err(StoreError::NoKey(_))));
        assert_ne!(
            keys(1).seal(&elsewhere, &Secret::from("x")).unwrap(),
            keys(1).seal(&elsewhere, &Secret::from("x")).unwrap()
        );
    }

    #[test]
    fn the_newest_key_seals_and_the_older_ones_still_open() {
        let (shop, connection) = places();
        let place = Place { shop, connection, name: "token" };
        let sealed = keys(1).seal(&place, &Secret::from("old")).unwrap();
        let text =
            format!("# two keys\n{}\n\n{}\n", SecretKeys::line(&[1; 32]).as_str(), SecretKeys::line(&[2; 32]).as_str());
        let both = SecretKeys::parse(&text).unwrap();
        assert_eq!(both.open(&place, &sealed).unwrap(), Secret::from("old"));
        let resealed = both.seal(&place, &Secret::from("new")).unwrap();
        assert_eq!(keys(2).open(&place, &resealed).unwrap(), Secret::from("new"));
    }

    #[test]
    fn a_missing_or_wrong_key_is_named_and_the_secret_is_not() {
        let (shop, connection) = places();
        let place = Place { shop, connection, name: "token" };
        let sealed = keys(1).seal(&place, &Secret::from("sesame")).unwrap();
        let id = SecretKeys::line(&[1; 32])[..8].to_owned();
        let impostor = SecretKeys::parse(&format!("{id}:{}", STANDARD.encode([9; 32]))).unwrap();
        for keys in [keys(2), SecretKeys::none(), impostor] {
            let message = keys.open(&place, &sealed).unwrap_err().to_string();
            assert!(message.contains(&id) && !message.contains("sesame"), "{message}");
        }
        let refusal = SecretKeys::none().seal(&place, &Secret::from("x")).unwrap_err().to_string();
        assert!(refusal.contains("cartwright key new") && refusal.contains("--secret-key-file"), "{refusal}");
    }

    #[test]
    fn a_key_file_is_refused_by_line_and_never_repeated() {
        let good = SecretKeys::line(&[1; 32]);
        assert_eq!(SecretKeys::parse("").unwrap_err(), KeyError::Empty);
        assert_eq!(SecretKeys::parse("# only words\n").unwrap_err(), KeyError::Empty);
        assert_eq!(SecretKeys::parse("hunter2").unwrap_err(), KeyError::Form(1));
        assert_eq!(SecretKeys::parse("\nk1:c2hvcnQ=").unwrap_err(), KeyError::Length(2));
        let twice = format!("{}\n{}", good.as_str(), good.as_str());
        assert_eq!(SecretKeys::parse(&twice).unwrap_err(), KeyError::Twice(2, good[..8].to_owned()));
        assert!(!format!("{:?}", SecretKeys::parse(&good).unwrap()).contains(&good[9..]));
    }
}
