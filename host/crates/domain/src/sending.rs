//! A message of a world on its way out (S17): the check as things stand, and the claim of what may go.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::cap::{Caps, Refusal, WhenCapped};
use crate::chain;
use crate::contact::Address;
use crate::fact::FactRead;
use crate::ids::{ConnectionId, CustomerId, MessageId};
use crate::joint;
use crate::message::{Message, MessageState, Purpose, SkipReason};
use crate::outcome;
use crate::pace::Paces;
use crate::policy::{self, Candidate, Check, Way};
use crate::run::Run;
use crate::time::{Span, Timestamp};
use crate::trace::MessageTrace;
use crate::window::preset;
use crate::world::World;
use crate::zone::Zone;

/// What the check of a message says.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Whether it may go out.
    pub check: Check,
    /// Past this it may not; windows and lateness are read as they are now (S28).
    pub late_after: Timestamp,
    /// What was read.
    pub reads: Vec<FactRead>,
}

/// Checks a message.
pub fn check(world: &World, message: &Message, now: Timestamp) -> Checked {
    let skip = |reason| Checked { check: Check::Skip(reason), late_after: message.late_after, reads: Vec::new() };
    let Some(run) = world.runs.get(&message.run).map(|entry| &entry.value) else { return skip(SkipReason::RunEnded) };
    let (Some(subject), Some(policies)) = (world.subject(run, now), world.policies(run)) else {
        return skip(SkipReason::RunEnded);
    };
    let cart_is_emptied = message.recipient.is_none()
        && run.trigger.cart.is_some()
        && run.exit_taken.is_none()
        && subject.cart.as_ref().is_some_and(|cart| cart.lines().is_empty());
    if cart_is_emptied {
        return skip(SkipReason::CartEmptied);
    }
    let version = world.versions.get(&message.version_of(run));
    let others = world
        .messages_of(run.id)
        .filter(|other| !other.shares_contact(message) && other.recipient.is_none() && message.recipient.is_none());
    let candidate = Candidate {
        strategy: world.strategy_state(run),
        run_is_active: run.is_active() || chain::may_outlive(world, run, message),
        subject: &subject,
        channel_name: &message.channel,
        channel: world.connections.get(&message.channel).map(|entry| &entry.value),
        templates: world.templates_of(&message.channel),
        content: version.and_then(|version| version.definition.content_of(message)),
        // S27: lateness counts from the opening of a cap that was waited for.
        allowed_at: message.allowed_at.max(message.cap_opens_at.unwrap_or(message.allowed_at)),
        policies,
        recipient: message.recipient.as_ref(),
        exempt_order: run.exit_taken.as_deref(),
        stale_source: world.stale_source(run, now),
        overdue_went_at: policy::overdue_went_at(others, policies),
        before: Some(message),
    };
    let mut reads = Vec::new();
    let check = policy::check(&candidate, &mut reads);
    Checked { check, late_after: candidate.late_after().unwrap_or(message.late_after), reads }
}

/// S17, first and second stage: checks, takes places under caps (S20), and claims what may go, no faster than its sender
/// may (S22). Messages of one customer are decided in the order of their priority.
pub fn prepare(world: &mut World, due: &[MessageId], lease: Span, paces: &mut Paces, now: Timestamp) -> Vec<MessageId> {
    let mut claimed = Vec::new();
    for id in by_priority(world, due, now) {
        let Some(message) = world.messages.get(&id).map(|entry| entry.value.clone()) else { continue };
        let is_claimed = match message.state {
            MessageState::Queued | MessageState::Held { .. } | MessageState::Prepared { .. } => {
                prepare_one(world, &message, paces, now)
            }
            MessageState::Accepted => {
                chain::take_silence(world, &message, now);
                false
            }
            _ => false,
        };
        if is_claimed {
            claim(world, id, now + lease);
            claimed.push(id);
        }
    }
    claimed
}

