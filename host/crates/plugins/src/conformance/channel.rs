//! Channels: whatever the provider answers, the outcome is one of the list, and a message goes out once.

use bytes::Bytes;
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::ids::Mint;
use cartwright_domain::message::Outcome;
use cartwright_domain::plugin::{PluginFailure, Problem};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_engine::ports::{
    ChannelDone, ChannelTask, ConnectionCall, OutgoingMessage, Plugins, Request, RequestEffect, Step, Template,
    TemplateState, Verification, Webhook,
};
use serde_json::{Value, json};

use super::cassettes::{self, Cassette};
use super::report::Rule;
use super::{Depth, Kit, moment, requests, schema};

const ALWAYS_TYPED: Rule = Rule {
    name: "always-an-outcome",
    statement: "every answer of a provider becomes an outcome: 2xx, 4xx, 5xx, time-outs, malformed, huge, redirect",
    remedy: "give a class to every status and every failure, and never trust a body",
};
const NOT_ACCEPTED: Rule = Rule {
    name: "unanswered-is-not-accepted",
    statement: "a send that was refused or not answered is never `accepted`",
    remedy: "answer `uncertain` where nothing came back, `rejected` where the provider said no",
};
const ONE_ID: Rule = Rule {
    name: "one-id-over-all-rounds",
    statement: "a message asks for the same requests each time, under one id, and is sent once",
    remedy: "derive the idempotency key from the message's id; at most one request with the effect `send`",
};
const GRANTED: Rule = Rule {
    name: "requests-within-grants",
    statement: "it asks only for requests that its descriptor declares",
    remedy: "declare host, method and path prefix in `hosts`, and nothing wider than needed",
};
const NO_LITERAL: Rule = Rule {
    name: "no-literal-secret",
    statement: "credentials stand in requests as placeholders only",
    remedy: "declare the secret and write {secret:name}",
};
const UNSIGNED: Rule = Rule {
    name: "wrong-signature-refused",
    statement: "a webhook without a valid signature is refused",
    remedy: "check the provider's signature with `secrets.verify` before anything else",
};
const RECEIVES: Rule = Rule {
    name: "receive-no-trap",
    statement: "whatever an authentic webhook says, the answer is receipts or a fault, each time the same",
    remedy: "leave out what is not known; make a receipt's id from what the provider tells",
};
const TASKS: &[Rule] = &[ALWAYS_TYPED, NOT_ACCEPTED, ONE_ID, GRANTED, NO_LITERAL];
const ROUNDS: usize = 5;

pub(super) async fn examine(kit: &mut Kit<'_>, configs: &[Value]) {
    let contents = contents(kit);
    match (configs.first(), contents.is_empty()) {
        (Some(_), false) => {
            let mut found = Found::default();
            for config in configs {
                for content in &contents {
                    tasks(kit, config, content, &mut found).await;
                }
            }
            for (rule, seen) in TASKS.iter().zip(found.0) {
                kit.report.note(*rule, seen.map_or(Ok(()), Err));
            }
        }
        (config, _) => {
            let what = if config.is_none() { "configuration" } else { "content" };
            for rule in TASKS {
                kit.report
                    .leave_out(*rule, &format!("no {what} is known to try it with: give an example or a fixture"));
            }
        }
    }
    if kit.goes_on() {
        webhooks(kit, configs.first().unwrap_or(&Value::Null)).await;
    }
}

/// Contents to send: the fixture's, those that the schema offers, or one made after it.
fn contents(kit: &Kit<'_>) -> Vec<Value> {
    if !kit.fixture.contents.is_empty() {
        return kit.fixture.contents.clone();
    }
    let schema = kit.plugin.descriptor.content_schema.clone().unwrap_or_else(|| json!({}));
    let Ok(validator) = jsonschema::validator_for(&schema) else { return Vec::new() };
    let mut contents = schema::offered(&schema);
    contents.retain(|content| validator.is_valid(content));
    if contents.is_empty() {
        contents.extend(schema::fitting(&schema, &validator));
    }
    contents
}

/// The first that speaks against each rule of [`TASKS`].
#[derive(Default)]
struct Found([Option<String>; 5]);

impl Found {
    fn against(&mut self, rule: Rule, seen: String) {
        if let Some(place) = TASKS.iter().position(|known| known.name == rule.name) {
            self.0[place].get_or_insert(seen);
        }
    }
}

