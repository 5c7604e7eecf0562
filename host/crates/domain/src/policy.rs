//! The check of S17: whether a message may go out as things stand. Pure, and repeated at every wake-up.

use crate::contact::{Address, ConsentState, GENERAL};
use crate::content::Content;
use crate::customer::{Customer, Mark};
use crate::fact::FactRead;
use crate::facts::Subject;
use crate::message::{HoldReason, Message, Purpose, SkipReason};
use crate::sender::{self, Choice};
use crate::shop::{ChannelAbility, Connection};
use crate::strategy::{Policies, StrategyState};
use crate::template::{Template, TemplateBook};
use crate::time::{Span, Timestamp};
use crate::window::{Whose, Windows};

/// What the check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It may go out.
    Go(Way),
    /// Not at all.
    Skip(SkipReason),
    /// Not before something is put right.
    Hold(HoldReason),
    /// Not before its window opens, or it is too late.
    Wait(Timestamp),
    /// Not before its sender may be used again, or it is too late (S23).
    WaitForSender(Timestamp),
    /// Not while the strategy is paused.
    Paused,
}

/// How a message may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// To this address.
    pub to: Address,
    /// By this sender of its channel; none where that has none.
    pub sender: Option<String>,
}

/// What a message is checked with.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The strategy's state.
    pub strategy: StrategyState,
    /// Whether the run is still on its way.
    pub run_is_active: bool,
    /// The customer and what is known.
    pub subject: &'a Subject,
    /// The channel, by its name in the shop.
    pub channel_name: &'a str,
    /// The channel, if the shop has it.
    pub channel: Option<&'a Connection>,
    /// What its provider says of its templates, once that was asked for.
    pub templates: Option<&'a TemplateBook>,
    /// The content.
    pub content: Option<&'a Content>,
    /// The first instant that its delay allows.
    pub allowed_at: Timestamp,
    /// The strategy's policies.
    pub policies: &'a Policies,
    /// Where it goes instead of to the customer: to the shop's own people.
    pub recipient: Option<&'a Address>,
    /// The order that took the run to where it is, which forbids nothing (S21).
    pub exempt_order: Option<&'a str>,
    /// A source that was silent for too long, where an order would forbid the message (S08).
    pub stale_source: Option<&'a str>,
    /// When an overdue message of the same run went out, if one did (S27).
    pub overdue_went_at: Option<Timestamp>,
    /// The message, where there is one already: once it was handed over, it stays with its sender.
    pub before: Option<&'a Message>,
}

impl<'a> Candidate<'a> {
    /// The windows that it has to be inside of: none unless it is marketing.
    fn windows(&self) -> Windows<'a> {
        let mut windows = Windows::default();
        let Subject { customer, shop, now, .. } = self.subject;
        if self.content.is_some_and(|content| content.purpose == Purpose::Marketing) {
            let channel = self.channel.and_then(|channel| channel.window.as_ref());
            windows.add(Whose::Shop, shop.window.as_ref(), customer, shop, *now);
            windows.add(Whose::Channel, channel, customer, shop, *now);
            windows.add(Whose::Strategy, self.policies.window.as_ref(), customer, shop, *now);
            if let Some(ability) = self.channel.and_then(|channel| channel.ability.as_ref()) {
                windows.add_presets(&ability.channel, customer, shop, *now);
            }
        }
        windows
    }

    /// The topic of consent that it belongs to (S18).
    fn topic(&self) -> &'a str {
        let of_content = self.content.and_then(|content| content.topic.as_deref());
        of_content.or(self.policies.topic.as_deref()).unwrap_or(GENERAL)
    }

    /// The template that its provider does not take: one that nobody has asked about is none (S17).
    fn obstacle(&self) -> Option<&'a Template> {
        let language = self.subject.customer.language.as_deref();
        self.templates?.obstacle(self.channel?, self.content?, language)
    }

    /// Past this it is too late: counted from the first instant that its delay and its windows allow (S27). None if
    /// they never do.
    pub fn late_after(&self) -> Option<Timestamp> {
        self.late_after_in(&self.windows())
    }

    fn late_after_in(&self, windows: &Windows<'_>) -> Option<Timestamp> {
        Some(windows.first_open(self.allowed_at)? + self.policies.max_lateness)
    }
}

/// A message that goes out later than this after its time is overdue.
const OVERDUE: Span = Span::minutes(10);

/// S27: when an overdue message went out, of those of a run; after that none goes whose own time was before.
pub fn overdue_went_at<'a>(messages: impl Iterator<Item = &'a Message>, policies: &Policies) -> Option<Timestamp> {
    let went = messages.filter(|message| message.may_have_been_sent()).filter_map(|message| {
        let time = message.late_after - policies.max_lateness;
        message.handed_over_at.filter(|at| *at > time + OVERDUE)
    });
    went.max()
}

