//! Who signed a component (minisign), and what a shop does with one that nobody it trusts has signed.
//!
//! A signature is a fact about bytes, so it is judged here, from values. A component's digest stands for its bytes:
//! once a signature was found good, the record of the installed version says by which key, and whoever promotes it
//! later asks only whether that key is still trusted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::publish::StrategyFault;

/// Keys of one shop.
pub const MOST_KEYS: usize = 50;
/// Letters of a comment that are kept.
const COMMENT: usize = 500;

/// What is done with a component that no trusted key has signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustMode {
    /// It is installed.
    #[default]
    Off,
    /// It is installed with a warning.
    Warn,
    /// It is refused.
    Require,
}

impl TrustMode {
    /// The word of the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Require => "require",
        }
    }
}

impl std::str::FromStr for TrustMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Off, Self::Warn, Self::Require]
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| format!("`{text}` is no way to trust; write off, warn or require"))
    }
}

/// A public key whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// Whose it is.
    pub name: String,
    /// The public key as minisign writes it: 56 characters, the second line of the `.pub` file.
    pub key: String,
}

impl std::str::FromStr for TrustedKey {
    type Err = String;

    /// `NAME=KEY`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, key) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=KEY"))?;
        let (name, key) = (name.trim().to_owned(), key.trim().to_owned());
        match key_fault(&key) {
            None if !name.is_empty() => Ok(Self { name, key }),
            None => Err("a key has a name before the `=`".to_owned()),
            Some(fault) => Err(fault.to_owned()),
        }
    }
}

/// Which signatures a shop trusts. Nobody's, and asks for none, unless said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustPolicy {
    /// What is done with a component that none of the keys has signed.
    pub mode: TrustMode,
    /// The keys.
    #[serde(default)]
    pub keys: Vec<TrustedKey>,
}

/// Who signed an installed version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedBy {
    /// As minisign shows it: 16 hexadecimal digits.
    pub key_id: String,
    /// The name under which the shop, or the operator, trusted the key.
    pub key_name: String,
    /// The public key itself: an id can be imitated.
    pub key: String,
    /// What the signer says about the file; signed with it.
    pub comment: String,
}

/// Why a component is not trusted, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// There is no signature.
    #[error(
        "nobody signed it: sign it with `cartwright plugin sign FILE`, and upload it with the header \
         `Cartwright-Signature`"
    )]
    Unsigned,
    /// There is something else than a signature.
    #[error(
        "the signature cannot be read: {0}; send the whole .minisig file in base64, as `base64 -w0 FILE.minisig` does"
    )]
    Unreadable(String),
    /// Signed by somebody else.
    #[error(
        "it is signed with the key {key_id}, which is not trusted here: if you know whose it is, add it with \
         `PUT /v1/shops/{{id}}/trust`"
    )]
    UnknownKey {
        /// The key's id.
        key_id: String,
    },
    /// The signature is of another file, or made up.
    #[error(
        "the signature of the key `{key_name}` ({key_id}) does not fit this file: it was changed after it was signed, \
         or the signature is of another file; get both again from whoever signed them"
    )]
    DoesNotFit {
        /// The key's id.
        key_id: String,
        /// The name of the trusted key with that id.
        key_name: String,
    },
    /// The key that signed it is not trusted any more.
    #[error(
        "it was signed by `{key_name}` ({key_id}), whose key is not trusted any more: upload it again with a \
         signature of a key that is"
    )]
    KeyRemoved {
        /// The key's id.
        key_id: String,
        /// The name it had.
        key_name: String,
    },
}

impl TrustPolicy {
    /// The stricter of two, with the keys of both.
    pub fn above(&self, floor: &Self) -> Self {
        let mut keys = self.keys.clone();
        keys.extend(floor.keys.iter().filter(|key| !self.keys.contains(key)).cloned());
        Self { mode: self.mode.max(floor.mode), keys }
    }

