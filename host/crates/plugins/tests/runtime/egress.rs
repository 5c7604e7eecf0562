//! Requests that leave the process: where they may go, what they carry, and whether anything was sent when none is

//! answered. Every server here is one of the test's own.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Host, host_allowing, host_grant};
use cartwright_domain::shop::Grants;
use cartwright_engine::ports::{
    Action, ConnectionCall, Egress, EgressFailure, HttpRequest, Plugins, Request, RequestEffect, Response, Use, UseKind,
};
use cartwright_plugins::{Limits, Slices};
use hostile_guests::guests;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A plugin whose requests go to one server, with everything granted.
struct Sender {
    host: Host,
    call: ConnectionCall,
    server: String,
}

fn sender(server: &str, allowed: &[&str], limits: Limits) -> Sender {
    let host = host_allowing(limits, Slices::Timed, allowed);
    let secrets = [("token", "s3cret/1"), ("password", "pass")];
    let mut call = host.connection(guests::asking().component(), json!({"server": server}), &secrets);
    let grants = Grants {
        hosts: vec![host_grant(server, &["GET", "POST", "SMTP"], "/")],
        secrets: vec!["token".to_owned()],
        ..Grants::default()
    };
    call.plugin.grants = Arc::new(grants);
    Sender { host, call, server: server.to_owned() }
}

impl Sender {
    async fn send(&self, request: HttpRequest) -> Response {
        let request = Request { effect: RequestEffect::Send, action: Action::Http(request), captures: Vec::new() };
        self.host.runtime.perform(&self.call, &request).await.response
    }

    async fn get(&self, path: &str) -> Response {
        self.send(get(&format!("http://{}{path}", self.server))).await
    }

    async fn refusal(&self, request: HttpRequest) -> String {
        match self.send(request).await {
            Response::Failed(EgressFailure::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }
}

fn get(url: &str) -> HttpRequest {
    HttpRequest { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: Vec::new() }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Reads one request with its body.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if count == 0 || body.len() >= length {
            return text;
        }
    }
}

/// A server that answers one request with these bytes and tells what it was asked.
async fn answering(answer: &'static [u8]) -> (String, JoinHandle<String>) {
    let (listener, address) = listen().await;
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = read_request(&mut stream).await;
        // A client that has enough closes early; that is no fault of the server's.
        let _ = stream.write_all(answer).await;
        asked
    });
    (address, asked)
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Trace: a\r\n\r\nhi";

#[tokio::test]
async fn a_granted_request_is_made_and_answered() {
    let (server, asked) = answering(OK).await;
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/things?a=b").await;
    let Response::Http { status, headers, body } = answer else { panic!("{answer:?}") };
    assert_eq!((status, body.as_slice()), (200, &b"hi"[..]));
    assert!(headers.contains(&("x-trace".to_owned(), "a".to_owned())));
    assert!(asked.await.unwrap().starts_with("GET /v1/things?a=b HTTP/1.1\r\n"));
}

