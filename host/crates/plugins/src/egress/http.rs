//! HTTP: one request, one answer, no redirects, no proxy, no more than it may carry.

use cartwright_domain::shop::path_climbs;
use cartwright_engine::ports::{EgressFailure, HttpRequest, Response};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect, retry};
use url::{Host, Url};

use super::address::is_public;
use super::grants::{self, Target};
use super::names::{Names, NotPublic, Reach, Unreachable};
use super::pace::Gate;
use super::placeholders::{Secrets, Writing};
use super::{EgressPolicy, chain, refused, time_out};
use crate::limits::{Limits, bytes};

/// Headers that say where a request goes and how long it is: the host's own business.
const OWN_HEADERS: &[&str] =
    &["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

/// Headers by which some servers let a request be another one than it is: another method, path or host than granted.
const DISGUISES: &[&str] = &[
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-host",
    "forwarded",
];

/// One client for the public network and one for servers that an operator named.
pub(super) struct Clients {
    public: Client,
    anywhere: Client,
}

impl Clients {
    pub(super) fn new(limits: &Limits, authorities: &[Vec<u8>]) -> Result<Self, Box<dyn std::error::Error>> {
        let client = |reach| client(limits, authorities, reach);
        Ok(Self { public: client(Reach::Public)?, anywhere: client(Reach::Anywhere)? })
    }

    pub(super) fn client(&self, reach: Reach) -> &Client {
        match reach {
            Reach::Public => &self.public,
            Reach::Anywhere => &self.anywhere,
        }
    }

    /// Makes a request.
    pub(super) async fn perform(
        &self,
        policy: &EgressPolicy,
        limits: &Limits,
        gate: Gate<'_>,
        secrets: Secrets<'_>,
        request: &HttpRequest,
    ) -> Result<Response, EgressFailure> {
        let (url, reach) = destination(policy, gate, secrets, request)?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| refused(format!("`{}` is no HTTP method", request.method)))?;
        if request.body.len() > limits.body_bytes {
            let (size, limit) = (request.body.len(), bytes(limits.body_bytes));
            return Err(refused(format!("the body has {size} bytes; the limit is {limit}")));
        }
        let body = secrets.fill(&request.body, Writing::Plain)?.bytes.to_vec();
        let sent = self
            .client(reach)
            .request(method, url)
            .headers(headers(secrets, &request.headers)?)
            .body(body)
            .timeout(limits.request)
            .send()
            .await;
        answer(limits, sent.map_err(|error| failure(limits, error))?).await
    }
}

fn client(limits: &Limits, authorities: &[Vec<u8>], reach: Reach) -> Result<Client, Box<dyn std::error::Error>> {
    let mut roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for authority in authorities {
        roots.add(authority.clone().into())?;
    }
    let provider = rustls::crypto::ring::default_provider();
    let mut tls = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Names::new(reach))
        .redirect(redirect::Policy::none())
        // A request is made once: what became of it is told, and whoever asked decides.
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(limits.connect)
        // Shorter than servers keep a silent connection, so that a request seldom meets one that is just closing.
        .pool_idle_timeout(std::time::Duration::from_secs(15))
        .build()?;
    Ok(client)
}

/// Whether a request may go where it wants to, with the headers and secrets it names.
pub(super) fn admits(
    policy: &EgressPolicy,
    gate: Gate<'_>,
    secrets: Secrets<'_>,
    request: &HttpRequest,
) -> Result<(), EgressFailure> {
    destination(policy, gate, secrets, request)?;
    headers(secrets, &request.headers)?;
    secrets.fill(&request.body, Writing::Plain).map(drop)
}

