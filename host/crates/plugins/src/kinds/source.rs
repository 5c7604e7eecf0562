//! Sources: what a platform's webhooks say, and the step machine of their tasks.

mod tasks;

pub(crate) use tasks::{begin, resume};

use cartwright_domain::event::{Event, EventText, Subject, What};
use cartwright_domain::plugin::{PluginFailure, PluginKind};
use cartwright_engine::ports::{Parsed, Verification, Webhook};
use cartwright_plugins_bindings::v0_2::imports::transport::{Verification as WitVerification, Webhook as WitWebhook};
use cartwright_plugins_bindings::v0_2::imports::types::Fault;
pub(crate) use cartwright_plugins_bindings::v0_2::source::exports::cartwright::plugin::source as wit;
use wasmtime::Store;

use super::{Live, convert, transport};
use crate::failure::invalid;
use crate::guest::Guest;
use crate::session::Session;

/// Whether a webhook is what it says; of channels too.
pub(crate) async fn verify(mut session: Session, webhook: &Webhook) -> Result<Verification, PluginFailure> {
    let webhook = transport::webhook_out(webhook);
    let answer = session.live.verify(&mut session.store, &webhook).await;
    transport::verification(session.close(answer)?)
}

/// What an authentic webhook tells.
pub(crate) async fn parse(mut session: Session, webhook: &Webhook) -> Result<Parsed, PluginFailure> {
    let webhook = transport::webhook_out(webhook);
    let answer = session.live.parse(&mut session.store, &webhook).await;
    match session.close(answer)?.map_err(convert::fault)? {
        wit::Parsed::UnknownTopic(topic) => Ok(Parsed::UnknownTopic(topic)),
        wit::Parsed::Events(told) => events(told).map(Parsed::Events),
    }
}

impl Live {
    async fn verify(&self, store: &mut Store<Guest>, webhook: &WitWebhook) -> wasmtime::Result<WitVerification> {
        match self {
            Self::Channel(live) => live.cartwright_plugin_channel().call_verify(store, webhook).await,
            Self::Source(live) => live.cartwright_plugin_source().call_verify(store, webhook).await,
            Self::V0_1(older) => older.verify(store, webhook).await,
            _ => Err(self.is_not(PluginKind::Source)),
        }
    }

    async fn parse(
        &self,
        store: &mut Store<Guest>,
        webhook: &WitWebhook,
    ) -> wasmtime::Result<Result<wit::Parsed, Fault>> {
        match self {
            Self::Source(live) => live.cartwright_plugin_source().call_parse(store, webhook).await,
            Self::V0_1(older) => older.parse(store, webhook).await,
            _ => Err(self.is_not(PluginKind::Source)),
        }
    }
}

fn events(events: Vec<wit::Event>) -> Result<Vec<Event>, PluginFailure> {
    events.into_iter().enumerate().map(|(index, one)| event(index, one)).collect()
}

fn event(index: usize, event: wit::Event) -> Result<Event, PluginFailure> {
    let field = |name: &str| format!("events[{index}].{name}");
    let text = EventText {
        id: event.id,
        kind: event.type_,
        occurred_at: convert::moment(&field("occurred-at"), event.occurred_at)?,
        subject: subject(&field("subject"), event.subject)?,
        body: convert::json(&field("body"), &event.body)?,
    };
    let event = Event::try_from(text).map_err(|why| invalid(format!("{}: {}", field(&why.field), why.message)))?;
    match event.what {
        What::Receipt(_) => Err(invalid(format!("{}: receipts come from channels, not from sources", field("type")))),
        _ => Ok(event),
    }
}

fn subject(field: &str, keys: Vec<wit::Key>) -> Result<Subject, PluginFailure> {
    let mut subject = Subject::default();
    for key in keys {
        let place = match key.kind.as_str() {
            "customer" => &mut subject.customer,
            "cart" => &mut subject.cart,
            "checkout" => &mut subject.checkout,
            "order" => &mut subject.order,
            "email" => &mut subject.email,
            "phone" => &mut subject.phone,
            "anonymous" => &mut subject.anonymous,
            other => {
                let kinds = "customer, cart, checkout, order, email, phone, anonymous";
                return Err(invalid(format!("{field}: `{other}` is no kind of key; use one of {kinds}")));
            }
        };
        if place.replace(key.value).is_some() {
            return Err(invalid(format!("{field}: two keys of the kind `{}`", key.kind)));
        }
    }
    Ok(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, body: &str) -> wit::Event {
        let key = wit::Key { kind: "cart".to_owned(), value: "c-1".to_owned() };
        wit::Event {
            id: "e-1".to_owned(),
            type_: kind.to_owned(),
            occurred_at: 1_700_000_000_000,
            subject: vec![key],
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_well_formed_event_is_taken() {
        let event = event(0, told("cart.updated", r#"{"lines": []}"#)).unwrap();
        assert_eq!((event.what.name(), event.subject.cart.as_deref()), ("cart.updated", Some("c-1")));
    }

    #[test]
    fn a_malformed_event_names_its_field() {
        let why = |told| event(3, told).unwrap_err().to_string();
        let price = r#"{"lines": [{"title": "A", "quantity": 1, "price": {"amount": "1,5", "currency": "EUR"}}]}"#;
        assert!(why(told("cart.updated", price)).starts_with("invalid answer: events[3].body.lines[0].price"));
        assert!(why(told("cart.updated", "{")).contains("events[3].body is not JSON"));
        assert!(why(told("cart", "{}")).contains("events[3].type"));
        assert!(why(wit::Event { occurred_at: -1, ..told("cart.updated", "{}") }).contains("events[3].occurred-at"));
        assert!(why(told("message.receipt", r#"{"kind": "read"}"#)).contains("receipts come from channels"));
    }

    #[test]
    fn keys_are_of_known_kinds_and_once_each() {
        let key = |kind: &str| wit::Key { kind: kind.to_owned(), value: "1".to_owned() };
        assert!(subject("s", vec![key("shop")]).unwrap_err().message.contains("`shop` is no kind of key"));
        assert!(subject("s", vec![key("cart"), key("cart")]).unwrap_err().message.contains("two keys"));
    }
}
