//! Customers: as records of their own, and as carts and orders tell of them.

use cartwright_sdk::events::{Consent, ConsentState, Customer, Fact, Subject};
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::Value;
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::Fault;
use serde::Deserialize;

use crate::topics::{Circumstances, News, Saying};

/// A customer as Shopify writes one. Protected fields that the app was not granted are `null`.
#[derive(Deserialize)]
pub(crate) struct Person {
    id: Option<Id>,
    created_at: Option<Moment>,
    updated_at: Option<Moment>,
    #[serde(default, deserialize_with = "json::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
    /// Comma-separated.
    tags: Option<String>,
    default_address: Option<Address>,
    email_marketing_consent: Option<Statement>,
    sms_marketing_consent: Option<Statement>,
}

/// A postal address.
#[derive(Deserialize)]
pub(crate) struct Address {
    #[serde(default, deserialize_with = "json::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    country_code: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    province_code: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    city: Option<String>,
}

/// What the customer said about marketing, and when.
#[derive(Deserialize)]
struct Statement {
    state: Option<String>,
    consent_updated_at: Option<Moment>,
}

impl Statement {
    fn read(&self) -> Option<Consent> {
        let state = match self.state.as_deref()? {
            "subscribed" => ConsentState::Subscribed,
            "unsubscribed" => ConsentState::Unsubscribed,
            // `pending` waits for the second opt-in.
            "not_subscribed" | "pending" => ConsentState::Unknown,
            _ => return None,
        };
        Some(Consent { state, at: self.consent_updated_at })
    }
}

/// One consent of what was said of e-mail and of SMS: the host keeps one for both, and the later word counts. Who was
/// never asked has said nothing, and of two at once the no counts.
fn of_both(email: Option<&Statement>, sms: Option<&Statement>) -> Option<Consent> {
    let said: Vec<Consent> = [email, sms].into_iter().flatten().filter_map(Statement::read).collect();
    let weight = |consent: &&Consent| {
        let is_no = consent.state == ConsentState::Unsubscribed;
        (consent.state != ConsentState::Unknown, consent.at.map(|moment| moment.0), is_no)
    };
    said.iter().max_by_key(weight).cloned()
}

impl Person {
    fn read(&self) -> Customer {
        let address = self.default_address.as_ref();
        Customer {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone().or_else(|| address?.phone.clone()),
            country: address.and_then(|address| address.country_code.clone()),
            province: address.and_then(|address| address.province_code.clone()),
            city: address.and_then(|address| address.city.clone()),
            registered_at: self.created_at,
            tags: self.tags.as_deref().map(tags),
            consent: of_both(self.email_marketing_consent.as_ref(), self.sms_marketing_consent.as_ref()),
            ..Customer::default()
        }
    }
}

/// What a checkout or order tells of the person who made it.
#[derive(Deserialize)]
pub(crate) struct Buyer {
    #[serde(default, deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    contact_email: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    sms_marketing_phone: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    customer_locale: Option<String>,
    buyer_accepts_marketing: Option<bool>,
    buyer_accepts_sms_marketing: Option<bool>,
    created_at: Option<Moment>,
    customer: Option<Person>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
}

