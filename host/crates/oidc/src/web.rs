//! Requests to the provider: over https, to nowhere else than was asked, and never for long.

use std::time::Duration;

use cartwright_engine::ports::ProviderError;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;
use url::{Host, Url};

/// Longer answers are not read.
const LARGEST: usize = 512 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// A client that follows nothing.
pub(crate) fn client() -> Result<Client, String> {
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .timeout(PATIENCE)
        .build()
        .map_err(|error| error.to_string())
}

/// An address of the provider: codes and secrets go there, so it is https, or on this machine.
pub(crate) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| format!("`{text}` is no address: {why}"))?;
    let is_near = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if is_near => Ok(url),
        _ => Err(format!("`{text}` is not https")),
    }
}

/// The JSON of an answer, with its status.
pub(crate) async fn json(request: RequestBuilder) -> Result<(StatusCode, Value), ProviderError> {
    let unreachable = |error: reqwest::Error| ProviderError::Unreachable(causes(&error.without_url()));
    let answer = request.header("accept", "application/json").send().await.map_err(unreachable)?;
    let status = answer.status();
    let body = read(answer).await?;
    let json = serde_json::from_slice(&body);
    json.map(|json| (status, json)).map_err(|_| ProviderError::Unreachable(format!("it answers {status} without JSON")))
}

async fn read(mut answer: Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(piece) =
        answer.chunk().await.map_err(|error| ProviderError::Unreachable(causes(&error.without_url())))?
    {
        if body.len() + piece.len() > LARGEST {
            return Err(ProviderError::Unreachable(format!("its answer is longer than {LARGEST} bytes")));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// An error with what caused it: the outermost text alone only says that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_provider_is_asked_over_https_or_on_this_machine() {
        for fine in ["https://id.example", "http://127.0.0.1:9000", "http://localhost/realm", "http://[::1]:1/"] {
            assert!(address(fine).is_ok(), "{fine}");
        }
        for wrong in ["http://id.example", "http://10.0.0.1", "http://localhost.evil.example", "ftp://x", "id.example"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
