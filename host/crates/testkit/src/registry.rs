//! An OCI registry on the loopback interface that answers as the distribution specification says: blobs and manifests
//! by digest, uploads in two steps, logins by a challenge. It can also lie about what it has.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Whom a registry lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Everybody.
    Open,
    /// Whoever sends user and password.
    Basic,
    /// Whoever fetches a token with user and password first.
    Token,
}

/// The user that a registry knows.
pub const USER: &str = "acorn";
/// Their password.
pub const PASSWORD: &str = "oak";
const TOKEN: &str = "let-me-in";

/// The registry; it stops when this is dropped.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    door: Door,
    address: SocketAddr,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By repository and digest.
    blobs: HashMap<(String, String), Bytes>,
    /// By repository and tag or digest.
    manifests: HashMap<(String, String), Bytes>,
    uploads: u32,
    asked: Vec<String>,
}

impl Registry {
    /// Starts an empty one.
    ///
    /// # Panics
    /// If the loopback interface has no free port.
    pub async fn start(door: Door) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let state = Arc::new(State { door, address, kept: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(state.clone());
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { address, state, serving }
    }

    /// `127.0.0.1:port/` and a path.
    pub fn reference(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    /// What it was asked, as `METHOD /path`.
    pub fn asked(&self) -> Vec<String> {
        self.state.kept().asked.clone()
    }

    /// The manifest under a tag.
    pub fn manifest(&self, repository: &str, tag: &str) -> serde_json::Value {
        let kept = self.state.kept();
        let bytes = kept.manifests.get(&(repository.to_owned(), tag.to_owned()));
        bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    /// Puts a manifest there, whatever it says.
    pub fn put_manifest(&self, repository: &str, tag: &str, manifest: &serde_json::Value) {
        let bytes = Bytes::from(manifest.to_string());
        self.state.kept().manifests.insert((repository.to_owned(), tag.to_owned()), bytes);
    }

    /// Changes a byte of every blob and keeps its name, as a broken disk or a burglar would.
    pub fn tamper(&self) {
        for bytes in self.state.kept().blobs.values_mut() {
            let mut changed = bytes.to_vec();
            if let Some(last) = changed.last_mut() {
                *last ^= 1;
            }
            *bytes = changed.into();
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl State {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The challenge for somebody who has not said who they are.
    fn challenge(&self, headers: &HeaderMap) -> Option<String> {
        let said = headers.get(header::AUTHORIZATION).and_then(|said| said.to_str().ok()).unwrap_or_default();
        match self.door {
            Door::Basic if said != basic() => Some("Basic realm=\"registry\"".to_owned()),
            Door::Token if said != format!("Bearer {TOKEN}") => {
                Some(format!("Bearer realm=\"http://{}/token\",service=\"test\"", self.address))
            }
            _ => None,
        }
    }
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")))
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn reply(status: StatusCode, headers: &[(&'static str, String)], body: impl Into<Body>) -> Response<Body> {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    for (name, value) in headers {
        let value = value.parse().unwrap_or_else(|error| panic!("{value}: {error}"));
        reply.headers_mut().insert(*name, value);
    }
    reply
}

fn refuse(status: StatusCode, code: &str) -> Response<Body> {
    reply(status, &[], serde_json::json!({ "errors": [{ "code": code, "message": "says the registry" }] }).to_string())
}

async fn answer(
    Shared(state): Shared<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let path = uri.path().to_owned();
    state.kept().asked.push(format!("{method} {path}"));
    if path == "/token" {
        let said = headers.get(header::AUTHORIZATION).and_then(|said| said.to_str().ok());
        return match said == Some(basic().as_str()) && uri.query().is_some_and(|query| query.contains("scope=")) {
            true => reply(StatusCode::OK, &[], format!("{{\"token\":\"{TOKEN}\",\"access_token\":\"{TOKEN}\"}}")),
            false => refuse(StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        };
    }
    if let Some(challenge) = state.challenge(&headers) {
        let refused = refuse(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
        let (mut parts, body) = refused.into_parts();
        parts.headers.insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap_or_else(|_| panic!("{challenge}")));
        return Response::from_parts(parts, body);
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return refuse(StatusCode::NOT_FOUND, "UNSUPPORTED") };
    if let Some((repository, upload)) = rest.split_once("/blobs/uploads/") {
        return take_upload(&state, &method, repository, upload, uri.query().unwrap_or_default(), body);
    }
    if let Some((repository, digest)) = rest.split_once("/blobs/") {
        let blob = state.kept().blobs.get(&(repository.to_owned(), digest.to_owned())).cloned();
        return match blob {
            Some(_) if method == Method::HEAD => reply(StatusCode::OK, &[], Body::empty()),
            Some(blob) => reply(StatusCode::OK, &[("content-type", "application/octet-stream".into())], blob),
            None => refuse(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
        };
    }
    let Some((repository, name)) = rest.split_once("/manifests/") else {
        return refuse(StatusCode::NOT_FOUND, "UNSUPPORTED");
    };
    let repository = repository.to_owned();
    if method == Method::PUT {
        return put_manifest(&state, repository, name, body);
    }
    let manifest = state.kept().manifests.get(&(repository, name.to_owned())).cloned();
    match manifest {
        Some(manifest) => {
            reply(StatusCode::OK, &[("content-type", "application/vnd.oci.image.manifest.v1+json".into())], manifest)
        }
        None => refuse(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
    }
}

/// An upload begins with a place to write to, and ends with bytes that have the digest they are said to have.
fn take_upload(
    state: &State,
    method: &Method,
    repository: &str,
    upload: &str,
    query: &str,
    body: Bytes,
) -> Response<Body> {
    let mut kept = state.kept();
    if *method == Method::POST {
        kept.uploads += 1;
        let place = format!("/v2/{repository}/blobs/uploads/{}?state=x", kept.uploads);
        return reply(StatusCode::ACCEPTED, &[("location", place)], Body::empty());
    }
    let said = query.split('&').find_map(|pair| pair.strip_prefix("digest=")).unwrap_or_default().replace("%3A", ":");
    if upload.is_empty() || !query.contains("state=x") || said != digest(&body) {
        return refuse(StatusCode::BAD_REQUEST, "DIGEST_INVALID");
    }
    kept.blobs.insert((repository.to_owned(), said), body);
    reply(StatusCode::CREATED, &[], Body::empty())
}

/// A manifest is taken once everything that it names is there.
fn put_manifest(state: &State, repository: String, name: &str, body: Bytes) -> Response<Body> {
    let mut kept = state.kept();
    let manifest: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
    let named = layers.iter().chain([&manifest["config"]]).filter_map(|blob| blob["digest"].as_str());
    if named.into_iter().any(|digest| !kept.blobs.contains_key(&(repository.clone(), digest.to_owned()))) {
        return refuse(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN");
    }
    let digest = digest(&body);
    kept.manifests.insert((repository.clone(), name.to_owned()), body.clone());
    kept.manifests.insert((repository, digest.clone()), body);
    reply(StatusCode::CREATED, &[("docker-content-digest", digest)], Body::empty())
}
