//! A trace in words: what was decided, for people.

use cartwright_domain::effect::{Effect, Names};
use cartwright_domain::message::{Details, HoldReason, SkipReason};
use cartwright_domain::run::{EndReason, Position, Run};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::{Happening, MessageTrace, TraceEntry};
use std::collections::BTreeSet;

/// One line of a trace as a sentence, without its time, step and facts.
pub(super) fn sentence(entry: &TraceEntry) -> String {
    match &entry.what {
        Happening::Entered { event, event_id, due_at } => {
            let due = moment(*due_at);
            format!("Entered by the event {event} ({event_id}); goes on at {due} if nothing happens.")
        }
        Happening::Restarted { event_id, due_at } => {
            format!("Began to settle anew by the event {event_id}; goes on at {}.", moment(*due_at))
        }
        Happening::Settled => "Settled: nothing was added any more.".to_owned(),
        Happening::Joined { by } => format!("Joined with a known customer by {by}."),
        Happening::PhoneMoved { .. } => "The phone belongs to another customer from now on.".to_owned(),
        Happening::PhoneClaimed { .. } => {
            "A form gave a phone that is known to be somebody else's; nothing is sent to it.".to_owned()
        }
        Happening::Branched { branch, by, reason, .. } => {
            with_reason(format!("Took the branch {branch}, decided by {by}"), reason)
        }
        Happening::PluginFailed { by, problem, then, .. } => format!("The plugin {by} failed: {problem}. {then}"),
        Happening::Selected { content, by, reason, .. } => {
            with_reason(format!("Chose the content {content}, decided by {by}"), reason)
        }
        Happening::Waiting { until } => format!("Waits until {}.", moment(*until)),
        Happening::MessageQueued { channel, content, .. } => format!("Decided to send {content} over {channel}."),
        Happening::Message { state, .. } => of_message(state),
        Happening::Skipped { reason } => format!("Sent nothing: {}.", skipped(*reason)),
        Happening::HeldOut { .. } => "Held the message out, to see what it is worth.".to_owned(),
        Happening::ExitTaken { order, then } if then == "end" => format!("Left because of the order {order}."),
        Happening::ExitTaken { order, then } => format!("Left because of the order {order}; goes on at {then}."),
        Happening::Changed { effect: Effect::Tags(names) } => changed("tags", names),
        Happening::Changed { effect: Effect::Lists(names) } => changed("lists", names),
        Happening::Changed { effect: Effect::Attributes { set } } => {
            format!("Set the attributes {}.", set.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
        Happening::Transferred { strategy, refused: None, .. } => format!("Passed on to {strategy}."),
        Happening::Transferred { strategy, refused: Some(why), .. } => format!("Not passed on to {strategy}: {why}."),
        Happening::Moved { from, to, due_at: Some(due) } => {
            format!("Moved from version {from} to version {to}; goes on at {}.", moment(*due))
        }
        Happening::Moved { from, to, due_at: None } => format!("Moved from version {from} to version {to}."),
        Happening::Ended { reason } => format!("Ended: {}.", ended(*reason)),
    }
}

fn changed(what: &str, names: &Names) -> String {
    let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    match (names.add.is_empty(), names.remove.is_empty()) {
        (false, true) => format!("Added to the {what}: {}.", list(&names.add)),
        (true, _) => format!("Removed from the {what}: {}.", list(&names.remove)),
        (false, false) => format!("Added to the {what}: {}; removed: {}.", list(&names.add), list(&names.remove)),
    }
}

/// Where a run stands, as a sentence.
pub(super) fn position(run: &Run) -> String {
    match (&run.position, run.due_at) {
        (Position::Settling, Some(due)) => format!("Settles until {}.", moment(due)),
        (Position::Settling, None) => "Settles.".to_owned(),
        (Position::Step { step, .. }, Some(due)) => format!("At {step}; goes on at {}.", moment(due)),
        (Position::Step { step, .. }, None) => format!("At {step}."),
        (Position::Message { step, .. }, _) => format!("At {step}; waits for its message."),
        (Position::Ended { reason, ended_at }, _) => format!("Ended at {}: {}.", moment(*ended_at), ended(*reason)),
    }
}

/// A moment as people read it: to the second, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.split_once('.').map_or(text.as_str(), |(seconds, _)| seconds).replace('T', " ")
}

/// The same as HTML, with all of it for machines.
pub(super) fn time(at: Timestamp) -> String {
    format!("<time datetime=\"{at}\">{}</time>", moment(at))
}

fn with_reason(text: String, reason: &Option<String>) -> String {
    match reason {
        Some(reason) => format!("{text}: {reason}"),
        None => format!("{text}."),
    }
}

fn of_message(state: &MessageTrace) -> String {
    match state {
        MessageTrace::HandedOver { .. } => "The message was handed over.".to_owned(),
        MessageTrace::Accepted => "The provider accepted the message.".to_owned(),
        MessageTrace::AnswerNotKept { why } => format!("What was answered is not kept: {why}."),
        MessageTrace::Rejected { class, details } => {
            format!("The provider refused the message ({class}): {}", words(details))
        }
        MessageTrace::Again { at, class, details } => {
            format!("Tried again at {} ({class}): {}", moment(*at), words(details))
        }
        MessageTrace::Held { reason } => format!("The message is held: {}.", held(*reason)),
        MessageTrace::WaitsForWindow { until } => format!("The message waits for its window until {}.", moment(*until)),
        MessageTrace::WaitsForCap { until } => {
            format!("The customer has had enough for now; the message waits until {}.", moment(*until))
        }
        MessageTrace::OrdersRead => "The platform was asked for the customer's orders once more.".to_owned(),
        MessageTrace::WaitsForOthers { until } => {
            format!("The message waits for a more important one until {}.", moment(*until))
        }
        MessageTrace::Uncertain { details } => {
            format!("Whether the provider has the message is not known; it is never sent again. {}", words(details))
        }
        MessageTrace::Skipped { reason, details: Some(details) } => {
            format!("The message was not sent: {} ({details}).", skipped(*reason))
        }
        MessageTrace::Skipped { reason, details: None } => format!("The message was not sent: {}.", skipped(*reason)),
        MessageTrace::Receipt { kind } => format!("A receipt came: {}.", name_of(kind)),
    }
}

fn words(details: &Details) -> String {
    match &details.code {
        Some(code) => format!("{} ({code})", details.text),
        None => details.text.clone(),
    }
}

/// The word that JSON has for it, with spaces.
fn name_of(value: &impl serde::Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().replace('_', " ")
}

fn skipped(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::StrategyNotLive => "the strategy is not live",
        SkipReason::RunEnded => "the run ended before it left",
        SkipReason::NotIdentified => "nobody is known behind the cart yet",
        SkipReason::NoConsent => "the customer has not subscribed to marketing",
        SkipReason::Unsubscribed => "the customer has unsubscribed from marketing",
        SkipReason::Suppressed => "the address is suppressed on this channel",
        SkipReason::NoAddress => "there is no address that the channel can use",
        SkipReason::InvalidAddress => "the address is marked invalid",
        SkipReason::NotOnChannel => "the person is not on this channel",
        SkipReason::CartEmptied => "the cart is empty",
        SkipReason::NoVariant => "the content has no variant for the channel",
        SkipReason::MissingVariable => "a variable has neither value nor default",
        SkipReason::ContentFailed => "the content could not be rendered",
        SkipReason::NoContent => "no content was chosen",
        SkipReason::TooLate => "it is too late",
        SkipReason::WindowNeverOpen => "its windows have no minute in common",
        SkipReason::CappedByShop => "the customer has had as many messages lately as the shop's cap allows",
        SkipReason::CappedByChannel => "the customer has had as many messages lately as the channel's cap allows",
        SkipReason::CappedByStrategy => "the customer has had as many messages lately as the strategy's cap allows",
        SkipReason::OrderedLately => "the customer ordered lately",
        SkipReason::TooLong => "it would take more parts than its content allows",
        SkipReason::ChannelHeld => "the channel is held, and the next one is tried",
    }
}

