//! What must hold of steps that change the customer, tell the shop's own people, go round again, or pass on to another strategy.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::{FaultCode, NAME_LENGTH, ShopView, StrategyFault};
use crate::contact::{Address, AddressKind};
use crate::effect::Names;
use crate::message::Purpose;
use crate::strategy::{Step, Strategy};

/// The names of strategies that each strategy of a shop passes customers on to.
pub type Transfers = BTreeMap<String, BTreeSet<String>>;

/// More rounds than this are a mistake.
const MOST_REPEATS: u32 = 100;

/// What is said of tags or lists: that none is named, and that a name is none of one.
pub(super) type SaidOfNames = (FaultCode, FaultCode);

pub(super) fn names_faults(names: &Names, said: SaidOfNames, path: &str, faults: &mut Vec<StrategyFault>) {
    let (none_named, no_name) = said;
    if names.add.is_empty() && names.remove.is_empty() {
        faults.push(StrategyFault::error(path, none_named));
    }
    for (place, set) in [("add", &names.add), ("remove", &names.remove)] {
        for name in set.iter().filter(|name| !is_name(name)) {
            let message = no_name.with([("name", name), ("n", &NAME_LENGTH)]);
            faults.push(StrategyFault::error(format!("{path}.{place}"), message));
        }
    }
    for name in names.add.intersection(&names.remove) {
        let message = FaultCode::AddedAndRemoved.with([("name", name)]);
        faults.push(StrategyFault::error(format!("{path}.remove"), message));
    }
}

fn is_name(name: &str) -> bool {
    name.trim() == name && !name.is_empty() && name.chars().count() <= NAME_LENGTH
}

pub(super) fn attribute_faults(set: &BTreeMap<String, Value>, path: &str, faults: &mut Vec<StrategyFault>) {
    let path = format!("{path}.set");
    if set.is_empty() {
        faults.push(StrategyFault::error(&path, FaultCode::SetsNothing));
    }
    for (name, value) in set {
        if !is_name(name) {
            let message = FaultCode::AttributeName.with([("n", &NAME_LENGTH)]);
            faults.push(StrategyFault::error(format!("{path}.{name}"), message));
        }
        if value.is_object() || value.as_array().is_some_and(|items| items.iter().any(|item| !item.is_string())) {
            faults.push(StrategyFault::error(format!("{path}.{name}"), FaultCode::AttributeValue));
        }
    }
}

pub(super) fn repeat_faults(times: u32, path: &str, faults: &mut Vec<StrategyFault>) {
    if !(1..=MOST_REPEATS).contains(&times) {
        faults.push(StrategyFault::error(format!("{path}.times"), FaultCode::RepeatTimes.with([("n", &MOST_REPEATS)])));
    }
}

/// A notice is to the shop's own people, at an address that its channel can use.
pub(super) fn notify_faults(
    definition: &Strategy,
    view: &ShopView<'_>,
    (channel, to, content): (&str, &str, &str),
    path: &str,
    faults: &mut Vec<StrategyFault>,
) {
    if view.content(definition, content).is_some_and(|content| content.purpose != Purpose::Staff) {
        let message = FaultCode::NotForStaff.with([("content", &content)]);
        faults.push(StrategyFault::error(format!("{path}.content"), message));
    }
    let ability = view.channel(channel).and_then(|channel| channel.ability.as_ref());
    let kinds = ability.map_or(&AddressKind::ALL[..], |ability| ability.typed());
    if Address::read(to, kinds).is_none() {
        let words = kinds.iter().map(|kind| match kind {
            AddressKind::Email => "an e-mail address",
            AddressKind::Phone => "a phone number with its country code",
            AddressKind::Handle => "a name of the provider's own",
        });
        let message = match kinds {
            [AddressKind::Email] => FaultCode::NotAnEmail.with([("to", &to)]),
            [AddressKind::Phone] => FaultCode::NotAPhone.with([("to", &to)]),
            _ => FaultCode::NotReached.with([("to", &to), ("needs", &words.collect::<Vec<_>>().join(" or "))]),
        };
        faults.push(StrategyFault::error(format!("{path}.to"), message));
    }
}

/// What is written for the shop's own people needs no consent, so it never goes to customers.
pub(super) fn staff_faults(
    definition: &Strategy,
    view: &ShopView<'_>,
    step: &Step,
    path: &str,
    faults: &mut Vec<StrategyFault>,
) {
    for content in step.contents() {
        if view.content(definition, content).is_some_and(|content| content.purpose == Purpose::Staff) {
            let message = FaultCode::ForStaff.with([("content", content)]);
            faults.push(StrategyFault::error(path, message));
        }
    }
}

/// The strategies that a definition passes customers on to.
pub fn transfers_of(definition: &Strategy) -> BTreeSet<String> {
    let steps = definition.steps.values();
    steps
        .filter_map(|step| match step {
            Step::Transfer { strategy } => Some(strategy.clone()),
            _ => None,
        })
        .collect()
}

/// Nobody may be passed round in a circle: not to where they come from, and not by way of others.
pub(super) fn transfer_faults(
    definition: &Strategy,
    view: &ShopView<'_>,
    strategy: &str,
    path: &str,
    faults: &mut Vec<StrategyFault>,
) {
    let path = format!("{path}.strategy");
    if strategy == definition.name {
        faults.push(StrategyFault::error(path, FaultCode::TransfersToItself));
    } else if let Some(round) = way_back(&definition.name, strategy, view.transfers) {
        let message = FaultCode::TransfersRound.with([("round", &round.join(" -> "))]);
        faults.push(StrategyFault::error(path, message));
    } else if !view.transfers.contains_key(strategy) {
        let known: Vec<&str> = view.transfers.keys().map(String::as_str).collect();
        let message = match known[..] {
            [] => FaultCode::NoOtherStrategy.with([("strategy", &strategy)]),
            _ => FaultCode::NoStrategy.with([("strategy", &strategy), ("known", &known.join(", "))]),
        };
        faults.push(StrategyFault::warning(path, message));
    }
}

/// The way from a strategy to another and on, back to the first.
fn way_back<'a>(name: &'a str, to: &'a str, transfers: &'a Transfers) -> Option<Vec<&'a str>> {
    let mut trails = vec![vec![name, to]];
    let mut seen = BTreeSet::new();
    while let Some(trail) = trails.pop() {
        let last = trail.last().copied().unwrap_or(to);
        if last == name {
            return Some(trail);
        }
        if seen.insert(last) {
            let next = transfers.get(last).into_iter().flatten();
            trails.extend(next.map(|next| [trail.as_slice(), &[next.as_str()]].concat()));
        }
    }
    None
}
