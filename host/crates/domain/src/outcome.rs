//! What a provider's answer changes (S23): the message, the address, the channel, and the run that waits.

use crate::alert::{Alarm, AlertCause, AlertCode, AlertCodes, content_on};
use crate::chain;
use crate::customer::{AddressMark, Mark, NOT_ON_CHANNEL};
use crate::fact::FactRead;
use crate::ids::{MessageId, chance_of};
use crate::message::{After, Details, Effect, HoldReason, Message, MessageState, Outcome, Rejection, SkipReason};
use crate::price;
use crate::receipt::suppress;
use crate::rejection::not_before;
use crate::sender::{self, sender_on};
use crate::shop::Hold;
use crate::time::Timestamp;
use crate::trace::{Happening, MessageTrace, TraceEntry};
use crate::webhook;
use crate::world::World;

/// Refusals in a row with a code nobody listed, before people are told (S23).
pub const ODD_REFUSALS: u32 = 5;

/// Takes an outcome of a message that was handed over. A message that has moved on meanwhile (a receipt came first)
/// keeps what is further.
pub fn settle(world: &mut World, id: MessageId, outcome: &Outcome, now: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    if !matches!(entry.value.state, MessageState::HandedOver { .. } | MessageState::Uncertain) {
        if let Outcome::Accepted { provider_id, price } = outcome {
            let message = entry.edit();
            message.provider_id = Some(provider_id.clone());
            if let Some(price) = price {
                message.pricing.tell(*price);
            }
            price::expect(world, id, now);
        }
        return;
    }
    let before = entry.value.clone();
    let ways = Ways {
        channel: chain::next_channel(world, &before).is_some(),
        sender: sender::another_is_ready(world, &before, now),
    };
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.changed_at = now;
    message.due_at = None;
    let trace = match outcome {
        Outcome::Accepted { provider_id, price } => {
            message.state = MessageState::Accepted;
            if let Some(price) = price {
                message.pricing.tell(*price);
            }
            message.provider_id = Some(provider_id.clone());
            message.last_answer = None;
            MessageTrace::Accepted
        }
        Outcome::Uncertain(details) => {
            message.state = MessageState::Uncertain;
            message.last_answer = Some(details.clone());
            MessageTrace::Uncertain { details: details.clone() }
        }
        Outcome::Rejected(rejection) => reject(message, rejection, ways, now),
    };
    let message = message.clone();
    tell(world, &message, trace, now);
    if matches!(outcome, Outcome::Rejected(_)) && !message.may_have_been_sent() {
        // S20: what was refused for certain takes no place.
        give_back(world, id);
    }
    if let Outcome::Rejected(rejection) = outcome {
        take_effect(world, &message, rejection, now);
    }
    count_odd_refusals(world, &message, outcome, now);
    price::expect(world, id, now);
    if let Some(ends) = chain::silence_ends(world, &message)
        && let Some(entry) = world.messages.get_mut(&id)
    {
        entry.edit().due_at = Some(ends);
    }
    chain::fall_back(world, id, now);
    wake(world, &message, now);
}

/// Keeps what the server that a webhook step asked has answered, for later steps; says so where it cannot be kept.
pub fn keep_answer(world: &mut World, id: MessageId, body: &[u8], now: Timestamp) {
    let asked = |message: &Message| {
        let run = &world.runs.get(&message.run)?.value;
        world.versions.get(&message.version_of(run))?.definition.webhook(&message.step)
    };
    let Some(entry) = world.messages.get(&id).filter(|entry| asked(&entry.value).is_some()) else { return };
    if entry.value.state != MessageState::Accepted || entry.value.answer.is_some() {
        return;
    }
    match webhook::read_answer(body) {
        Ok(answer) => {
            if let Some(entry) = world.messages.get_mut(&id).filter(|_| answer.is_some()) {
                entry.edit().answer = answer;
            }
        }
        Err(why) => {
            let message = entry.value.clone();
            tell(world, &message, MessageTrace::AnswerNotKept { why }, now);
        }
    }
}

