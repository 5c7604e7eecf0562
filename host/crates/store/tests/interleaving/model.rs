//! What may and must not come of a case, from nothing but what people did and what the provider saw: a plain list of
//! deeds, and no planner.

use cartwright_domain::ids::{MessageId, RunId};
use cartwright_domain::message::Message;
use cartwright_domain::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Case, PEOPLE};
use crate::log::{Answered, Deed, Did, HandOver};
use crate::play::{Played, address};

/// A claim lasts so long: between the place under a cap and the hand-over lies no more.
const CLAIM: Span = Span::seconds(60);
const DAY: Span = Span::hours(24);

type Statement = fn(&Case, &Played) -> Result<(), String>;

/// All statements, by the names that a failure shows.
pub(crate) const STATEMENTS: [(&str, Statement); 7] = [
    ("s22_never_two_messages_for_one_intent", s22_never_two_messages_for_one_intent),
    ("s07_never_two_active_runs_for_one_key", s07_never_two_active_runs_for_one_key),
    ("s08_none_after_an_order_that_was_committed_first", s08_none_after_an_order_that_was_committed_first),
    ("s04_none_outside_the_window", s04_none_outside_the_window),
    ("s20_never_over_the_cap", s20_never_over_the_cap),
    ("s20_places_are_neither_lost_nor_left_behind", s20_places_are_neither_lost_nor_left_behind),
    ("s01_who_left_a_cart_and_bought_nothing_is_reminded", s01_who_left_a_cart_and_bought_nothing_is_reminded),
];

/// The statements that a case breaks.
pub(crate) fn broken(case: &Case, played: &Played) -> Vec<String> {
    let broken = STATEMENTS.iter().filter_map(|(name, holds)| Some(format!("{name}: {}", holds(case, played).err()?)));
    let known = played.violations.iter().map(|found| format!("check_shop: {found}"));
    broken.chain(known).collect()
}

fn person_of(message: &Message) -> Option<usize> {
    let to = message.to.as_ref()?;
    (0..PEOPLE).find(|person| to.value == address(*person))
}

fn intent(message: &Message) -> (RunId, &str, u32) {
    (message.run, &message.step, message.iteration)
}

fn s22_never_two_messages_for_one_intent(case: &Case, played: &Played) -> Result<(), String> {
    let log = played.log.events();
    let sent: Vec<MessageId> =
        log.asked.iter().filter(|(_, said)| *said == Answered::Sent).map(|(message, _)| *message).collect();
    let mut received: BTreeMap<MessageId, u32> = BTreeMap::new();
    for message in &sent {
        *received.entry(*message).or_default() += 1;
    }
    for (message, times) in &received {
        if *times > 1 && !case.idempotent {
            return Err(format!("the customer received {message} {times} times"));
        }
    }
    let mut intents = BTreeSet::new();
    for message in received.keys() {
        let Some(known) = played.messages.iter().find(|known| known.id == *message) else {
            return Err(format!("the customer received {message}, of which nothing is known"));
        };
        if !known.may_have_been_sent() {
            return Err(format!("the customer received {message}, which is {:?}", known.state));
        }
        if !intents.insert(intent(known)) {
            return Err(format!("the customer received two messages for {:?}", intent(known)));
        }
    }
    for (message, _) in &log.asked {
        let asked = log.asked.iter().filter(|(other, _)| other == message).count();
        let handed_over = log.hand_overs.iter().filter(|hand_over| hand_over.message.id == *message).count();
        if asked > handed_over {
            return Err(format!("the provider was asked {asked} times for {message}: handed over {handed_over} times"));
        }
    }
    // Each run begins with something that was put into a cart, and says each thing once.
    for person in 0..PEOPLE {
        let begun = deeds(&log.did, person, &[Deed::Cart, Deed::Checkout]).count();
        let mut first: Vec<RunId> = log
            .hand_overs
            .iter()
            .filter(|hand_over| person_of(&hand_over.message) == Some(person) && hand_over.message.step == "remind")
            .map(|hand_over| hand_over.message.run)
            .collect();
        first.sort();
        first.dedup();
        if first.len() > begun {
            return Err(format!("{} reminders for {begun} carts of p{person}", first.len()));
        }
    }
    Ok(())
}

fn s07_never_two_active_runs_for_one_key(_: &Case, played: &Played) -> Result<(), String> {
    let log = played.log.events();
    log.doubled.first().map_or(Ok(()), |doubled| Err(doubled.clone()))
}

fn deeds<'a>(did: &'a [Did], person: usize, what: &'a [Deed]) -> impl Iterator<Item = &'a Did> {
    did.iter().filter(move |did| did.person == person && what.contains(&did.what))
}