fn prepare_one(world: &mut World, message: &Message, paces: &mut Paces, now: Timestamp) -> bool {
    let id = message.id;
    let checked = check(world, message, now);
    match checked.check.clone() {
        Check::Go(way) => {
            if let Some(until) = joint::waits_for(world, message, now) {
                joint::wait(world, id, until, now);
                return false;
            }
            let rated = rated_sender(world, message, &way);
            if let Some((sender, rate)) = &rated
                && let Err(until) = paces.room((sender.0, &sender.1), *rate, now)
            {
                put_off(world, id, until, checked.late_after);
                return false;
            }
            match take_place(world, message, way.to, now) {
                Ok(()) => {
                    if let Some((sender, _)) = &rated {
                        paces.give((sender.0, &sender.1), now);
                    }
                    if let Some(entry) = world.messages.get_mut(&id) {
                        entry.edit().sender = way.sender;
                    }
                    return true;
                }
                Err(refusal) => capped(world, message, &refusal, checked.reads, now),
            }
        }
        Check::Wait(until) => wait_for_window(world, id, until, checked, now),
        Check::WaitForSender(until) => wait_for_sender(world, id, until, checked, now),
        Check::Skip(reason) => outcome::skip_with(world, id, reason, None, checked.reads, now),
        Check::Hold(reason) => outcome::hold_with(world, id, reason, checked.reads, now),
        Check::Paused => wait_paused(world, id, now),
    }
    false
}

fn claim(world: &mut World, id: MessageId, until: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.state = MessageState::Prepared { lease_until: until };
    message.due_at = Some(until);
    message.decided_by = None;
}

/// The sender that a message goes by, where that one has a rate.
fn rated_sender(world: &World, message: &Message, way: &Way) -> Option<((ConnectionId, String), u32)> {
    let channel = &world.connections.get(&message.channel)?.value;
    let sender = channel.sender(way.sender.as_deref()?)?;
    Some(((channel.id, sender.name.clone()), sender.rate_per_second?))
}

/// A message for which its sender has no room in this second. Nothing has happened to it, so nothing is told.
fn put_off(world: &mut World, id: MessageId, until: Timestamp, late_after: Timestamp) {
    outcome::give_back(world, id);
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.state = MessageState::Queued;
    message.due_at = Some(until.min(late_after + Span::from_millis(1)));
    message.late_after = late_after;
    message.decided_by = None;
}

/// A message that waits until its provider takes from its sender again (S23).
pub fn wait_for_sender(world: &mut World, id: MessageId, until: Timestamp, checked: Checked, now: Timestamp) {
    put_off(world, id, until, checked.late_after);
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.changed_at = now;
    let message = message.clone();
    outcome::tell_with(world, &message, MessageTrace::WaitsForSender { until }, checked.reads, now);
}

/// Looks again once the strategy may have gone on.
pub fn wait_paused(world: &mut World, id: MessageId, now: Timestamp) {
    outcome::give_back(world, id);
    if let Some(entry) = world.messages.get_mut(&id) {
        let message = entry.edit();
        message.state = MessageState::Queued;
        message.due_at = Some(now + crate::plan::LOOK_AGAIN);
    }
}

/// The caps that a message is under: none unless it is marketing.
pub(crate) fn caps_of(world: &World, message: &Message, run: &Run) -> Caps {
    match message.purpose {
        Purpose::Marketing => marketing_caps(world, run, &message.channel),
        _ => Caps::default(),
    }
}

/// The caps that marketing of a run is under over a channel.
pub(crate) fn marketing_caps(world: &World, run: &Run, channel: &str) -> Caps {
    let of_channel = world.connections.get(channel).and_then(|entry| entry.value.cap.as_ref());
    let of_strategy = world.policies(run).and_then(|policies| policies.cap.as_ref());
    let mut caps = Caps::of(world.shop.cap.as_ref(), of_channel, of_strategy);
    add_presets(&mut caps, world, run.customer, channel);
    caps
}

/// The caps of where the customer is (S04): each counts what goes out over the channels that it concerns.
fn add_presets(caps: &mut Caps, world: &World, customer: CustomerId, channel: &str) {
    let kind_of = |name: &str| world.connections.get(name)?.value.ability.as_ref().map(|able| able.channel.as_str());
    let (Some(customer), Some(kind)) = (world.customers.get(&customer), kind_of(channel)) else {
        return;
    };
    if world.shop.quiet_hours.is_off() {
        return;
    }
    for preset in preset::that_hold(kind, &customer.value).into_iter().filter(|preset| preset.cap.is_some()) {
        let concerns = |name: &&String| kind_of(name).is_some_and(|kind| preset.channels.iter().any(|of| of == kind));
        caps.add_preset(preset, &world.connections.keys().filter(concerns).cloned().collect::<Vec<_>>());
    }
}

