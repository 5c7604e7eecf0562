//! S45: whoever is erased is not written to any more, and nothing personal is left of them. What remains are counts,
//! orders without a name, and a keyed hash of each address, by which it is known again and left alone.

use std::collections::BTreeSet;

use hmac::Mac;

use crate::contact::AddressKind;
use crate::customer::{AddressMark, Customer, Mark};
use crate::event::{Event, Origin, What};
use crate::identity::{leave, names_of, release_messages};
use crate::ids::{CustomerId, MessageId, RunId};
use crate::message::Message;
use crate::run::EndReason;
use crate::seal::seal;
use crate::shop::Shop;
use crate::time::{Span, Timestamp};
use crate::world::{Identity, IdentityKind, World};

/// What is deleted beside the rows that [`erase`] changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// Whoever is erased; none where only addresses are to be known again.
    pub customer: Option<CustomerId>,
    /// All their runs: their traces, and what plugins wrote down about them.
    pub runs: Vec<RunId>,
    /// All their messages, as the local inbox shows them.
    pub messages: Vec<MessageId>,
    /// Events about them, by their place in the journal.
    pub events: Vec<i64>,
    /// Texts that give a delivery away that was put aside, in lower case.
    pub traits: Vec<String>,
    /// By which their addresses are known again.
    pub hashes: Vec<[u8; 32]>,
    /// When.
    pub at: Timestamp,
}

/// What is known of somebody before they are erased, to find what is about them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    names: BTreeSet<Identity>,
    orders: BTreeSet<String>,
    messages: BTreeSet<MessageId>,
    provider_ids: BTreeSet<String>,
}

impl Known {
    /// By everything in the world that is theirs.
    pub fn of(world: &World, customer: CustomerId) -> Self {
        let messages = || world.messages.of(customer).map(|entry| &entry.value);
        Self {
            names: world.identities.entries_of(customer).map(|(name, _)| name.clone()).collect(),
            orders: world.orders.of(customer).map(|order| order.value.order_id.clone()).collect(),
            messages: messages().map(|message| message.id).collect(),
            provider_ids: messages().filter_map(|message| message.provider_id.clone()).collect(),
        }
    }

    /// Whether an event is about them.
    pub fn concerns(&self, event: &Event, shop: &Shop) -> bool {
        let named = names_of(event, shop).iter().any(|name| self.names.contains(name));
        let ordered = event.subject.order.as_ref().is_some_and(|order| self.orders.contains(order));
        let told = match &event.what {
            What::Receipt(receipt) => {
                let mut senders = receipt.sender.iter().chain(&receipt.also).map(|who| who.stem().to_lowercase());
                receipt.message_id.is_some_and(|id| self.messages.contains(&id))
                    || receipt.provider_id.as_ref().is_some_and(|id| self.provider_ids.contains(id))
                    || senders.any(|sender| self.names.iter().any(|name| is_named(name, &sender)))
            }
            _ => false,
        };
        named || ordered || told
    }

    /// Texts that give somebody away, long enough that they are nobody else's.
    fn traits(&self) -> Vec<String> {
        const SHORTEST: usize = 6;
        let kinds = [IdentityKind::Customer, IdentityKind::Email, IdentityKind::Phone];
        let names = self.names.iter().filter(|name| kinds.contains(&name.kind));
        let handles = self.names.iter().filter(|name| name.kind == IdentityKind::Anonymous);
        let handles = handles.filter_map(|name| Some(name.value.split_once(':')?.1.to_lowercase()));
        let texts = names.flat_map(|name| {
            // Platforms write phones with and without what stands before the country.
            let bare = name.value.strip_prefix('+').map(str::to_owned);
            [Some(name.value.to_lowercase()), bare].into_iter().flatten()
        });
        texts.chain(handles).filter(|text| text.len() >= SHORTEST).collect()
    }
}

/// Whether a name is of whoever a provider knows by this; of a handle it has the channel before it.
fn is_named(name: &Identity, sender: &str) -> bool {
    let handle = || name.value.split_once(':').map(|(_, handle)| handle.to_lowercase());
    name.value == sender || (name.kind == IdentityKind::Anonymous && handle().as_deref() == Some(sender))
}

/// Ends what a customer is in, and takes out of every row of theirs what is personal. The world has all their runs and
/// messages.
pub fn erase(world: &mut World, customer: CustomerId, key: &[u8; 32], now: Timestamp) -> Erased {
    let known = Known::of(world, customer);
    let own = world.runs.of(customer).map(|entry| &entry.value);
    let runs: Vec<(RunId, bool)> = own.map(|run| (run.id, run.is_active())).collect();
    for (id, is_active) in &runs {
        match is_active {
            true => leave(world, *id, now, EndReason::Erased),
            false => release_messages(world, *id, now),
        }
        if let Some(entry) = world.runs.get_mut(id) {
            entry.edit().trigger.snapshot = None;
        }
    }
    for entry in world.messages.values_mut().filter(|entry| entry.value.customer == customer) {
        strip(entry.edit());
    }
    if let Some(entry) = world.customers.get_mut(&customer) {
        let registered_at = entry.value.registered_at;
        *entry.edit() = Customer { erased_at: Some(now), ..Customer::anonymous(customer, registered_at) };
    }
    world.carts.remove_all(customer);
    let traits = known.traits();
    Erased {
        customer: Some(customer),
        runs: runs.into_iter().map(|(id, _)| id).collect(),
        messages: known.messages.into_iter().collect(),
        events: Vec::new(),
        traits,
        hashes: known.names.iter().filter_map(|name| hash_of(key, name)).collect(),
        at: now,
    }
}