impl Buyer {
    /// The person, and the names that the subject of the event gets from them.
    pub(crate) fn read(&self) -> (Subject, Customer) {
        let known = self.customer.as_ref().map(Person::read).unwrap_or_default();
        let addresses = [&self.shipping_address, &self.billing_address].into_iter().flatten();
        let addresses: Vec<_> =
            addresses.chain(self.customer.iter().flat_map(|person| &person.default_address)).collect();
        let own = self.phone.clone().or_else(|| self.sms_marketing_phone.clone());
        let own = own.or_else(|| self.customer.as_ref()?.phone.clone());
        // A number in local form is read with the country of the address it stands in.
        let lent = addresses.iter().find(|address| own.is_none() && address.phone.is_some());
        let home = lent.or_else(|| addresses.iter().find(|address| address.country_code.is_some()));
        let first = addresses.first();
        let customer = Customer {
            first_name: known.first_name.clone().or_else(|| first?.first_name.clone()),
            last_name: known.last_name.clone().or_else(|| first?.last_name.clone()),
            email: self.email.clone().or_else(|| self.contact_email.clone()).or(known.email.clone()),
            phone: own.or_else(|| lent?.phone.clone()),
            country: home.and_then(|home| home.country_code.clone()),
            province: home.and_then(|home| home.province_code.clone()),
            city: home.and_then(|home| home.city.clone()),
            language: self.customer_locale.clone(),
            consent: self.consent().or(known.consent.clone()),
            ..known
        };
        let subject = Subject {
            customer: self.customer.as_ref().and_then(|person| person.id.clone()).map(|id| id.0),
            email: customer.email.clone(),
            phone: customer.phone.clone(),
            ..Subject::default()
        };
        (subject, customer)
    }

    /// A ticked box is a yes of the moment it was made, so that an unsubscription after it stays; an unticked one
    /// says nothing.
    fn consent(&self) -> Option<Consent> {
        let is_ticked = [self.buyer_accepts_marketing, self.buyer_accepts_sms_marketing].contains(&Some(true));
        let at = self.created_at.filter(|_| is_ticked)?;
        Some(Consent { state: ConsentState::Subscribed, at: Some(at) })
    }
}

pub(crate) fn customer(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    let person: Person = json::input(body)?;
    let customer = person.read();
    let id = person.id.ok_or_else(|| Fault::bad_input("id: a customer without an id"))?;
    let subject = Subject {
        customer: Some(id.0),
        email: customer.email.clone(),
        phone: customer.phone.clone(),
        ..Subject::default()
    };
    let occurred_at = person.updated_at.or(person.created_at).map_or(around.told_at, |moment| moment.0);
    Ok(Some(News { occurred_at, subject, fact: Fact::CustomerUpdated(customer).into() }))
}

/// Whoever is to be erased, by every name that Shopify knows. The topic is not signed and this cannot be undone, so the
/// body has to be one that only this topic has.
pub(crate) fn redacted(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct Redaction {
        customer: Redacted,
        #[serde(rename = "orders_to_redact")]
        _orders: Vec<Value>,
    }
    #[derive(Deserialize)]
    struct Redacted {
        id: Id,
        #[serde(default, deserialize_with = "json::text")]
        email: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        phone: Option<String>,
    }
    let Redaction { customer, .. } = json::input(body)?;
    let (email, phone) = (customer.email, customer.phone);
    let subject = Subject { customer: Some(customer.id.0), email, phone, ..Subject::default() };
    let fact = Saying::Notice("customer_redacted", Value::Object(Default::default()));
    Ok(Some(News { occurred_at: around.told_at, subject, fact }))
}

/// The host keeps one consent for all marketing channels, so e-mail and SMS are told alike.
pub(crate) fn consent(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct Change {
        #[serde(alias = "customer_id")]
        id: Id,
        #[serde(default, deserialize_with = "json::text")]
        email_address: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        phone: Option<String>,
        #[serde(alias = "sms_marketing_consent")]
        email_marketing_consent: Statement,
    }
    let change: Change = json::input(body)?;
    let Some(consent) = change.email_marketing_consent.read() else { return Ok(None) };
    let subject = Subject {
        customer: Some(change.id.0),
        email: change.email_address.clone(),
        phone: change.phone.clone(),
        ..Subject::default()
    };
    let occurred_at = consent.at.map_or(around.told_at, |moment| moment.0);
    let customer =
        Customer { email: change.email_address, phone: change.phone, consent: Some(consent), ..Customer::default() };
    Ok(Some(News { occurred_at, subject, fact: Fact::CustomerUpdated(customer).into() }))
}

/// Shopify writes lists as one text with commas.
pub(crate) fn tags(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}
