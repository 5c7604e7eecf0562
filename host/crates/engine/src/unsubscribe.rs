//! What a customer says by the link in a message (S18): no more, or again. It is an event like any other, so nothing
//! leaves that it forbids.

use cartwright_domain::contact::ConsentState;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{ConsentBody, CustomerBody, Event, Origin, What};
use cartwright_domain::identity::subject_of;
use cartwright_domain::ids::{CustomerId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_domain::unsubscribe::UnsubscribeLink;
use cartwright_domain::world::Identity;

use crate::Engine;
use crate::ports::{StoreError, Wanted};

/// The variable of templates, and the field of contents whose channel has one.
pub(crate) const UNSUBSCRIBE_URL: &str = "unsubscribe_url";

/// Whoever opened the link of a message, as far as a page may show it to anybody who has the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Name of the shop.
    pub shop: String,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// The address with most of it left out; none where nothing is known of the customer any more.
    pub address: Option<String>,
    /// Whether marketing may go to them.
    pub is_subscribed: bool,
}

impl Engine {
    /// The key that seals the links of a shop; made when it is first needed.
    pub(crate) async fn link_key(&self, shop: ShopId) -> Result<[u8; 32], StoreError> {
        match self.store.link_key(shop).await? {
            Some(key) => Ok(key),
            None => self.store.make_link_key(shop, self.entropy.seed()).await,
        }
    }

    /// Where a customer unsubscribes.
    pub(crate) fn unsubscribe_url(&self, link: UnsubscribeLink, key: &[u8; 32]) -> String {
        format!("{}/u/{}", self.public_url, link.token(key))
    }

    /// Whose link it is; none if it is nobody's.
    pub async fn subscriber(&self, token: &str) -> Result<Option<Subscriber>, StoreError> {
        let Some(link) = self.opened(token).await? else { return Ok(None) };
        Ok(self.holder(link).await?.map(Holder::shown))
    }

    /// Withdraws the consent of whoever has the link, or gives it again.
    pub async fn set_subscription(&self, token: &str, subscribed: bool) -> Result<Option<Subscriber>, StoreError> {
        let Some(link) = self.opened(token).await? else { return Ok(None) };
        let Some(holder) = self.holder(link).await? else { return Ok(None) };
        if let (Some(customer), Some(name)) = (&holder.customer, &holder.name) {
            let event = said(customer.id, name, subscribed, self.now());
            self.ingest(link.shop, Origin::Api, vec![event]).await?;
        }
        Ok(Some(Subscriber { is_subscribed: subscribed, ..holder.shown() }))
    }

    async fn opened(&self, token: &str) -> Result<Option<UnsubscribeLink>, StoreError> {
        let Some(claimed) = UnsubscribeLink::claimed(token) else { return Ok(None) };
        let key = self.store.link_key(claimed.shop).await?;
        Ok(key.and_then(|key| UnsubscribeLink::opened(token, &key)))
    }

    /// None where the shop is no more.
    async fn holder(&self, link: UnsubscribeLink) -> Result<Option<Holder>, StoreError> {
        let Some(settings) = self.settings(link.shop).await? else { return Ok(None) };
        let wanted = Wanted { customers: vec![link.customer], ..Wanted::default() };
        let world = self.load_world(&settings, &wanted).await?;
        let customer = world.customers.into_values().next().map(|entry| entry.value);
        let own = customer.as_ref().and_then(|customer| world.identities.entries_of(customer.id).next());
        let name = own.map(|(name, _)| name.clone());
        Ok(Some(Holder { shop: settings.shop.name.clone(), customer, name }))
    }
}

/// Whoever has a link.
struct Holder {
    /// The shop's name.
    shop: String,
    /// As whom they are known by now, if they are.
    customer: Option<Customer>,
    /// By which an event finds them; an address, or whatever else they are known by.
    name: Option<Identity>,
}

impl Holder {
    fn shown(self) -> Subscriber {
        let customer = self.customer.as_ref();
        Subscriber {
            language: customer.and_then(|customer| customer.language.clone()),
            address: customer.and_then(address_of).map(|address| masked(&address)),
            is_subscribed: customer.is_some_and(|customer| customer.marketing() != ConsentState::Unsubscribed),
            shop: self.shop,
        }
    }
}

fn address_of(customer: &Customer) -> Option<String> {
    let phone = || customer.phone.as_ref().map(ToString::to_string);
    customer.email.as_ref().map(ToString::to_string).or_else(phone)
}

/// `a…@example.com`, `…42`.
fn masked(address: &str) -> String {
    match address.split_once('@') {
        Some((name, domain)) => format!("{}…@{domain}", name.chars().next().unwrap_or_default()),
        None => format!("…{}", address.get(address.len().saturating_sub(2)..).unwrap_or_default()),
    }
}

fn said(customer: CustomerId, name: &Identity, subscribed: bool, now: Timestamp) -> Event {
    let state = if subscribed { ConsentState::Subscribed } else { ConsentState::Unsubscribed };
    let word = if subscribed { "again" } else { "no-more" };
    let consent = ConsentBody { state, at: None, topic: None, source: None };
    Event {
        id: event_id(customer, word, now),
        occurred_at: now,
        subject: subject_of(name),
        what: What::CustomerIdentified(CustomerBody { consent: Some(consent), ..CustomerBody::default() }),
    }
}

fn event_id(customer: CustomerId, word: &str, now: Timestamp) -> String {
    format!("link:{customer}:{word}:{}", now.millis())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_page_shows_no_more_of_an_address_than_its_owner_knows_it_by() {
        assert_eq!(masked("ana@example.com"), "a…@example.com");
        assert_eq!(masked("+4915112345642"), "…42");
    }
}