/// Where a request goes, with its secrets in place, if it may go there.
fn destination(
    policy: &EgressPolicy,
    gate: Gate<'_>,
    secrets: Secrets<'_>,
    request: &HttpRequest,
) -> Result<(Url, Reach), EgressFailure> {
    // A placeholder can stand in path and query only: braces are not allowed in a host.
    let written = Url::parse(&request.url).map_err(|why| refused(format!("the URL is malformed: {why}")))?;
    if !["https", "http"].contains(&written.scheme()) {
        return Err(refused(format!("`{}` is not http or https", written.scheme())));
    }
    let filled = secrets.fill(request.url.as_bytes(), Writing::Percent)?;
    let url = std::str::from_utf8(&filled.bytes).ok().and_then(|text| Url::parse(text).ok());
    // A secret such as `..` must not lead to another path, nor any to another host.
    let segments = |url: &Url| url.path_segments().map(Iterator::count);
    let url = url.filter(|url| url.origin() == written.origin() && segments(url) == segments(&written));
    let url = url.ok_or_else(|| refused("with its secrets in place, the URL is another one"))?;
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(refused(format!("`{}` is no URL of a web server", written.scheme())));
    };
    let name = host.to_string();
    let reach = policy.reach(&name, port);
    if url.scheme() == "http" && reach == Reach::Public {
        return Err(refused(format!("http to {name}:{port} is not allowed: use https, or let the operator allow it")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("the URL has a login in it; use the header Authorization"));
    }
    if path_climbs(url.path()) {
        return Err(refused("the path has `..` in it"));
    }
    // What is compared and told is the path as written: the filled one has secrets in it.
    let usual_ports: &[u16] = if url.scheme() == "https" { &[443] } else { &[80] };
    let target = Target { host: &name, port, usual_ports, method: &request.method, path: written.path() };
    grants::check(gate, target)?;
    let literal = match host {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    };
    if let Some(address) = literal.filter(|address| reach == Reach::Public && !is_public(*address)) {
        return Err(refused(NotPublic { host: name, address }.to_string()));
    }
    Ok((url, reach))
}

fn headers(secrets: Secrets<'_>, written: &[(String, String)]) -> Result<HeaderMap, EgressFailure> {
    let mut headers = HeaderMap::with_capacity(written.len());
    for (name, value) in written {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused(format!("`{name}` is no header name")))?;
        if OWN_HEADERS.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            return Err(refused(format!("the header `{name}` is set by the host")));
        }
        if DISGUISES.contains(&name.as_str()) {
            return Err(refused(format!("the header `{name}` can make the request another one; ask for that one")));
        }
        let filled = secrets.fill(value.as_bytes(), Writing::Plain)?;
        let mut value = HeaderValue::from_bytes(&filled.bytes).map_err(|_| {
            refused(format!("the header `{name}` has a line break or another character it must not have"))
        })?;
        value.set_sensitive(filled.secret);
        headers.append(name, value);
    }
    Ok(headers)
}

async fn answer(limits: &Limits, mut response: reqwest::Response) -> Result<Response, EgressFailure> {
    if let Some(length) = response.content_length().filter(|length| *length > limits.body_bytes as u64) {
        return Err(EgressFailure::TooLarge(length));
    }
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(limits, error))? {
        if body.len() + chunk.len() > limits.body_bytes {
            return Err(EgressFailure::TooLarge((body.len() + chunk.len()) as u64));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response::Http { status, headers, body })
}

/// Whether anything left. Only what failed while connecting certainly did not; in doubt it may have.
fn failure(limits: &Limits, error: reqwest::Error) -> EgressFailure {
    // The URL has secrets in it.
    let error = error.without_url();
    if let Some(why) = not_public(&error) {
        return refused(why);
    }
    if error.is_builder() {
        return refused(format!("the request is malformed: {}", chain(&error)));
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => EgressFailure::NotSent(format!("time-out: {}", chain(&error))),
        (true, false) => EgressFailure::NotSent(chain(&error)),
        (false, true) => EgressFailure::NoAnswer(time_out(limits.request)),
        (false, false) => EgressFailure::NoAnswer(chain(&error)),
    }
}

pub(super) fn not_public(error: &reqwest::Error) -> Option<String> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(Unreachable::NotPublic(why)) = error.downcast_ref() {
            return Some(why.to_string());
        }
        cause = error.source();
    }
    None
}
