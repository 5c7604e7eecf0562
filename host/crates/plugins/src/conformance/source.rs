//! Sources: only what is signed is believed, and told twice it is the same event.

use bytes::Bytes;
use cartwright_domain::plugin::SourceTaskKind;
use cartwright_domain::world::Identity;
use cartwright_engine::ports::{
    BackfillKind, ConnectionCall, Parsed, Plugins, Request, SourceDone, SourceTask, Step, Verification, Webhook,
};
use serde_json::{Value, json};

use super::channel::{Broken, unsigned};
use super::report::Rule;
use super::{Depth, Kit, SampleWebhook, cassettes, requests};

const UNSIGNED: Rule = Rule {
    name: "wrong-signature-refused",
    statement: "a webhook without a valid signature is refused",
    remedy: "check the platform's signature with `secrets.verify` before anything else",
};
const SIGNED: Rule = Rule {
    name: "signed-is-authentic",
    statement: "a webhook that the fixture signs is authentic, and one changed byte makes it refused",
    remedy: "sign the whole body, as the platform documents it",
};
const TWICE: Rule = Rule {
    name: "same-webhook-same-events",
    statement: "the same webhook tells the same events under the same ids, in every instance",
    remedy: "make an event's id from what the platform tells: its id, its time, its topic",
};
const UNKNOWN: Rule = Rule {
    name: "unknown-topic-ignored",
    statement: "a topic that it does not know is put aside, not an event and not a crash",
    remedy: "answer `unknown-topic`",
};
const NO_TRAP: Rule = Rule {
    name: "parse-no-trap",
    statement: "whatever a body says, the answer is events or a fault",
    remedy: "answer with the fault `bad-input` instead of crashing",
};

const TASKS: Rule = Rule {
    name: "tasks-always-answered",
    statement: "every answer of the platform brings a task to its end: a page, or a failure of the list",
    remedy: "give a kind to every status and every failure, and never trust a body",
};
const GRANTED: Rule = Rule {
    name: "requests-within-grants",
    statement: "it asks only for requests that its descriptor declares, with placeholders for credentials",
    remedy: "declare host, method and path prefix in `hosts`, the secret in `secrets`, and write {secret:name}",
};
const ROUNDS: usize = 5;

pub(super) async fn examine(kit: &mut Kit<'_>, configs: &[Value]) {
    let call = kit.connection(configs.first().unwrap_or(&json!({})));
    if kit.plugin.descriptor.secrets.is_empty() {
        kit.report.leave_out(UNSIGNED, "it asks for no secret to verify with");
    } else {
        let mut seen = Ok(());
        for webhook in unsigned() {
            match kit.runtime.verify(&call, &webhook).await {
                Ok(Verification::Refused(_)) => {}
                answer => seen = Err(format!("{:?}: {answer:?}", String::from_utf8_lossy(&webhook.body))),
            }
        }
        kit.report.note(UNSIGNED, seen);
    }
    let fixed: Vec<Webhook> = kit.fixture.webhooks.iter().map(SampleWebhook::arrived).collect();
    if fixed.is_empty() {
        kit.report.leave_out(SIGNED, "no webhook is known: give a fixture");
    } else {
        let mut seen = Ok(());
        for webhook in &fixed {
            let mut changed = webhook.clone();
            changed.body = [&webhook.body[..], b" "].concat().into();
            match (kit.runtime.verify(&call, webhook).await, kit.runtime.verify(&call, &changed).await) {
                (Ok(Verification::Authentic), Ok(Verification::Refused(_))) => {}
                answers => seen = Err(format!("{answers:?}")),
            }
        }
        kit.report.note(SIGNED, seen);
    }
    if !kit.goes_on() {
        return;
    }
    if kit.depth == Depth::Full {
        tasks(kit, configs).await;
    }
    let (mut twice, mut trap, mut events) = (Ok(()), Ok(()), 0);
    for webhook in fixed.iter().cloned().chain(odd()) {
        let first = kit.runtime.parse(&call, &webhook).await;
        let second = kit.runtime.parse(&call, &webhook).await;
        if let Ok(Parsed::Events(told)) = &first {
            events += told.len();
        }
        if first != second {
            twice = Err(format!("first {first:?}, then {second:?}"));
        }
        if let Err(failure) = first.as_ref().filter_broken() {
            trap = Err(format!("{:?}: {failure}", String::from_utf8_lossy(&webhook.body)));
        }
    }
    kit.report.note(NO_TRAP, trap);
    if events == 0 && twice.is_ok() {
        kit.report.leave_out(TWICE, "no webhook with an event is known: give a fixture");
    } else {
        kit.report.note(TWICE, twice);
    }
    let seen = match kit.runtime.parse(&call, &unknown()).await {
        Ok(Parsed::UnknownTopic(_)) => Ok(()),
        Ok(Parsed::Events(events)) if events.is_empty() => Ok(()),
        Err(failure) => Err::<(), _>(&failure).filter_broken(),
        Ok(Parsed::Events(events)) => Err(format!("{events:?}")),
    };
    kit.report.note(UNKNOWN, seen);
}