/// Checks in the order of S17: the first that refuses is the reason. What was read goes to `reads`.
pub fn check(candidate: &Candidate<'_>, reads: &mut Vec<FactRead>) -> Check {
    let subject = candidate.subject;
    match candidate.strategy {
        StrategyState::Live | StrategyState::Closed => {}
        StrategyState::Paused => return Check::Paused,
        StrategyState::Stopped => return Check::Skip(SkipReason::StrategyNotLive),
    }
    if !candidate.run_is_active {
        return Check::Skip(SkipReason::RunEnded);
    }
    let Some(content) = candidate.content else { return Check::Skip(SkipReason::NoContent) };
    let customer = &subject.customer;
    if content.purpose == Purpose::Marketing
        && let Some(reason) = consent_refusal(candidate, reads)
    {
        return Check::Skip(reason);
    }
    let filtered = (content.purpose == Purpose::Marketing).then(|| filter_refusal(candidate)).flatten();
    let Some(ability) = candidate.channel.and_then(|channel| channel.ability.as_ref()) else {
        return match filtered {
            Some(refusal) => filtered_out(refusal, reads),
            None => Check::Hold(HoldReason::ChannelNotReady),
        };
    };
    let found = match candidate.recipient {
        Some(recipient) if ability.addresses.contains(&recipient.kind) => Ok(recipient.clone()),
        Some(_) => Err(SkipReason::NoAddress),
        None => reachable(customer, candidate.channel_name, ability, subject.now),
    };
    // Suppression is found with the address, and stands before the filter.
    if let Some(refusal) = filtered.filter(|_| found != Err(SkipReason::Suppressed)) {
        return filtered_out(refusal, reads);
    }
    let address = match found {
        Ok(address) => address,
        Err(reason) => {
            reads.push(FactRead::new("address", reason_word(reason)));
            return Check::Skip(reason);
        }
    };
    if content.purpose == Purpose::Marketing && ordered_lately(candidate, reads) {
        return Check::Skip(SkipReason::OrderedLately);
    }
    let Some((variant, _)) = content.variant(&ability.channel, customer.language.as_deref()) else {
        return Check::Skip(SkipReason::NoVariant);
    };
    if let Some(wrote_at) = unanswered_since(candidate, ability, &variant.body) {
        reads.push(FactRead::new("customer.wrote_at", wrote_at));
        return Check::Skip(SkipReason::WindowClosed);
    }
    let obstacle = candidate.obstacle();
    let held = candidate.channel.and_then(|channel| {
        channel.held.as_ref().or_else(|| channel.held_contents.get(&content.name)).map(|hold| hold.reason)
    });
    let windows = candidate.windows();
    reads.extend(windows.reads());
    let Some(late_after) = candidate.late_after_in(&windows) else { return Check::Skip(SkipReason::WindowNeverOpen) };
    if subject.now > late_after {
        reads.push(FactRead::new("late_after", late_after));
        return Check::Skip(SkipReason::TooLate);
    }
    if let Some(went) = candidate.overdue_went_at.filter(|went| *went >= late_after - candidate.policies.max_lateness) {
        reads.push(FactRead::new("run.overdue_went_at", went));
        return Check::Skip(SkipReason::TooLate);
    }
    if let Some(template) = obstacle {
        reads.push(FactRead::new("template", template.said()));
        return Check::Hold(HoldReason::TemplateNotApproved);
    }
    if let Some(reason) = held {
        return Check::Hold(reason);
    }
    if let Some(source) = candidate.stale_source.filter(|_| content.purpose == Purpose::Marketing) {
        reads.push(FactRead::new("source.stale", source));
        return Check::Hold(HoldReason::SourceStale);
    }
    let sender = match choose_sender(candidate, reads) {
        Choice::By(sender) => Ok(sender),
        Choice::Wait(until) => Err(until),
        Choice::Hold(reason) => return Check::Hold(reason),
    };
    match windows.first_open(subject.now) {
        Some(opens) if opens <= subject.now => match sender {
            Ok(sender) => Check::Go(Way { to: address, sender }),
            Err(until) => Check::WaitForSender(until.min(late_after + Span::from_millis(1))),
        },
        // What cannot open in time is not waited for any longer than it takes to say so.
        Some(opens) => Check::Wait(opens.min(late_after + Span::from_millis(1))),
        None => Check::Skip(SkipReason::WindowNeverOpen),
    }
}

/// The sender that it goes by, as the strategy wants it now (S28).
fn choose_sender(candidate: &Candidate<'_>, reads: &mut Vec<FactRead>) -> Choice {
    let Some(channel) = candidate.channel else { return Choice::By(None) };
    let named = candidate.policies.senders.get(candidate.channel_name).map_or(&[][..], Vec::as_slice);
    let choice = sender::choose(channel, named, candidate.before, candidate.subject.now);
    match &choice {
        Choice::By(None) => {}
        Choice::By(Some(sender)) => reads.push(FactRead::new("sender", sender.as_str())),
        Choice::Wait(until) => reads.push(FactRead::new("sender.waits_until", *until)),
        Choice::Hold(reason) => reads.push(FactRead::new("sender.held", reason.name())),
    }
    choice
}

