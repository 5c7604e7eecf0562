//! What must hold of a strategy before it is published, decided from the definition and a view of the shop.
//!
//! Every fault names the place it is at, in the words of the file: `steps.loyal.branches.yes`. An error refuses the
//! strategy; a warning is shown and lets it pass. Nothing here asks anybody: what only a plugin can tell, whether it
//! takes a configuration, is handed in with the view.

mod actions;
mod caps;
mod contents;
mod delays;
mod grants;
mod graph;
mod messages;
mod schemas;
mod senders;
mod sentences;
mod shops;
mod steps;
#[cfg(test)]
mod tests;
mod waits;
mod webhooks;
mod windows;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::content::Content;
use crate::delay::LONGEST;
use crate::message_step::MessageStep;
use crate::plugin::{PluginKind, PluginRecord};
use crate::said::{Said, Values};
use crate::shop::{Connection, ConnectionKind, PluginRef, Shop};
use crate::strategy::{END, KeyKind, Step, Strategy, TriggerKind, TriggerRule};
use crate::time::Span;

pub use actions::{Transfers, transfers_of};
pub use caps::cap_faults;
pub use contents::content_faults;
pub(crate) use delays::local_fault;
pub use grants::{missing_facts, missing_grants};
pub use schemas::{event_schema, strategy_schema};
pub use sentences::FaultCode;
pub use shops::shop_faults;
pub use windows::window_faults;

/// Something wrong with what a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrategyFault {
    /// Where, such as `steps.loyal.branches.yes`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Whether it refuses the strategy.
    pub severity: Severity,
    /// Which sentence `message` is, for whoever says it in another language; none for what a plugin says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<FaultCode>,
    /// What stands in that sentence, by name.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
}

/// Whether a fault refuses the strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does.
    Error,
    /// It is only shown.
    Warning,
}

impl StrategyFault {
    /// A fault that refuses.
    pub fn error(path: impl Into<String>, message: impl Into<Said<FaultCode>>) -> Self {
        Self::new(path.into(), message.into(), Severity::Error)
    }

    /// A fault that is only shown.
    pub fn warning(path: impl Into<String>, message: impl Into<Said<FaultCode>>) -> Self {
        Self::new(path.into(), message.into(), Severity::Warning)
    }

    fn new(path: String, message: Said<FaultCode>, severity: Severity) -> Self {
        Self { path, message: message.text, severity, code: message.code, values: message.values }
    }

    /// Whether it refuses.
    pub fn refuses(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for StrategyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// What publishing knows of the shop.
#[derive(Debug, Clone, Copy)]
pub struct ShopView<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// Its channels and sources.
    pub connections: &'a [Connection],
    /// Its plugins, all versions.
    pub plugins: &'a [PluginRecord],
    /// Its contents, the newest revision of each.
    pub contents: &'a [Content],
    /// Where its strategies pass customers on to, as they are now.
    pub transfers: &'a Transfers,
    /// What plugins say against configurations, by the path of the configuration.
    pub config_faults: &'a BTreeMap<String, String>,
}

impl<'a> ShopView<'a> {
    /// The connected channel of a name.
    pub fn channel(&self, name: &str) -> Option<&'a Connection> {
        self.connections.iter().find(|known| known.kind == ConnectionKind::Channel && known.name == name)
    }

    /// The content of a name: one that comes with the strategy before one of the shop's.
    pub fn content<'b>(&self, strategy: &'b Strategy, name: &str) -> Option<&'b Content>
    where
        'a: 'b,
    {
        strategy.content(name).or_else(|| self.contents.iter().find(|content| content.name == name))
    }
}

/// A place of a strategy where a plugin decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PluginUse<'a> {
    /// The step.
    pub step: &'a str,
    /// What it must be.
    pub kind: PluginKind,
    /// Which one.
    pub plugin: &'a PluginRef,
    /// With which configuration.
    pub config: &'a Value,
}