    /// What is wrong with it.
    pub fn faults(&self) -> Vec<StrategyFault> {
        let mut faults = Vec::new();
        if self.keys.len() > MOST_KEYS {
            let message = format!("{} keys; a shop has at most {MOST_KEYS}", self.keys.len());
            faults.push(StrategyFault::error("keys", message));
        }
        for (place, TrustedKey { name, key }) in self.keys.iter().enumerate() {
            let path = format!("keys[{place}]");
            if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
                let message = "has 1 to 100 characters, and no control characters";
                faults.push(StrategyFault::error(format!("{path}.name"), message));
            }
            if let Some(fault) = key_fault(key) {
                faults.push(StrategyFault::error(format!("{path}.key"), fault));
            }
            if self.keys[..place].iter().any(|other| other.name == *name || other.key == *key) {
                faults.push(StrategyFault::error(path, "the same name or key stands there twice; remove one"));
            }
        }
        faults
    }

    /// Who signed a component, if the signature is good and the key is one of these.
    pub fn judge(&self, component: &[u8], signature: Option<&str>) -> Result<SignedBy, Distrust> {
        let text = signature.ok_or(Distrust::Unsigned)?;
        let signature = Signature::decode(text).map_err(|why| Distrust::Unreadable(why.to_string()))?;
        let id = signer(text).ok_or_else(|| Distrust::Unreadable("its second line is no signature".to_owned()))?;
        let key_id = shown(id);
        let mut found = Err(Distrust::UnknownKey { key_id: key_id.clone() });
        // An id is no proof: two keys may have the same one.
        for trusted in self.keys.iter().filter(|trusted| id_of(&trusted.key) == Some(id)) {
            let is_good =
                PublicKey::from_base64(&trusted.key).is_ok_and(|key| key.verify(component, &signature, false).is_ok());
            let key_name = trusted.name.clone();
            if is_good {
                let comment = signature.trusted_comment().chars().filter(|c| !c.is_control()).take(COMMENT).collect();
                return Ok(SignedBy { key_id, key_name, key: trusted.key.clone(), comment });
            }
            found = Err(Distrust::DoesNotFit { key_id: key_id.clone(), key_name });
        }
        found
    }

    /// Whether a version that was installed before may be used: what was found at its upload, against the keys of now.
    pub fn stands(&self, signed_by: Option<&SignedBy>) -> Result<(), Distrust> {
        let signed_by = signed_by.ok_or(Distrust::Unsigned)?;
        if self.keys.iter().any(|trusted| trusted.key == signed_by.key) {
            return Ok(());
        }
        let SignedBy { key_id, key_name, .. } = signed_by.clone();
        Err(Distrust::KeyRemoved { key_id, key_name })
    }

    /// What follows from it: nothing, a warning, or a refusal.
    pub fn weigh(&self, found: Result<(), Distrust>) -> Result<Option<Distrust>, Distrust> {
        match (self.mode, found) {
            (_, Ok(())) | (TrustMode::Off, Err(_)) => Ok(None),
            (TrustMode::Warn, Err(distrust)) => Ok(Some(distrust)),
            (TrustMode::Require, Err(distrust)) => Err(distrust),
        }
    }
}

/// The id of a public key, as minisign shows it; none if it is no key.
pub fn key_id(key: &str) -> Option<String> {
    id_of(key).map(shown)
}

fn key_fault(key: &str) -> Option<&'static str> {
    let is_key = PublicKey::from_base64(key).is_ok() && id_of(key).is_some();
    (!is_key).then_some(
        "is no minisign public key: write the second line of the .pub file, 56 characters that begin with RW",
    )
}

/// Algorithm, id and key; in base64.
fn id_of(key: &str) -> Option<[u8; 8]> {
    let bytes = STANDARD.decode(key).ok().filter(|bytes| bytes.len() == 42)?;
    bytes[2..10].try_into().ok()
}

/// The id in the second line of a signature.
fn signer(signature: &str) -> Option<[u8; 8]> {
    let bytes = STANDARD.decode(signature.lines().nth(1)?).ok()?;
    bytes.get(2..10)?.try_into().ok()
}

