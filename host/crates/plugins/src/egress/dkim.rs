//! DKIM signatures (RFC 6376, RFC 8463): relaxed both ways, by the key that a plugin names and never sees.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::EgressFailure;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::placeholders::Secrets;
use super::refused;

/// The field in which a plugin says who signs.
pub(super) const FIELD: &str = "dkim-signature";
/// What is signed, as far as the mail has it. One `from` more than there are keeps a second from being added.
const SIGNED: &[&str] = &[
    "from",
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// A line of a header field, beside what begins it.
const LINE: usize = 72;

/// Who signs, and with what.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    /// From the value of the field as a plugin writes it: `d=example.com; s=selector; b={secret:name}`.
    pub(super) fn read(field: &str, secrets: Secrets<'_>) -> Result<Self, EgressFailure> {
        let wrong = || {
            refused("the header field DKIM-Signature names a signer, as `d=example.com; s=selector; b={secret:name}`")
        };
        let (mut domain, mut selector, mut secret) = (None, None, None);
        for tag in field.split(';').map(str::trim).filter(|tag| !tag.is_empty()) {
            match tag.split_once('=').ok_or_else(wrong)? {
                ("d", value) if is_domain(value) => domain = Some(value.to_ascii_lowercase()),
                ("s", value) if is_domain(value) => selector = Some(value.to_owned()),
                ("b", value) => secret = value.strip_prefix("{secret:").and_then(|name| name.strip_suffix('}')),
                _ => return Err(wrong()),
            }
        }
        let (Some(domain), Some(selector), Some(secret)) = (domain, selector, secret) else { return Err(wrong()) };
        let key = key(secrets.value(secret)?).ok_or_else(|| {
            let wanted = "a private key in PEM: RSA of 2048 bits or more, or Ed25519 (`openssl genrsa 2048` makes one)";
            refused(format!("the secret `{secret}` is not {wanted}"))
        })?;
        Ok(Self { domain, selector, key })
    }

    /// The whole field for a mail, to stand before it.
    pub(super) fn field(&self, mail: &[u8], now: Timestamp) -> Result<Vec<u8>, EgressFailure> {
        let (head, body) = parts(mail);
        let fields = fields(head);
        let mut names = Vec::new();
        let mut signed = Vec::new();
        for name in SIGNED {
            // From below, as verifiers count them; what is not there is signed as not there.
            let before = names.iter().filter(|known| *known == name).count();
            let field = fields.iter().rev().filter(|field| field.name == *name).nth(before);
            if field.is_none() && *name != "from" {
                continue;
            }
            names.push(*name);
            if let Some(field) = field {
                signed.extend_from_slice(&field.canonical());
                signed.extend_from_slice(b"\r\n");
            }
        }
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let mut value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            now.millis().div_euclid(1_000),
            names.join(":\r\n "),
            BASE64.encode(Sha256::digest(canonical_body(body))),
        );
        signed.extend_from_slice(&Field { name: FIELD.to_owned(), value: value.as_bytes() }.canonical());
        let signature = BASE64.encode(self.signature(&signed)?);
        for line in signature.as_bytes().chunks(LINE) {
            let _ = write!(value, "\r\n {}", String::from_utf8_lossy(line));
        }
        Ok(format!("DKIM-Signature: {value}\r\n").into_bytes())
    }

    fn signature(&self, signed: &[u8]) -> Result<Vec<u8>, EgressFailure> {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)
                    .map_err(|_| refused("the mail cannot be signed with the RSA key of the connection"))?;
                Ok(signature)
            }
            // RFC 8463: the hash is what is signed.
            Key::Ed25519(pair) => Ok(pair.sign(&Sha256::digest(signed)).as_ref().to_vec()),
        }
    }
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// PKCS#8, or PKCS#1 as older tools write RSA keys.
fn key(pem: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(pem).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (inside, _) = rest.split_once("-----END ")?;
    let inside: Zeroizing<String> = Zeroizing::new(inside.split_whitespace().collect());
    let der = Zeroizing::new(BASE64.decode(inside.as_bytes()).ok()?);
    match label {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der).ok().map(|pair| Key::Rsa(Box::new(pair))),
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der)
            .ok()
            .map(|pair| Key::Rsa(Box::new(pair)))
            .or_else(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok().map(|pair| Key::Ed25519(Box::new(pair)))),
        _ => None,
    }
}

/// The header with its last line break, and the body.
fn parts(mail: &[u8]) -> (&[u8], &[u8]) {
    match mail.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(end) => (&mail[..end + 2], &mail[end + 4..]),
        None => (mail, &[]),
    }
}

struct Field<'a> {
    /// In lower case.
    name: String,
    value: &'a [u8],
}

impl Field<'_> {
    /// Unfolded, white space as one space, none around.
    fn canonical(&self) -> Vec<u8> {
        let words = self.value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        [self.name.as_bytes(), b":", &words.collect::<Vec<_>>().join(&b' ')].concat()
    }
}

fn fields(head: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        // A field ends at a line break that no white space follows.
        let is_end =
            |place: &usize| rest[*place..].starts_with(b"\r\n") && !matches!(rest.get(place + 2), Some(b' ' | b'\t'));
        let end = (0..rest.len()).find(is_end).unwrap_or(rest.len());
        if let Some(colon) = rest[..end].iter().position(|byte| *byte == b':') {
            let name = String::from_utf8_lossy(&rest[..colon]).trim().to_ascii_lowercase();
            fields.push(Field { name, value: &rest[colon + 1..end] });
        }
        rest = rest.get(end + 2..).unwrap_or_default();
    }
    fields
}

/// No white space at the end of lines, one space for any other, no empty lines at the end.
fn canonical_body(body: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(body.len());
    let mut empty_lines = 0;
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    for line in lines(body) {
        let end = line.iter().rposition(|byte| !is_space(byte)).map_or(0, |last| last + 1);
        if end == 0 {
            empty_lines += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            canonical.extend_from_slice(b"\r\n");
        }
        let mut after_space = false;
        for byte in &line[..end] {
            match is_space(byte) {
                true if !after_space => canonical.push(b' '),
                true => {}
                false => canonical.push(*byte),
            }
            after_space = is_space(byte);
        }
        canonical.extend_from_slice(b"\r\n");
    }
    canonical
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.windows(2).position(|window| window == b"\r\n");
        rest = end.map(|end| &text[end + 2..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6376, 3.4.5.
    #[test]
    fn the_relaxed_form_is_that_of_the_standard() {
        let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (head, body) = parts(mail);
        let fields: Vec<_> = fields(head).iter().map(Field::canonical).collect();
        assert_eq!(fields, [b"a:X".to_vec(), b"b:Y Z".to_vec()]);
        assert_eq!(canonical_body(body), b" C\r\nD E\r\n");
        assert_eq!(canonical_body(b"\r\n\r\n"), b"");
    }

    #[test]
    fn a_key_is_a_private_key_in_pem() {
        for text in ["", "hush", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert!(key(text.as_bytes()).is_none(), "{text}");
        }
        // The Ed25519 key of RFC 8410, 10.3.
        let text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        assert!(matches!(key(text.as_bytes()), Some(Key::Ed25519(_))));
    }
}