impl PluginUse<'_> {
    /// Path of the plugin's name.
    pub fn plugin_path(&self) -> String {
        match self.kind {
            PluginKind::Selector => format!("steps.{}.select.plugin", self.step),
            _ => format!("steps.{}.plugin", self.step),
        }
    }

    /// Path of its configuration.
    pub fn config_path(&self) -> String {
        match self.kind {
            PluginKind::Selector => format!("steps.{}.select.config", self.step),
            _ => format!("steps.{}.config", self.step),
        }
    }
}

/// Every place of a strategy where a plugin decides.
pub fn plugin_uses(strategy: &Strategy) -> Vec<PluginUse<'_>> {
    strategy
        .steps
        .iter()
        .filter_map(|(step, what)| match what {
            Step::Condition { plugin: Some(plugin), config, .. } => {
                Some(PluginUse { step, kind: PluginKind::Condition, plugin, config })
            }
            Step::Message(MessageStep { select: Some(select), .. }) => {
                Some(PluginUse { step, kind: PluginKind::Selector, plugin: &select.plugin, config: &select.config })
            }
            _ => None,
        })
        .collect()
}

/// The longest name.
pub const NAME_LENGTH: usize = 100;
/// More steps than anybody reads.
const MOST_STEPS: usize = 200;

/// Everything that is wrong with a strategy, in the order of the file.
pub fn faults(definition: &Strategy, view: &ShopView<'_>) -> Vec<StrategyFault> {
    let mut faults = Vec::new();
    name_faults(&definition.name, "name", &mut faults);
    trigger_faults(definition, &mut faults);
    graph::check(definition, &mut faults);
    steps::check(definition, view, &mut faults);
    span_faults(definition.policies.max_lateness, "policies.max_lateness", &mut faults);
    delays::percent_faults(definition.policies.hold_out, "policies.hold_out", &mut faults);
    windows::check(definition, view, &mut faults);
    caps::check(definition, view, &mut faults);
    shops::check_utm(definition, view.shop, &mut faults);
    shops::filter_faults(&definition.policies.push_filter, "policies.push_filter", &mut faults);
    messages::policy_faults(definition, view, &mut faults);
    senders::check(definition, view, &mut faults);
    for (place, content) in definition.contents.iter().enumerate() {
        let path = format!("contents[{place}]");
        if definition.contents[..place].iter().any(|before| before.name == content.name) {
            let message = FaultCode::ContentTwice.with([("name", &content.name)]);
            faults.push(StrategyFault::error(format!("{path}.name"), message));
        }
        content_faults(content, &path, &mut faults);
    }
    faults
}

fn name_faults(name: &str, path: &str, faults: &mut Vec<StrategyFault>) {
    if name.trim().is_empty() {
        faults.push(StrategyFault::error(path, FaultCode::Empty));
    } else if name.chars().count() > NAME_LENGTH {
        faults.push(StrategyFault::error(path, FaultCode::TooLong.with([("n", &NAME_LENGTH)])));
    } else if name.chars().any(char::is_control) {
        faults.push(StrategyFault::error(path, FaultCode::ControlCharacters));
    }
}

fn span_faults(span: Span, path: &str, faults: &mut Vec<StrategyFault>) {
    if span <= Span::ZERO {
        faults.push(StrategyFault::error(path, FaultCode::SpanTooShort));
    } else if span > LONGEST {
        faults.push(StrategyFault::error(path, FaultCode::SpanTooLong));
    }
}

/// A type of event of the shop's own; `ours` is what is said of one that is not.
fn own_event_faults(event: &str, ours: FaultCode, path: &str, faults: &mut Vec<StrategyFault>) {
    if !event.contains('.') || event.len() > 100 {
        let message = FaultCode::OwnEventWithoutDot.with([("event", &event)]);
        faults.push(StrategyFault::error(path, message));
    } else if crate::event::TYPES.contains(&event) {
        faults.push(StrategyFault::error(path, ours.with([("event", &event)])));
    }
}

