//! What a browser says of its visitor, which nobody has proved (S10).
//!
//! It may bring: a cart that is nobody's joins whom the visitor names, and somebody new is known by what they typed.
//! It never takes: whoever is known keeps their addresses, names and consent, whatever anybody types into a form.

use crate::contact::{Consent, ConsentOrigin, ConsentState, Email, GENERAL, Phone};
use crate::customer::Customer;
use crate::event::{CustomerBody, Event, What};
use crate::exit::active_runs;
use crate::identity::{give_name, merge, names_of};
use crate::ids::{CustomerId, Mint};
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::wake::{moves, wake_local_waits};
use crate::world::{Entry, Identity, IdentityKind, World};

/// The customer that a claim is about: whoever has the address that was typed, else the platform's id that the page
/// told, else what the browser carries. None where it names nothing that counts.
pub(crate) fn take(world: &mut World, mint: &mut Mint, event: &Event, at: Timestamp) -> Option<CustomerId> {
    let What::CustomerClaimed(body) = &event.what else { return None };
    let names = names_of(event, &world.shop);
    // A platform's id becomes a name only by the platform: whoever signs up later must not find a stranger's address.
    let own: Vec<&Identity> = names.iter().filter(|name| name.kind != IdentityKind::Customer).collect();
    let named = named_by(world, &names);
    let customer = match named {
        Some(named) => named,
        None if own.is_empty() => return None,
        None => {
            let id: CustomerId = mint.next();
            world.customers.insert(id, Entry::new(Customer::anonymous(id, event.occurred_at.min(at))));
            id
        }
    };
    let was_known = world.is_identified(customer);
    let is_account =
        |name: &Identity| name.kind == IdentityKind::Customer && world.identities.get(name) == Some(&customer);
    let names_somebody = names.iter().any(|name| is_address(name) || is_account(name));
    for name in own {
        take_name(world, name, customer, Claim { was_known, names_somebody, at });
    }
    take_facts(world, customer, event, was_known, at);
    take_consent(world, customer, &names, body, event.occurred_at);
    Some(customer)
}

/// What a name meets.
#[derive(Clone, Copy)]
struct Claim {
    /// Whether it was known who the customer is.
    was_known: bool,
    /// Whether more than what the browser carries says who it is.
    names_somebody: bool,
    at: Timestamp,
}

fn is_address(name: &Identity) -> bool {
    matches!(name.kind, IdentityKind::Email | IdentityKind::Phone)
}

fn named_by(world: &World, names: &[Identity]) -> Option<CustomerId> {
    let owner = |name: &Identity| world.identities.get(name).copied();
    let carried: Vec<CustomerId> = names
        .iter()
        .filter(|name| matches!(name.kind, IdentityKind::Checkout | IdentityKind::Cart | IdentityKind::Anonymous))
        .filter_map(owner)
        .collect();
    if let Some(address) = names.iter().find(|name| is_address(name)) {
        return owner(address).or_else(|| carried.into_iter().find(|owner| !world.is_identified(*owner)));
    }
    let account = names.iter().find(|name| name.kind == IdentityKind::Customer).and_then(owner);
    account
        .or_else(|| carried.iter().copied().find(|owner| world.is_identified(*owner)))
        .or_else(|| carried.first().copied())
}

fn take_name(world: &mut World, name: &Identity, customer: CustomerId, claim: Claim) {
    let owner = world.identities.get(name).copied();
    match (owner, is_address(name)) {
        (None, true) if claim.was_known => {}
        (None, _) => give_name(world, name, customer),
        (Some(owner), _) if owner == customer => {}
        (Some(owner), true) if name.kind == IdentityKind::Phone && !claim.was_known => {
            claim_phone(world, name, owner, customer, claim.at);
        }
        (Some(_), true) => {}
        (Some(owner), false) if world.customers.contains_key(&owner) && !world.is_identified(owner) => {
            merge(world, owner, customer, "storefront", claim.at);
        }
        // The cart of somebody who is known stays theirs; the browser is whoever's it was named for last.
        (Some(_), false) if name.kind == IdentityKind::Anonymous && claim.names_somebody => {
            give_name(world, name, customer);
        }
        (Some(_), false) => {}
    }
}

