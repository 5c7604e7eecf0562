//! What each step needs of the shop: plugins with their grants, channels, contents.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Display;

use super::{
    FaultCode, PluginUse, ShopView, StrategyFault, actions, delays, ends_on_any_order, messages, missing_facts,
    plugin_uses, waits, webhooks,
};
use crate::effect::Names;
use crate::message_step::MessageStep;
use crate::plugin::{PluginRecord, Stage, active_plugin};
use crate::rule::{Group, Range, Rule};
use crate::shop::PluginRef;
use crate::strategy::{BranchRule, Step, Strategy};

/// Branches of rules, and of plugins that name none.
const YES_AND_NO: [&str; 2] = ["yes", "no"];
/// The branch of rules where none says yes.
const NO: &str = "no";
/// The branch that may always be drawn.
const UNKNOWN: &str = "unknown";
/// The answer to a failure that waits for somebody to put it right.
const HOLD: &str = "hold";

pub(super) fn check(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    for (name, step) in &definition.steps {
        let path = format!("steps.{name}");
        match step {
            Step::Delay(delay) => delays::check(delay, &path, faults),
            Step::Wait(wait) => waits::check(wait, &path, definition, view, faults),
            Step::Split { arms } => delays::split_faults(arms, &path, faults),
            Step::Condition { plugin, config, rule, rules, branches, on_error } => {
                let one = Condition {
                    path: &path,
                    plugin: plugin.as_ref(),
                    config,
                    rule: rule.as_ref(),
                    rules,
                    branches,
                    on_error,
                };
                one.check(definition, view, faults);
            }
            Step::Message(message) => {
                messages::check(message, &path, definition, view, faults);
                actions::staff_faults(definition, view, step, &path, faults);
            }
            Step::Tag { add, remove, .. } => {
                let names = Names { add: add.clone(), remove: remove.clone() };
                actions::names_faults(&names, (FaultCode::NoTag, FaultCode::NotATag), &path, faults);
            }
            Step::List { add, remove, .. } => {
                let names = Names { add: add.clone(), remove: remove.clone() };
                actions::names_faults(&names, (FaultCode::NoList, FaultCode::NotAList), &path, faults);
            }
            Step::Attribute { set, .. } => actions::attribute_faults(set, &path, faults),
            Step::Notify { channel, to, content, .. } => {
                let (channel_of, content_of) = (Some(channel.clone()), Some(content.clone()));
                let said = MessageStep { channel: channel_of, content: content_of, ..MessageStep::default() };
                messages::check(&said, &path, definition, view, faults);
                actions::notify_faults(definition, view, (channel, to, content), &path, faults);
            }
            Step::Webhook(webhook) => webhooks::check(webhook, &path, view, faults),
            Step::Repeat { times, .. } => actions::repeat_faults(*times, &path, faults),
            Step::Transfer { strategy } => actions::transfer_faults(definition, view, strategy, &path, faults),
            Step::Exit {} => {}
        }
    }
    for place in plugin_uses(definition) {
        plugin_faults(&place, view, faults);
    }
}

struct Condition<'a> {
    path: &'a str,
    plugin: Option<&'a PluginRef>,
    config: &'a Value,
    rule: Option<&'a Group>,
    rules: &'a [BranchRule],
    branches: &'a BTreeMap<String, String>,
    on_error: &'a str,
}

