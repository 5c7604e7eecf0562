//! What the host asks this source to do: each task is one or two requests and what their answers mean.
//!
//! The state says what was asked. It is stored before the requests leave, so a crash between them and their answers
//! loses nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cartwright::plugin::transport::{Action, Effect, Failure, Header, HttpRequest, HttpResponse, Request};
use crate::cartwright::plugin::types::{FaultKind, Instant};
use crate::exports::cartwright::plugin::source::{
    Backfill, BackfillKind, Completion, Event, Fault, Key, Page, Pending, Refusal, RefusalKind, Response, Step, Task,
};
use crate::records::{self, Change, Order, Origin};
use crate::{Config, fault, header};

/// What Acme is asked to tell.
const TOPICS: [&str; 5] = ["cart.saved", "order.placed", "order.cancelled", "customer.saved", "product.saved"];

#[derive(Serialize, Deserialize)]
enum State {
    Poll,
    Customers,
    Orders,
    Products,
    OrdersOf,
    /// The first round of `subscribe`: which addresses Acme tells already.
    Subscriptions(String),
    /// The second: one more.
    Subscribe,
    Probe,
}

pub(crate) fn begin(config: &Config, task: Task) -> Result<Step, Fault> {
    let after = |path: &str, cursor: Option<String>| match cursor {
        Some(cursor) => get(config, &format!("{path}?after={}", encoded(&cursor))),
        None => get(config, path),
    };
    let (state, request) = match task {
        Task::Poll(cursor) => (State::Poll, after("/api/changes", cursor)),
        Task::Backfill(Backfill { kind: BackfillKind::Customers, cursor }) => {
            (State::Customers, after("/api/customers", cursor))
        }
        Task::Backfill(Backfill { kind: BackfillKind::Orders, cursor }) => {
            (State::Orders, after("/api/orders", cursor))
        }
        Task::Backfill(Backfill { kind: BackfillKind::Products, cursor }) => {
            (State::Products, after("/api/products", cursor))
        }
        Task::OrdersOf(keys) => (State::OrdersOf, get(config, &format!("/api/orders?of={}", names(&keys)))),
        Task::Subscribe(address) => (State::Subscriptions(address), get(config, "/api/webhooks")),
        Task::Probe => (State::Probe, get(config, "/api/shop")),
    };
    call(&state, Effect::None, request)
}

pub(crate) fn resume(config: &Config, state: &[u8], responses: Vec<Response>, now: Instant) -> Result<Step, Fault> {
    let state: State = serde_json::from_slice(state).map_err(|error| fault(FaultKind::Internal, error))?;
    let answer = match responses.into_iter().next() {
        Some(Response::Http(answer)) => answer,
        Some(Response::Failed(failure)) => return Ok(refused(unanswered(failure))),
        _ => return Err(fault(FaultKind::BadInput, "an answer of another kind")),
    };
    if let Some(refusal) = refusal(&answer, now) {
        return Ok(refused(refusal));
    }
    let completion = match state {
        State::Poll => polled(&answer)?,
        State::Customers => page(BackfillKind::Customers, &answer)?,
        State::Orders => page(BackfillKind::Orders, &answer)?,
        State::Products => page(BackfillKind::Products, &answer)?,
        State::OrdersOf => Completion::Orders(orders(&answer)?),
        State::Subscriptions(address) if !known(&answer)?.contains(&address) => {
            let request = post(config, "/api/webhooks", &json!({ "url": address, "topics": TOPICS }));
            return call(&State::Subscribe, Effect::Send, request);
        }
        State::Subscriptions(_) | State::Subscribe => Completion::Subscribed(TOPICS.map(String::from).into()),
        State::Probe => Completion::Probed(name(&answer)?),
    };
    Ok(Step::Done(completion))
}

/// What changed since the last time.
fn polled(answer: &HttpResponse) -> Result<Completion, Fault> {
    #[derive(Deserialize)]
    struct Changes {
        changes: Vec<Change>,
        cursor: String,
    }
    let told: Changes = body(answer)?;
    let events: Result<Vec<Option<Event>>, Fault> = told.changes.into_iter().map(Change::event).collect();
    Ok(Completion::Page(Page { events: events?.into_iter().flatten().collect(), cursor: Some(told.cursor) }))
}

