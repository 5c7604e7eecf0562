//! A simulation as text: what happened to each customer, when, and why.

use cartwright_domain::customer::Customer;
use cartwright_domain::effect::{Effect, Names};
use cartwright_domain::ids::MessageId;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::{Happening, MessageTrace, TraceEntry};
use cartwright_engine::{SimulatedRun, Timeline};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::counted;

/// The head of a simulation, for a person.
pub(crate) fn head(name: &str, timeline: &Timeline) -> Vec<String> {
    let mut lines = vec![format!("{name}: {}, until {}", counted(timeline.runs.len(), "run"), timeline.ended_at)];
    for (id, reason) in &timeline.refused {
        lines.push(format!("not taken: {id}: {reason}"));
    }
    lines
}

/// Lines for a person: a run with its decisions, the facts they were made on, and what would be sent.
pub(crate) fn readable(run: &SimulatedRun) -> Vec<String> {
    let mut lines = vec![String::new(), who(run.customer.as_ref())];
    for entry in &run.trace {
        lines.extend(entry_lines(entry, run));
    }
    lines
}

/// What was not taken, as JSON Lines.
pub(crate) fn json_head(timeline: &Timeline) -> Vec<String> {
    timeline.refused.iter().map(|(id, reason)| json!({ "not_taken": id, "reason": reason }).to_string()).collect()
}

/// A run as a line of JSON.
pub(crate) fn json_line(run: &SimulatedRun) -> String {
    json!({ "run": run.run, "customer": run.customer, "trace": run.trace, "messages": run.messages }).to_string()
}

/// Where it ended, as the last line of JSON.
pub(crate) fn json_end(name: &str, timeline: &Timeline) -> String {
    json!({ "strategy": name, "ended_at": timeline.ended_at }).to_string()
}

fn who(customer: Option<&Customer>) -> String {
    let Some(customer) = customer else { return "Somebody who is gone".to_owned() };
    let name: Vec<&str> =
        [&customer.first_name, &customer.last_name].into_iter().flatten().map(String::as_str).collect();
    let address =
        customer.email.as_ref().map(ToString::to_string).or_else(|| customer.phone.as_ref().map(ToString::to_string));
    match (name.is_empty(), address) {
        (true, None) => "Somebody unknown".to_owned(),
        (true, Some(address)) => address,
        (false, None) => name.join(" "),
        (false, Some(address)) => format!("{} <{address}>", name.join(" ")),
    }
}

fn entry_lines(entry: &TraceEntry, run: &SimulatedRun) -> Vec<String> {
    let step = entry.step.as_deref().unwrap_or("-");
    let mut lines = vec![format!("  {}  {step:<14} {}", moment(entry.at), happened(&entry.what))];
    lines.extend(entry.facts.iter().map(|read| format!("{:42}because {read}", "")));
    if let Happening::Message { message, state: MessageTrace::HandedOver { .. } } = &entry.what {
        lines.extend(texts(run, *message).into_iter().map(|text| format!("{:42}| {text}", "")));
    }
    lines
}

/// Without what is the same in every line.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.replace('T', " ").trim_end_matches('Z').trim_end_matches(".000").to_owned()
}

