//! The facts of the one subject that is present, as functions for guests. Each read is checked against the rights
//! and written down with its value.

use cartwright_domain::contact::ConsentState;
use cartwright_domain::fact::{FactRead, FactValue};
use cartwright_domain::facts::Subject;
use cartwright_domain::money::Money;
use cartwright_domain::time::Timestamp;
use cartwright_plugins_bindings::v0_1::imports::{candidates, cart, contact, customer, decision, orders, run, types};
use serde_json::{Value, json};
use wasmtime::Result;

use crate::failure::Stopped;
use crate::guest::Guest;

/// Every fact there is, by interface. What stands here is what a descriptor may ask for and a shop may grant.
pub(crate) const FACTS: &[(&str, &[&str])] = &[
    ("customer", &["country", "language", "registered-at", "has-tag", "attribute"]),
    ("contact", &["first-name", "phone", "email", "marketing"]),
    ("orders", &["count", "count-since", "spent", "first-at", "last-at"]),
    (
        "cart",
        &[
            "exists",
            "total",
            "lines-count",
            "pieces",
            "line",
            "has-sku",
            "has-product",
            "has-category",
            "updated-at",
            "recovery-url",
        ],
    ),
    ("run", &["started-at", "step", "messages-sent"]),
];

/// Whether there is such a fact: `interface.function`, or `interface.*` for all of one.
pub(crate) fn is_fact(fact: &str) -> bool {
    let Some((interface, function)) = fact.split_once('.') else { return false };
    FACTS.iter().any(|(name, functions)| *name == interface && (function == "*" || functions.contains(&function)))
}

impl Guest {
    /// Reads a fact without arguments.
    fn fact<T: Told>(&mut self, name: &'static str, read: impl FnOnce(&Subject) -> T) -> Result<T> {
        self.fact_about(name, Vec::new, read)
    }

    /// Reads a fact about something: a SKU, a tag, a moment.
    fn fact_about<T: Told>(
        &mut self,
        name: &'static str,
        about: impl FnOnce() -> Vec<FactValue>,
        read: impl FnOnce(&Subject) -> T,
    ) -> Result<T> {
        self.rights.fact(name)?;
        let Some(subject) = &self.subject else {
            return Err(Stopped::NoSubject(name.to_owned()).into());
        };
        let value = read(subject);
        let read = FactRead { name: name.into(), about: about(), value: value.told() };
        if !self.reads.contains(&read) {
            self.reads.push(read);
        }
        Ok(value)
    }
}

/// How a value stands in a trace.
trait Told {
    fn told(&self) -> FactValue;
}

macro_rules! told {
    ($($type:ty),+) => {$(
        impl Told for $type {
            fn told(&self) -> FactValue {
                self.clone().into()
            }
        }
    )+};
}
told!(bool, u32, String, Money, Timestamp);

impl Told for ConsentState {
    fn told(&self) -> FactValue {
        match self {
            Self::Unknown => "unknown",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
        }
        .into()
    }
}

impl Told for cart::CartLine {
    fn told(&self) -> FactValue {
        let price = self.price.as_ref().map(|price| json!({"minor": price.minor, "currency": price.currency}));
        FactValue::Document(json!({
            "title": self.title,
            "sku": self.sku,
            "variant-id": self.variant_id,
            "quantity": self.quantity,
            "price": price,
            "image-url": self.image_url,
            "product-url": self.product_url,
        }))
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> FactValue {
        self.as_ref().map_or(FactValue::None, Told::told)
    }
}

fn money(money: Money) -> types::Money {
    types::Money { minor: money.minor, currency: money.currency.code().to_owned() }
}

impl decision::Host for Guest {
    fn now(&mut self) -> Result<i64> {
        Ok(Guest::now(self).millis())
    }

    fn config(&mut self) -> Result<String> {
        Ok(self.config.to_string())
    }