/// The customer's last word on a channel that takes such a body only as an answer, where that was too long ago or
/// none is known.
fn unanswered_since(
    candidate: &Candidate<'_>,
    ability: &ChannelAbility,
    body: &serde_json::Value,
) -> Option<Option<Timestamp>> {
    let rule = ability.answers.as_ref().filter(|rule| candidate.recipient.is_none() && rule.binds(body))?;
    let wrote_at = candidate.subject.customer.wrote_at(candidate.channel_name);
    wrote_at.is_none_or(|wrote_at| candidate.subject.now > wrote_at + rule.within).then_some(wrote_at)
}

/// The filter of shop or strategy that the customer's tags do not pass.
fn filter_refusal(candidate: &Candidate<'_>) -> Option<FactRead> {
    let Subject { customer, shop, .. } = candidate.subject;
    let of_shop = shop.push_filter.refusal("shop", &customer.tags);
    of_shop.or_else(|| candidate.policies.push_filter.refusal("strategy", &customer.tags))
}

fn filtered_out(refusal: FactRead, reads: &mut Vec<FactRead>) -> Check {
    reads.push(refusal);
    Check::Skip(SkipReason::PushFilter)
}

/// S21: whether the customer ordered too short a time ago for marketing.
fn ordered_lately(candidate: &Candidate<'_>, reads: &mut Vec<FactRead>) -> bool {
    let Some(span) = candidate.policies.not_after_order else { return false };
    let subject = candidate.subject;
    let orders = subject.orders.iter().filter(|order| {
        order.ends_runs() && order.placed_at <= subject.now && candidate.exempt_order != Some(order.order_id.as_str())
    });
    let last = orders.map(|order| order.placed_at).max();
    reads.push(FactRead::new("orders.last_at", last));
    last.is_some_and(|last| subject.now < last + span)
}

fn consent_refusal(candidate: &Candidate<'_>, reads: &mut Vec<FactRead>) -> Option<SkipReason> {
    let customer = &candidate.subject.customer;
    let topic = candidate.topic();
    let consent = customer.consent_to(topic);
    let state = consent.map_or(ConsentState::Unknown, |consent| consent.state);
    let value = match consent {
        Some(consent) => format!("{} since {} ({})", consent_word(state), consent.at, consent.source),
        None => consent_word(state).to_owned(),
    };
    let fact = if topic == GENERAL { "consent.marketing".to_owned() } else { format!("consent.{topic}") };
    reads.push(FactRead::new(fact, value));
    match state {
        ConsentState::Subscribed => None,
        ConsentState::Unsubscribed => Some(SkipReason::Unsubscribed),
        ConsentState::Unknown => {
            let passes =
                candidate.subject.shop.unknown_consent_passes.iter().any(|name| name == candidate.channel_name);
            if passes {
                reads.push(FactRead::new("shop.unknown_consent_passes", candidate.channel_name));
                None
            } else if customer.phone.is_none()
                && customer.email.is_none()
                && !customer.handles.contains_key(candidate.channel_name)
            {
                Some(SkipReason::NotIdentified)
            } else {
                Some(SkipReason::NoConsent)
            }
        }
    }
}

fn consent_word(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Unknown => "unknown",
        ConsentState::Subscribed => "subscribed",
        ConsentState::Unsubscribed => "unsubscribed",
    }
}

fn reason_word(reason: SkipReason) -> Option<&'static str> {
    match reason {
        SkipReason::InvalidAddress => Some("marked invalid"),
        SkipReason::NotOnChannel => Some("not on this channel"),
        SkipReason::Suppressed => Some("suppressed on this channel"),
        _ => None,
    }
}

/// The first address that the channel can use and nothing is known against; else the reason of the best one.
fn reachable(
    customer: &Customer,
    channel: &str,
    ability: &ChannelAbility,
    now: Timestamp,
) -> Result<Address, SkipReason> {
    let mut refusal = SkipReason::NoAddress;
    let addresses = || ability.addresses.iter().filter_map(|kind| customer.address_on(channel, ability, *kind));
    // Suppression is of the person on the channel: another address of theirs is no way around it.
    if addresses().any(|address| customer.mark_on(channel, &address, now) == Some(Mark::Suppressed)) {
        return Err(SkipReason::Suppressed);
    }
    for address in addresses() {
        let reason = match customer.mark_on(channel, &address, now) {
            None => return Ok(address),
            Some(Mark::Invalid) => SkipReason::InvalidAddress,
            Some(Mark::NotOnChannel) => SkipReason::NotOnChannel,
            Some(Mark::Suppressed) => SkipReason::Suppressed,
        };
        if refusal == SkipReason::NoAddress {
            refusal = reason;
        }
    }
    Err(refusal)
}