/// A phone that is known to be another's is remembered, and nothing is sent to it.
pub(crate) fn claim_phone(world: &mut World, name: &Identity, of: CustomerId, by: CustomerId, at: Timestamp) {
    let Ok(phone) = Phone::parse(&name.value, None) else { return };
    let Some(entry) = world.customers.get_mut(&by) else { return };
    if entry.value.claimed_phone.as_ref() == Some(&phone) {
        return;
    }
    entry.edit().claimed_phone = Some(phone);
    for run in active_runs(world, by) {
        world.tell(run, TraceEntry { at, step: None, what: Happening::PhoneClaimed { of }, facts: Vec::new() });
    }
}

/// Of somebody who is known only gaps are filled, and those only that say how to speak to them and when.
fn take_facts(world: &mut World, customer: CustomerId, event: &Event, was_known: bool, at: Timestamp) {
    let body = event.what.person().cloned().unwrap_or_default();
    let owned = |world: &World, kind, value: String| world.identities.get(&Identity { kind, value }) == Some(&customer);
    let country = body.country.clone().or_else(|| world.shop.country.clone());
    let emails = [event.subject.email.as_deref(), body.email.as_deref()];
    let phones = [event.subject.phone.as_deref(), body.phone.as_deref()];
    let email = emails.into_iter().flatten().find_map(|text| Email::parse(text).ok());
    let phone = phones.into_iter().flatten().find_map(|text| Phone::parse(text, country.as_deref()).ok());
    let email = email.filter(|email| owned(world, IdentityKind::Email, email.folded()));
    let phone = phone.filter(|phone| owned(world, IdentityKind::Phone, phone.to_string()));
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let before = entry.value.clone();
    let mut after = before.clone();
    if was_known {
        after.language = after.language.or_else(|| body.language.clone());
    } else {
        let said = CustomerBody {
            first_name: body.first_name.clone(),
            last_name: body.last_name.clone(),
            language: body.language.clone(),
            ..CustomerBody::default()
        };
        after.take(&said);
        after.email = email.or(after.email);
        after.phone = phone.or(after.phone);
    }
    // S04: it is where they were, not where they are at home.
    if !was_known || (after.time_zone.is_none() && after.last_time_zone.is_none()) {
        after.last_time_zone = body.time_zone.clone().or(after.last_time_zone);
    }
    if after == before {
        return;
    }
    *entry.edit() = after.clone();
    if moves(world, &before, &after) {
        wake_local_waits(world, customer, at);
    }
}

/// S18: a yes counts where neither yes nor no is known, for whoever has the address that was typed with it. Nobody is
/// believed to have changed their mind by a form that everybody can fill in.
fn take_consent(world: &mut World, customer: CustomerId, names: &[Identity], body: &CustomerBody, said_at: Timestamp) {
    let Some(said) = body.consent.as_ref().filter(|said| said.state == ConsentState::Subscribed) else { return };
    let is_theirs = names.iter().any(|name| is_address(name) && world.identities.get(name) == Some(&customer));
    let Some(entry) = world.customers.get_mut(&customer).filter(|_| is_theirs) else { return };
    let known = match said.topic.as_deref().filter(|topic| *topic != GENERAL) {
        Some(topic) => entry.value.topics.get(topic),
        None => entry.value.consent.as_ref(),
    };
    if known.is_some_and(|known| known.state != ConsentState::Unknown) {
        return;
    }
    let source = said.source.clone().unwrap_or_else(|| "storefront".to_owned());
    let consent = Consent { state: said.state, at: said_at, origin: ConsentOrigin::Customer, source };
    entry.edit().take_consent_to(said.topic.as_deref(), consent);
}
