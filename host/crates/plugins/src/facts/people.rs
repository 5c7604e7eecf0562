//! Who the customer is, and how they can be reached.

use cartwright_domain::contact::ConsentState;
use cartwright_plugins_bindings::v0_2::imports::{contact, customer};
use serde_json::Value;
use wasmtime::Result;

use super::Fact;
use crate::guest::Guest;

impl customer::Host for Guest {
    fn country(&mut self) -> Result<Option<String>> {
        self.fact(Fact::CustomerCountry, |subject| subject.customer.country.clone())
    }

    fn province(&mut self) -> Result<Option<String>> {
        self.fact(Fact::CustomerProvince, |subject| subject.customer.province.clone())
    }

    fn city(&mut self) -> Result<Option<String>> {
        self.fact(Fact::CustomerCity, |subject| subject.customer.city.clone())
    }

    fn language(&mut self) -> Result<Option<String>> {
        self.fact(Fact::CustomerLanguage, |subject| subject.customer.language.clone())
    }

    fn registered_at(&mut self) -> Result<Option<i64>> {
        let at = self.fact(Fact::CustomerRegisteredAt, |subject| subject.customer.registered_at)?;
        Ok(Some(at.millis()))
    }

    fn has_tag(&mut self, name: String) -> Result<bool> {
        let about = || vec![name.as_str().into()];
        self.fact_about(Fact::CustomerHasTag, about, |subject| subject.customer.tags.contains(&name))
    }

    fn tags(&mut self) -> Result<Vec<String>> {
        self.fact(Fact::CustomerTags, |subject| subject.customer.tags.iter().cloned().collect())
    }

    fn attribute(&mut self, name: String) -> Result<Option<String>> {
        let about = || vec![name.as_str().into()];
        self.fact_about(Fact::CustomerAttribute, about, |subject| match subject.customer.attributes.get(&name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })
    }
}

impl contact::Host for Guest {
    fn first_name(&mut self) -> Result<Option<String>> {
        self.fact(Fact::ContactFirstName, |subject| subject.customer.first_name.clone())
    }

    fn last_name(&mut self) -> Result<Option<String>> {
        self.fact(Fact::ContactLastName, |subject| subject.customer.last_name.clone())
    }

    fn phone(&mut self) -> Result<Option<String>> {
        self.fact(Fact::ContactPhone, |subject| subject.customer.phone.as_ref().map(ToString::to_string))
    }

    fn email(&mut self) -> Result<Option<String>> {
        self.fact(Fact::ContactEmail, |subject| subject.customer.email.as_ref().map(ToString::to_string))
    }

    fn marketing(&mut self) -> Result<contact::Consent> {
        Ok(match self.fact(Fact::ContactMarketing, |subject| subject.customer.marketing())? {
            ConsentState::Unknown => contact::Consent::Unknown,
            ConsentState::Subscribed => contact::Consent::Subscribed,
            ConsentState::Unsubscribed => contact::Consent::Unsubscribed,
        })
    }
}
