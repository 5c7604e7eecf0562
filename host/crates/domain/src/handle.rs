//! People whom a channel knows by a handle of its own: Messenger by the id that a page gives them.
//!
//! Nobody types such a handle anywhere: it is known once its owner writes on the channel, and says nothing of who they
//! are until another name joins it (S10). Some providers let a shop only answer, for a while after the last word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contact::{Address, AddressKind, Phone};
use crate::customer::Customer;
use crate::event::{Event, LONGEST_NAME, Receipt, ReceiptKind};
use crate::identity::{give_name, merge};
use crate::ids::{CustomerId, Mint};
use crate::message::Purpose;
use crate::time::{Span, Timestamp};
use crate::world::{Entry, Identity, IdentityKind, World};

/// The keyword of a content schema by which a channel says what only answers may say.
const KEYWORD: &str = "x-answers";

/// What a channel knows somebody by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handle {
    /// As the provider tells it, with what its plugin keeps behind a `#`.
    pub value: String,
    /// When they last wrote there.
    pub wrote_at: Timestamp,
}

impl Handle {
    /// Somebody wrote, and was told of by this address. What a plugin keeps behind the handle stays until it tells
    /// another.
    fn heard(&mut self, address: &Address, at: Timestamp) {
        let is_same = stem(&self.value) == address.stem();
        if at >= self.wrote_at && (!is_same || address.value != address.stem()) {
            self.value.clone_from(&address.value);
        }
        self.wrote_at = self.wrote_at.max(at);
    }
}

/// Who somebody is, of a handle with what stands behind it.
pub(crate) fn stem(handle: &str) -> &str {
    handle.split_once('#').map_or(handle, |(stem, _)| stem)
}

/// What may be said only within a while after the customer's last word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// How long after it.
    pub within: Span,
    /// Contents in which one of these fields is set may go out at any time.
    #[serde(default)]
    pub unless: Vec<String>,
}

impl AnswerRule {
    /// As a content schema says: `"x-answers": {"within": "24h", "unless": ["template"]}`.
    pub fn of(schema: &Value) -> Option<Self> {
        serde_json::from_value(schema.get(KEYWORD)?.clone()).ok()
    }

    /// Whether a body goes out only as an answer.
    pub fn binds(&self, body: &Value) -> bool {
        let is_set = |field: &String| !matches!(body.get(field), None | Some(Value::Null | Value::Bool(false)));
        !self.unless.iter().any(is_set)
    }
}

/// The name by which whoever has an address on a channel is known (S10).
pub fn name_on(channel: &str, address: &Address) -> Identity {
    let (kind, value) = match address.kind {
        AddressKind::Phone => (IdentityKind::Phone, address.value.to_lowercase()),
        AddressKind::Email => (IdentityKind::Email, address.value.to_lowercase()),
        AddressKind::Handle => (IdentityKind::Anonymous, format!("{channel}:{}", address.stem())),
    };
    Identity { kind, value }
}

/// Whose an address on a channel is. The inbox knows people by our own ids.
pub(crate) fn owner_on(world: &World, channel: &str, address: &Address) -> Option<CustomerId> {
    let ours = || address.value.parse().ok().filter(|_| address.kind == AddressKind::Handle);
    let owner = world.identities.get(&name_on(channel, address)).copied().or_else(ours);
    owner.filter(|id| world.customers.contains_key(id))
}

/// Whoever writes on a channel that knows people by handles of its own is reached there from then on; and whoever it
/// knows by a phone and by a handle is one person.
pub(crate) fn note(
    world: &mut World,
    mint: &mut Mint,
    receipt: &Receipt,
    event: &Event,
    channel: &str,
    received_at: Timestamp,
) {
    let told = |kind| receipt.sender.iter().chain(&receipt.also).find(|address| address.kind == kind);
    let Some(handle) = told(AddressKind::Handle) else { return };
    let ability = world.connections.get(channel).and_then(|entry| entry.value.ability.as_ref());
    let Some(ability) = ability.filter(|ability| ability.has_own_handles()) else { return };
    let phone = told(AddressKind::Phone).filter(|_| ability.addresses.contains(&AddressKind::Phone)).cloned();
    let name = name_on(channel, handle);
    let is_sound = !handle.stem().is_empty() && name.value.chars().count() <= LONGEST_NAME;
    let message = world.message_of(receipt);
    // The shop's own people are no customers, whatever they do with a notice.
    if !is_sound || message.is_some_and(|it| it.purpose == Purpose::Staff) {
        return;
    }
    let writes = matches!(receipt.kind, ReceiptKind::Replied | ReceiptKind::Clicked);
    let is_heard = writes || receipt.kind == ReceiptKind::OptedOut;
    let answered = message.map(|message| message.customer);
    let at = event.occurred_at.min(received_at);
    let customer = match &phone {
        Some(phone) => one_person(world, answered, phone, &name, received_at),
        None => world.identities.get(&name).copied().or(answered.filter(|_| is_heard)),
    };
    // Somebody new: a no is kept as well, for whoever they turn out to be. One with a phone becomes a customer as
    // people with phones do elsewhere.
    let customer = customer.or_else(|| {
        let id: CustomerId = (is_heard && phone.is_none()).then(|| mint.next())?;
        world.customers.insert(id, Entry::new(Customer::anonymous(id, at)));
        Some(id)
    });
    let Some(customer) = customer else { return };
    if !world.identities.contains_key(&name) {
        give_name(world, &name, customer);
    }
    if !writes || world.identities.get(&name) != Some(&customer) {
        return;
    }
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let told = || Handle { value: handle.value.clone(), wrote_at: at };
    let mut known = entry.value.handles.get(channel).cloned().unwrap_or_else(told);
    known.heard(handle, at);
    if entry.value.handles.get(channel) != Some(&known) {
        entry.edit().handles.insert(channel.to_owned(), known);
    }
}