/// A page of what is there already; the last has no `next`.
fn page(kind: BackfillKind, answer: &HttpResponse) -> Result<Completion, Fault> {
    #[derive(Deserialize)]
    struct Records {
        records: Vec<Value>,
        next: Option<String>,
    }
    let page: Records = body(answer)?;
    Ok(Completion::Page(Page { events: records::past(kind, page.records)?, cursor: page.next }))
}

/// Orders as they are now.
fn orders(answer: &HttpResponse) -> Result<Vec<Event>, Fault> {
    #[derive(Deserialize)]
    struct Orders {
        records: Vec<Order>,
    }
    let orders: Orders = body(answer)?;
    Ok(orders.records.into_iter().map(|order| order.event(Origin::Customer)).collect())
}

/// The addresses that Acme tells.
fn known(answer: &HttpResponse) -> Result<Vec<String>, Fault> {
    #[derive(Deserialize)]
    struct Webhooks {
        webhooks: Vec<Registered>,
    }
    #[derive(Deserialize)]
    struct Registered {
        url: String,
    }
    Ok(body::<Webhooks>(answer)?.webhooks.into_iter().map(|webhook| webhook.url).collect())
}

fn name(answer: &HttpResponse) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Shop {
        name: String,
    }
    Ok(body::<Shop>(answer)?.name)
}

fn refused(refusal: Refusal) -> Step {
    Step::Done(Completion::Failed(refusal))
}

/// What the status says; none for a success.
fn refusal(answer: &HttpResponse, now: Instant) -> Option<Refusal> {
    let seconds = || header(&answer.headers, "retry-after")?.parse::<u32>().ok();
    let kind = match answer.status {
        200..300 => return None,
        401 | 403 => RefusalKind::Auth,
        429 => RefusalKind::RateLimited(seconds().map(|seconds| now + i64::from(seconds) * 1_000)),
        500.. => RefusalKind::Transient,
        _ => RefusalKind::Permanent,
    };
    let text = String::from_utf8_lossy(&answer.body).chars().take(500).collect();
    Some(Refusal { kind, code: Some(answer.status.to_string()), text })
}

fn unanswered(failure: Failure) -> Refusal {
    let (kind, text) = match failure {
        Failure::NotSent(why) | Failure::NoAnswer(why) => (RefusalKind::Transient, why),
        Failure::TooLarge(bytes) => (RefusalKind::Permanent, format!("the answer has {bytes} bytes")),
        Failure::Refused(why) => (RefusalKind::Permanent, why),
    };
    Refusal { kind, code: None, text }
}

/// What changes nothing at Acme is asked again after a crash; what does is never made twice.
fn call(state: &State, effect: Effect, request: HttpRequest) -> Result<Step, Fault> {
    let request = Request { effect, action: Action::Http(request), captures: vec![] };
    let state = serde_json::to_vec(state).map_err(|error| fault(FaultKind::Internal, error))?;
    Ok(Step::Call(Pending { requests: vec![request], state }))
}

fn get(config: &Config, path: &str) -> HttpRequest {
    // The host fills the secret in, on the way to the shop and nowhere else.
    let authorization = Header { name: "authorization".into(), value: "Bearer {secret:api_token}".into() };
    HttpRequest {
        method: "GET".into(),
        url: format!("{}{path}", config.url),
        headers: vec![authorization],
        body: vec![],
    }
}

fn post(config: &Config, path: &str, value: &Value) -> HttpRequest {
    let mut request = get(config, path);
    request.headers.push(Header { name: "content-type".into(), value: "application/json".into() });
    HttpRequest { method: "POST".into(), body: value.to_string().into_bytes(), ..request }
}

/// `customer:7,cart:c1`.
fn names(keys: &[Key]) -> String {
    let names = keys.iter().map(|key| format!("{}:{}", encoded(&key.kind), encoded(&key.value)));
    names.collect::<Vec<_>>().join(",")
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let letters = text.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") });
    letters.collect()
}

fn body<T: serde::de::DeserializeOwned>(answer: &HttpResponse) -> Result<T, Fault> {
    serde_json::from_slice(&answer.body).map_err(|error| fault(FaultKind::BadInput, format!("Acme's answer: {error}")))
}