async fn tasks(kit: &Kit<'_>, config: &Value, content: &Value, found: &mut Found) {
    let call = kit.connection(config);
    let kinds = kit.plugin.descriptor.ability.as_ref().map(|ability| ability.addresses.clone()).unwrap_or_default();
    let ability = kit.plugin.descriptor.ability.clone();
    let wanted = ability.map(|ability| ability.tasks).unwrap_or_default();
    for kind in kinds {
        let message = message(kind, content.clone());
        let mut tasks = vec![ChannelTask::Send(message.clone())];
        if kit.depth == Depth::Full {
            let others = wanted.iter().filter(|kind| **kind != ChannelTaskKind::Send);
            tasks.extend(others.map(|kind| task_of(kit, *kind, &message)));
        }
        for task in tasks {
            for cassette in cassettes::all() {
                if kit.depth == Depth::Upload && found.0.iter().any(Option::is_some) {
                    return;
                }
                play(kit, &call, &task, &cassette, found).await;
            }
        }
    }
}

/// A task of a kind, about the same message.
fn task_of(kit: &Kit<'_>, kind: ChannelTaskKind, message: &OutgoingMessage) -> ChannelTask {
    let renewed = || kit.plugin.descriptor.ability.as_ref().and_then(|ability| ability.refreshes.first().cloned());
    match kind {
        ChannelTaskKind::Send => ChannelTask::Send(message.clone()),
        ChannelTaskKind::Lookup => ChannelTask::Lookup(message.clone()),
        ChannelTaskKind::Price => ChannelTask::Price("p-1".to_owned()),
        ChannelTaskKind::Probe => ChannelTask::Probe,
        ChannelTaskKind::ListTemplates => ChannelTask::ListTemplates,
        ChannelTaskKind::CreateTemplate => ChannelTask::CreateTemplate(Template {
            name: "cart".to_owned(),
            locale: "en".to_owned(),
            content: message.content.clone(),
            state: TemplateState::Pending,
            words: None,
        }),
        ChannelTaskKind::Refresh => ChannelTask::Refresh(renewed().unwrap_or_default()),
    }
}

fn message(kind: AddressKind, content: Value) -> OutgoingMessage {
    let value = match kind {
        AddressKind::Phone => "+4915112345678",
        AddressKind::Email => "ana@example.com",
        AddressKind::Handle => "customer-7",
    };
    let to = Address { kind, value: value.to_owned() };
    let id = Mint::new(moment(), [0xc3; 32]).next();
    OutgoingMessage { id, to, locale: "en".to_owned(), content, created_at: moment() }
}

/// Plays one cassette to the end of the task, twice, and looks at everything that was asked for.
async fn play(kit: &Kit<'_>, call: &ConnectionCall, task: &ChannelTask, cassette: &Cassette, found: &mut Found) {
    let (asked, outcome) = through(kit, call, task, cassette).await;
    let name = cassette.name;
    match &outcome {
        Err(why) => found.against(ALWAYS_TYPED, format!("{name}: {why}")),
        Ok(Some(ChannelDone::Sent(Outcome::Accepted { provider_id, .. })))
            if !cassette.may_be_accepted && !asked.is_empty() =>
        {
            found.against(NOT_ACCEPTED, format!("{name} was answered with accepted `{provider_id}`"));
        }
        Ok(_) => {}
    }
    let sends = asked.iter().filter(|request| request.effect == RequestEffect::Send).count();
    if sends > 1 {
        found.against(ONE_ID, format!("{name}: {sends} requests with the effect `send` in one task"));
    }
    let mut ids: Vec<String> = asked.iter().filter_map(requests::identity).collect();
    let (again, _) = through(kit, call, task, cassette).await;
    ids.extend(again.iter().filter_map(requests::identity));
    ids.dedup();
    if ids.len() > 1 {
        found.against(ONE_ID, format!("{name}: one message under {}", ids.join(" and ")));
    }
    if asked != again {
        found.against(ONE_ID, format!("{name}: first {asked:?}, the second time {again:?}"));
    }
    for request in &asked {
        if let Err(why) = requests::within_grants(kit, call, request) {
            found.against(GRANTED, why);
        }
        if let Err(why) = requests::literal_secret(request) {
            found.against(NO_LITERAL, why);
        }
    }
}