impl Condition<'_> {
    fn check(&self, definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
        let path = self.path;
        let deciding =
            [("plugin", self.plugin.is_some()), ("rule", self.rule.is_some()), ("rules", !self.rules.is_empty())];
        let named: Vec<&str> = deciding.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect();
        match named[..] {
            [] => faults.push(StrategyFault::error(path, FaultCode::NothingDecides)),
            [_] => {}
            [one, other, ..] => {
                faults.push(StrategyFault::error(path, FaultCode::TwoDecide.with([("one", &one), ("other", &other)])));
            }
        }
        if self.plugin.is_none() && !self.config.is_null() {
            faults.push(StrategyFault::error(format!("{path}.config"), FaultCode::OnlyPluginHasConfig));
        }
        for (path, rule) in self.trees() {
            let mut found = Vec::new();
            rule.faults(&path, view.shop.currency.code(), &mut found);
            webhooks::rule_faults(rule, &path, definition, faults);
            faults.extend(found);
        }
        for (place, one) in self.rules.iter().enumerate() {
            if [NO, UNKNOWN].contains(&one.branch.as_str()) {
                let message = FaultCode::BranchIsElse.with([("branch", &one.branch)]);
                faults.push(StrategyFault::error(format!("{path}.rules[{place}].branch"), message));
            }
        }
        let record = self.plugin.and_then(|plugin| active_plugin(view.plugins, plugin));
        self.branch_faults(record, faults);
        if self.on_error != HOLD && !self.branches.contains_key(self.on_error) {
            let message = FaultCode::NoBranch.with([("branch", &self.on_error)]);
            faults.push(StrategyFault::error(format!("{path}.on_error"), message));
        }
        if ends_on_any_order(definition) {
            self.never_after_order(record, faults);
        }
    }

    /// All rule trees with their paths.
    fn trees(&self) -> Vec<(String, &Group)> {
        let of_branches = self.rules.iter().enumerate();
        let of_branches = of_branches.map(|(place, one)| (format!("{}.rules[{place}].rule", self.path), &one.rule));
        self.rule.map(|rule| (format!("{}.rule", self.path), rule)).into_iter().chain(of_branches).collect()
    }

    /// Every declared branch is drawn, and no other but `unknown`.
    fn branch_faults(&self, record: Option<&PluginRecord>, faults: &mut Vec<StrategyFault>) {
        let declared: Vec<&str> = match record {
            Some(record) if !record.descriptor.branches.is_empty() => {
                record.descriptor.branches.iter().map(String::as_str).collect()
            }
            // What an unknown plugin declares is not known either; that it is unknown is said elsewhere.
            None if self.plugin.is_some() => return,
            None if !self.rules.is_empty() => {
                let mut branches: Vec<&str> = self.rules.iter().map(|one| one.branch.as_str()).collect();
                branches.push(NO);
                branches.retain(|branch| *branch != UNKNOWN);
                branches.sort_unstable();
                branches.dedup();
                branches
            }
            _ => YES_AND_NO.to_vec(),
        };
        for branch in declared.iter().filter(|branch| !self.branches.contains_key(**branch)) {
            let path = format!("{}.branches.{branch}", self.path);
            faults.push(StrategyFault::error(path, FaultCode::BranchNotDrawn));
        }
        for branch in self.branches.keys().filter(|branch| *branch != UNKNOWN && !declared.contains(&branch.as_str())) {
            let message = FaultCode::BranchNeverTaken.with([("branches", &declared.join(", "))]);
            faults.push(StrategyFault::error(format!("{}.branches.{branch}", self.path), message));
        }
    }

    /// S08: what an exit that ends the run keeps from ever being seen.
    fn never_after_order(&self, record: Option<&PluginRecord>, faults: &mut Vec<StrategyFault>) {
        for (path, rule) in self.trees() {
            let of_run = |rule: &&&Rule| {
                rule.field == "orders.count_since_start"
                    || (rule.field.starts_with("orders.") && matches!(rule.range, Some(Range::Since(_))))
            };
            if let Some(rule) = rule.leaves().iter().find(of_run) {
                let message = FaultCode::StaysZero.with([("field", &rule.field)]);
                faults.push(StrategyFault::warning(path, message));
            }
        }
        let reads =
            |fact: &str| record.is_some_and(|record| record.descriptor.facts.iter().any(|need| need.fact == fact));
        if reads("orders.count-since") && reads("run.started-at") {
            faults.push(StrategyFault::warning(format!("{}.branches.yes", self.path), FaultCode::OrderEndsBefore));
        }
    }
}

fn plugin_faults(place: &PluginUse<'_>, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    let wanted = place.plugin;
    let Some(record) = active_plugin(view.plugins, wanted) else {
        let same_name: Vec<&PluginRecord> = view.plugins.iter().filter(|record| record.name == wanted.name).collect();
        let waiting = same_name.iter().find(|record| wanted.major.is_none_or(|major| major == record.major()));
        let message = match (waiting, same_name.first()) {
            (Some(record), _) if matches!(record.stage, Stage::Waiting { .. }) => {
                FaultCode::PluginWaits.with([("name", &record.name), ("version", &record.version)])
            }
            (Some(record), _) => {
                let values: [(&str, &dyn Display); 3] =
                    [("name", &record.name), ("version", &record.version), ("stage", &record.stage)];
                FaultCode::PluginNotActive.with(values)
            }
            (None, Some(record)) => FaultCode::OtherVersion.with([("plugin", wanted), ("version", &record.version)]),
            (None, None) => FaultCode::NoPlugin.with([("plugin", wanted)]),
        };
        faults.push(StrategyFault::error(place.plugin_path(), message));
        return;
    };
    if record.kind != place.kind {
        let values: [(&str, &dyn Display); 3] = [("plugin", wanted), ("is", &record.kind), ("needed", &place.kind)];
        let message = FaultCode::WrongKind.with(values);
        faults.push(StrategyFault::error(place.plugin_path(), message));
        return;
    }
    for fact in missing_facts(record, &record.grants) {
        let why = record.descriptor.facts.iter().find(|need| need.fact == fact).map_or("", |need| need.why.as_str());
        let message = FaultCode::FactNotGranted.with([("plugin", wanted), ("fact", &fact), ("why", &why)]);
        faults.push(StrategyFault::error(place.plugin_path(), message));
    }
    if let Some(message) = view.config_faults.get(&place.config_path()) {
        faults.push(StrategyFault::error(place.config_path(), message.clone()));
    }
}