/// The other ways that a refused message has.
struct Ways {
    /// The next channel of its chain (S19).
    channel: bool,
    /// Another sender that its strategy names (S23).
    sender: bool,
}

fn reject(message: &mut Message, rejection: &Rejection, ways: Ways, now: Timestamp) -> MessageTrace {
    let Rejection { class, details } = rejection.clone();
    // An attempt before this one that nobody came back from is not answered by a refusal of another.
    let is_open = message.attempts > 1 && message.last_answer.is_none();
    let chance = chance_of(message.run, &format!("{}/{}", message.step, message.attempts));
    let after = match class.after(message.attempts, now, chance) {
        After::Held(HoldReason::SenderPolicy) if ways.sender && !is_open => After::Again(now),
        after => after,
    };
    // S19: in a chain, what waits to be put right gives way to the next channel.
    let ends = after == After::Done || (ways.channel && matches!(after, After::Held(_)));
    if ends || !is_open {
        message.last_answer = Some(details.clone());
    }
    match after {
        _ if ends && is_open => {
            message.state = MessageState::Uncertain;
            MessageTrace::Uncertain { details }
        }
        After::Held(reason) if !ends => {
            message.state = MessageState::Held { reason };
            message.due_at = Some(now + crate::plan::LOOK_AGAIN);
            MessageTrace::Held { reason }
        }
        After::Done | After::Held(_) => {
            message.state = MessageState::Rejected { class };
            MessageTrace::Rejected { class: class.name().to_owned(), details }
        }
        // Past its lateness it is looked at once more, so that the refusal has its own reason.
        After::Again(at) => {
            message.state = MessageState::Queued;
            message.due_at = Some(at);
            MessageTrace::Again { at, class: class.name().to_owned(), details }
        }
    }
}

/// What a refusal means beyond its message; one by the shop's own people says nothing of the customer.
pub(crate) fn take_effect(world: &mut World, message: &Message, rejection: &Rejection, now: Timestamp) {
    if message.recipient.is_some() && rejection.class.is_of_the_person() {
        return;
    }
    let address = message.to.as_ref().map(|address| address.value.clone());
    let mut mark = |mark: Mark, channel: Option<String>, until: Option<Timestamp>| {
        if let (Some(value), Some(entry)) = (address.clone(), world.customers.get_mut(&message.customer)) {
            entry.edit().add_mark(AddressMark { channel, value, mark, until });
        }
    };
    match rejection.class.effect() {
        Effect::None => {}
        Effect::AddressInvalid => mark(Mark::Invalid, None, None),
        Effect::NotOnChannel => mark(Mark::NotOnChannel, Some(message.channel.clone()), Some(now + NOT_ON_CHANNEL)),
        Effect::OptOut => {
            suppress(world, message.customer, Some(message.channel.clone()), address, &message.channel, now);
        }
        Effect::HoldContent(reason) => {
            if let Some(entry) = world.connections.get_mut(&message.channel) {
                let hold = hold(reason, &rejection.details, now);
                let about = content_on(&message.content, &message.channel);
                world.alarms.push(Alarm::held(AlertCause::ContentHeld, &about, &hold, now));
                entry.edit().held_contents.insert(message.content.clone(), hold);
            }
        }
        Effect::SenderWaits(after) => {
            let until = not_before(after, now);
            if let Some(entry) = world.connections.get_mut(&message.channel) {
                let channel = entry.edit();
                let place = channel.senders.iter().position(|sender| Some(&sender.name) == message.sender.as_ref());
                let waits_until = match place {
                    Some(place) => &mut channel.senders[place].waits_until,
                    None => &mut channel.waits_until,
                };
                *waits_until = (*waits_until).max(Some(until));
            }
        }
        Effect::HoldSender(reason) if message.sender.is_some() => {
            let name = message.sender.as_deref().unwrap_or_default();
            if let Some(entry) = world.connections.get_mut(&message.channel)
                && entry.value.sender(name).is_some_and(|sender| sender.held.is_none())
            {
                let hold = hold_until(AlertCode::ReleaseSender, reason, &rejection.details, now);
                let about = sender_on(name, &message.channel);
                world.alarms.push(Alarm::held(AlertCause::SenderHeld, &about, &hold, now));
                if let Some(sender) = entry.edit().sender_mut(name) {
                    sender.held = Some(hold);
                }
            }
        }
        Effect::HoldChannel(reason) | Effect::HoldSender(reason) => {
            if let Some(entry) = world.connections.get_mut(&message.channel)
                && entry.value.held.is_none()
            {
                let hold = hold(reason, &rejection.details, now);
                world.alarms.push(Alarm::held(AlertCause::ChannelHeld, &message.channel, &hold, now));
                entry.edit().held = Some(hold);
            }
        }
    }
}