/// All requests of a task and what it came to.
async fn through(
    kit: &Kit<'_>,
    call: &ConnectionCall,
    task: &ChannelTask,
    cassette: &Cassette,
) -> (Vec<Request>, Result<Option<ChannelDone>, String>) {
    let mut asked = Vec::new();
    let mut step = kit.runtime.channel_begin(call, task).await;
    for _ in 0..ROUNDS {
        match step {
            // The configuration and the template are made up; a task may need more of them, and says which field.
            Err(failure) if asked.is_empty() && needs_more(task, &failure) => return (asked, Ok(None)),
            // Interpreters may need longer for the longest body than a step has: the host takes such an answer, and no
            // other, as one that never came, so a message that was sent is `uncertain`.
            Err(failure) if !asked.is_empty() && cassette.is_huge() && failure.problem == Problem::TimeOut => {
                return (asked, Ok(None));
            }
            Err(failure) => return (asked, Err(failure.to_string())),
            Ok(Step::Done(outcome)) => return (asked, Ok(Some(outcome))),
            Ok(Step::Call { requests, state }) => {
                let limit = kit.runtime.sandbox.limits.body_bytes;
                let answers: Vec<_> = requests.iter().map(|one| cassette.answer(&one.action, limit)).collect();
                asked.extend(requests);
                step = kit.runtime.channel_resume(call, task.kind(), &state, &answers).await;
            }
        }
    }
    match step {
        Ok(Step::Done(outcome)) => (asked, Ok(Some(outcome))),
        Ok(Step::Call { .. }) => (asked, Err(format!("it asks for more than {ROUNDS} rounds"))),
        Err(failure) => (asked, Err(failure.to_string())),
    }
}

fn needs_more(task: &ChannelTask, failure: &PluginFailure) -> bool {
    task.kind() != ChannelTaskKind::Send && matches!(failure.problem, Problem::BadConfig | Problem::BadInput)
}

async fn webhooks(kit: &mut Kit<'_>, config: &Value) {
    let call = kit.connection(config);
    let mut seen = Ok(());
    for webhook in unsigned() {
        match kit.runtime.verify(&call, &webhook).await {
            Ok(Verification::Authentic) if kit.plugin.descriptor.secrets.is_empty() => {}
            Ok(Verification::Refused(_)) => {}
            answer => seen = Err(format!("{} {}: {answer:?}", webhook.method, webhook.path)),
        }
    }
    kit.report.note(UNSIGNED, seen);
    let mut seen = Ok(());
    let fixed = kit.fixture.webhooks.iter().map(super::SampleWebhook::arrived);
    for webhook in unsigned().into_iter().chain(fixed) {
        let first = kit.runtime.receive(&call, &webhook).await;
        let second = kit.runtime.receive(&call, &webhook).await;
        if first != second {
            seen = Err(format!("first {first:?}, then {second:?}"));
        }
        if let Err(failure) = first.as_ref().filter_broken() {
            seen = Err(format!("{:?}: {failure}", String::from_utf8_lossy(&webhook.body)));
        }
    }
    kit.report.note(RECEIVES, seen);
}

/// Webhooks that nobody signed.
pub(super) fn unsigned() -> Vec<Webhook> {
    let signatures = ["", "sha256=", "0", "sha256=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"];
    let names =
        ["x-hub-signature-256", "x-shopify-hmac-sha256", "x-cartwright-signature", "x-signature", "authorization"];
    let bodies =
        ["", "{}", "[]", "null", "{\"entry\":[{\"changes\":[{\"value\":{}}]}]}", "{\"id\":", "\u{feff}\u{202e}"];
    bodies
        .iter()
        .enumerate()
        .map(|(place, body)| {
            let signature = signatures[place % signatures.len()];
            let headers = names.iter().map(|name| ((*name).to_owned(), signature.to_owned())).collect();
            Webhook {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                headers,
                body: Bytes::from_static(body.as_bytes()),
            }
        })
        .collect()
}

/// A failure that is not an answer of the plugin's own.
pub(super) trait Broken {
    fn filter_broken(self) -> Result<(), String>;
}

impl<T> Broken for Result<T, &cartwright_domain::plugin::PluginFailure> {
    fn filter_broken(self) -> Result<(), String> {
        use cartwright_domain::plugin::Problem::{BadConfig, BadInput, Fault, MissingFact};
        match self {
            Err(failure) if ![BadConfig, BadInput, Fault, MissingFact].contains(&failure.problem) => {
                Err(failure.to_string())
            }
            _ => Ok(()),
        }
    }
}
