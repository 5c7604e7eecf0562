//! A provider on the loopback interface that does what its script says, and remembers what it was asked.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the provider does with one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Answers.
    Reply {
        /// Status.
        status: u16,
        /// Header fields beside the usual ones.
        headers: Vec<(&'static str, String)>,
        /// Body; a text stands for itself.
        body: Value,
    },
    /// Answers 200 with a file.
    File {
        /// Of which kind, such as `image/png`.
        kind: &'static str,
        /// What is in it.
        bytes: Vec<u8>,
    },
    /// Reads the whole request, then closes the connection without a word.
    Reset,
    /// Reads the whole request, then says nothing for as long as the other side waits.
    Silence,
    /// The same, and answers so many milliseconds later.
    Late(u64, Box<Answer>),
}

impl Answer {
    /// Some status with a JSON body.
    pub fn reply(status: u16, body: Value) -> Self {
        Self::Reply { status, headers: Vec::new(), body }
    }

    /// WhatsApp's answer to a message that it took.
    pub fn wamid(id: &str) -> Self {
        Self::reply(
            200,
            json!({
                "messaging_product": "whatsapp",
                "contacts": [{ "input": "+4915112345678", "wa_id": "4915112345678" }],
                "messages": [{ "id": id, "message_status": "accepted" }],
            }),
        )
    }

    /// 429 with a time to wait.
    pub fn too_many(seconds: u32) -> Self {
        let headers = vec![("retry-after", seconds.to_string())];
        Self::Reply { status: 429, headers, body: json!({ "error": { "message": "slow down" } }) }
    }

    /// An error as Meta's Graph API words it.
    pub fn graph_error(status: u16, code: i64, message: &str) -> Self {
        Self::reply(status, json!({ "error": { "message": message, "type": "OAuthException", "code": code } }))
    }
}

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Method.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Received {
    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The provider; it stops when this is dropped.
pub struct Provider {
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    script: Mutex<VecDeque<Answer>>,
    otherwise: Box<dyn Fn(&Received) -> Answer + Send + Sync>,
    received: watch::Sender<Vec<Received>>,
}

impl Provider {
    /// Starts one that answers `otherwise` whenever its script is empty.
    ///
    /// # Panics
    /// If the loopback interface has no free port.
    pub async fn start(otherwise: Answer) -> Self {
        Self::deciding(move |_| otherwise.clone()).await
    }

    /// Starts one that makes up its mind with each request, whenever its script is empty.
    ///
    /// # Panics
    /// If the loopback interface has no free port.
    pub async fn deciding(otherwise: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let (script, received) = (Mutex::default(), watch::Sender::new(Vec::new()));
        let state = Arc::new(State { script, otherwise: Box::new(otherwise), received });
        let accepting = tokio::spawn({
            let state = state.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, state.clone()));
                }
            }
        });
        Self { address, state, accepting }
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:port`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Does this with the request after those already scripted.
    pub fn then(&self, answer: Answer) -> &Self {
        lock(&self.state.script).push_back(answer);
        self
    }

    /// What was asked so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.borrow().clone()
    }

    /// Waits until so many requests have come.
    pub async fn wait_for(&self, requests: usize) -> Vec<Received> {
        let mut received = self.state.received.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        received
            .wait_for(|received| received.len() >= requests)
            .await
            .map(|received| received.clone())
            .unwrap_or_default()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread).await {
        let scripted = lock(&state.script).pop_front();
        let mut answer = scripted.unwrap_or_else(|| (state.otherwise)(&request));
        state.received.send_modify(|received| received.push(request));
        if let Answer::Late(millis, then) = answer {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            answer = *then;
        }
        match answer {
            Answer::Reply { status, headers, body } => {
                if write_reply(&mut stream, status, &headers, &body).await.is_none() {
                    return;
                }
            }
            Answer::File { kind, bytes } => {
                let length = bytes.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
                if stream.write_all(&[head.as_bytes(), &bytes].concat()).await.is_err() {
                    return;
                }
            }
            Answer::Silence => {
                // Ends when the other side gives up and closes.
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
            Answer::Reset | Answer::Late(..) => return,
        }
    }
}

async fn write_reply(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(&'static str, String)],
    body: &Value,
) -> Option<()> {
    let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    let mut text =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(&body);
    stream.write_all(text.as_bytes()).await.ok()
}

/// One request, or none when the other side has closed.
async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Received> {
    let head_end = loop {
        if let Some(place) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            break place;
        }
        read_more(stream, unread).await?;
    };
    let head = String::from_utf8_lossy(&unread[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    while unread.len() < head_end + 4 + length {
        read_more(stream, unread).await?;
    }
    let rest = unread.split_off(head_end + 4 + length);
    let body = unread.split_off(head_end + 4);
    *unread = rest;
    Some(Received { method, path, headers, body })
}

async fn read_more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<()> {
    let mut part = [0; 4096];
    let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
    unread.extend_from_slice(&part[..count]);
    Some(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(provider: &Provider, body: &str) -> String {
        let mut stream = TcpStream::connect(provider.address).await.unwrap();
        let request =
            format!("POST /v23.0/1/messages?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn it_follows_its_script_and_remembers_what_it_was_asked() {
        let provider = Provider::start(Answer::wamid("wamid.1")).await;
        provider.then(Answer::too_many(7)).then(Answer::Reset);
        assert!(ask(&provider, r#"{"n":1}"#).await.contains("retry-after: 7"));
        assert_eq!(ask(&provider, r#"{"n":2}"#).await, "");
        assert!(ask(&provider, r#"{"n":3}"#).await.contains("wamid.1"));
        let received = provider.wait_for(3).await;
        assert_eq!(received.iter().map(|request| request.json()["n"].clone()).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((received[0].path.as_str(), received[0].header("host")), ("/v23.0/1/messages?a=b", Some("x")));
    }
}