    fn random(&mut self) -> Result<u64> {
        let Some(subject) = &self.subject else {
            return Err(Stopped::NoSubject("decision.random".to_owned()).into());
        };
        let chance = cartwright_domain::ids::chance_of(subject.run, &subject.step);
        let read = FactRead::new("decision.random", chance);
        if !self.reads.contains(&read) {
            self.reads.push(read);
        }
        Ok(chance)
    }

    fn log(&mut self, line: String) -> Result<()> {
        self.log.line(&line);
        Ok(())
    }
}

impl customer::Host for Guest {
    fn country(&mut self) -> Result<Option<String>> {
        self.fact("customer.country", |subject| subject.customer.country.clone())
    }

    fn language(&mut self) -> Result<Option<String>> {
        self.fact("customer.language", |subject| subject.customer.language.clone())
    }

    fn registered_at(&mut self) -> Result<Option<i64>> {
        let at = self.fact("customer.registered-at", |subject| subject.customer.registered_at)?;
        Ok(Some(at.millis()))
    }

    fn has_tag(&mut self, name: String) -> Result<bool> {
        self.fact_about(
            "customer.has-tag",
            || vec![name.as_str().into()],
            |subject| subject.customer.tags.contains(&name),
        )
    }

    fn attribute(&mut self, name: String) -> Result<Option<String>> {
        self.fact_about(
            "customer.attribute",
            || vec![name.as_str().into()],
            |subject| match subject.customer.attributes.get(&name)? {
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
        )
    }
}

impl contact::Host for Guest {
    fn first_name(&mut self) -> Result<Option<String>> {
        self.fact("contact.first-name", |subject| subject.customer.first_name.clone())
    }

    fn phone(&mut self) -> Result<Option<String>> {
        self.fact("contact.phone", |subject| subject.customer.phone.as_ref().map(ToString::to_string))
    }

    fn email(&mut self) -> Result<Option<String>> {
        self.fact("contact.email", |subject| subject.customer.email.as_ref().map(ToString::to_string))
    }

    fn marketing(&mut self) -> Result<contact::Consent> {
        Ok(match self.fact("contact.marketing", |subject| subject.customer.marketing())? {
            ConsentState::Unknown => contact::Consent::Unknown,
            ConsentState::Subscribed => contact::Consent::Subscribed,
            ConsentState::Unsubscribed => contact::Consent::Unsubscribed,
        })
    }
}

impl orders::Host for Guest {
    fn count(&mut self) -> Result<u32> {
        self.fact("orders.count", |subject| subject.orders().count())
    }

    fn count_since(&mut self, since: i64) -> Result<u32> {
        let since = Timestamp::from_millis(since);
        self.fact_about("orders.count-since", || vec![since.into()], |subject| subject.orders().count_since(since))
    }

    fn spent(&mut self) -> Result<Option<types::Money>> {
        Ok(self.fact("orders.spent", |subject| subject.orders().spent(subject.shop.currency))?.map(money))
    }

    fn first_at(&mut self) -> Result<Option<i64>> {
        Ok(self.fact("orders.first-at", |subject| subject.orders().first_at())?.map(Timestamp::millis))
    }

    fn last_at(&mut self) -> Result<Option<i64>> {
        Ok(self.fact("orders.last-at", |subject| subject.orders().last_at())?.map(Timestamp::millis))
    }
}

fn lines(subject: &Subject) -> &[cartwright_domain::event::Line] {
    subject.cart.as_ref().map_or(&[], |cart| cart.lines())
}

impl cart::Host for Guest {
    fn exists(&mut self) -> Result<bool> {
        self.fact("cart.exists", |subject| subject.cart.is_some())
    }

    fn total(&mut self) -> Result<Option<types::Money>> {
        Ok(self.fact("cart.total", |subject| subject.cart.as_ref()?.total())?.map(money))
    }

    fn lines_count(&mut self) -> Result<u32> {
        self.fact("cart.lines-count", |subject| u32::try_from(lines(subject).len()).unwrap_or(u32::MAX))
    }

    fn pieces(&mut self) -> Result<u32> {
        let pieces =
            |subject: &Subject| lines(subject).iter().fold(0u32, |sum, line| sum.saturating_add(line.quantity));
        self.fact("cart.pieces", pieces)
    }

