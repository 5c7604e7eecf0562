//! Who is who (S10): from the names in an event to one customer, joining what turns out to be the same person.

use crate::checkout::take_over_carts;
use crate::claim::{self, claim_phone};
use crate::contact::{Email, Phone};
use crate::customer::{Customer, Proof};
use crate::event::{CustomerBody, Event, Subject, What};
use crate::exit::{active_runs, exit_by_known_orders};
use crate::handle;
use crate::heard::wake_waits;
use crate::ids::{CustomerId, Mint};
use crate::outcome;
use crate::place::Place;
use crate::reentry::note_end;
use crate::run::{EndReason, Position, Run};
use crate::shop::Shop;
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::wake::{moves, wake_local_waits};
use crate::world::{Entry, Identity, IdentityKind, World};

/// The names in an event, strongest first. Addresses that are none are left out.
pub fn names_of(event: &Event, shop: &Shop) -> Vec<Identity> {
    names_in(event, shop.country.as_deref())
}

/// Whom an urgent event may concern, as far as the event alone tells: its names, or none where it might be anybody.
/// Whoever was joined to them by an event before it has those names too once that one is applied; until then that one
/// is urgent itself.
pub fn concerned(event: &Event) -> Option<Vec<Identity>> {
    let person = event.what.person();
    let country = person.and_then(|person| person.country.as_deref());
    let phones = [event.subject.phone.as_deref(), person.and_then(|person| person.phone.as_deref())];
    // Without a country of its own a phone is read by the shop's, which is not known here.
    let is_clear = phones.into_iter().flatten().all(|text| Phone::parse(text, country).is_ok());
    Some(names_in(event, None)).filter(|names| is_clear && !names.is_empty())
}

/// With the country by which phones are read that have none of their own.
fn names_in(event: &Event, country: Option<&str>) -> Vec<Identity> {
    let Subject { customer, email, phone, cart, checkout, anonymous, .. } = &event.subject;
    let person = event.what.person();
    let country = person.and_then(|person| person.country.as_deref()).or(country);
    let emails = [email.as_deref(), person.and_then(|person| person.email.as_deref())];
    let phones = [phone.as_deref(), person.and_then(|person| person.phone.as_deref())];
    let plain = |kind, name: &Option<String>| {
        let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty())?;
        Some(Identity { kind, value: name.to_owned() })
    };
    let mut names: Vec<Identity> = Vec::new();
    names.extend(plain(IdentityKind::Customer, customer));
    names.extend(
        emails
            .into_iter()
            .flatten()
            .find_map(|text| Email::parse(text).ok())
            .map(|email| Identity { kind: IdentityKind::Email, value: email.folded() }),
    );
    names.extend(
        phones
            .into_iter()
            .flatten()
            .find_map(|text| Phone::parse(text, country).ok())
            .map(|phone| Identity { kind: IdentityKind::Phone, value: phone.to_string() }),
    );
    names.extend(plain(IdentityKind::Checkout, checkout));
    names.extend(plain(IdentityKind::Cart, cart));
    names.extend(plain(IdentityKind::Anonymous, anonymous));
    names
}

/// Of an event about whoever has this name.
pub fn subject_of(name: &Identity) -> Subject {
    let value = Some(name.value.clone());
    match name.kind {
        IdentityKind::Customer => Subject { customer: value, ..Subject::default() },
        IdentityKind::Email => Subject { email: value, ..Subject::default() },
        IdentityKind::Phone => Subject { phone: value, ..Subject::default() },
        IdentityKind::Checkout => Subject { checkout: value, ..Subject::default() },
        IdentityKind::Cart => Subject { cart: value, ..Subject::default() },
        IdentityKind::Anonymous => Subject { anonymous: value, ..Subject::default() },
    }
}

/// The customer that an event is about: the owner of its strongest known name. Weaker names that belonged to somebody
/// anonymous join that one; names of somebody else who is known stay theirs, except a phone, which moves.
pub fn resolve(world: &mut World, mint: &mut Mint, event: &Event, received_at: Timestamp) -> Option<CustomerId> {
    if matches!(event.what, What::CustomerClaimed(_)) {
        return claim::take(world, mint, event, received_at);
    }
    let names = names_of(event, &world.shop);
    if names.is_empty() {
        return None;
    }
    let owners: Vec<Option<CustomerId>> = names.iter().map(|name| world.identities.get(name).copied()).collect();
    let strongest = names.iter().zip(&owners).find_map(|(name, owner)| {
        let owner = (*owner)?;
        // A platform id that nobody has yet is not overruled by an e-mail of somebody who has another one.
        let contradicts = name.kind != IdentityKind::Customer
            && names[0].kind == IdentityKind::Customer
            && owners[0].is_none()
            && has_other(world, owner, &names[0]);
        (!contradicts).then_some(owner)
    });
    let customer = strongest.unwrap_or_else(|| {
        let id: CustomerId = mint.next();
        let at = event.occurred_at.min(received_at);
        world.customers.insert(id, Entry::new(Customer::anonymous(id, at)));
        id
    });
    for (name, owner) in names.iter().zip(owners) {
        match owner {
            Some(owner) if owner == customer => {}
            Some(owner) if world.customers.contains_key(&owner) && joins(world, owner, customer, name) => {
                merge(world, owner, customer, join_word(event, name), received_at);
            }
            Some(owner) if is_kept(world, event, name, owner) => claim_phone(world, name, owner, customer, received_at),
            Some(owner) => move_name(world, name, owner, customer, received_at),
            None => give_name(world, name, customer),
        }
    }
    take_person(world, customer, event, received_at);
    Some(customer)
}

