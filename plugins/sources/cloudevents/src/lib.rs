//! CloudEvents 1.0 over HTTP, in the host's words: one event in headers and body (binary), one as a document
//! (structured), or many (batched).
//!
//! An event whose type is one of the host's own has as its data what `POST /v1/events` takes: `subject` and `body`. Any
//! other is an event of the shop's own, with its data as it is. Who sends shows a token, as the specification for
//! webhooks says: in `Authorization`, or as `access_token` in the address.

cartwright_sdk::simple_source_plugin!(CloudEvents);

mod modes;

use bindings::*;
use cartwright_sdk::json;
use cartwright_sdk::serde_json::{self, Value};
use cartwright_sdk::time::Moment;
use serde::Deserialize;

/// The source.
pub struct CloudEvents;

/// The types that the host has words for.
const OWN: [&str; 12] = [
    "cart.updated",
    "checkout.updated",
    "order.placed",
    "order.paid",
    "order.cancelled",
    "order.fulfilled",
    "order.delivered",
    "customer.updated",
    "customer.identified",
    "customer.claimed",
    "product.updated",
    "product.deleted",
];

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    type_prefix: String,
    subject_is: Option<String>,
}

impl SimpleSource for CloudEvents {
    fn describe() -> Descriptor {
        Descriptor::new("CloudEvents", "CloudEvents 1.0 over HTTP, one by one or in batches.")
            .config(include_str!("../config.schema.json"))
            .secret("token", "Token", "Any long random text that the sender shows as its bearer token.")
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::config::<Config>(&config).map(|_| ())
    }

    fn verify(webhook: Webhook) -> Verification {
        let bearer = webhook.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
        match bearer.or_else(|| webhook.query("access_token")) {
            Some(token) if secrets::equals("token", token.trim()) => Verification::Authentic,
            Some(_) => Verification::Refused("the token is another".to_owned()),
            None => Verification::Refused("there is no token, in Authorization or as access_token".to_owned()),
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        let config: Config = json::config(&connection::config())?;
        read(&webhook, &config, connection::now()).map(Parsed::Events)
    }
}

/// An event with its attributes, in whatever mode it came.
#[derive(Deserialize)]
pub(crate) struct CloudEvent {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "json::text")]
    subject: Option<String>,
    time: Option<Moment>,
    data: Option<Value>,
    #[serde(default, deserialize_with = "json::text")]
    data_base64: Option<String>,
}

fn read(webhook: &Webhook, config: &Config, now: Instant) -> Result<Vec<Event>, Fault> {
    let (is_batch, events) = modes::read(webhook)?;
    let named = |(place, event): (usize, CloudEvent)| {
        event.read(config, now).map_err(|fault| match is_batch {
            true => Fault { message: format!("[{place}].{}", fault.message), ..fault },
            false => fault,
        })
    };
    events.into_iter().enumerate().map(named).collect()
}

impl CloudEvent {
    fn read(mut self, config: &Config, now: Instant) -> Result<Event, Fault> {
        if self.specversion != "1.0" {
            return Err(Fault::bad_input(format!("specversion: `{}` is not 1.0", self.specversion)));
        }
        for (name, value) in [("id", &self.id), ("source", &self.source), ("type", &self.kind)] {
            if value.is_empty() {
                return Err(Fault::bad_input(format!("{name}: must not be empty")));
            }
        }
        let data = self.take_data()?;
        let named = config.subject_is.clone().unwrap_or_else(|| "customer".to_owned());
        let named = self.subject.take().map(|value| Key { kind: named, value });
        let kind = self.kind.strip_prefix(&config.type_prefix).unwrap_or(&self.kind);
        let (kind, subject, body) = match OWN.contains(&kind) {
            true => {
                let own: Own = json::input(data.to_string().as_bytes())
                    .map_err(|fault| Fault { message: format!("data.{}", fault.message), ..fault })?;
                let keys: Vec<Key> =
                    own.subject.keys().map(|(kind, value)| Key { kind: kind.to_owned(), value }).collect();
                let has = |kind: &str| keys.iter().any(|key| key.kind == kind);
                let named = named.filter(|key| !has(&key.kind));
                (kind.to_owned(), keys.into_iter().chain(named).collect(), own.body)
            }
            false if self.kind.contains('.') && self.kind.len() <= 100 => {
                (self.kind.clone(), named.into_iter().collect(), data)
            }
            false => {
                let why = "an event of your own has a dot and at most 100 characters, like com.example.visited";
                return Err(Fault::bad_input(format!("type: `{}`: {why}", self.kind)));
            }
        };
        let occurred_at = self.time.map_or(now, |time| time.0);
        Ok(Event { id: self.fact(), type_: kind, occurred_at, subject, body: body.to_string() })
    }

    /// Source and id together say which event it is.
    fn fact(&self) -> String {
        use cartwright_sdk::encoding::to_hex;
        use sha2::{Digest, Sha256};
        let fact = format!("{} {}", self.source, self.id);
        if fact.len() <= 200 { fact } else { to_hex(&Sha256::digest(fact.as_bytes())) }
    }

    fn take_data(&mut self) -> Result<Value, Fault> {
        match (self.data.take(), self.data_base64.take()) {
            (Some(_), Some(_)) => Err(Fault::bad_input("data_base64: stands beside data; one of them is enough")),
            (None, Some(text)) => {
                let bytes = cartwright_sdk::encoding::from_base64(&text);
                let bytes = bytes.ok_or_else(|| Fault::bad_input("data_base64: is not base64"))?;
                serde_json::from_slice(&bytes).map_err(|error| Fault::bad_input(format!("data_base64: {error}")))
            }
            (data, None) => Ok(data.unwrap_or(Value::Null)),
        }
    }
}

/// The data of an event that is the host's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    #[serde(default)]
    subject: Subject,
    #[serde(default)]
    body: Value,
}

#[cfg(test)]
mod tests;