/// Every task that it says it does, through every cassette.
async fn tasks(kit: &mut Kit<'_>, configs: &[Value]) {
    let kinds: Vec<SourceTaskKind> = kit.plugin.descriptor.tasks.iter().map(|ability| ability.task).collect();
    let Some(config) = configs.first().filter(|_| !kinds.is_empty()) else {
        let why = if kinds.is_empty() { "it does no task" } else { "no configuration is known to try it with" };
        kit.report.leave_out(TASKS, why);
        kit.report.leave_out(GRANTED, why);
        return;
    };
    let call = kit.connection(config);
    let (mut answered, mut granted) = (Ok(()), Ok(()));
    for kind in kinds {
        let task = task_of(kind);
        for cassette in cassettes::all() {
            let (asked, done) = through(kit, &call, &task, &cassette).await;
            if let Err(why) = done {
                answered = Err(format!("{task:?}, {}: {why}", cassette.name));
            }
            for request in &asked {
                let sound = requests::within_grants(kit, &call, request);
                if let Err(why) = sound.and_then(|()| requests::literal_secret(request)) {
                    granted = Err(format!("{task:?}: {why}"));
                }
            }
        }
    }
    kit.report.note(TASKS, answered);
    kit.report.note(GRANTED, granted);
}

fn task_of(kind: SourceTaskKind) -> SourceTask {
    match kind {
        SourceTaskKind::Poll => SourceTask::Poll(None),
        SourceTaskKind::Backfill => SourceTask::Backfill { kind: BackfillKind::Orders, cursor: None },
        SourceTaskKind::OrdersOf => SourceTask::OrdersOf(Vec::<Identity>::new()),
        SourceTaskKind::Subscribe => SourceTask::Subscribe("https://example.com/in/1".to_owned()),
        SourceTaskKind::Probe => SourceTask::Probe,
    }
}

/// All requests of a task and what it came to.
async fn through(
    kit: &Kit<'_>,
    call: &ConnectionCall,
    task: &SourceTask,
    cassette: &cassettes::Cassette,
) -> (Vec<Request>, Result<SourceDone, String>) {
    let mut asked = Vec::new();
    let mut step = kit.runtime.source_begin(call, task).await;
    for _ in 0..=ROUNDS {
        match step {
            Err(failure) => return (asked, Err(failure.to_string())),
            Ok(Step::Done(done)) => return (asked, Ok(done)),
            Ok(Step::Call { requests, state }) => {
                let limit = kit.runtime.sandbox.limits.body_bytes;
                let answers: Vec<_> = requests.iter().map(|one| cassette.answer(&one.action, limit)).collect();
                asked.extend(requests);
                step = kit.runtime.source_resume(call, task.kind(), &state, &answers).await;
            }
        }
    }
    (asked, Err(format!("it asks for more than {ROUNDS} rounds")))
}

/// A topic of no platform, wherever a platform may name it.
fn unknown() -> Webhook {
    let topic = "cartwright.conformance/unknown";
    let names = ["x-shopify-topic", "x-wc-webhook-topic", "x-topic", "x-event", "x-github-event"];
    let headers = names.iter().map(|name| ((*name).to_owned(), topic.to_owned())).collect();
    let body = json!({"type": "unknown", "topic": topic, "event": topic}).to_string();
    Webhook { method: "POST".to_owned(), path: "/".to_owned(), headers, body: body.into() }
}

/// Bodies that no platform sends.
fn odd() -> Vec<Webhook> {
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(200_000));
    let bodies = ["", "{", "null", "[]", "{}", "{\"id\":1e400}", "\u{202e}\u{0}", "{\"id\":{\"id\":[]}}", &deep, &long];
    let topics = ["carts/update", "orders/create", "customers/update", "checkouts/update", "products/update"];
    let each = |(place, body): (usize, &&str)| Webhook {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: vec![("x-shopify-topic".to_owned(), topics[place % topics.len()].to_owned())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    bodies.iter().enumerate().map(each).collect()
}