fn has_other(world: &World, owner: CustomerId, name: &Identity) -> bool {
    world.identities.entries_of(owner).any(|(known, _)| known.kind == name.kind && known.value != name.value)
}

/// Two are one person when nothing they are called by on the platform contradicts it, and one is only anonymous or
/// the event says that both names are of one person.
fn joins(world: &World, one: CustomerId, other: CustomerId, by: &Identity) -> bool {
    let platform_ids = |customer| {
        world.identities.entries_of(customer).filter(|(name, _)| name.kind == IdentityKind::Customer).count()
    };
    if !world.is_identified(one) {
        return true;
    }
    by.kind != IdentityKind::Phone && platform_ids(one) + platform_ids(other) < 2
}

fn join_word(event: &Event, name: &Identity) -> &'static str {
    match (&event.what, name.kind) {
        (What::CustomerIdentified(_), _) => "identify",
        (_, IdentityKind::Cart) => "cart token",
        (_, IdentityKind::Checkout) => "checkout token",
        (_, IdentityKind::Customer) => "customer id",
        (_, IdentityKind::Email) => "e-mail",
        (_, IdentityKind::Phone) => "phone",
        (_, IdentityKind::Anonymous) => "browser",
    }
}

pub(crate) fn give_name(world: &mut World, name: &Identity, customer: CustomerId) {
    world.identities.insert(name.clone(), customer);
    world.named.insert(name.clone());
}

/// S10: a phone belongs to one customer and moves to whom it is given last. Tokens follow the newest owner too; an
/// e-mail or platform id stays with whom it identifies.
fn move_name(world: &mut World, name: &Identity, from: CustomerId, to: CustomerId, at: Timestamp) {
    if matches!(name.kind, IdentityKind::Customer | IdentityKind::Email) {
        return;
    }
    if name.kind == IdentityKind::Phone
        && let Some(entry) = world.customers.get_mut(&from)
        && entry.value.phone.as_ref().is_some_and(|phone| phone.as_str() == name.value)
    {
        let from = entry.edit();
        from.phone = None;
        from.phone_proof = None;
        // S20: caps count by address too.
        let places: Vec<Place> = from.places.iter().filter(|place| place.went_to(&name.value)).cloned().collect();
        if let Some(entry) = world.customers.get_mut(&to)
            && !places.is_empty()
        {
            entry.edit().add_places(places);
        }
    }
    if name.kind == IdentityKind::Anonymous {
        handle::follow(world, name, from, to);
    }
    if name.kind == IdentityKind::Phone {
        for run in active_runs(world, from).into_iter().chain(active_runs(world, to)) {
            world.tell(run, TraceEntry { at, step: None, what: Happening::PhoneMoved { from, to }, facts: Vec::new() });
        }
    }
    give_name(world, name, to);
}

/// What an event proves about the phone in it: only a form proves nothing.
fn proof_of(event: &Event) -> Option<Proof> {
    match event.what {
        What::OrderPlaced(_) | What::OrderPaid(_) | What::OrderCancelled(_) => Some(Proof::Order),
        What::OrderFulfilled(_) | What::OrderDelivered(_) => Some(Proof::Order),
        What::CustomerUpdated(_) => Some(Proof::Account),
        _ => None,
    }
}

/// S10: a phone whose holder is verified stays there, whatever a form says.
fn is_kept(world: &World, event: &Event, name: &Identity, owner: CustomerId) -> bool {
    let holder = world.customers.get(&owner).map(|entry| &entry.value);
    name.kind == IdentityKind::Phone
        && proof_of(event).is_none()
        && holder.is_some_and(|holder| {
            holder.phone_proof.is_some() && holder.phone.as_ref().is_some_and(|phone| phone.as_str() == name.value)
        })
}

