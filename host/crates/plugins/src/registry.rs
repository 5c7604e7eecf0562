//! Components in an OCI registry, as the Wasm OCI artifact has them: one layer with the component, a small
//! configuration, and our signature as an annotation of the manifest, so that other tools can pull it too.
//!
//! For authors and operators at the command line; the service itself asks no registry. Whatever comes out of one goes
//! through the same checks as any other file: a registry is a place, and no reason to trust.

mod reference;
mod session;

use bytes::Bytes;
use cartwright_domain::time::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use url::Url;

pub use reference::Reference;
pub use session::Login;
use session::Session;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const WASM: &str = "application/wasm";
/// Where the `.minisig` file stands among the annotations of the manifest.
pub const SIGNATURE: &str = "dev.cartwright.minisig";
/// Larger manifests need not be taken (OCI distribution specification).
const MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// Why nothing was pushed or pulled.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The reference.
    #[error("`{0}` is no reference: write it like registry.example.com/shop/plugin:1.2.0")]
    Reference(String),
    /// Nobody there, or the connection broke.
    #[error("{registry} cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        registry: String,
        /// Why.
        why: String,
    },
    /// A login is needed, or the one that was given is wrong.
    #[error(
        "{registry} wants a login ({why}): name the user with --user, and put the password into \
         CARTWRIGHT_REGISTRY_PASSWORD"
    )]
    Login {
        /// Host and port.
        registry: String,
        /// What it said.
        why: String,
    },
    /// There is no such thing.
    #[error("{0} is not there, or not for this login; look for typing errors in name and tag")]
    NotFound(String),
    /// The registry says no.
    #[error("the registry answers {status} to {what}: {words}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it was asked.
        what: String,
        /// Its words.
        words: String,
    },
    /// What came is not what was asked for.
    #[error(
        "{what} has the digest {found}, and {expected} was asked for: it was changed on its way or in the registry"
    )]
    Digest {
        /// The manifest or a layer.
        what: &'static str,
        /// As asked for.
        expected: String,
        /// As it came.
        found: String,
    },
    /// Something else is there.
    #[error("{0} is no plugin: {1}")]
    NoPlugin(String, String),
    /// Too large.
    #[error("{what} has more than {limit} bytes, which is the limit")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// A component with what belongs to it, on its way to or from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The file.
    pub component: Bytes,
    /// Its `.minisig` file.
    pub signature: Option<String>,
    /// Title, version and the like (`org.opencontainers.image.…`).
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    config: Blob,
    #[serde(default)]
    layers: Vec<Blob>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    media_type: String,
    digest: String,
    size: u64,
}

impl Blob {
    fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self { media_type: media_type.to_owned(), digest: digest(bytes), size: bytes.len() as u64 }
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Stores a package under a tag; the digest of its manifest, by which it can be named for ever.
pub async fn push(
    to: &Reference,
    login: Option<Login>,
    package: Package,
    now: Timestamp,
) -> Result<String, RegistryError> {
    let session = Session::begin(to, login, "pull,push")?;
    let layer = Blob::of(WASM, &package.component);
    let config = json!({
        "created": now.to_string(), "architecture": "wasm", "os": "wasip2", "layerDigests": [&layer.digest],
    });
    let config = Bytes::from(config.to_string());
    let mut annotations = package.annotations;
    annotations.extend(package.signature.map(|signature| (SIGNATURE.to_owned(), signature)));
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        config: Blob::of(CONFIG, &config),
        layers: vec![layer.clone()],
        annotations,
    };
    put_blob(&session, &manifest.config, config).await?;
    put_blob(&session, &layer, package.component).await?;
    let bytes = Bytes::from(json!(manifest).to_string());
    let digest = digest(&bytes);
    let address = session.address(&format!("manifests/{}", to.name()))?;
    let put = |client: &reqwest::Client| client.put(address.clone()).header(CONTENT_TYPE, MANIFEST).body(bytes.clone());
    session.ask("the manifest", put, &[StatusCode::CREATED]).await?;
    Ok(digest)
}