fn hold(reason: HoldReason, details: &Details, since: Timestamp) -> Hold {
    hold_until(step_of(reason), reason, details, since)
}

/// Held with a provider's words, until somebody does what the step says.
fn hold_until(step: AlertCode, reason: HoldReason, details: &Details, since: Timestamp) -> Hold {
    let codes = AlertCodes { next_step: Some(step), ..AlertCodes::default() };
    Hold { reason, since, words: words(details), next_step: step.english().to_owned(), codes }
}

fn words(details: &Details) -> String {
    match &details.code {
        Some(code) => format!("{} ({code})", details.text),
        None => details.text.clone(),
    }
}

/// What a person can do about a hold.
pub fn next_step(reason: HoldReason) -> &'static str {
    step_of(reason).english()
}

/// The sentence that says so.
pub fn step_of(reason: HoldReason) -> AlertCode {
    match reason {
        HoldReason::SenderPolicy => AlertCode::AskProvider,
        HoldReason::Auth => AlertCode::StoreCredentials,
        HoldReason::Billing => AlertCode::TopUp,
        HoldReason::Template => AlertCode::ApproveTemplate,
        HoldReason::ContentPolicy => AlertCode::ChangeContent,
        HoldReason::ChannelNotReady => AlertCode::ConnectChannel,
        HoldReason::TemplateNotApproved => AlertCode::SeeTemplates,
        HoldReason::SourceStale => AlertCode::ProbeSource,
    }
}

fn count_odd_refusals(world: &mut World, message: &Message, outcome: &Outcome, now: Timestamp) {
    use crate::message::RejectionClass::{BadRequest, Unknown};
    let Some(entry) = world.connections.get_mut(&message.channel) else { return };
    let before = entry.value.odd_refusals;
    let odd = match outcome {
        Outcome::Rejected(Rejection { class: BadRequest | Unknown, details }) => Some(details),
        _ => None,
    };
    let count = if odd.is_some() { (before + 1).min(ODD_REFUSALS) } else { 0 };
    if count == before {
        return;
    }
    entry.edit().odd_refusals = count;
    match odd {
        Some(details) if count == ODD_REFUSALS => {
            let words = AlertCode::RefusedInARow.with([("n", &ODD_REFUSALS), ("last", &words(details))]);
            world.alarms.push(Alarm::odd_refusals(&message.channel, words, now));
        }
        None if before == ODD_REFUSALS => {
            world.alarms.push(Alarm::clear(AlertCause::OddRefusals, &message.channel, now));
        }
        _ => {}
    }
}

/// A message that is not sent on purpose; uncertain, if an attempt that nobody came back from may have reached the
/// customer (S22).
pub fn skip(world: &mut World, id: MessageId, reason: SkipReason, details: Option<String>, now: Timestamp) {
    skip_with(world, id, reason, details, Vec::new(), now);
}

/// The same with the facts that it was decided on.
pub fn skip_with(
    world: &mut World,
    id: MessageId,
    reason: SkipReason,
    details: Option<String>,
    facts: Vec<FactRead>,
    now: Timestamp,
) {
    give_back(world, id);
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    let trace = match message.is_without_answer() {
        true => {
            let text = format!("an attempt was not answered, and it is not made again: {}", reason.name());
            let details = Details { code: None, text };
            message.state = MessageState::Uncertain;
            message.last_answer = Some(details.clone());
            MessageTrace::Uncertain { details }
        }
        false => {
            message.state = MessageState::Skipped { reason };
            MessageTrace::Skipped { reason, details }
        }
    };
    message.due_at = None;
    message.changed_at = now;
    let message = message.clone();
    tell_with(world, &message, trace, facts, now);
    chain::fall_back(world, id, now);
    wake(world, &message, now);
}