fn take_person(world: &mut World, customer: CustomerId, event: &Event, at: Timestamp) {
    let country = world.shop.country.clone();
    let owned = |world: &World, kind: IdentityKind, value: String| {
        world.identities.get(&Identity { kind, value }).is_some_and(|owner| *owner == customer)
    };
    let body = event.what.person().cloned().unwrap_or_default();
    let email = [event.subject.email.as_deref(), body.email.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|text| Email::parse(text).ok());
    let country = body.country.as_deref().or(country.as_deref());
    let phone = [event.subject.phone.as_deref(), body.phone.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|text| Phone::parse(text, country).ok());
    let email = email.filter(|email| owned(world, IdentityKind::Email, email.folded()));
    let phone = phone.filter(|phone| owned(world, IdentityKind::Phone, phone.to_string()));
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let before = entry.value.clone();
    let mut after = before.clone();
    after.take(&CustomerBody { email: None, phone: None, consent: None, ..body });
    // S04: a record says where the customer is at home, anything else where they were.
    if !matches!(event.what, What::CustomerUpdated(_) | What::CustomerIdentified(_))
        && after.time_zone != before.time_zone
    {
        after.last_time_zone = std::mem::replace(&mut after.time_zone, before.time_zone.clone());
    }
    after.email = email.or(after.email);
    if let Some(phone) = phone {
        let known = after.phone_proof.filter(|_| after.phone.as_ref() == Some(&phone));
        after.phone_proof = known.or(proof_of(event));
        after.claimed_phone = after.claimed_phone.filter(|claimed| *claimed != phone);
        after.phone = Some(phone);
    }
    if after == before {
        return;
    }
    *entry.edit() = after.clone();
    if moves(world, &before, &after) {
        wake_local_waits(world, customer, at);
    }
}

/// Makes two customers one: all that is `from`'s is `into`'s.
pub fn merge(world: &mut World, from: CustomerId, into: CustomerId, by: &str, at: Timestamp) {
    let Some(gone) = world.customers.remove(&from) else { return };
    if gone.revision > 0 {
        world.gone.push((from, gone.revision));
    }
    if let Some(entry) = world.customers.get_mut(&into) {
        entry.edit().absorb(gone.value);
    }
    world.merged.push((from, into));
    world.named.extend(world.identities.give_all(from, into));
    world.carts.give_all(from, into);
    world.orders.give_all(from, into);
    world.messages.give_all(from, into);
    merge_runs(world, from, into, by, at);
    wake_local_waits(world, into, at);
    wake_waits(world, into, at);
}

/// The run key of a customer.
pub fn customer_key(customer: CustomerId) -> String {
    format!("customer:{customer}")
}

/// S10: per strategy and key, the run that contacted last stays at its step, the other leaves; of two that settle,
/// one goes on with the later due time.
fn merge_runs(world: &mut World, from: CustomerId, into: CustomerId, by: &str, at: Timestamp) {
    let (old_key, new_key) = (customer_key(from), customer_key(into));
    for id in world.runs.give_all(from, into) {
        let contacted =
            |world: &World, run: &Run| world.messages_of(run.id).filter_map(|message| message.handed_over_at).max();
        let Some(entry) = world.runs.get_mut(&id) else { continue };
        let run = entry.edit();
        if !run.is_active() {
            continue;
        }
        if run.key == old_key {
            run.key.clone_from(&new_key);
        }
        let run = run.clone();
        world.tell(id, TraceEntry { at, step: None, what: Happening::Joined { by: by.to_owned() }, facts: Vec::new() });
        let rival = world
            .runs
            .of(into)
            .map(|entry| &entry.value)
            .find(|other| other.id != id && other.is_active() && other.strategy == run.strategy && other.key == run.key)
            .cloned();
        let Some(rival) = rival else { continue };
        let settles = |run: &Run| run.position == Position::Settling;
        let rank = |run: &Run| (contacted(world, run), !settles(run), std::cmp::Reverse(run.started_at));
        let (stays, leaves) = if rank(&run) > rank(&rival) { (run, rival) } else { (rival, run) };
        if let Some(entry) = world.runs.get_mut(&stays.id) {
            let run = entry.edit();
            run.started_at = run.started_at.min(leaves.started_at);
            run.newest_trigger_at = run.newest_trigger_at.max(leaves.newest_trigger_at);
            if settles(run) && settles(&leaves) {
                run.due_at = run.due_at.max(leaves.due_at);
                if leaves.newest_trigger_at > stays.newest_trigger_at {
                    run.trigger.cart = leaves.trigger.cart.or(run.trigger.cart);
                }
            }
        }
        leave(world, leaves.id, at, EndReason::Merged);
    }
    for run in active_runs(world, into) {
        exit_by_known_orders(world, run, at);
    }
    // S09: what was a cart of one and a checkout of the other is one thing.
    for run in active_runs(world, into) {
        take_over_carts(world, run, at);
    }
}

/// Ends a run and lets go of what it has not handed over.
pub(crate) fn leave(world: &mut World, id: crate::ids::RunId, at: Timestamp, reason: EndReason) {
    release_messages(world, id, at);
    if let Some(entry) = world.runs.get_mut(&id) {
        entry.edit().end(at, reason);
        let run = entry.value.clone();
        note_end(world, &run);
        world.tell(id, TraceEntry { at, step: None, what: Happening::Ended { reason }, facts: Vec::new() });
    }
}

/// S08: what was never handed over is not sent any more.
pub(crate) fn release_messages(world: &mut World, run: crate::ids::RunId, at: Timestamp) {
    use crate::message::{MessageState, SkipReason};
    let waits = |state: &MessageState| {
        matches!(state, MessageState::Queued | MessageState::Prepared { .. } | MessageState::Held { .. })
    };
    let messages = world.messages_of(run).filter(|message| waits(&message.state));
    let released: Vec<_> = messages.map(|message| message.id).collect();
    for message in released {
        outcome::skip(world, message, SkipReason::RunEnded, None, at);
    }
}
