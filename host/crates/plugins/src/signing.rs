//! Signing components, for authors: keys and signatures in the format of minisign, so that its own tools read and make
//! them too. Whether a signature is good is the domain's to say (`cartwright_domain::trust`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2b_simd::Params;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

/// Of keys: Ed25519. Of signatures: Ed25519 over BLAKE2b.
const KEY: &[u8; 2] = b"Ed";
const PREHASHED: &[u8; 2] = b"ED";
/// How a secret key is protected, and what shows that it was opened with the right password.
const SCRYPT: &[u8; 2] = b"Sc";
const NOTHING: &[u8; 2] = &[0, 0];
const BLAKE2: &[u8; 2] = b"B2";
/// What opening a key costs: 32 MiB, as much time as that takes.
const OPERATIONS: u64 = 1_048_576;
const MEMORY: u64 = 33_554_432;
/// Whoever wants more than this for a key wants something else.
const MOST_MEMORY: u64 = 1_073_741_824;

/// A new key pair as its two files.
pub struct KeyFiles {
    /// Stays with the author.
    pub secret: Zeroizing<String>,
    /// Goes to everybody who is to trust the author.
    pub public: String,
    /// The line of it that a trust policy names.
    pub public_key: String,
}

/// Why there is no key or signature. Says no key and no password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// No key file.
    #[error("this is no secret key of minisign: {0}; `cartwright plugin keygen NAME` makes one")]
    Key(&'static str),
    /// Not this password.
    #[error("the password does not open the key")]
    Password,
    /// The key needs one.
    #[error("the key is protected by a password, and none was given")]
    NoPassword,
    /// A comment is one line.
    #[error("a comment is one line without control characters")]
    Comment,
}

/// The secret part of a key file, once it is open.
struct Secret {
    id: [u8; 8],
    /// Seed and public key, as they stand in the file.
    key: Zeroizing<[u8; 64]>,
}

impl Secret {
    fn check(&self) -> [u8; 32] {
        let hash = Params::new().hash_length(32).to_state().update(KEY).update(&self.id).update(&*self.key).finalize();
        let mut check = [0; 32];
        check.copy_from_slice(hash.as_bytes());
        check
    }

    fn pair(&self) -> Result<Ed25519KeyPair, SigningError> {
        let (seed, public) = self.key.split_at(32);
        Ed25519KeyPair::from_seed_and_public_key(seed, public).map_err(|_| SigningError::Key("its two halves differ"))
    }
}

/// Makes a key pair from 32 bytes that nobody can guess, and a salt; without a password, whoever has the file can sign.
pub fn generate(chance: &[u8; 32], salt: &[u8; 32], password: Option<&str>) -> Result<KeyFiles, SigningError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(chance).map_err(|_| SigningError::Key("it cannot be made"))?;
    let public = pair.public_key().as_ref();
    let mut secret = Secret { id: [0; 8], key: Zeroizing::new([0; 64]) };
    secret.id.copy_from_slice(Params::new().hash_length(8).hash(public).as_bytes());
    secret.key[..32].copy_from_slice(chance);
    secret.key[32..].copy_from_slice(public);
    let mut open = Zeroizing::new([&secret.id[..], &secret.key[..], &secret.check()].concat());
    let (how, comment) = match password {
        Some(password) => {
            mask(&mut open, password, salt, OPERATIONS, MEMORY)?;
            (SCRYPT, "minisign encrypted secret key")
        }
        None => (NOTHING, "minisign secret key without a password"),
    };
    let (operations, memory) = (OPERATIONS.to_le_bytes(), MEMORY.to_le_bytes());
    let file = Zeroizing::new([KEY, how, BLAKE2, &salt[..], &operations, &memory, &open].concat());
    let public_key = STANDARD.encode([KEY, &secret.id[..], public].concat());
    let id = format!("{:016X}", u64::from_le_bytes(secret.id));
    Ok(KeyFiles {
        secret: Zeroizing::new(format!("untrusted comment: {comment}\n{}\n", STANDARD.encode(&*file))),
        public: format!("untrusted comment: minisign public key: {id}\n{public_key}\n"),
        public_key,
    })
}

/// Whether a secret key file is protected by a password.
pub fn needs_password(secret: &str) -> Result<bool, SigningError> {
    Ok(&bytes_of(secret)?[2..4] != NOTHING)
}

/// Signs a component: the text of its `.minisig` file. The comment is signed with it.
pub fn sign(component: &[u8], secret: &str, password: Option<&str>, comment: &str) -> Result<String, SigningError> {
    if comment.chars().any(char::is_control) {
        return Err(SigningError::Comment);
    }
    let secret = open(secret, password)?;
    let pair = secret.pair()?;
    let signature = pair.sign(blake2b_simd::blake2b(component).as_bytes());
    let commented = pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
    Ok(format!(
        "untrusted comment: signature of a plugin\n{}\ntrusted comment: {comment}\n{}\n",
        STANDARD.encode([PREHASHED, &secret.id[..], signature.as_ref()].concat()),
        STANDARD.encode(commented.as_ref()),
    ))
}

