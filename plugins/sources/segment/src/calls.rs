//! The calls: whom they are about, when they happened, and what they tell.

use cartwright_sdk::encoding::to_hex;
use cartwright_sdk::events::{self, Fact, Subject};
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::{self, Map, Value};
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::{Fault, Instant};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::bindings::{Event, Parsed, Webhook};
use crate::commerce;

/// A call. What a library says beside this is of no use here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Call {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    message_id: Option<String>,
    user_id: Option<Id>,
    anonymous_id: Option<Id>,
    previous_id: Option<Id>,
    #[serde(default, deserialize_with = "json::text")]
    event: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
    traits: Option<Map<String, Value>>,
    #[serde(default)]
    context: Context,
    timestamp: Option<Moment>,
    original_timestamp: Option<Moment>,
    sent_at: Option<Moment>,
}

#[derive(Default, Deserialize)]
struct Context {
    #[serde(default, deserialize_with = "json::text")]
    locale: Option<String>,
    traits: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    batch: Vec<Value>,
    sent_at: Option<Moment>,
}

/// Reads a webhook: one call, or a batch of them.
pub(crate) fn read(webhook: &Webhook, currency: Option<&str>, now: Instant) -> Result<Parsed, Fault> {
    let path = webhook.path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let word = path.rsplit('/').next().unwrap_or_default();
    let mut events = Vec::new();
    match word {
        "batch" | "import" => {
            let batch: Batch = json::input(&webhook.body)?;
            for (place, call) in batch.batch.iter().enumerate() {
                let bytes = call.to_string().into_bytes();
                let named = |fault: Fault| Fault { message: format!("batch[{place}].{}", fault.message), ..fault };
                let read: Call = json::input(&bytes).map_err(named)?;
                let kind = read.kind.clone().unwrap_or_default();
                events.extend(read.event(&kind, &bytes, batch.sent_at, currency, now).map_err(named)?);
            }
        }
        "t" | "track" | "i" | "identify" | "p" | "page" | "s" | "screen" | "g" | "group" | "a" | "alias" => {
            let call: Call = json::input(&webhook.body)?;
            events.extend(call.event(word, &webhook.body, None, currency, now)?);
        }
        other => return Ok(Parsed::UnknownTopic(other.to_owned())),
    }
    Ok(Parsed::Events(events))
}

impl Call {
    fn event(
        &self,
        kind: &str,
        bytes: &[u8],
        batch_sent_at: Option<Moment>,
        currency: Option<&str>,
        now: Instant,
    ) -> Result<Option<Event>, Fault> {
        let id = match &self.message_id {
            Some(id) if id.len() <= 200 => id.clone(),
            _ => to_hex(&Sha256::digest(bytes)),
        };
        let at = self.happened_at(batch_sent_at, now);
        let person = self.person();
        let mut subject = self.subject(&person);
        let fact = match kind {
            "i" | "identify" => Fact::CustomerIdentified(person),
            "a" | "alias" => {
                let Some(before) = &self.previous_id else { return Err(Fault::bad_input("previousId: of whom?")) };
                subject.anonymous = Some(before.0.clone());
                Fact::CustomerIdentified(person)
            }
            "t" | "track" => {
                let name = self.event.as_deref().ok_or_else(|| Fault::bad_input("event: a track call names one"))?;
                let person = (person != events::Customer::default()).then_some(person);
                match commerce::read(name, &self.properties, person, currency, at)? {
                    Some((more, fact)) => {
                        let cart = more.cart.or_else(|| self.only_cart());
                        subject = Subject { cart, checkout: more.checkout, order: more.order, ..subject };
                        fact
                    }
                    None => return Ok(Some(self.custom(id, name, subject, at))),
                }
            }
            "p" | "page" | "s" | "screen" => return Ok(Some(self.custom(id, "page viewed", subject, at))),
            // Companies are of no use to carts.
            "g" | "group" => return Ok(None),
            other => return Err(Fault::bad_input(format!("type: `{other}` is no call of Segment"))),
        };
        if subject == Subject::default() {
            return Err(Fault::bad_input("userId: nobody is named, and no anonymousId either"));
        }
        Ok(Some(Event::new(id, at, subject, &fact)))
    }

    /// By the library's clock, put right by how far that is off when it sends: unless Segment has done so already.
    fn happened_at(&self, batch_sent_at: Option<Moment>, now: Instant) -> Instant {
        let Some(at) = self.timestamp.or(self.original_timestamp) else { return now };
        let corrected = self.timestamp.is_some() && self.original_timestamp.is_some();
        let sent_at = self.sent_at.or(batch_sent_at).filter(|_| !corrected);
        // To the minute, so that a call that is sent again still says the same.
        let off = sent_at.map_or(0, |sent_at| (now - sent_at.0 + 30_000).div_euclid(60_000) * 60_000);
        at.0.saturating_add(off)
    }

    fn subject(&self, person: &events::Customer) -> Subject {
        Subject {
            customer: self.user_id.as_ref().map(|id| id.0.clone()),
            email: person.email.clone(),
            phone: person.phone.clone(),
            anonymous: self.anonymous_id.as_ref().map(|id| id.0.clone()),
            ..Subject::default()
        }
    }

    /// Where carts have no ids, everybody has one.
    fn only_cart(&self) -> Option<String> {
        let whose = self.anonymous_id.as_ref().or(self.user_id.as_ref())?;
        Some(format!("segment:{}", whose.0))
    }

    /// What the traits tell of the person, here or in the context.
    fn person(&self) -> events::Customer {
        let traits = [self.traits.as_ref(), self.context.traits.as_ref()];
        let text = |names: &[&str]| {
            let known = traits.into_iter().flatten().flat_map(|traits| names.iter().map(|name| traits.get(*name)));
            let mut texts = known.flatten().filter_map(Value::as_str).map(str::trim);
            texts.find(|text| !text.is_empty()).map(str::to_owned)
        };
        let address = traits.into_iter().flatten().find_map(|traits| traits.get("address")?.as_object());
        let of_address = |name: &str| address.and_then(|address| address.get(name)?.as_str());
        let country = of_address("country").filter(|code| code.len() == 2);
        let whole = text(&["name"]);
        let (first, last) = whole.as_deref().map_or((None, None), |name| match name.rsplit_once(' ') {
            Some((first, last)) => (Some(first.to_owned()), Some(last.to_owned())),
            None => (Some(name.to_owned()), None),
        });
        events::Customer {
            first_name: text(&["firstName", "first_name"]).or(first),
            last_name: text(&["lastName", "last_name"]).or(last),
            email: text(&["email"]),
            phone: text(&["phone"]),
            country: country.map(str::to_uppercase),
            province: of_address("state").map(str::to_owned),
            city: of_address("city").map(str::to_owned),
            language: self.context.locale.clone(),
            ..events::Customer::default()
        }
    }

    /// `Product Viewed` becomes `segment.product_viewed`, with what it carries.
    fn custom(&self, id: String, name: &str, subject: Subject, at: Instant) -> Event {
        let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
        let slug: String = name.trim().chars().map(letter).take(90).collect();
        let keys = subject.keys().map(|(kind, value)| crate::bindings::Key { kind: kind.to_owned(), value }).collect();
        let body = serde_json::to_string(&self.properties).unwrap_or_default();
        Event { id, type_: format!("segment.{slug}"), occurred_at: at, subject: keys, body }
    }
}
