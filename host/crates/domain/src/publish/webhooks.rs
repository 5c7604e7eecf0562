//! What must hold of a webhook step, and of rules that read what one was answered.

use std::fmt::Display;

use super::messages::channel_faults;
use super::{FaultCode, ShopView, StrategyFault};
use crate::message_step::MessageStep;
use crate::rule::Group;
use crate::strategy::{Step, Strategy};
use crate::webhook::{self, ANSWER_BYTES, CHANNEL, FIELD, WebhookStep};

pub(super) fn check(step: &WebhookStep, path: &str, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let named = MessageStep { channel: Some(step.channel.clone()), ..MessageStep::default() };
    channel_faults(&named, path, view, faults);
    let ability = view.channel(&step.channel).and_then(|channel| channel.ability.as_ref());
    if let Some(ability) = ability.filter(|ability| ability.channel != CHANNEL) {
        let values: [(&str, &dyn Display); 3] =
            [("channel", &step.channel), ("is", &ability.channel), ("needed", &CHANNEL)];
        let message = FaultCode::NotAWebhookChannel.with(values);
        faults.push(StrategyFault::error(format!("{path}.channel"), message));
    }
    let length = step.sample.as_ref().map_or(0, |sample| sample.to_string().len());
    if length > ANSWER_BYTES {
        let message = FaultCode::AnswerTooLong.with([("length", &length), ("most", &ANSWER_BYTES)]);
        faults.push(StrategyFault::error(format!("{path}.sample"), message));
    }
}

/// A rule reads the answer to a step that asks for one.
pub(super) fn rule_faults(rule: &Group, path: &str, definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    let asking = || definition.steps.iter().filter(|(_, step)| matches!(step, Step::Webhook(_)));
    for leaf in rule.leaves() {
        let Some((step, _)) = webhook::field(&leaf.field) else { continue };
        if definition.webhook(step).is_none() {
            let known: Vec<&str> = asking().map(|(name, _)| name.as_str()).collect();
            let step = format!("{FIELD}{step}");
            let message = match known[..] {
                [] => FaultCode::NoWebhookStep.with([("field", &leaf.field), ("step", &step)]),
                _ => {
                    let known = known.join(", ");
                    FaultCode::NotAWebhookStep.with([("field", &leaf.field), ("step", &step), ("known", &known)])
                }
            };
            faults.push(StrategyFault::error(path, message));
        }
    }
}