#[tokio::test]
async fn s44_secrets_are_filled_in_on_the_way_out() {
    let (server, asked) = answering(OK).await;
    let sender = sender(&server, &[&server], Limits::default());
    let request = HttpRequest {
        method: "POST".to_owned(),
        url: format!("http://{server}/v1/bot{{secret:token}}/send"),
        headers: vec![
            ("Authorization".to_owned(), "Bearer {secret:token}".to_owned()),
            ("X-Basic".to_owned(), "Basic {secret:token:base64:me:}".to_owned()),
        ],
        body: br#"{"key": "{secret:token}"}"#.to_vec(),
    };
    assert!(matches!(sender.send(request).await, Response::Http { status: 200, .. }));
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /v1/bots3cret%2F1/send HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer s3cret/1\r\n"), "{asked}");
    assert!(asked.contains("x-basic: Basic bWU6czNjcmV0LzE=\r\n"), "{asked}");
    assert!(asked.ends_with(r#"{"key": "s3cret/1"}"#), "{asked}");
}

#[tokio::test]
async fn s44_a_secret_that_is_not_granted_stays_where_it_is() {
    let sender = sender("127.0.0.1:9", &["127.0.0.1:9"], Limits::default());
    let mut request = get("http://127.0.0.1:9/v1/");
    request.headers = vec![("Authorization".to_owned(), "{secret:password}".to_owned())];
    assert!(sender.refusal(request).await.contains("`password`, which is not granted"));
}

#[tokio::test]
async fn s41_a_request_beyond_the_grants_is_refused() {
    let sender = sender("127.0.0.1:9", &["127.0.0.1:9"], Limits::default());
    for (method, url, why) in [
        ("GET", "http://127.0.0.1:9/v2/x", "is not declared"),
        ("DELETE", "http://127.0.0.1:9/v1/x", "is not declared"),
        ("GET", "https://api.example.com/v1/x", "is not declared"),
        ("GET", "http://127.0.0.1:9/v1/../../x", "is not declared"),
        ("GET", "http://127.0.0.1:9/v1/..%2f..%2fx", "has `..` in it"),
        ("GET", "http://127.0.0.1:9/v1/%252e%252e/x", "has `..` in it"),
        ("GET", "http://127.0.0.1:9/v1/..;/x", "has `..` in it"),
        ("GET", "http://127.0.0.1:9/v1/%2e%2e/x", "is not declared"),
        ("GET", "http://127.0.0.1:9//v1/x", "is not declared"),
        ("GET", "http://127.0.0.1:9/v10/x", "is not declared"),
        ("get", "http://127.0.0.1:9/v1/x", "is not declared"),
        ("GET", "http://me:pw@127.0.0.1:9/v1/x", "has a login in it"),
        ("GET", "ftp://127.0.0.1:9/v1/x", "is not http or https"),
        ("GET", "//nowhere", "malformed"),
        ("GET", "http://{secret:token}/v1/", "malformed"),
    ] {
        let request = HttpRequest { method: method.to_owned(), ..get(url) };
        let refusal = sender.refusal(request).await;
        assert!(refusal.contains(why), "{url}: {refusal}");
    }
}

#[tokio::test]
async fn headers_cannot_carry_line_breaks_nor_say_where_to_go() {
    let sender = sender("127.0.0.1:9", &["127.0.0.1:9"], Limits::default());
    for (name, value) in
        [("X-A", "b\r\nHost: evil"), ("Host", "evil"), ("X\r\nA", "b"), ("Transfer-Encoding", "chunked")]
    {
        let mut request = get("http://127.0.0.1:9/v1/");
        request.headers = vec![(name.to_owned(), value.to_owned())];
        sender.refusal(request).await;
    }
}

#[tokio::test]
async fn s41_no_header_makes_a_request_another_one() {
    let sender = sender("127.0.0.1:9", &["127.0.0.1:9"], Limits::default());
    for name in ["X-HTTP-Method-Override", "x-original-url", "X-Forwarded-Host", "Forwarded"] {
        let mut request = get("http://127.0.0.1:9/v1/");
        request.headers = vec![(name.to_owned(), "DELETE".to_owned())];
        let refusal = sender.refusal(request).await;
        assert!(refusal.contains("another one"), "{name}: {refusal}");
    }
}

#[tokio::test]
async fn s41_a_request_too_many_is_not_sent_and_goes_later() {
    let (server, _asked) = answering(OK).await;
    let mut sender = sender(&server, &[&server], Limits::default());
    let mut grants = Grants::clone(&sender.call.plugin.grants);
    grants.hosts[0].per_minute = Some(1);
    sender.call.plugin.grants = Arc::new(grants);
    assert!(matches!(sender.get("/v1/").await, Response::Http { status: 200, .. }));
    let Response::Failed(EgressFailure::NotSent(why)) = sender.get("/v1/").await else { panic!("it went out") };
    assert!(why.contains("1 requests a minute") && why.contains("in 60 s"), "{why}");
    sender.call.now = sender.call.now + cartwright_domain::time::Span::minutes(1);
    let Response::Failed(failure) = sender.get("/v1/").await else { return };
    assert!(!format!("{failure:?}").contains("a minute"), "{failure:?}");
}

#[tokio::test]
async fn s41_private_addresses_are_refused_whatever_they_are_called() {
    for server in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "2130706433", "[::ffff:10.0.0.1]", "0x7f.1"] {
        let named = url_host(server);
        let sender = sender(&named, &[], Limits::default());
        let refusal = sender.refusal(get(&format!("https://{server}/v1/"))).await;
        assert!(refusal.contains("which is no public address"), "{server}: {refusal}");
    }
}

/// A host as a URL writes it.
fn url_host(text: &str) -> String {
    url::Url::parse(&format!("https://{text}/")).unwrap().host_str().unwrap().to_owned()
}

#[tokio::test]
async fn plain_http_goes_only_where_the_operator_allows_it() {
    let sender = sender("api.example.com", &[], Limits::default());
    let refusal = sender.refusal(get("http://api.example.com/v1/")).await;
    assert!(refusal.contains("use https, or let the operator allow it"), "{refusal}");
}

#[tokio::test]
async fn s41_a_name_for_loopback_works_where_the_operator_allows_it() {
    let (listener, address) = listen().await;
    let server = format!("localhost:{}", address.rsplit(':').next().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(OK).await.unwrap();
    });
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/").await;
    assert!(matches!(answer, Response::Http { status: 200, .. }), "{answer:?}");
    asked.await.unwrap();
}

#[tokio::test]
async fn s41_a_redirect_is_an_answer_and_not_followed() {
    let (server, _asked) =
        answering(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/").await;
    let Response::Http { status, headers, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(status, 302);
    assert!(headers.contains(&("location".to_owned(), "http://127.0.0.1:1/".to_owned())));
}

#[tokio::test]
async fn s22_a_refused_connection_sent_nothing() {
    let (listener, server) = listen().await;
    drop(listener);
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/").await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NotSent(_))), "{answer:?}");
}

#[tokio::test]
async fn s22_a_name_that_nobody_has_sent_nothing() {
    // Longer than a name can be: it fails on this machine, and nobody is asked.
    let name = format!("{}.invalid", "a".repeat(70));
    let answer = sender(&name, &[], Limits::default()).send(get(&format!("https://{name}/v1/"))).await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NotSent(_))), "{answer:?}");
}