/// S20: the place is the customer's and stands with them, so that two nodes cannot both take the last one.
fn take_place(world: &mut World, message: &Message, to: Address, now: Timestamp) -> Result<(), Refusal> {
    let Some(run) = world.runs.get(&message.run).map(|entry| entry.value.clone()) else { return Ok(()) };
    let caps = caps_of(world, message, &run);
    if message.purpose != Purpose::Marketing {
        return Ok(());
    }
    let zone = Zone::named(&world.shop.time_zone).unwrap_or_else(Zone::utc);
    let kept_from = now - world.longest_cap();
    let Some(entry) = world.customers.get_mut(&message.customer) else { return Ok(()) };
    caps.judge(&entry.value, &run, &message.channel, Some(message), &zone, now)?;
    entry.edit().take_place(message, run.strategy, to, now, kept_from);
    Ok(())
}

fn capped(world: &mut World, message: &Message, refusal: &Refusal, reads: Vec<FactRead>, now: Timestamp) {
    let facts: Vec<FactRead> = reads.into_iter().chain(refusal.reads()).collect();
    let run = world.runs.get(&message.run).map(|entry| &entry.value);
    let what = run.and_then(|run| world.policies(run)).map(|policies| policies.capped).unwrap_or_default();
    match (what, message.cap_opens_at, refusal.opens_at) {
        (WhenCapped::Wait, None, Some(until)) => wait_for_cap(world, message.id, until, facts, now),
        _ => outcome::skip_with(world, message.id, refusal.reason(), None, facts, now),
    }
}

/// A message that waits, once, until a cap opens (S20).
fn wait_for_cap(world: &mut World, id: MessageId, until: Timestamp, facts: Vec<FactRead>, now: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.state = MessageState::Queued;
    message.due_at = Some(until);
    message.cap_opens_at = Some(until);
    message.decided_by = None;
    message.changed_at = now;
    let message = message.clone();
    let late_after = check(world, &message, now).late_after;
    if let Some(entry) = world.messages.get_mut(&id) {
        entry.edit().late_after = late_after;
    }
    outcome::tell_with(world, &message, MessageTrace::WaitsForCap { until }, facts, now);
}

/// The messages of each customer by priority, then by their due instant, then by id (S20); one that is due as well and
/// was not asked for is decided with them.
fn by_priority(world: &World, due: &[MessageId], now: Timestamp) -> Vec<MessageId> {
    let mut first_place: BTreeMap<CustomerId, usize> = BTreeMap::new();
    for (place, id) in due.iter().enumerate() {
        if let Some(entry) = world.messages.get(id) {
            first_place.entry(entry.value.customer).or_insert(place);
        }
    }
    let asked: BTreeSet<MessageId> = due.iter().copied().collect();
    let joins =
        |message: &Message| message.state == MessageState::Queued && message.due_at.is_some_and(|due_at| due_at <= now);
    let mut all: Vec<_> = world
        .messages
        .values()
        .map(|entry| &entry.value)
        .filter(|message| asked.contains(&message.id) || joins(message))
        .filter_map(|message| {
            let place = *first_place.get(&message.customer)?;
            Some((place, Reverse(joint::priority(world, message)), message.due_at, message.id))
        })
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(.., id)| id).collect()
}

/// A message that waits for its window. Told once for each opening.
pub fn wait_for_window(world: &mut World, id: MessageId, until: Timestamp, checked: Checked, now: Timestamp) {
    outcome::give_back(world, id);
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let known = entry.value.window_opens_at == Some(until);
    let message = entry.edit();
    message.state = MessageState::Queued;
    message.due_at = Some(until);
    message.window_opens_at = Some(until);
    message.decided_by = None;
    message.late_after = checked.late_after;
    if !known {
        message.changed_at = now;
        let message = message.clone();
        outcome::tell_with(world, &message, MessageTrace::WaitsForWindow { until }, checked.reads, now);
    }
}
