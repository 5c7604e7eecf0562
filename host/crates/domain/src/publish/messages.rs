//! What must hold of a message step: its channels, alone and together, and what it says on each of them.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::windows::sends_marketing;
use super::{FaultCode, ShopView, StrategyFault, delays, span_faults};
use crate::cap::WhenCapped;
use crate::contact::GENERAL;
use crate::content::Content;
use crate::event::ReceiptKind;
use crate::message_step::{MessageStep, Spread};
use crate::strategy::{Step, Strategy};

pub(super) fn check(
    step: &MessageStep,
    path: &str,
    definition: &Strategy,
    view: &ShopView<'_>,
    faults: &mut Vec<StrategyFault>,
) {
    delays::percent_faults(step.hold_out, &format!("{path}.hold_out"), faults);
    channel_faults(step, path, view, faults);
    silence_faults(step, path, view, faults);
    content_faults(step, path, definition, view, faults);
    topic_faults(step, path, definition, view, faults);
    if step.capped.is_some() && !sends_marketing(step, definition, view) {
        faults.push(StrategyFault::warning(format!("{path}.capped"), FaultCode::CappedNeverTaken));
    }
}

/// What the policies say of message steps.
pub(super) fn policy_faults(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    if let Some(topic) = definition.policies.topic.as_deref()
        && let Some(known) = topics_without(topic, view)
    {
        let message = FaultCode::NoTopic.with([("topic", &topic), ("known", &known)]);
        faults.push(StrategyFault::error("policies.topic", message));
    }
    let has_chain = definition.steps.values().any(|step| match step {
        Step::Message(message) => message.spread() == Spread::Chain,
        _ => false,
    });
    if definition.policies.capped == WhenCapped::NextChannel && !has_chain {
        faults.push(StrategyFault::error("policies.capped", FaultCode::NoNextChannel));
    }
}

/// The channels with the paths that name them.
pub(super) fn slots<'a>(step: &'a MessageStep, path: &str) -> Vec<(String, &'a str)> {
    let listed = |field: &str, names: &'a [String]| -> Vec<(String, &'a str)> {
        let paths = names.iter().enumerate();
        paths.map(|(place, name)| (format!("{path}.{field}[{place}]"), name.as_str())).collect()
    };
    let one = step.channel.iter().map(|name| (format!("{path}.channel"), name.as_str()));
    one.chain(listed("channels", &step.channels)).chain(listed("fallback", &step.fallback)).collect()
}

pub(super) fn channel_faults(step: &MessageStep, path: &str, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let ways = [step.channel.is_some(), !step.channels.is_empty(), !step.fallback.is_empty()];
    match ways.iter().filter(|way| **way).count() {
        0 => faults.push(StrategyFault::error(format!("{path}.channel"), FaultCode::NoChannelNamed)),
        1 => {}
        _ => faults.push(StrategyFault::error(path, FaultCode::TwoWaysOfChannels)),
    }
    let mut seen = BTreeSet::new();
    for (path, name) in slots(step, path) {
        if !seen.insert(name) {
            faults.push(StrategyFault::error(path, FaultCode::NamedTwice.with([("name", &name)])));
        } else if view.channel(name).is_none() {
            let known: Vec<&str> =
                view.connections.iter().filter(|c| view.channel(&c.name).is_some()).map(|c| c.name.as_str()).collect();
            let message = match known[..] {
                [] => FaultCode::NoChannelYet.with([("name", &name)]),
                _ => FaultCode::NoChannel.with([("name", &name), ("known", &known.join(", "))]),
            };
            faults.push(StrategyFault::error(path, message));
        }
    }
}

/// S19: silence says something only of a channel that would speak.
fn silence_faults(step: &MessageStep, path: &str, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let Some(span) = step.no_receipt_within else { return };
    let path = format!("{path}.no_receipt_within");
    span_faults(span, &path, faults);
    if step.fallback.is_empty() {
        faults.push(StrategyFault::error(path, FaultCode::NoReceiptNeedsFallback));
        return;
    }
    for name in step.fallback.iter().rev().skip(1).rev() {
        let Some(ability) = view.channel(name).and_then(|channel| channel.ability.as_ref()) else { continue };
        if !ability.receipts.contains(&ReceiptKind::Delivered) {
            let message = FaultCode::NeverDelivered.with([("name", name)]);
            faults.push(StrategyFault::error(path.clone(), message));
        }
    }
}

fn content_faults(
    step: &MessageStep,
    path: &str,
    definition: &Strategy,
    view: &ShopView<'_>,
    faults: &mut Vec<StrategyFault>,
) {
    let mut named = Vec::new();
    match (&step.content, &step.select) {
        (Some(_), Some(_)) => faults.push(StrategyFault::error(path, FaultCode::ContentAndSelect)),
        (None, None) => faults.push(StrategyFault::error(path, FaultCode::NoContentNamed)),
        (Some(content), None) => named.push((format!("{path}.content"), content.as_str())),
        (None, Some(select)) => {
            if select.candidates.is_empty() {
                faults.push(StrategyFault::error(format!("{path}.select.candidates"), FaultCode::NoCandidate));
            }
            let candidates = select.candidates.iter().enumerate();
            named.extend(candidates.map(|(place, name)| (format!("{path}.select.candidates[{place}]"), name.as_str())));
            named.extend(select.default.iter().map(|name| (format!("{path}.select.default"), name.as_str())));
        }
    }
    let abilities = slots(step, path).into_iter().filter_map(|(_, name)| view.channel(name)?.ability.as_ref());
    let short_names: BTreeSet<&str> = abilities.map(|ability| ability.channel.as_str()).collect();
    for (path, name) in named {
        match view.content(definition, name) {
            None => {
                let message = FaultCode::NoContent.with([("name", &name)]);
                faults.push(StrategyFault::error(path, message));
            }
            Some(content) => {
                faults.extend(short_names.iter().filter_map(|channel| variant_fault(content, channel, path.clone())));
            }
        }
    }
}

/// S18: a topic that the shop does not have is one that nobody can be asked about.
fn topic_faults(
    step: &MessageStep,
    path: &str,
    definition: &Strategy,
    view: &ShopView<'_>,
    faults: &mut Vec<StrategyFault>,
) {
    for name in step.contents() {
        let topic = view.content(definition, name).and_then(|content| content.topic.as_deref());
        if let Some(topic) = topic
            && let Some(known) = topics_without(topic, view)
        {
            let values: [(&str, &dyn Display); 3] = [("content", &name), ("topic", &topic), ("known", &known)];
            faults.push(StrategyFault::error(path, FaultCode::NoTopicOfContent.with(values)));
        }
    }
}

/// The topics of a shop that has no such one; none where it has.
fn topics_without(topic: &str, view: &ShopView<'_>) -> Option<String> {
    if topic == GENERAL || view.shop.topics.iter().any(|known| known == topic) {
        return None;
    }
    let known: Vec<&str> = std::iter::once(GENERAL).chain(view.shop.topics.iter().map(String::as_str)).collect();
    Some(known.join(", "))
}

fn variant_fault(content: &Content, channel: &str, path: String) -> Option<StrategyFault> {
    if content.variant(channel, None).is_some() {
        return None;
    }
    let message = if content.variants.iter().any(|variant| variant.channel == channel) {
        let locale = &content.default_locale;
        FaultCode::NoDefaultVariant.with([("content", &content.name), ("channel", &channel), ("locale", locale)])
    } else {
        FaultCode::NoVariantForChannel.with([("content", &content.name), ("channel", &channel)])
    };
    Some(StrategyFault::error(path, message))
}
