//! Sends a text over HTTP, and reads receipts. The host makes the requests: the plugin says which, and what came of it.

#[cfg(target_family = "wasm")]
mod package;

wit_bindgen::generate!({ path: "wit", world: "channel-plugin" });

use cartwright::plugin::connection;
use cartwright::plugin::secrets::{self, Algorithm};
use cartwright::plugin::transport::{Action, Effect, Failure, Header, HttpRequest};
use cartwright::plugin::types::{FaultKind, HostNeed, Instances, SecretNeed};
use exports::cartwright::plugin::channel::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

struct Plugin;

#[cfg(target_family = "wasm")]
export!(Plugin);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    endpoint: String,
}

#[derive(Deserialize)]
struct Content {
    text: String,
}

/// What the provider answers: `{"id"}` to a message, `{"name"}` to a probe, `{"error"}` where it refuses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    id: Option<String>,
    name: Option<String>,
    error: Option<String>,
}

/// What the provider tells of a message of ours.
#[derive(Deserialize)]
struct News {
    id: String,
    state: String,
    message: String,
    /// Milliseconds since 1970.
    at: Instant,
}

impl Guest for Plugin {
    fn describe() -> Descriptor {
        Descriptor {
            title: "{{title}}".into(),
            summary: "Text messages over HTTP.".into(),
            config_schema: include_str!("../config.schema.json").into(),
            facts: vec![],
            hosts: vec![HostNeed {
                host: "{config:/endpoint}".into(),
                methods: vec!["GET".into(), "POST".into()],
                path_prefix: "/".into(),
                per_minute: None,
                why: "The provider is there.".into(),
            }],
            secrets: vec![SecretNeed {
                name: "token".into(),
                title: "Token".into(),
                why: "The provider knows us by it, and signs its webhooks with it.".into(),
            }],
            translations: "{}".into(),
            instances: Instances::PerBatch,
        }
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            channel: "{{name}}".into(),
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            addresses: vec![AddressKind::Phone],
            content_schema: include_str!("../content.schema.json").into(),
            sends: Repeat::NotIdempotent,
            receipts: vec![ReceiptKind::Delivered, ReceiptKind::Read],
            billed: Billing::Never,
            refreshes: vec![],
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        read::<Config>(config.as_bytes(), FaultKind::BadConfig).map(|_| ())
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        let Config { endpoint } = read(connection::config().as_bytes(), FaultKind::BadConfig)?;
        match task {
            Task::Send(message) => {
                let content: Content = read(message.content.as_bytes(), FaultKind::BadInput)?;
                let body = json!({ "id": message.id, "to": message.to.value, "text": content.text });
                Ok(call("send", Effect::Send, "POST", format!("{endpoint}/messages"), Some(&body)))
            }
            Task::Probe => Ok(call("probe", Effect::None, "GET", format!("{endpoint}/account"), None)),
            _ => Err(Fault { kind: FaultKind::NotSupported, message: "this channel sends and probes".into() }),
        }
    }

    /// The state says what was asked.
    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        let response = responses.into_iter().next();
        Ok(Step::Done(if state == b"probe" { probed(response) } else { Completion::Sent(sent(response)) }))
    }

    /// `x-signature`: the HMAC-SHA256 of the body with the token, in hexadecimal.
    fn verify(webhook: Webhook) -> Verification {
        let signature = webhook.headers.iter().find(|header| header.name == "x-signature");
        let signature = signature.and_then(|header| from_hex(&header.value)).unwrap_or_default();
        if secrets::verify("token", Algorithm::HmacSha256, &webhook.body, &signature) {
            return Verification::Authentic;
        }
        Verification::Refused("x-signature does not fit the token".into())
    }

    /// What it does not know it leaves out.
    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        let news: News = read(&webhook.body, FaultKind::BadInput)?;
        let kind = match news.state.as_str() {
            "delivered" => ReceiptKind::Delivered,
            "read" => ReceiptKind::Read,
            _ => return Ok(vec![]),
        };
        Ok(vec![Receipt {
            id: news.id,
            kind,
            at: news.at,
            provider_id: None,
            message_id: Some(news.message),
            sender: None,
            text: None,
            failure: None,
            price: None,
        }])
    }
}

/// Only what is certainly refused, or never left, may be sent again; everything else is uncertain.
fn sent(response: Option<Response>) -> Outcome {
    let details = |text: &str| Details { code: None, text: text.into() };
    match response {
        Some(Response::Http(response)) => match (response.status, answer(&response.body)) {
            (200..300, Answer { id: Some(provider_id), .. }) => {
                Outcome::Accepted(Acceptance { provider_id, price: None })
            }
            (status @ 400..500, answer) => Outcome::Rejected(rejection(status, answer)),
            (status, _) => Outcome::Uncertain(details(&format!("HTTP {status} without an id"))),
        },
        Some(Response::Failed(Failure::NotSent(why))) => {
            Outcome::Rejected(Rejection { class: RejectionClass::Transient, details: details(&why) })
        }
        _ => Outcome::Uncertain(details("the provider said neither yes nor no")),
    }
}

fn probed(response: Option<Response>) -> Completion {
    match response {
        Some(Response::Http(response)) => match (response.status, answer(&response.body)) {
            (200..300, Answer { name: Some(name), .. }) => Completion::Probed(name),
            (status, answer) => Completion::Failed(rejection(status, answer)),
        },
        _ => Completion::Failed(rejection(0, Answer::default())),
    }
}

fn rejection(status: u16, answer: Answer) -> Rejection {
    let class = match status {
        401 | 403 => RejectionClass::Auth,
        429 => RejectionClass::RateLimited(None),
        400..500 => RejectionClass::BadRequest,
        _ => RejectionClass::Transient,
    };
    let text = answer.error.unwrap_or_else(|| "the provider gave no reason".into());
    Rejection { class, details: Details { code: Some(status.to_string()), text } }
}

/// One request, with the token that the host fills in.
fn call(state: &str, effect: Effect, method: &str, url: String, body: Option<&Value>) -> Step {
    let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
    let headers = vec![header("authorization", "Bearer {secret:token}"), header("content-type", "application/json")];
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let action = Action::Http(HttpRequest { method: method.into(), url, headers, body });
    Step::Call(Pending { requests: vec![Request { effect, action, captures: vec![] }], state: state.into() })
}

fn answer(body: &[u8]) -> Answer {
    serde_json::from_slice(body).unwrap_or_default()
}

/// A document, or a fault that names the field.
fn read<T: DeserializeOwned>(document: &[u8], kind: FaultKind) -> Result<T, Fault> {
    serde_json::from_slice(document).map_err(|error| Fault { kind, message: error.to_string() })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(pair.first()?)? << 4 | digit(pair.get(1)?)?) as u8)).collect()
}