/// Gives back the place of a message that is not sent, or was refused for certain (S20). One that may have been sent by
/// somebody who did not come back keeps it.
pub fn give_back(world: &mut World, id: MessageId) {
    let Some(message) = world.messages.get(&id).map(|entry| &entry.value) else { return };
    let waits =
        matches!(message.state, MessageState::Queued | MessageState::Prepared { .. } | MessageState::Held { .. });
    let may_have_been_sent = waits && message.is_without_answer();
    if let Some(entry) = world.customers.get_mut(&message.customer)
        && entry.value.has_place(id)
        && !may_have_been_sent
    {
        entry.edit().give_back_place(id);
    }
}

/// A message that waits for something to be put right. Told once.
pub fn hold_message(world: &mut World, id: MessageId, reason: HoldReason, now: Timestamp) {
    hold_with(world, id, reason, Vec::new(), now);
}

/// The same with the facts that it was decided on.
pub fn hold_with(world: &mut World, id: MessageId, reason: HoldReason, facts: Vec<FactRead>, now: Timestamp) {
    give_back(world, id);
    raise_hold(world, id, reason, now);
    let Some(entry) = world.messages.get(&id) else { return };
    // S19: in a chain the next channel is tried instead.
    if reason.is_of_channel() && chain::next_channel(world, &entry.value).is_some() {
        let mut facts = facts;
        facts.push(FactRead::new("channel.held", reason.name()));
        return skip_with(world, id, SkipReason::ChannelHeld, None, facts, now);
    }
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let known = entry.value.state == (MessageState::Held { reason });
    let message = entry.edit();
    message.state = MessageState::Held { reason };
    message.due_at = Some(now + crate::plan::LOOK_AGAIN);
    if !known {
        message.changed_at = now;
        let message = message.clone();
        tell_with(world, &message, MessageTrace::Held { reason }, facts, now);
    }
}

/// People are told of what they have to put right; of what is held already they were.
fn raise_hold(world: &mut World, id: MessageId, reason: HoldReason, now: Timestamp) {
    let Some(message) = world.messages.get(&id).map(|entry| &entry.value) else { return };
    let alarm = match reason {
        HoldReason::ChannelNotReady => Some(Alarm::not_ready(&message.channel, now)),
        HoldReason::SourceStale => {
            let run = world.runs.get(&message.run).map(|entry| &entry.value);
            let source = run.and_then(|run| world.stale_source(run, now));
            let source = source.and_then(|name| world.sources.get(name)).map(|source| &source.value);
            source.filter(|source| source.held.is_none()).map(|source| Alarm::stale(source, now))
        }
        HoldReason::TemplateNotApproved => world.obstacle(message).and_then(|template| {
            let about = content_on(&message.content, &message.channel);
            Alarm::not_approved(&about, template, now)
        }),
        _ => None,
    };
    world.alarms.extend(alarm);
}

/// Adds to the trace of the message's run.
pub fn tell(world: &mut World, message: &Message, state: MessageTrace, at: Timestamp) {
    tell_with(world, message, state, Vec::new(), at);
}

/// The same with the facts that it was decided on.
pub(crate) fn tell_with(
    world: &mut World,
    message: &Message,
    state: MessageTrace,
    facts: Vec<FactRead>,
    at: Timestamp,
) {
    let what = Happening::Message { message: message.id, state };
    world.tell(message.run, TraceEntry { at, step: Some(message.step.clone()), what, facts });
}

/// The run goes on once its message is complete.
pub(crate) fn wake(world: &mut World, message: &Message, now: Timestamp) {
    if message.completed_at().is_some()
        && let Some(entry) = world.runs.get_mut(&message.run)
        && entry.value.waits_for(message)
    {
        entry.edit().due_at = Some(now);
    }
}
