//! The graph of steps: every way leads somewhere and ends.

use std::collections::BTreeSet;

use super::{FaultCode, MOST_STEPS, StrategyFault};
use crate::delay::Until;
use crate::strategy::{END, Step, Strategy};

/// Dangling ways, cycles, steps that nobody reaches, names of steps.
pub(super) fn check(definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    let mut entries = vec![definition.trigger.next.as_str()];
    dangling(definition, &definition.trigger.next, "trigger.next", faults);
    for (place, exit) in definition.exits.iter().flatten().enumerate() {
        if exit.then != END {
            dangling(definition, &exit.then, &format!("exits[{place}].then"), faults);
            entries.push(&exit.then);
        }
    }
    if definition.steps.len() > MOST_STEPS {
        let message = FaultCode::TooManySteps.with([("n", &definition.steps.len()), ("most", &MOST_STEPS)]);
        faults.push(StrategyFault::error("steps", message));
    }
    for (name, step) in &definition.steps {
        step_name(name, step, faults);
        for (path, next) in ways(name, step) {
            dangling(definition, next, &path, faults);
        }
    }
    cycles(definition, faults);
    unreachable(definition, entries, faults);
}

/// Every way out of a step with its path.
fn ways<'a>(name: &str, step: &'a Step) -> Vec<(String, &'a str)> {
    match step {
        Step::Delay(delay) => {
            let mut ways = vec![(format!("steps.{name}.next"), delay.next.as_str())];
            if let Some(Until::Attribute { otherwise, .. }) = &delay.until {
                ways.push((format!("steps.{name}.until.attribute.otherwise"), otherwise));
            }
            ways
        }
        Step::Wait(wait) => {
            let mut ways: Vec<(String, &str)> = wait
                .events
                .iter()
                .map(|(branch, to)| (format!("steps.{name}.for.{branch}.next"), to.next.as_str()))
                .collect();
            ways.push((format!("steps.{name}.otherwise"), &wait.otherwise));
            ways
        }
        Step::Message(message) => {
            let capped = message.capped.iter().map(|to| (format!("steps.{name}.capped"), to.as_str()));
            std::iter::once((format!("steps.{name}.next"), message.next.as_str())).chain(capped).collect()
        }
        Step::Split { arms } => {
            arms.iter().map(|(arm, to)| (format!("steps.{name}.arms.{arm}.next"), to.next.as_str())).collect()
        }
        Step::Condition { branches, .. } => {
            branches.iter().map(|(branch, next)| (format!("steps.{name}.branches.{branch}"), next.as_str())).collect()
        }
        Step::Tag { next, .. } | Step::Attribute { next, .. } | Step::List { next, .. } | Step::Notify { next, .. } => {
            vec![(format!("steps.{name}.next"), next)]
        }
        Step::Webhook(webhook) => vec![
            (format!("steps.{name}.answered"), webhook.answered.as_str()),
            (format!("steps.{name}.failed"), &webhook.failed),
        ],
        Step::Repeat { next, then, .. } => {
            vec![(format!("steps.{name}.next"), next), (format!("steps.{name}.then"), then)]
        }
        Step::Transfer { .. } | Step::Exit {} => Vec::new(),
    }
}

fn step_name(name: &str, step: &Step, faults: &mut Vec<StrategyFault>) {
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(sound) {
        faults.push(StrategyFault::error(format!("steps.{name}"), FaultCode::StepId));
    } else if name == END && !matches!(step, Step::Exit {}) {
        faults.push(StrategyFault::error("steps.end", FaultCode::EndIsAWord));
    }
}

fn dangling(definition: &Strategy, next: &str, path: &str, faults: &mut Vec<StrategyFault>) {
    if definition.steps.contains_key(next) {
        return;
    }
    let known = definition.steps.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = match (next == END, known.is_empty()) {
        (false, false) => FaultCode::NoStep.with([("step", &next), ("known", &known)]),
        (false, true) => FaultCode::NoSteps.with([("step", &next)]),
        (true, false) => FaultCode::NoEnd.with([("known", &known)]),
        (true, true) => FaultCode::NoStepsToEnd.into(),
    };
    faults.push(StrategyFault::error(path, message));
}

/// Each cycle once, written as the way round it.
fn cycles(definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    let mut done = BTreeSet::new();
    for name in definition.steps.keys() {
        walk(definition, name, &mut Vec::new(), &mut done, faults);
    }
}

fn walk<'a>(
    definition: &'a Strategy,
    name: &'a str,
    trail: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
    faults: &mut Vec<StrategyFault>,
) {
    if let Some(place) = trail.iter().position(|step| *step == name) {
        let round = [&trail[place..], &[name]].concat().join(" -> ");
        let message = FaultCode::Circle.with([("round", &round)]);
        faults.push(StrategyFault::error(format!("steps.{name}"), message));
        return;
    }
    let Some(step) = definition.steps.get(name).filter(|_| !done.contains(name)) else { return };
    trail.push(name);
    // Deeper than this is refused for its number of steps already.
    if trail.len() <= MOST_STEPS {
        for next in step.onward() {
            walk(definition, next, trail, done, faults);
        }
    }
    trail.pop();
    done.insert(name);
}

fn unreachable(definition: &Strategy, entries: Vec<&str>, faults: &mut Vec<StrategyFault>) {
    let mut reached = BTreeSet::new();
    let mut open = entries;
    while let Some(name) = open.pop() {
        if let Some(step) = definition.steps.get(name).filter(|_| reached.insert(name)) {
            open.extend(step.next());
        }
    }
    for name in definition.steps.keys().filter(|name| !reached.contains(name.as_str())) {
        faults.push(StrategyFault::warning(format!("steps.{name}"), FaultCode::NeverReached));
    }
}
