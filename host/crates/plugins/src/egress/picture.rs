//! Pictures of goods: fetched from wherever a shop keeps them, within the same bounds as requests of plugins.

use std::time::Duration;

use reqwest::header::{ACCEPT, LOCATION};
use url::{Host, Url};

use super::address::is_public;
use super::http::{Clients, not_public};
use super::names::{NotPublic, Reach};
use super::{EgressPolicy, Ways, chain, time_out};
use crate::limits::bytes;

/// The largest picture, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;
/// Until a picture is there, with all redirects.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often its server may send us on.
const REDIRECTS: usize = 3;

impl Ways {
    /// The bytes at an address, whatever they are; else why there are none.
    pub(crate) async fn picture(&self, address: &str) -> Result<Vec<u8>, String> {
        #[expect(clippy::disallowed_methods, reason = "an answer of the network may never come")]
        let fetched = tokio::time::timeout(PATIENCE, fetch(&self.http, &self.policy, address)).await;
        fetched.unwrap_or_else(|_| Err(time_out(PATIENCE)))
    }
}

async fn fetch(clients: &Clients, policy: &EgressPolicy, address: &str) -> Result<Vec<u8>, String> {
    let mut url = Url::parse(address).map_err(|why| why.to_string())?;
    for _ in 0..=REDIRECTS {
        let reach = within_reach(policy, &mut url)?;
        let asked = clients.client(reach).get(url.clone()).header(ACCEPT, "image/webp,image/png,image/jpeg");
        let response = asked.send().await.map_err(|error| failure(&error))?;
        if response.status().is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            // Held against the same rules as the first one.
            url = to.and_then(|to| url.join(to).ok()).ok_or("it is redirected to nowhere")?;
            continue;
        }
        if !response.status().is_success() {
            return Err(format!("its server answers {}", response.status().as_u16()));
        }
        return body(response).await;
    }
    Err(format!("it is redirected more than {REDIRECTS} times"))
}

/// Where it may be asked for. On the public network over TLS only, also where the shop still writes `http`.
fn within_reach(policy: &EgressPolicy, url: &mut Url) -> Result<Reach, String> {
    let reach_of = |url: &Url| Some(policy.reach(url.host_str()?, url.port_or_known_default()?));
    if url.scheme() == "http" && reach_of(url) == Some(Reach::Public) {
        let _ = url.set_scheme("https");
    }
    let (Some(reach), "https" | "http") = (reach_of(url), url.scheme()) else {
        return Err("it is no address of the web".to_owned());
    };
    if reach == Reach::Public && url.scheme() == "http" {
        return Err("it is not behind https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a login in it".to_owned());
    }
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    match literal.filter(|address| reach == Reach::Public && !is_public(*address)) {
        Some(address) => Err(NotPublic { host: address.to_string(), address }.to_string()),
        None => Ok(reach),
    }
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let too_large = || format!("it is larger than {}", bytes(LARGEST));
    if response.content_length().is_some_and(|length| length > LARGEST as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure(error: &reqwest::Error) -> String {
    not_public(error).unwrap_or_else(|| chain(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::limits::Limits;

    /// A server on this machine: `/picture` is one, and the other paths are what nobody should have at a picture's.
    async fn server() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut head = [0; 2048];
                    let read = stream.read(&mut head).await.unwrap_or_default();
                    let path = String::from_utf8_lossy(&head[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
                    let answer = match path.as_str() {
                        "/picture" => "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc".to_owned(),
                        "/moved" => {
                            "HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\nlocation: /picture\r\n\r\n"
                                .to_owned()
                        }
                        "/round" => {
                            "HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\nlocation: /round\r\n\r\n"
                                .to_owned()
                        }
                        "/inside" => {
                            "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: http://169.254.169.254/\r\n\r\n"
                                .to_owned()
                        }
                        "/claims" => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LARGEST + 1),
                        "/endless" => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
                        _ => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
                    };
                    let mut is_open = stream.write_all(answer.as_bytes()).await.is_ok();
                    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
                    while is_open && path == "/endless" {
                        is_open = stream.write_all(chunk.as_bytes()).await.is_ok();
                    }
                    // Until the other side has read it all, or has had enough.
                    let _ = stream.read(&mut head).await;
                });
            }
        });
        port
    }

    fn ways(allowed: &[String]) -> Ways {
        let policy = EgressPolicy { allow_private: allowed.to_vec(), authorities: Vec::new() };
        Ways::new(policy, Arc::new(Limits::default())).unwrap()
    }

    async fn fetched(path: &str) -> Result<Vec<u8>, String> {
        let port = server().await;
        ways(&[format!("127.0.0.1:{port}")]).picture(&format!("http://127.0.0.1:{port}{path}")).await
    }

    #[tokio::test]
    async fn a_picture_is_fetched_and_followed_to_where_it_was_moved() {
        assert_eq!(fetched("/picture").await.unwrap(), b"abc");
        assert_eq!(fetched("/moved").await.unwrap(), b"abc");
        assert_eq!(fetched("/gone").await.unwrap_err(), "its server answers 404");
        assert_eq!(fetched("/round").await.unwrap_err(), "it is redirected more than 3 times");
    }

    #[tokio::test]
    async fn nothing_is_read_that_is_too_large_or_never_ends() {
        for path in ["/claims", "/endless"] {
            assert_eq!(fetched(path).await.unwrap_err(), "it is larger than 8 MiB", "{path}");
        }
    }

    #[tokio::test]
    async fn s41_no_picture_leads_to_a_private_address() {
        let port = server().await;
        let ways = ways(&[format!("127.0.0.1:{port}")]);
        for address in [
            "https://127.0.0.1/a.png",
            "https://[::1]/a.png",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/a.png",
            // Written without TLS it is asked for with it, and is as private.
            "http://10.0.0.1/a.png",
            &format!("http://127.0.0.1:{port}/inside"),
        ] {
            let why = ways.picture(address).await.unwrap_err();
            assert!(why.contains("is no public address"), "{address}: {why}");
        }
        for address in ["file:///etc/passwd", "https://me:secret@1.1.1.1/a.png", "a.png"] {
            assert!(ways.picture(address).await.is_err(), "{address}");
        }
    }
}