    fn line(&mut self, index: u32) -> Result<Option<cart::CartLine>> {
        let read = |subject: &Subject| {
            let line = lines(subject).get(usize::try_from(index).ok()?)?;
            Some(cart::CartLine {
                title: line.title.clone(),
                sku: line.sku.clone(),
                variant_id: line.variant_id.clone(),
                quantity: line.quantity,
                price: line.price.map(money),
                image_url: line.image_url.clone(),
                product_url: line.product_url.clone(),
            })
        };
        self.fact_about("cart.line", || vec![index.into()], read)
    }

    fn has_sku(&mut self, sku: String) -> Result<bool> {
        let has = |subject: &Subject| lines(subject).iter().any(|line| line.sku.as_deref() == Some(&sku));
        self.fact_about("cart.has-sku", || vec![sku.as_str().into()], has)
    }

    fn has_product(&mut self, product_id: String) -> Result<bool> {
        let has = |subject: &Subject| lines(subject).iter().any(|line| line.product_id.as_deref() == Some(&product_id));
        self.fact_about("cart.has-product", || vec![product_id.as_str().into()], has)
    }

    fn has_category(&mut self, name: String) -> Result<bool> {
        let has = |subject: &Subject| lines(subject).iter().any(|line| line.categories.contains(&name));
        self.fact_about("cart.has-category", || vec![name.as_str().into()], has)
    }

    fn updated_at(&mut self) -> Result<Option<i64>> {
        let at = |subject: &Subject| subject.cart.as_ref().map(|cart| cart.updated_at());
        Ok(self.fact("cart.updated-at", at)?.map(Timestamp::millis))
    }

    fn recovery_url(&mut self) -> Result<Option<String>> {
        let url = |subject: &Subject| subject.cart.as_ref()?.recovery_url().map(str::to_owned);
        self.fact("cart.recovery-url", url)
    }
}

impl run::Host for Guest {
    fn started_at(&mut self) -> Result<i64> {
        Ok(self.fact("run.started-at", |subject| subject.started_at)?.millis())
    }

    fn step(&mut self) -> Result<String> {
        self.fact("run.step", |subject| subject.step.clone())
    }

    fn messages_sent(&mut self) -> Result<u32> {
        self.fact("run.messages-sent", |subject| subject.messages_sent)
    }
}

/// Candidates come from the strategy, not from the customer: reading them needs no grant.
impl candidates::Host for Guest {
    fn count(&mut self) -> Result<u32> {
        Ok(u32::try_from(self.candidates.len()).unwrap_or(u32::MAX))
    }

    fn name(&mut self, index: u32) -> Result<Option<String>> {
        Ok(self.candidates.get(index as usize).map(|candidate| candidate.name.clone()))
    }

    fn has_label(&mut self, index: u32, label: String) -> Result<bool> {
        Ok(self.candidates.get(index as usize).is_some_and(|candidate| candidate.labels.contains(&label)))
    }