/// Stores a blob, unless it is there.
async fn put_blob(session: &Session, blob: &Blob, bytes: Bytes) -> Result<(), RegistryError> {
    let address = session.address(&format!("blobs/{}", blob.digest))?;
    let known =
        session.ask("a layer", |client| client.head(address.clone()), &[StatusCode::OK, StatusCode::NOT_FOUND]).await?;
    if known.status() == StatusCode::OK {
        return Ok(());
    }
    let uploads = session.address("blobs/uploads/")?;
    let begin = |client: &reqwest::Client| client.post(uploads.clone()).header("content-length", "0");
    let begun = session.ask("an upload", begin, &[StatusCode::ACCEPTED]).await?;
    let location = begun.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let place = location.and_then(|location| uploads.join(location).ok());
    let Some(mut place) = place else {
        return Err(session.refused(202, "an upload", "it names no place to upload to"));
    };
    place.query_pairs_mut().append_pair("digest", &blob.digest);
    let put = |client: &reqwest::Client| {
        client.put(place.clone()).header(CONTENT_TYPE, "application/octet-stream").body(bytes.clone())
    };
    session.ask("a layer", put, &[StatusCode::CREATED]).await?;
    Ok(())
}

/// Brings a package, if it is one and no larger than a component may be; every digest is checked.
pub async fn pull(from: &Reference, login: Option<Login>, limit: usize) -> Result<Package, RegistryError> {
    let session = Session::begin(from, login, "pull")?;
    let address = session.address(&format!("manifests/{}", from.name()))?;
    let (headers, bytes) = get(&session, &address, "the manifest", Some(MANIFEST), MANIFEST_BYTES).await?;
    let announced = headers.get("docker-content-digest").and_then(|digest| digest.to_str().ok());
    for expected in from.digest().into_iter().chain(announced.filter(|digest| digest.starts_with("sha256:"))) {
        check("the manifest", expected, &bytes)?;
    }
    let no_plugin = |why: String| RegistryError::NoPlugin(from.to_string(), why);
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|why| no_plugin(format!("its manifest cannot be read: {why}")))?;
    if manifest.config.media_type != CONFIG {
        let found = manifest.config.media_type;
        return Err(no_plugin(format!("its configuration is {found}, and that of a plugin is {CONFIG}")));
    }
    let [layer] = manifest.layers.as_slice() else {
        return Err(no_plugin(format!("it has {} layers, and a plugin has one", manifest.layers.len())));
    };
    if layer.media_type != WASM {
        return Err(no_plugin(format!("its layer is {}, and that of a plugin is {WASM}", layer.media_type)));
    }
    if layer.size > limit as u64 {
        return Err(RegistryError::TooLarge { what: "the component", limit });
    }
    let address = session.address(&format!("blobs/{}", layer.digest))?;
    let (_, component) = get(&session, &address, "the component", None, limit).await?;
    check("the component", &layer.digest, &component)?;
    let mut annotations = manifest.annotations;
    let signature = annotations.remove(SIGNATURE);
    Ok(Package { component, signature, annotations })
}

async fn get(
    session: &Session,
    address: &Url,
    what: &'static str,
    accept: Option<&str>,
    limit: usize,
) -> Result<(HeaderMap, Bytes), RegistryError> {
    let request = |client: &reqwest::Client| {
        let request = client.get(address.clone());
        accept.map_or_else(|| client.get(address.clone()), |accept| request.header(ACCEPT, accept))
    };
    let mut answer = session.ask(what, request, &[StatusCode::OK]).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| session.unreachable(&error))? {
        if bytes.len() + chunk.len() > limit {
            return Err(RegistryError::TooLarge { what, limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((answer.headers().clone(), bytes.into()))
}

fn check(what: &'static str, expected: &str, bytes: &[u8]) -> Result<(), RegistryError> {
    let found = digest(bytes);
    if found == expected {
        return Ok(());
    }
    Err(RegistryError::Digest { what, expected: expected.to_owned(), found })
}
