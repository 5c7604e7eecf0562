//! What a Shopify shop says in its webhooks, in the host's words.
//!
//! `topics` picks the reading by topic; `people`, `goods` and `orders` each read one kind of record. Nothing here
//! trusts a header: only the body is signed, so the topic merely chooses how to read it.

cartwright_sdk::simple_source_plugin!(Shopify);

mod goods;
mod orders;
mod people;
mod topics;

use bindings::*;
use cartwright_sdk::encoding::{from_base64, to_hex};
use cartwright_sdk::{json, time};
use secrets::Algorithm;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The source.
pub struct Shopify;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    shop_domain: Option<String>,
}

impl SimpleSource for Shopify {
    fn describe() -> Descriptor {
        Descriptor::new("Shopify", "Carts, checkouts, orders, parcels, customers and products of a Shopify shop.")
            .config(include_str!("../config.schema.json"))
            .secret("client_secret", "Client secret of the app", "Shopify signs its webhooks with it.")
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        match json::config::<Config>(&config)?.shop_domain {
            Some(domain) if !is_shop(&domain) => {
                Err(Fault::bad_config(format!("shop_domain: `{domain}` is not like example.myshopify.com")))
            }
            _ => Ok(()),
        }
    }

    fn verify(webhook: Webhook) -> Verification {
        let Some(signature) = webhook.header("x-shopify-hmac-sha256").and_then(from_base64) else {
            return Verification::Refused("X-Shopify-Hmac-Sha256 is missing or is not base64".to_owned());
        };
        if !secrets::verify("client_secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            return Verification::Refused("X-Shopify-Hmac-Sha256 does not fit the client secret".to_owned());
        }
        let config: Config = json::config(&connection::config()).unwrap_or_default();
        match (config.shop_domain, webhook.header("x-shopify-shop-domain")) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                Verification::Refused(format!("it comes from {theirs}, this connection is {ours}"))
            }
            _ => Verification::Authentic,
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        let config: Config = json::config(&connection::config())?;
        read(&webhook, config.shop_domain, connection::now())
    }
}

fn read(webhook: &Webhook, shop: Option<String>, now: Instant) -> Result<Parsed, Fault> {
    let topic = webhook.header("x-shopify-topic").unwrap_or_default();
    let shop = shop.or_else(|| webhook.header("x-shopify-shop-domain").map(str::to_owned)).filter(|shop| is_shop(shop));
    // A consent may come without a time of its own; the delivery's time stays the same when it is tried again.
    let told_at = webhook.header("x-shopify-triggered-at").and_then(time::parse).unwrap_or(now);
    let Some(read) = topics::reading(topic) else { return Ok(Parsed::UnknownTopic(topic.to_owned())) };
    let news = read(&webhook.body, &topics::Circumstances { shop, told_at })?;
    let events = news.map(|news| Event::new(id(topic, webhook), news.occurred_at, news.subject, &news.fact));
    Ok(Parsed::Events(events.into_iter().collect()))
}

/// The same when Shopify tells the fact again: the id of the delivery, else what it says.
fn id(topic: &str, webhook: &Webhook) -> String {
    match webhook.header("x-shopify-webhook-id").filter(|id| (1..=200).contains(&id.len())) {
        Some(id) => id.to_owned(),
        None => format!("{topic}:{}", to_hex(&Sha256::digest(&webhook.body))),
    }
}

fn is_shop(domain: &str) -> bool {
    domain.strip_suffix(".myshopify.com").is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with('-')
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

#[cfg(test)]
mod tests;