    fn labels(&mut self, index: u32) -> Result<Vec<String>> {
        Ok(self.candidates.get(index as usize).map(|candidate| candidate.labels.clone()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cartwright_domain::cart::{Cart, Stage};
    use cartwright_domain::customer::Customer;
    use cartwright_domain::event::{CartBody, Line};
    use cartwright_domain::ids::Mint;
    use cartwright_domain::shop::{Grants, Shop};

    use super::*;
    use crate::guest::Rights;
    use crate::limits::Limits;

    fn guest(cart: Option<CartBody>) -> Guest {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let mut mint = Mint::new(now, [9; 32]);
        let shop = json!({"id": mint.next::<cartwright_domain::ids::ShopId>(), "name": "A shop", "currency": "EUR"});
        let shop: Shop = serde_json::from_value(shop).unwrap();
        let mut customer = Customer::anonymous(mint.next(), now);
        customer.attributes.insert("size".to_owned(), json!(42));
        let cart = cart.map(|body| {
            let mut cart = Cart::new(mint.next(), customer.id, now);
            cart.take(Stage::Cart, &body, now);
            Arc::new(cart)
        });
        let subject = Subject {
            shop: Arc::new(shop),
            customer: Arc::new(customer),
            cart,
            orders: Arc::from([]),
            run: mint.next(),
            started_at: now,
            step: "check".to_owned(),
            messages_sent: 1,
            now,
        };
        let all = FACTS.iter().map(|(interface, _)| format!("{interface}.*")).collect();
        let all = Arc::new(Grants { facts: all, ..Grants::default() });
        let mut guest = Guest::new(&Arc::new(Limits::default()));
        guest.rights = Rights { declared: all.clone(), granted: all };
        guest.present(&subject);
        guest
    }

    fn shoes() -> CartBody {
        let line = Line {
            title: "Shoes".to_owned(),
            quantity: 2,
            price: serde_json::from_value(json!({"amount": "10.00", "currency": "EUR"})).ok(),
            sku: Some("A1".to_owned()),
            categories: vec!["shoes".to_owned()],
            ..Line::default()
        };
        CartBody { lines: vec![line], ..CartBody::default() }
    }

    fn read(guest: &Guest) -> Vec<String> {
        let told = |read: &FactRead| match &read.value {
            FactValue::Document(document) => format!("{}.quantity = {}", read.fact(), document["quantity"]),
            _ => read.to_string(),
        };
        guest.reads.iter().map(told).collect()
    }

    #[test]
    fn every_read_is_written_down_once_with_its_argument_and_value() {
        let mut guest = guest(Some(shoes()));
        assert!(cart::Host::has_sku(&mut guest, "A1".to_owned()).unwrap());
        assert!(!cart::Host::has_category(&mut guest, "hats".to_owned()).unwrap());
        assert_eq!(cart::Host::total(&mut guest).unwrap().unwrap().minor, 2000);
        assert_eq!(cart::Host::line(&mut guest, 0).unwrap().unwrap().quantity, 2);
        assert_eq!(cart::Host::pieces(&mut guest).unwrap(), 2);
        assert_eq!(cart::Host::pieces(&mut guest).unwrap(), 2);
        let reads = [
            "cart.has-sku(\"A1\") = yes",
            "cart.has-category(\"hats\") = no",
            "cart.total = 20.00 EUR",
            "cart.line(0).quantity = 2",
            "cart.pieces = 2",
        ];
        assert_eq!(read(&guest), reads);
    }

    #[test]
    fn what_is_not_known_is_none() {
        let mut guest = guest(None);
        assert!(!cart::Host::exists(&mut guest).unwrap());
        assert_eq!(cart::Host::total(&mut guest).unwrap(), None);
        assert_eq!(orders::Host::last_at(&mut guest).unwrap(), None);
        assert_eq!(contact::Host::phone(&mut guest).unwrap(), None);
        assert_eq!(customer::Host::attribute(&mut guest, "size".to_owned()).unwrap().as_deref(), Some("42"));
        let reads = [
            "cart.exists = no",
            "cart.total = none",
            "orders.last-at = none",
            "contact.phone = none",
            "customer.attribute(\"size\") = \"42\"",
        ];
        assert_eq!(read(&guest), reads);
    }

    #[test]
    fn chance_is_that_of_run_and_step() {
        let mut guest = guest(None);
        let chance = decision::Host::random(&mut guest).unwrap();
        assert_eq!(decision::Host::random(&mut guest).unwrap(), chance);
        assert_eq!(read(&guest), [format!("decision.random = {chance}")]);
    }

    #[test]
    fn the_facts_of_the_list_are_those_of_the_contract() {
        let contract = include_str!("../../../../wit/v0.1/facts.wit");
        for (interface, functions) in FACTS {
            let begin = contract.find(&format!("interface {interface} {{")).unwrap();
            let body = &contract[begin..begin + contract[begin..].find("\n}").unwrap()];
            let told: Vec<&str> =
                body.lines().filter_map(|line| line.trim().split_once(": func(").map(|(name, _)| name)).collect();
            assert_eq!(&told, functions, "{interface}");
        }
    }
}