/// Algorithms, salt, costs, then what may be encrypted: id, key and check.
const LENGTH: usize = 6 + 32 + 8 + 8 + 8 + 64 + 32;

fn bytes_of(secret: &str) -> Result<Zeroizing<Vec<u8>>, SigningError> {
    let line = secret.lines().nth(1).ok_or(SigningError::Key("it has no second line"))?;
    let bytes = STANDARD.decode(line.trim()).map_err(|_| SigningError::Key("its second line is no base64"))?;
    let bytes = Zeroizing::new(bytes);
    match bytes.len() == LENGTH && &bytes[..2] == KEY && &bytes[4..6] == BLAKE2 {
        true => Ok(bytes),
        false => Err(SigningError::Key("its second line is of another length or kind")),
    }
}

fn open(secret: &str, password: Option<&str>) -> Result<Secret, SigningError> {
    let mut bytes = bytes_of(secret)?;
    let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
    let is_locked = &bytes[2..4] != NOTHING;
    if is_locked {
        let password = password.ok_or(SigningError::NoPassword)?;
        let (salt, costs) = (bytes[6..38].to_vec(), (number(&bytes[38..46]), number(&bytes[46..54])));
        mask(&mut bytes[54..], password, &salt, costs.0, costs.1)?;
    }
    let mut secret = Secret { id: [0; 8], key: Zeroizing::new([0; 64]) };
    secret.id.copy_from_slice(&bytes[54..62]);
    secret.key.copy_from_slice(&bytes[62..126]);
    match (secret.check() == bytes[126..], is_locked) {
        (true, _) => Ok(secret),
        (false, true) => Err(SigningError::Password),
        (false, false) => Err(SigningError::Key("it is damaged")),
    }
}

/// Encrypts or decrypts with a password: the same both ways.
fn mask(bytes: &mut [u8], password: &str, salt: &[u8], operations: u64, memory: u64) -> Result<(), SigningError> {
    const ODD: SigningError = SigningError::Key("it asks for odd costs of its password");
    if memory > MOST_MEMORY {
        return Err(ODD);
    }
    // How minisign makes the parameters of scrypt from two costs: libsodium's way.
    let operations = operations.max(32_768);
    let most = if operations < memory / 32 { operations / 32 } else { memory / 1024 };
    let doublings = (1..63u8).find(|doublings| 1u64 << doublings > most / 2).ok_or(ODD)?;
    let parallel = match operations < memory / 32 {
        true => 1,
        false => u32::try_from(((operations / 4) >> doublings) / 8).map_err(|_| ODD)?,
    };
    let parameters = scrypt::Params::new(doublings, 8, parallel).map_err(|_| ODD)?;
    let mut stream = Zeroizing::new(vec![0; bytes.len()]);
    scrypt::scrypt(password.as_bytes(), salt, &parameters, &mut stream).map_err(|_| ODD)?;
    bytes.iter_mut().zip(stream.iter()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::trust::{Distrust, TrustMode, TrustPolicy, TrustedKey};

    fn made(seed: u8, password: Option<&str>) -> KeyFiles {
        generate(&[seed; 32], &[seed; 32], password).unwrap()
    }

    fn trusting(key: &KeyFiles) -> TrustPolicy {
        let key = TrustedKey { name: "Ann".to_owned(), key: key.public_key.clone() };
        TrustPolicy { mode: TrustMode::Require, keys: vec![key] }
    }

    #[test]
    fn what_was_signed_is_trusted_and_nothing_else() {
        let (ann, eve) = (made(1, None), made(2, None));
        let signature = sign(b"component", &ann.secret, None, "vip 1.2.0").unwrap();
        let signed = trusting(&ann).judge(b"component", Some(&signature)).unwrap();
        assert_eq!((signed.key_name.as_str(), signed.comment.as_str()), ("Ann", "vip 1.2.0"));
        assert!(ann.public.contains(&signed.key_id), "{}", ann.public);
        assert!(matches!(trusting(&ann).judge(b"Component", Some(&signature)), Err(Distrust::DoesNotFit { .. })));
        assert!(matches!(trusting(&eve).judge(b"component", Some(&signature)), Err(Distrust::UnknownKey { .. })));
    }

    #[test]
    fn a_password_protects_the_key() {
        let key = made(3, Some("open sesame"));
        assert!(needs_password(&key.secret).unwrap());
        assert!(matches!(sign(b"c", &key.secret, None, ""), Err(SigningError::NoPassword)));
        assert!(matches!(sign(b"c", &key.secret, Some("open"), ""), Err(SigningError::Password)));
        let signature = sign(b"c", &key.secret, Some("open sesame"), "").unwrap();
        assert!(trusting(&key).judge(b"c", Some(&signature)).is_ok());
    }

    #[test]
    fn what_is_no_key_or_no_comment_is_refused() {
        let key = made(4, None);
        assert!(!needs_password(&key.secret).unwrap());
        for file in ["", "one line", "untrusted comment: x\nno base64!", &key.public] {
            assert!(sign(b"c", file, None, "").is_err(), "{file}");
        }
        assert!(matches!(sign(b"c", &key.secret, None, "two\nlines"), Err(SigningError::Comment)));
    }
}