/// Whose a phone and a handle are that a provider tells of together. Whom we sent the message to is who they are, and
/// else whose the phone is: somebody known by nothing but the handle joins them. A phone that nobody has goes to whose
/// the handle is.
fn one_person(
    world: &mut World,
    answered: Option<CustomerId>,
    phone: &Address,
    name: &Identity,
    at: Timestamp,
) -> Option<CustomerId> {
    let phone_name = name_on("", phone);
    let by_handle = world.identities.get(name).copied();
    let known = answered.or(world.identities.get(&phone_name).copied());
    match (known, by_handle) {
        (Some(known), Some(other)) if known != other && !world.is_identified(other) => {
            merge(world, other, known, "handle", at);
            Some(known)
        }
        (None, Some(owner)) => {
            let entry = world.customers.get_mut(&owner)?;
            if let (None, Ok(phone)) = (&entry.value.phone, Phone::parse(&phone.value, None)) {
                entry.edit().phone = Some(phone);
                give_name(world, &phone_name, owner);
            }
            Some(owner)
        }
        (known, _) => known,
    }
}

/// A handle that turned out to be another's goes with its name.
pub(crate) fn follow(world: &mut World, name: &Identity, from: CustomerId, to: CustomerId) {
    let Some(entry) = world.customers.get_mut(&from) else { return };
    let has_name = |(channel, handle): (&String, &Handle)| {
        let address = Address { kind: AddressKind::Handle, value: handle.value.clone() };
        (name_on(channel, &address) == *name).then(|| (channel.clone(), handle.clone()))
    };
    let Some((channel, handle)) = entry.value.handles.iter().find_map(has_name) else { return };
    entry.edit().handles.remove(&channel);
    if let Some(entry) = world.customers.get_mut(&to) {
        entry.edit().take_handle(channel, handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(0) + Span::minutes(minute)
    }

    #[test]
    fn what_a_plugin_keeps_behind_a_handle_stays_until_it_tells_another() {
        let mut handle = Handle { value: "5010".into(), wrote_at: at(1) };
        let mut told = |value: &str, minute| {
            handle.heard(&Address { kind: AddressKind::Handle, value: value.into() }, at(minute));
            (handle.value.clone(), handle.wrote_at)
        };
        assert_eq!(told("5010#token", 2), ("5010#token".into(), at(2)));
        assert_eq!(told("5010", 3), ("5010#token".into(), at(3)));
        assert_eq!(told("5010#other", 1), ("5010#token".into(), at(3)), "what comes late is older");
        assert_eq!(told("5010#newer", 4), ("5010#newer".into(), at(4)));
        assert_eq!(told("6010", 5), ("6010".into(), at(5)), "another account of theirs");
    }

    #[test]
    fn a_channel_says_in_its_schema_what_only_answers_may_say() {
        let rule = AnswerRule::of(&json!({ KEYWORD: { "within": "24h", "unless": ["template", "opted_in"] } }));
        let rule = rule.expect("it is one");
        assert_eq!(rule.within, Span::hours(24));
        assert!(rule.binds(&json!({ "text": "Hi" })));
        assert!(rule.binds(&json!({ "text": "Hi", "opted_in": false, "template": null })));
        assert!(!rule.binds(&json!({ "text": "Hi", "opted_in": true })));
        assert!(!rule.binds(&json!({ "template": { "name": "ready" } })));
        assert_eq!(AnswerRule::of(&json!({ "type": "object" })), None);
    }
}
