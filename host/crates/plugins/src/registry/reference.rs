//! Where a package is: `registry.example.com/shop/plugin:1.2.0`, or with the digest of its manifest.

use std::fmt;
use std::str::FromStr;

use super::RegistryError;

/// A package in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Host, and port if one is written.
    pub(super) registry: String,
    /// Path of the repository.
    pub(super) repository: String,
    version: Version,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    Tag(String),
    Digest(String),
}

impl Reference {
    /// The tag or digest.
    pub(super) fn name(&self) -> &str {
        match &self.version {
            Version::Tag(name) | Version::Digest(name) => name,
        }
    }

    /// The digest of the manifest, if that is what names it.
    pub(super) fn digest(&self) -> Option<&str> {
        match &self.version {
            Version::Tag(_) => None,
            Version::Digest(digest) => Some(digest),
        }
    }

    /// `http` on this machine, `https` everywhere else.
    pub(super) fn scheme(&self) -> &'static str {
        let host = self.registry.rsplit_once(':').map_or(self.registry.as_str(), |(host, _)| host);
        if ["localhost", "127.0.0.1", "[::1]"].contains(&host) { "http" } else { "https" }
    }

    /// The same package by the digest of its manifest.
    #[must_use]
    pub fn at(&self, digest: &str) -> Self {
        Self { version: Version::Digest(digest.to_owned()), ..self.clone() }
    }
}

impl FromStr for Reference {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let wrong = || RegistryError::Reference(text.to_owned());
        let (registry, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (repository, version) = match rest.split_once('@') {
            Some((repository, digest)) => (repository, Version::Digest(digest.to_owned())),
            None => match rest.rsplit_once(':') {
                Some((repository, tag)) => (repository, Version::Tag(tag.to_owned())),
                None => (rest, Version::Tag("latest".to_owned())),
            },
        };
        let is_host = !registry.is_empty()
            && registry.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
            && (registry.contains(['.', ':']) || registry == "localhost");
        let is_segment = |segment: &str| {
            let inside = segment
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte));
            inside && segment.starts_with(|c: char| c.is_ascii_alphanumeric()) && !segment.contains("..")
        };
        let is_version = match &version {
            Version::Tag(tag) => {
                (1..=128).contains(&tag.len())
                    && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
                    && !tag.starts_with(['.', '-'])
            }
            Version::Digest(digest) => digest.strip_prefix("sha256:").is_some_and(|hex| {
                hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            }),
        };
        if !(is_host && is_version && repository.split('/').all(is_segment)) {
            return Err(wrong());
        }
        Ok(Self { registry: registry.to_owned(), repository: repository.to_owned(), version })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digest().is_some() { '@' } else { ':' };
        write!(f, "{}/{}{sign}{}", self.registry, self.repository, self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written_the_same() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in ["ghcr.io/acorn/vip:1.2.0", "localhost:5000/vip:latest", &format!("r.example.com/a/b-c@{digest}")] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), *text);
        }
        let named: Reference = "ghcr.io/acorn/vip".parse().unwrap();
        assert_eq!(named.to_string(), "ghcr.io/acorn/vip:latest");
        assert_eq!(named.at(&digest).digest(), Some(digest.as_str()));
    }

    #[test]
    fn what_leads_elsewhere_is_no_reference() {
        for text in [
            "vip",
            "vip:1",
            "acorn/vip",
            "ghcr.io/",
            "ghcr.io/Acorn/vip",
            "ghcr.io/a/../b",
            "ghcr.io/a b",
            "ghcr.io/a?b",
            "me@ghcr.io/a",
            "ghcr.io/a@sha256:12",
            "ghcr.io/a:",
            "ghcr.io//a",
            "https://ghcr.io/a",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        let scheme = |text: &str| text.parse::<Reference>().unwrap().scheme();
        assert_eq!((scheme("localhost:5000/a"), scheme("127.0.0.1:5000/a")), ("http", "http"));
        assert_eq!((scheme("ghcr.io/a"), scheme("127.0.0.1.example.com/a")), ("https", "https"));
    }
}