fn happened(what: &Happening) -> String {
    match what {
        Happening::Entered { event, event_id, due_at } => {
            format!("entered by {event} {event_id}, goes on at {}", moment(*due_at))
        }
        Happening::Restarted { event_id, due_at } => {
            format!("more was added ({event_id}), goes on at {}", moment(*due_at))
        }
        Happening::Settled => "settled".to_owned(),
        Happening::Joined { by } => format!("turned out to be a known customer, by {by}"),
        Happening::PhoneMoved { from, to } => format!("the phone moved from customer {from} to {to}"),
        Happening::PhoneClaimed { of } => format!("a form gave a phone that is known to be customer {of}'s"),
        Happening::Branched { branch, by, reason, .. } => {
            format!("branch {branch}, says {by}{}", own_words(reason.as_deref()))
        }
        Happening::PluginFailed { by, problem, then, .. } => format!("{by} failed ({problem}): {then}"),
        Happening::Selected { content, by, reason, .. } => {
            format!("content `{content}`, says {by}{}", own_words(reason.as_deref()))
        }
        Happening::Waiting { until } => format!("waits until {}", moment(*until)),
        Happening::MessageQueued { channel, content, .. } => format!("message `{content}` over {channel}"),
        Happening::Message { state, .. } => became(state),
        Happening::Skipped { reason } => format!("not sent: {}", word(reason)),
        Happening::HeldOut { .. } => "held out, to see what it is worth".to_owned(),
        Happening::ExitTaken { order, then } => format!("order {order}: exit to {then}"),
        Happening::Changed { effect } => changed(effect),
        Happening::Transferred { strategy, refused: None, .. } => format!("passed on to `{strategy}`"),
        Happening::Transferred { strategy, refused: Some(why), .. } => format!("not passed on to `{strategy}`: {why}"),
        Happening::Moved { from, to, .. } => format!("moved from version {from} to version {to}"),
        Happening::Ended { reason } => format!("ended: {}", word(reason)),
    }
}

fn became(state: &MessageTrace) -> String {
    match state {
        MessageTrace::HandedOver { .. } => "sent".to_owned(),
        MessageTrace::Accepted => "accepted".to_owned(),
        MessageTrace::AnswerNotKept { why } => format!("the answer is not kept: {why}"),
        MessageTrace::Rejected { class, details } => format!("refused: {class}: {}", details.text),
        MessageTrace::Again { at, class, details } => {
            format!("tried again at {}: {class}: {}", moment(*at), details.text)
        }
        MessageTrace::Held { reason } => format!("held: {}", word(reason)),
        MessageTrace::WaitsForWindow { until } => format!("waits for its window until {}", moment(*until)),
        MessageTrace::WaitsForSender { until } => format!("waits for its sender until {}", moment(*until)),
        MessageTrace::WaitsForCap { until } => format!("waits for its frequency cap until {}", moment(*until)),
        MessageTrace::OrdersRead => "the platform was asked for orders once more".to_owned(),
        MessageTrace::WaitsForOthers { until } => format!("waits for a more important one until {}", moment(*until)),
        MessageTrace::Uncertain { details } => format!("uncertain: {}", details.text),
        MessageTrace::Skipped { reason, details } => {
            format!("not sent: {}{}", word(reason), own_words(details.as_deref()))
        }
        MessageTrace::Receipt { kind } => format!("receipt: {}", word(kind)),
    }
}

fn changed(effect: &Effect) -> String {
    let names = |what: &str, names: &Names| {
        let signed = |sign: &str, name: &String| format!("{sign}{name}");
        let added = names.add.iter().map(|name| signed("+", name));
        let all: Vec<String> = added.chain(names.remove.iter().map(|name| signed("-", name))).collect();
        format!("{what} {}", all.join(" "))
    };
    match effect {
        Effect::Tags(tags) => names("tags", tags),
        Effect::Lists(lists) => names("lists", lists),
        Effect::Attributes { set } => {
            let set: Vec<String> = set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            format!("attributes {}", set.join(", "))
        }
    }
}

fn own_words(words: Option<&str>) -> String {
    words.map(|words| format!(" ({words})")).unwrap_or_default()
}

/// The word of a closed list, as JSON has it.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => other.unwrap_or_default().to_string(),
    }
}

/// What a message says, text by text.
fn texts(run: &SimulatedRun, message: MessageId) -> Vec<String> {
    let message = run.messages.iter().find(|one| one.id == message);
    let mut lines = Vec::new();
    if let Some(document) = message.and_then(|message| message.rendered.as_ref()) {
        collect(document, "", &mut lines);
    }
    lines
}

fn collect(value: &Value, path: &str, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(field, &path, lines);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                collect(item, &format!("{path}[{place}]"), lines);
            }
        }
        Value::String(text) => lines.extend(text.lines().map(|line| format!("{path}: {line}"))),
        other => lines.push(format!("{path}: {other}")),
    }
}