fn held(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::SenderPolicy => "the provider refuses the sender",
        HoldReason::Auth => "the credentials do not work",
        HoldReason::Billing => "the account is out of credit",
        HoldReason::Template => "the provider refuses the template",
        HoldReason::ContentPolicy => "the provider refuses what it says",
        HoldReason::ChannelNotReady => "the channel is not ready",
        HoldReason::SourceStale => "nothing was heard from the shop for too long, and an order may be waiting there",
    }
}

fn ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Completed => "it went to the end of its way",
        EndReason::Converted => "the customer ordered",
        EndReason::CartEmptied => "the cart was emptied",
        EndReason::Merged => "two customers turned out to be one, and the other run went on",
        EndReason::Advanced => "the customer went on to the checkout, and its strategy took over",
        EndReason::Restarted => "another trigger began it anew",
        EndReason::Stopped => "the strategy was stopped",
        EndReason::DateGone => "the date that it waited for is no longer known, or is past",
        EndReason::Transferred => "another strategy took over",
        EndReason::StepGone => "its step is not in the version that it was moved to",
        EndReason::PluginFailed => "a plugin failed at a step that holds no answer for it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::event::ReceiptKind;

    fn told(what: Happening) -> String {
        sentence(&TraceEntry { at: Timestamp::from_millis(0), step: None, what, facts: Vec::new() })
    }

    #[test]
    fn decisions_read_as_sentences() {
        let ids = cartwright_domain::ids::MessageId(uuid::Uuid::nil());
        let due_at = Timestamp::from_millis(14_400_000);
        let lines = [
            told(Happening::Entered { event: "cart.updated".into(), event_id: "c-1".into(), due_at }),
            told(Happening::Branched {
                branch: "yes".into(),
                by: "high-value@0.1.0 (abc)".into(),
                digest: Some("abc".into()),
                reason: Some("5 orders".into()),
            }),
            told(Happening::Branched { branch: "no".into(), by: "rule".into(), digest: None, reason: None }),
            told(Happening::MessageQueued { message: ids, channel: "inbox".into(), content: "reminder".into() }),
            told(Happening::Message { message: ids, state: MessageTrace::Receipt { kind: ReceiptKind::OptedOut } }),
            told(Happening::Skipped { reason: SkipReason::NoConsent }),
            told(Happening::ExitTaken { order: "1001".into(), then: "end".into() }),
            told(Happening::Ended { reason: EndReason::Converted }),
        ];
        insta::assert_snapshot!(lines.join("\n"));
    }
}