#[tokio::test]
async fn s22_a_failed_tls_handshake_sent_nothing() {
    let (listener, server) = listen().await;
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"this is no TLS").await;
    });
    let answer = sender(&server, &[&server], Limits::default()).send(get(&format!("https://{server}/v1/"))).await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NotSent(_))), "{answer:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn s22_a_connection_that_ends_after_the_request_may_have_sent_it() {
    let (listener, server) = listen().await;
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
    });
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/").await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NoAnswer(_))), "{answer:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn s22_half_an_answer_is_none() {
    let (server, _asked) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/").await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NoAnswer(_))), "{answer:?}");
}

#[tokio::test]
async fn s42_a_server_that_never_answers_is_given_up() {
    let (listener, server) = listen().await;
    let limits = Limits { request: Duration::from_millis(200), ..Limits::default() };
    let sender = sender(&server, &[&server], limits);
    let (read, was_read) = tokio::sync::oneshot::channel();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        read.send(()).unwrap();
        // Holds the connection until the client gives up.
        let _ = stream.read(&mut [0]).await;
    });
    let answer = sender.get("/v1/").await;
    assert!(was_read.await.is_ok());
    let Response::Failed(EgressFailure::NoAnswer(why)) = answer else { panic!("{answer:?}") };
    assert_eq!(why, "time-out: no answer within 200 ms");
    served.await.unwrap();
}

#[tokio::test]
async fn s42_an_answer_beyond_the_cap_is_told_by_its_size() {
    let (server, _asked) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n").await;
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/").await;
    assert_eq!(answer, Response::Failed(EgressFailure::TooLarge(3_000_000)));

    // Without a length it is cut off where it crosses the cap.
    let (server, _asked) = answering(b"HTTP/1.1 200 OK\r\n\r\nmore than ten bytes of it").await;
    let answer = sender(&server, &[&server], Limits { body_bytes: 10, ..Limits::default() }).get("/v1/").await;
    assert!(matches!(answer, Response::Failed(EgressFailure::TooLarge(11..))), "{answer:?}");
}

#[tokio::test]
async fn s44_no_error_tells_a_secret() {
    let (listener, server) = listen().await;
    drop(listener);
    let sender = sender(&server, &[&server], Limits::default());
    let answer = sender.get("/v1/bot{secret:token}/send").await;
    let Response::Failed(failure) = answer else { panic!("{answer:?}") };
    let text = format!("{failure:?} {:?}", sender.call);
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn every_host_and_secret_that_was_used_is_counted() {
    let (server, _asked) = answering(OK).await;
    let sender = sender(&server, &[&server], Limits::default());
    let mut request = get(&format!("http://{server}/v1/{{secret:token}}"));
    request.headers = vec![("Authorization".to_owned(), "{secret:token}".to_owned())];
    assert!(matches!(sender.send(request).await, Response::Http { status: 200, .. }));
    sender.refusal(get(&format!("http://{server}/v2/"))).await;
    let counted = |uses: Vec<Use>| -> Vec<_> {
        uses.into_iter().map(|one| (one.digest, one.kind, one.name, one.times)).collect()
    };
    let digest = || sender.call.plugin.digest.clone();
    let expected = [(digest(), UseKind::Host, server.clone(), 1), (digest(), UseKind::Secret, "token".to_owned(), 2)];
    assert_eq!(counted(sender.host.runtime.take_uses()), expected);
    assert_eq!(sender.host.runtime.take_uses(), []);
}

#[tokio::test]
async fn an_entry_of_the_inbox_never_leaves() {
    let sender = sender("127.0.0.1:9", &[], Limits::default());
    let action = Action::Inbox { to: "c".to_owned(), document: json!({}) };
    let request = Request { effect: RequestEffect::Send, action, captures: Vec::new() };
    let answer = sender.host.runtime.perform(&sender.call, &request).await.response;
    assert!(matches!(answer, Response::Failed(EgressFailure::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn s44_a_server_that_repeats_a_secret_does_not_tell_it_to_the_plugin() {
    let (server, asked) = answering(
        b"HTTP/1.1 200 OK\r\nx-echo: Bearer s3cret/1\r\ncontent-length: 47\r\n\r\ns3cret/1 s3cret%2F1 czNjcmV0LzE= and nothing el",
    )
    .await;
    let answer = sender(&server, &[&server], Limits::default()).get("/v1/bot{secret:token}").await;
    let Response::Http { headers, body, .. } = answer else { panic!("{answer:?}") };
    assert!(headers.contains(&("x-echo".to_owned(), "Bearer {secret:token}".to_owned())), "{headers:?}");
    let body = String::from_utf8(body).unwrap();
    assert_eq!(body, "{secret:token} {secret:token} {secret:token} and nothing el");
    asked.await.unwrap();
}
