//! What each step needs of the shop: plugins with their grants, channels, contents.

use serde_json::Value;
use std::collections::BTreeMap;

use super::{PluginUse, ShopView, StrategyFault, delays, ends_on_any_order, messages, missing_facts, plugin_uses};
use crate::plugin::{PluginRecord, Stage, active_plugin};
use crate::rule::Group;
use crate::shop::PluginRef;
use crate::strategy::{Step, Strategy};

/// Branches of rules, and of plugins that name none.
const YES_AND_NO: [&str; 2] = ["yes", "no"];
/// The branch that may always be drawn.
const UNKNOWN: &str = "unknown";
/// The answer to a failure that waits for somebody to put it right.
const HOLD: &str = "hold";

pub(super) fn check(definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
    for (name, step) in &definition.steps {
        let path = format!("steps.{name}");
        match step {
            Step::Delay(delay) => delays::check(delay, &path, faults),
            Step::Split { arms } => delays::split_faults(arms, &path, faults),
            Step::Condition { plugin, config, rule, branches, on_error } => {
                let one =
                    Condition { path: &path, plugin: plugin.as_ref(), config, rule: rule.as_ref(), branches, on_error };
                one.check(definition, view, faults);
            }
            Step::Message(message) => messages::check(message, &path, definition, view, faults),
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
    branches: &'a BTreeMap<String, String>,
    on_error: &'a str,
}

impl Condition<'_> {
    fn check(&self, definition: &Strategy, view: &ShopView<'_>, faults: &mut Vec<StrategyFault>) {
        let path = self.path;
        match (self.plugin, self.rule) {
            (Some(_), Some(_)) => faults.push(StrategyFault::error(path, "has both `plugin` and `rule`; one decides")),
            (None, None) => faults.push(StrategyFault::error(path, "needs `plugin` or `rule` to decide")),
            _ => {}
        }
        if self.plugin.is_none() && !self.config.is_null() {
            faults.push(StrategyFault::error(
                format!("{path}.config"),
                "only a plugin has a configuration; leave it out",
            ));
        }
        if let Some(rule) = self.rule {
            let mut found = Vec::new();
            rule.faults(&format!("{path}.rule"), view.shop.currency.code(), &mut found);
            faults.extend(found.into_iter().map(|(path, message)| StrategyFault::error(path, message)));
        }
        let record = self.plugin.and_then(|plugin| active_plugin(view.plugins, plugin));
        self.branch_faults(record, faults);
        if self.on_error != HOLD && !self.branches.contains_key(self.on_error) {
            let message = format!("there is no branch `{}`; name one that is drawn, or `hold`", self.on_error);
            faults.push(StrategyFault::error(format!("{path}.on_error"), message));
        }
        if ends_on_any_order(definition) {
            self.never_after_order(record, faults);
        }
    }

    /// Every declared branch is drawn, and no other but `unknown`.
    fn branch_faults(&self, record: Option<&PluginRecord>, faults: &mut Vec<StrategyFault>) {
        let declared: Vec<&str> = match record {
            Some(record) if !record.descriptor.branches.is_empty() => {
                record.descriptor.branches.iter().map(String::as_str).collect()
            }
            // What an unknown plugin declares is not known either; that it is unknown is said elsewhere.
            None if self.plugin.is_some() => return,
            _ => YES_AND_NO.to_vec(),
        };
        for branch in declared.iter().filter(|branch| !self.branches.contains_key(**branch)) {
            let message = "this branch is not drawn; say which step it goes to";
            faults.push(StrategyFault::error(format!("{}.branches.{branch}", self.path), message));
        }
        for branch in self.branches.keys().filter(|branch| *branch != UNKNOWN && !declared.contains(&branch.as_str())) {
            let message = format!("is never taken: the branches are {} and {UNKNOWN}", declared.join(", "));
            faults.push(StrategyFault::error(format!("{}.branches.{branch}", self.path), message));
        }
    }

    /// S08: what an exit that ends the run keeps from ever being seen.
    fn never_after_order(&self, record: Option<&PluginRecord>, faults: &mut Vec<StrategyFault>) {
        let why = "an order ends the run before this step could see it; remove the exit with `\"exits\": []`, or let its \
                   `then` name a step";
        let mut fields = Vec::new();
        if let Some(rule) = self.rule {
            rule.fields(&mut fields);
        }
        if fields.contains(&"orders.count_since_start") {
            faults.push(StrategyFault::warning(
                format!("{}.rule", self.path),
                format!("orders.count_since_start stays 0: {why}"),
            ));
        }
        let reads =
            |fact: &str| record.is_some_and(|record| record.descriptor.facts.iter().any(|need| need.fact == fact));
        if reads("orders.count-since") && reads("run.started-at") {
            faults.push(StrategyFault::warning(
                format!("{}.branches.yes", self.path),
                format!("cannot be reached: {why}"),
            ));
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
                format!("`{}` {} is installed and waits for its grants; grant them first", record.name, record.version)
            }
            (Some(record), _) => {
                let (name, version, stage) = (&record.name, &record.version, &record.stage);
                format!("`{name}` {version} is {stage} and not active; promote it first")
            }
            (None, Some(record)) => format!("`{wanted}` is not installed, only version {}", record.version),
            (None, None) => format!("there is no plugin `{wanted}`; install it first"),
        };
        faults.push(StrategyFault::error(place.plugin_path(), message));
        return;
    };
    if record.kind != place.kind {
        let message = format!("`{wanted}` is a {}, and a {} is needed here", record.kind, place.kind);
        faults.push(StrategyFault::error(place.plugin_path(), message));
        return;
    }
    for fact in missing_facts(record, &record.grants) {
        let why = record.descriptor.facts.iter().find(|need| need.fact == fact).map_or("", |need| need.why.as_str());
        let message = format!("`{wanted}` reads {fact}, which the shop does not grant it; it says why: {why}");
        faults.push(StrategyFault::error(place.plugin_path(), message));
    }
    if let Some(message) = view.config_faults.get(&place.config_path()) {
        faults.push(StrategyFault::error(place.config_path(), message.clone()));
    }
}
