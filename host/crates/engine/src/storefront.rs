//! What the script on a shop's pages tells. Nobody has proved a word of it, so who somebody is becomes the event
//! `customer.claimed`, and what they did is told of the browser alone (S10).

use cartwright_domain::contact::{ConsentState, Email, Phone};
use cartwright_domain::event::{ConsentBody, CustomEvent, CustomerBody, Event, Origin, Subject, What};
use cartwright_domain::ids::ShopId;
use cartwright_domain::storefront::Form;
use serde_json::json;

use crate::Engine;
use crate::ingest::EventAnswer;
use crate::ports::StoreError;

/// What a browser carries, as its page tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Browser {
    /// Its own id.
    pub anonymous: String,
    /// Cart token.
    pub cart: Option<String>,
    /// The platform's id of who signed in.
    pub customer: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
}

/// What somebody typed into a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// E-mail.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Option<Phone>,
    /// Whether the box was ticked.
    pub says_yes: bool,
    /// Address of the page, without its query.
    pub page: Option<String>,
}

impl Engine {
    /// A browser is on a page: its cart is joined to whom it is known to be.
    pub async fn note_browser(&self, shop: ShopId, browser: &Browser) -> Result<(), StoreError> {
        self.tell_claims(shop, vec![self.claim(browser, CustomerBody::default())]).await
    }

    /// A browser leaves a page: the event `page.left`, for strategies.
    pub async fn note_page_left(&self, shop: ShopId, browser: &Browser, page: &str) -> Result<(), StoreError> {
        self.tell_claims(shop, vec![self.done(browser, "page.left", Some(page))]).await
    }

    /// A form was filled in: who it is, and the event `form.<name>`, for strategies.
    pub async fn note_form(
        &self,
        shop: ShopId,
        browser: &Browser,
        (name, form): (&str, &Form),
        filled: &Filled,
    ) -> Result<(), StoreError> {
        let place = filled.page.as_deref().map(|page| format!(" on {page}")).unwrap_or_default();
        let consent = filled.says_yes.then(|| ConsentBody {
            state: ConsentState::Subscribed,
            at: None,
            topic: form.topic.clone(),
            source: Some(format!("form {name}{place}")),
        });
        let typed = CustomerBody {
            email: filled.email.as_ref().map(ToString::to_string),
            phone: filled.phone.as_ref().map(ToString::to_string),
            consent,
            ..CustomerBody::default()
        };
        let did = self.done(browser, &format!("form.{name}"), filled.page.as_deref());
        self.tell_claims(shop, vec![self.claim(browser, typed), did]).await
    }

    fn claim(&self, browser: &Browser, typed: CustomerBody) -> Event {
        let subject = Subject {
            customer: browser.customer.clone(),
            cart: browser.cart.clone(),
            anonymous: Some(browser.anonymous.clone()),
            ..Subject::default()
        };
        let facts = CustomerBody { language: browser.language.clone(), time_zone: browser.time_zone.clone(), ..typed };
        self.told(subject, What::CustomerClaimed(facts))
    }

    /// Of the browser alone: it is done by whoever that belongs to once the claim before it was weighed.
    fn done(&self, browser: &Browser, name: &str, page: Option<&str>) -> Event {
        let subject = Subject { anonymous: Some(browser.anonymous.clone()), ..Subject::default() };
        self.told(subject, What::Custom(CustomEvent { name: name.to_owned(), body: json!({ "page": page }) }))
    }

    /// It happened when it was heard: a browser's clock is anybody's.
    fn told(&self, subject: Subject, what: What) -> Event {
        let now = self.now();
        let id: uuid::Uuid = self.entropy.mint(now).next();
        Event { id: format!("storefront:{id}"), occurred_at: now, subject, what }
    }

    async fn tell_claims(&self, shop: ShopId, events: Vec<Event>) -> Result<(), StoreError> {
        for answer in self.ingest(shop, Origin::Api, events).await? {
            if let EventAnswer::Refused(error) = answer {
                tracing::warn!(%shop, %error, "what a browser told is not taken");
            }
        }
        Ok(())
    }
}
