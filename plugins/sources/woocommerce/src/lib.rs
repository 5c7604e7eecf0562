//! What a WooCommerce shop says, in its webhooks and over its REST API, in the host's words.
//!
//! `records` reads orders, customers and products; `tasks` asks for them. There is no topic for carts, so the poll of
//! orders is what keeps reminders of another source's carts from going to whoever has ordered.

cartwright_sdk::simple_source_plugin!(WooCommerce);

mod records;
mod tasks;

use bindings::*;
use cartwright_sdk::encoding::from_base64;
use cartwright_sdk::json;
use secrets::Algorithm;
use serde::Deserialize;

/// The source.
pub struct WooCommerce;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    shop_url: Option<String>,
    consumer_key: Option<String>,
}

impl SimpleSource for WooCommerce {
    fn describe() -> Descriptor {
        Descriptor::new("WooCommerce", "Orders, customers and products of a WooCommerce shop.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("{config:/shop_url}", &["GET"], "Orders that no webhook told of are read there.")
            .per_minute(60)
            .secret("webhook_secret", "Secret of the webhooks", "WooCommerce signs its webhooks with it.")
            .secret("consumer_secret", "Consumer secret", "To read the shop; it belongs to the consumer key.")
    }

    fn tasks() -> Vec<Ability> {
        vec![Ability::every(5, TaskKind::Poll), Ability::new(TaskKind::Backfill), Ability::new(TaskKind::Probe)]
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        match (&config.shop_url, &config.consumer_key) {
            (Some(_), None) => Err(Fault::bad_config("consumer_key: is needed to read the shop at shop_url")),
            (None, Some(_)) => Err(Fault::bad_config("shop_url: where does the consumer key belong?")),
            _ => Ok(()),
        }
    }

    fn verify(webhook: Webhook) -> Verification {
        if is_ping(&webhook) {
            // It is not signed and tells nothing; a webhook that is not answered cannot be saved.
            return Verification::echo("");
        }
        let Some(signature) = webhook.header("x-wc-webhook-signature").and_then(from_base64) else {
            return Verification::Refused("X-WC-Webhook-Signature is missing or is not base64".to_owned());
        };
        if secrets::verify("webhook_secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            Verification::Authentic
        } else {
            Verification::Refused("X-WC-Webhook-Signature does not fit the secret of the webhooks".to_owned())
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        read(&webhook)
    }

    fn request(task: Task) -> Result<Request, Fault> {
        tasks::request(&json::config(&connection::config())?, &task)
    }

    fn answer(task: Task, response: Response) -> Result<Completion, Fault> {
        // A body that is not what it should be ends the task as well.
        Ok(tasks::answer(&task, &response, connection::now()).unwrap_or_else(|fault| {
            Completion::Failed(Refusal { kind: RefusalKind::Transient, code: None, text: fault.message })
        }))
    }
}

/// What WooCommerce sends when a webhook is made: a form with its number.
fn is_ping(webhook: &Webhook) -> bool {
    let number = webhook.body.strip_prefix(b"webhook_id=");
    number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

fn read(webhook: &Webhook) -> Result<Parsed, Fault> {
    let topic = webhook.header("x-wc-webhook-topic").unwrap_or_default();
    let events = match topic {
        "order.created" | "order.updated" | "order.restored" => json::input::<records::Order>(&webhook.body)?.events(),
        "customer.created" | "customer.updated" => vec![json::input::<records::Customer>(&webhook.body)?.event()],
        "product.created" | "product.updated" | "product.restored" => {
            vec![json::input::<records::Product>(&webhook.body)?.event()]
        }
        // Only the number of what is gone, which ends nothing here.
        "order.deleted" | "customer.deleted" | "product.deleted" => Vec::new(),
        _ => return Ok(Parsed::UnknownTopic(topic.to_owned())),
    };
    Ok(Parsed::Events(events))
}

#[cfg(test)]
mod tests;
