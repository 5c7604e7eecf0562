//! What the libraries of Segment send, in the host's words: `/v1/track`, `/v1/identify`, `/v1/page`, `/v1/screen`,
//! `/v1/group`, `/v1/alias` and `/v1/batch` below the connection's address, with the write key.
//!
//! `calls` reads a call and puts its clock right, `commerce` knows the events of the e-commerce specification. Every
//! other event is passed on under a name of its own.

cartwright_sdk::simple_source_plugin!(Segment);

mod calls;
mod commerce;

use bindings::*;
use cartwright_sdk::encoding::from_base64;
use cartwright_sdk::json;
use serde::Deserialize;

/// The source.
pub struct Segment;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    currency: Option<String>,
}

impl SimpleSource for Segment {
    fn describe() -> Descriptor {
        Descriptor::new("Segment", "Calls of Segment libraries: who somebody is, and what they do in the shop.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .secret("write_key", "Write key", "Any long random text that the library is given.")
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::config::<Config>(&config).map(|_| ())
    }

    fn verify(webhook: Webhook) -> Verification {
        match write_key(&webhook) {
            Some(key) if secrets::equals("write_key", &key) => Verification::Authentic,
            Some(_) => Verification::Refused("the write key is another".to_owned()),
            None => Verification::Refused("there is no write key, in Authorization or as writeKey".to_owned()),
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        let config: Config = json::config(&connection::config())?;
        calls::read(&webhook, config.currency.as_deref(), connection::now())
    }
}

/// The user name of basic authentication, or what the body says.
fn write_key(webhook: &Webhook) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "writeKey")]
        write_key: String,
    }
    let basic = webhook.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    match basic {
        Some(basic) => {
            let pair = String::from_utf8(from_base64(basic.trim())?).ok()?;
            Some(pair.split_once(':').map_or(pair.clone(), |(key, _)| key.to_owned()))
        }
        None => json::input::<Body>(&webhook.body).ok().map(|body| body.write_key),
    }
}

#[cfg(test)]
mod tests;