fn trigger_faults(definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    let trigger = &definition.trigger;
    let settle = definition.settle();
    // No settling at all is a choice: the run begins at once.
    if settle != Span::ZERO {
        span_faults(settle, "trigger.settle", faults);
    }
    if let Some(max_wait) = trigger.max_wait {
        span_faults(max_wait, "trigger.max_wait", faults);
        if max_wait < settle {
            let message = FaultCode::MaxWaitTooShort.with([("max_wait", &max_wait), ("settle", &settle)]);
            faults.push(StrategyFault::error("trigger.max_wait", message));
        }
    }
    match (trigger.on, trigger.event.as_deref()) {
        (TriggerKind::Custom, None) => {
            faults.push(StrategyFault::error("trigger.event", FaultCode::TriggerNeedsEvent));
        }
        (TriggerKind::Custom, Some(event)) => {
            own_event_faults(event, FaultCode::OursByTrigger, "trigger.event", faults)
        }
        (_, None) => {}
        (_, Some(_)) => {
            faults.push(StrategyFault::error("trigger.event", FaultCode::OnlyCustomNamesEvent));
        }
    }
    if trigger.button.is_some() && trigger.on != TriggerKind::Click {
        faults.push(StrategyFault::error("trigger.button", FaultCode::OnlyClickNamesButton));
    }
    date_faults(trigger, faults);
    let fits = match trigger.key {
        KeyKind::Customer => true,
        KeyKind::Cart => matches!(trigger.on, TriggerKind::Cart | TriggerKind::Checkout),
        KeyKind::Order => trigger.on.is_of_an_order(),
    };
    if !fits {
        let message = match trigger.key {
            KeyKind::Order => FaultCode::KeyNeedsOrder,
            _ => FaultCode::KeyNeedsCart,
        };
        faults.push(StrategyFault::error("trigger.key", message));
    }
}

/// What a trigger that waits for a date needs, and no other has.
fn date_faults(trigger: &TriggerRule, faults: &mut Vec<StrategyFault>) {
    if trigger.on != TriggerKind::Date {
        let named = [
            ("attribute", trigger.attribute.is_some()),
            ("at", trigger.at.is_some()),
            ("days", trigger.days != 0),
            ("yearly", trigger.yearly),
            ("zone", !trigger.zone.is_default()),
        ];
        for (name, _) in named.into_iter().filter(|(_, is_there)| *is_there) {
            faults.push(StrategyFault::error(format!("trigger.{name}"), FaultCode::OnlyDateHasThis));
        }
        return;
    }
    if trigger.attribute.as_deref().is_none_or(|name| name.trim().is_empty()) {
        faults.push(StrategyFault::error("trigger.attribute", FaultCode::TriggerNeedsAttribute));
    }
    if let Some(at) = &trigger.at {
        delays::time_faults(at, "trigger.at", faults);
    }
    if trigger.days.unsigned_abs() > delays::FURTHEST_OFFSET.unsigned_abs() {
        let message = FaultCode::OffsetTooFar.with([("n", &delays::FURTHEST_OFFSET)]);
        faults.push(StrategyFault::error("trigger.days", message));
    }
    delays::zone_faults(&trigger.zone, "trigger.zone", faults);
    for (name, is_there) in [("settle", trigger.settle.is_some()), ("max_wait", trigger.max_wait.is_some())] {
        if is_there {
            faults.push(StrategyFault::error(format!("trigger.{name}"), FaultCode::DateDoesNotSettle));
        }
    }
}

/// Whether an exit ends the run as soon as the customer orders anything.
fn ends_on_any_order(definition: &Strategy) -> bool {
    use crate::strategy::ExitMatch;
    let started_by_order = definition.trigger.on.is_of_an_order();
    !started_by_order && definition.exits().iter().any(|exit| exit.then == END && exit.matching == ExitMatch::Customer)
}