fn s08_none_after_an_order_that_was_committed_first(_: &Case, played: &Played) -> Result<(), String> {
    let log = played.log.events();
    for HandOver { message, after } in &log.hand_overs {
        let Some(person) = person_of(message) else { return Err(format!("{message:?} goes to nobody")) };
        let durable = &log.did[..*after];
        let Some(ordered) = deeds(durable, person, &[Deed::Order]).map(|did| did.at).max() else { continue };
        let mut carts = deeds(durable, person, &[Deed::Cart, Deed::Checkout]);
        if !carts.any(|did| did.at > ordered) {
            return Err(format!("p{person} got {} and had put nothing into a cart since the order", message.id));
        }
        let run = played.runs.iter().find(|run| run.id == message.run);
        let began = run.map(|run| run.started_at);
        if began.is_none_or(|began| ordered >= began) {
            return Err(format!("p{person} got {} of {began:?} after the order of {ordered}", message.id));
        }
    }
    Ok(())
}

fn s04_none_outside_the_window(_: &Case, played: &Played) -> Result<(), String> {
    let log = played.log.events();
    for HandOver { message, .. } in &log.hand_overs {
        let at = message.handed_over_at.unwrap_or_default();
        // Berlin in the winter.
        let minute = (at.millis() / 60_000 + 60) % (24 * 60);
        if !(9 * 60..18 * 60).contains(&minute) {
            return Err(format!("{} was handed over at {at}", message.id));
        }
    }
    Ok(())
}

/// What each contact was handed over at last, by person: of those that the customer may have received.
fn contacts(played: &Played, person: usize) -> BTreeMap<(RunId, String, u32), Timestamp> {
    let of =
        played.messages.iter().filter(|message| message.may_have_been_sent() && person_of(message) == Some(person));
    of.filter_map(|message| Some(((message.run, message.step.clone(), message.iteration), message.handed_over_at?)))
        .collect()
}

fn s20_never_over_the_cap(case: &Case, played: &Played) -> Result<(), String> {
    for person in 0..PEOPLE {
        let contacts = contacts(played, person);
        for ((run, step, iteration), at) in &contacts {
            let counted = contacts.iter().filter(|((other, other_step, other_iteration), earlier)| {
                let is_own = (other, other_step, other_iteration) == (run, step, iteration);
                let counts = case.own_run_counts || other != run;
                !is_own && counts && *earlier <= at && **earlier > *at - DAY + CLAIM
            });
            let counted = counted.count();
            if counted >= case.contacts as usize {
                return Err(format!("p{person} got step `{step}` of {run} at {at} after {counted} others in a day"));
            }
        }
    }
    Ok(())
}

fn s20_places_are_neither_lost_nor_left_behind(_: &Case, played: &Played) -> Result<(), String> {
    let log = played.log.events();
    let places: BTreeSet<MessageId> = played
        .customers
        .iter()
        .flat_map(|customer| &customer.places)
        .flat_map(|place| &place.slots)
        .map(|slot| slot.message)
        .collect();
    for message in &played.messages {
        let recent = message.handed_over_at.is_some_and(|at| at > played.ended_at - Span::days(6));
        if message.may_have_been_sent() && recent && !places.contains(&message.id) {
            return Err(format!("{} may have been sent and has no place", message.id));
        }
        let asked = log.asked.iter().filter(|(id, _)| *id == message.id);
        let refused = asked.clone().filter(|(_, said)| *said == Answered::No).count();
        // A node that fell may have taken a refusal with it.
        let knows = log.crashes == 0 || message.attempts == 0;
        let certainly_not = !message.may_have_been_sent() && message.attempts as usize == refused && knows;
        if certainly_not && places.contains(&message.id) {
            return Err(format!("{} was not sent, is {:?}, and has a place", message.id, message.state));
        }
    }
    match places.iter().find(|id| played.messages.iter().all(|message| message.id != **id)) {
        Some(id) => Err(format!("{id} has a place and is no message")),
        None => Ok(()),
    }
}

fn s01_who_left_a_cart_and_bought_nothing_is_reminded(_: &Case, played: &Played) -> Result<(), String> {
    let log = played.log.events();
    for person in 0..PEOPLE {
        let left = deeds(&log.did, person, &[Deed::Cart]).count();
        let changed_their_mind = deeds(&log.did, person, &[Deed::Order, Deed::Empty]).count() > 0;
        let refused = log.asked.iter().any(|(_, said)| *said == Answered::No);
        let of_known_cart = !played.runs.is_empty() && left > 0;
        let gone = log.hand_overs.iter().any(|hand_over| person_of(&hand_over.message) == Some(person));
        if of_known_cart && !changed_their_mind && !refused && !gone && played.was_known(person) {
            return Err(format!("p{person} left a cart and was never reminded"));
        }
    }
    Ok(())
}
