//! A batch of arriving events, told apart before any statement runs (S02).

use std::collections::{BTreeMap, BTreeSet};

use cartwright_domain::event::{Event, Origin};
use cartwright_domain::identity::concerned;
use cartwright_domain::ids::ConnectionId;
use cartwright_domain::world::Identity;
use cartwright_engine::ports::{Arrival, Arrived};
use serde_json::Value;
use uuid::Uuid;

use crate::text;

/// What makes two arrivals the same fact: shop, origin, the source's id.
pub(crate) type FactKey<'a> = (Uuid, Uuid, &'a str);

/// The arrivals that are the first of their fact, in the order of their keys: two nodes that take the same facts at
/// once then take them in the same order, and neither waits for the other in a circle.
pub(crate) fn firsts(arrivals: &[Arrival]) -> BTreeMap<FactKey<'_>, usize> {
    let mut firsts = BTreeMap::new();
    for (place, arrival) in arrivals.iter().enumerate() {
        firsts.entry(key(arrival)).or_insert(place);
    }
    firsts
}

/// Those facts that are not among the new ones, whose ids are as the database has them.
pub(crate) fn others<'a, 'f>(
    facts: &'a [(&'f FactKey<'f>, &'f usize)],
    new: Vec<(Uuid, Uuid, String)>,
) -> impl Iterator<Item = (&'f FactKey<'f>, &'f usize)> + 'a {
    let new: BTreeSet<(Uuid, Uuid, String)> =
        new.into_iter().map(|(shop, origin, id)| (shop, origin, text::from_column(id))).collect();
    facts.iter().copied().filter(move |((shop, origin, id), _)| !new.contains(&(*shop, *origin, (*id).to_owned())))
}

/// What became of each. `known` holds the digests of the facts that were there before.
pub(crate) fn outcomes(
    arrivals: &[Arrival],
    firsts: &BTreeMap<FactKey<'_>, usize>,
    known: &BTreeMap<usize, Vec<u8>>,
) -> Vec<Arrived> {
    let outcome = |(place, arrival): (usize, &Arrival)| {
        let first = firsts[&key(arrival)];
        let digest = known.get(&first).map_or(&arrivals[first].digest[..], Vec::as_slice);
        if place == first && !known.contains_key(&first) {
            Arrived::New
        } else if digest == arrival.digest {
            Arrived::Same
        } else {
            Arrived::Conflict
        }
    };
    arrivals.iter().enumerate().map(outcome).collect()
}

/// Those that are new, in the order in which they were given.
pub(crate) fn new<'a>(arrivals: &'a [Arrival], outcomes: &[Arrived]) -> Vec<&'a Arrival> {
    arrivals.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Arrived::New).map(|(arrival, _)| arrival).collect()
}

fn key(arrival: &Arrival) -> FactKey<'_> {
    (arrival.shop.0, origin_id(arrival.origin), &arrival.event.id)
}

/// The origin as a column: the connection, or all zeros for the shop's own API.
pub(crate) fn origin_id(origin: Origin) -> Uuid {
    match origin {
        Origin::Api => Uuid::nil(),
        Origin::Connection(connection) => connection.0,
    }
}

/// The origin that a column stands for.
pub(crate) fn origin(id: Uuid) -> Origin {
    if id.is_nil() { Origin::Api } else { Origin::Connection(ConnectionId(id)) }
}

/// Whom an urgent event may concern, as a JSON list; none where that may be anybody.
pub(crate) fn names_of(event: &Event) -> Option<String> {
    let names = concerned(event).filter(|_| event.what.is_urgent())?;
    Some(Value::from(texts(&names)).to_string())
}

/// Names as columns hold them.
pub(crate) fn texts(names: &[Identity]) -> Vec<String> {
    names.iter().map(|name| text::column(&name.to_string()).into_owned()).collect()
}