/// What it was counted as stays.
fn strip(message: &mut Message) {
    message.to = None;
    message.rendered = None;
    message.variables = Vec::new();
    message.provider_id = None;
    message.answer = None;
    message.links = Vec::new();
    if let Some(details) = &mut message.last_answer {
        details.text = "erased".to_owned();
    }
}

/// By which an address is known again, and by nobody who has not the key; none for names that nothing is sent to.
pub fn hash_of(key: &[u8; 32], name: &Identity) -> Option<[u8; 32]> {
    // Browsers are written to nowhere; people whom a channel knows by a handle are, and bear it behind its name.
    let is_address = match name.kind {
        IdentityKind::Email | IdentityKind::Phone => true,
        IdentityKind::Anonymous => name.value.contains(':'),
        IdentityKind::Customer | IdentityKind::Checkout | IdentityKind::Cart => false,
    };
    if !is_address {
        return None;
    }
    // Keyed, as a hash over the text alone is found again by trying all phone numbers.
    let sealing = seal(key, &[name.kind.name().as_bytes(), b":", name.value.as_bytes()]);
    Some(sealing.finalize().into_bytes().into())
}

/// Whoever has an address of somebody who was erased is not written to, at whatever address and whatever a source tells
/// of them.
pub fn leave_alone(world: &mut World, erased: &BTreeSet<Identity>) {
    let owners: BTreeSet<CustomerId> = erased.iter().filter_map(|name| world.identities.get(name)).copied().collect();
    for owner in owners {
        let Some(entry) = world.customers.get_mut(&owner) else { continue };
        let customer = &entry.value;
        let addresses = AddressKind::ALL.into_iter().filter_map(|kind| customer.address(kind)).map(|it| it.value);
        let handles = customer.handles.values().map(|handle| handle.value.clone());
        let marks = addresses.chain(handles).map(|value| AddressMark {
            channel: None,
            value,
            mark: Mark::Suppressed,
            until: None,
        });
        let new: Vec<AddressMark> = marks.filter(|mark| !customer.marks.contains(mark)).collect();
        for mark in new {
            entry.edit().add_mark(mark);
        }
    }
}

/// What a platform tells of its own end, or of somebody's: events of the shop's own names, from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The app was removed from the shop: nothing more comes, and nothing can be asked.
    Uninstalled,
    /// Somebody is to be erased.
    CustomerRedacted,
    /// Everybody is to be erased.
    ShopRedacted,
    /// Somebody asks for what is kept of them.
    DataRequested,
}

/// So long a shop has to answer who asks for what is kept of them.
pub const ANSWERED_WITHIN: Span = Span::days(30);

impl Notice {
    /// Of an event such as `shopify.app_uninstalled`; only a source's own word counts.
    pub fn of(event: &Event, origin: Origin) -> Option<Self> {
        let (What::Custom(custom), Origin::Connection(_)) = (&event.what, origin) else { return None };
        match custom.name.rsplit_once('.')?.1 {
            "app_uninstalled" => Some(Self::Uninstalled),
            "customer_redacted" => Some(Self::CustomerRedacted),
            "shop_redacted" => Some(Self::ShopRedacted),
            "data_requested" => Some(Self::DataRequested),
            _ => None,
        }
    }
}

/// The platform's number of a request for what is kept of somebody, where it tells one.
pub fn request_number(event: &Event) -> Option<&str> {
    let What::Custom(custom) = &event.what else { return None };
    custom.body["request"].as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(value: &str) -> Identity {
        Identity { kind: IdentityKind::Email, value: value.into() }
    }

    #[test]
    fn s45_an_address_is_known_again_by_whoever_has_the_key() {
        let hash = hash_of(&[1; 32], &email("ana@example.com"));
        assert_eq!(hash, hash_of(&[1; 32], &email("ana@example.com")));
        assert_ne!(hash, hash_of(&[2; 32], &email("ana@example.com")));
        assert_ne!(hash, hash_of(&[1; 32], &email("ben@example.com")));
        let cart = Identity { kind: IdentityKind::Cart, value: "c1".into() };
        assert_eq!(hash_of(&[1; 32], &cart), None);
    }

    /// Every hash that lies in a database is found again only while this is what it is.
    #[test]
    fn s45_the_hash_is_hmac_sha_256() {
        let key = std::array::from_fn(|place| place as u8);
        // Python: hmac.new(bytes(range(32)), b"email:ana@example.com", hashlib.sha256).hexdigest()
        let known = "991ba5397fc8c8c849dcff73cce37809b170b9bb0254500b521e022c9316f4ba";
        assert_eq!(hash_of(&key, &email("ana@example.com")).map(hex::encode).as_deref(), Some(known));
    }
}