fn shown(id: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of minisign's own documentation: a signature of the four letters `test`.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
        RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
        trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
        wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==";
    const OTHER: &str = "RWRAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn policy(mode: TrustMode, keys: &[(&str, &str)]) -> TrustPolicy {
        let keys = keys.iter().map(|&(name, key)| TrustedKey { name: name.into(), key: key.into() }).collect();
        TrustPolicy { mode, keys }
    }

    #[test]
    fn a_good_signature_says_who_and_what_they_said() {
        let signed = policy(TrustMode::Require, &[("Ann", KEY)]).judge(b"test", Some(SIGNATURE)).unwrap();
        assert_eq!((signed.key_name.as_str(), signed.key_id.as_str()), ("Ann", "E7620F1842B4E81F"));
        assert_eq!(signed.comment, "timestamp:1633700835file:testprehashed");
        assert_eq!(key_id(KEY).as_deref(), Some("E7620F1842B4E81F"));
    }

    #[test]
    fn everything_else_is_distrusted_with_its_reason() {
        let (ann, nobody) = (policy(TrustMode::Require, &[("Ann", KEY)]), policy(TrustMode::Require, &[]));
        assert_eq!(ann.judge(b"test", None), Err(Distrust::Unsigned));
        assert!(matches!(ann.judge(b"tesT", Some(SIGNATURE)), Err(Distrust::DoesNotFit { .. })));
        assert!(matches!(nobody.judge(b"test", Some(SIGNATURE)), Err(Distrust::UnknownKey { .. })));
        assert!(matches!(ann.judge(b"test", Some("signed, Ann")), Err(Distrust::Unreadable(_))));
        let commented = SIGNATURE.replace("file:test", "file:best");
        assert!(matches!(ann.judge(b"test", Some(&commented)), Err(Distrust::DoesNotFit { .. })));
    }

    #[test]
    fn an_id_can_be_imitated_and_proves_nothing() {
        let mut imitation = STANDARD.decode(OTHER).unwrap();
        imitation[2..10].copy_from_slice(&id_of(KEY).unwrap());
        let imitation = STANDARD.encode(imitation);
        let both = policy(TrustMode::Require, &[("Eve", &imitation), ("Ann", KEY)]);
        let signed = both.judge(b"test", Some(SIGNATURE)).unwrap();
        assert_eq!(signed.key_name, "Ann");
        let only_eve = policy(TrustMode::Require, &[("Eve", &imitation)]);
        assert!(matches!(only_eve.stands(Some(&signed)), Err(Distrust::KeyRemoved { .. })));
    }

    #[test]
    fn the_mode_makes_nothing_a_warning_or_a_refusal_of_it() {
        let weigh = |mode| policy(mode, &[]).weigh(Err(Distrust::Unsigned));
        assert_eq!(weigh(TrustMode::Off), Ok(None));
        assert_eq!(weigh(TrustMode::Warn), Ok(Some(Distrust::Unsigned)));
        assert_eq!(weigh(TrustMode::Require), Err(Distrust::Unsigned));
        assert_eq!(policy(TrustMode::Require, &[]).weigh(Ok(())), Ok(None));
    }

    #[test]
    fn an_operators_floor_makes_it_stricter_and_never_laxer() {
        let floor = policy(TrustMode::Warn, &[("us", KEY)]);
        let lax = policy(TrustMode::Off, &[("them", OTHER)]).above(&floor);
        assert_eq!((lax.mode, lax.keys.len()), (TrustMode::Warn, 2));
        assert_eq!(policy(TrustMode::Require, &[]).above(&floor).mode, TrustMode::Require);
    }

    #[test]
    fn faults_name_the_key() {
        let wrong = policy(TrustMode::Warn, &[("", KEY), ("b", "RWshort"), ("c", OTHER), ("c", OTHER)]);
        let paths: Vec<String> = wrong.faults().into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["keys[0].name", "keys[1].key", "keys[3]"]);
        assert!("a=RWshort".parse::<TrustedKey>().is_err());
        assert_eq!(format!("ann={KEY}").parse::<TrustedKey>().unwrap().name, "ann");
    }
}
