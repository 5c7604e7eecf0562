//! What a Haravan shop says: orders, customers and products in its webhooks, checkouts when it is asked, because no
//! webhook tells of them.
//!
//! `records` reads each kind of record, `tasks` asks for them. Nothing here trusts a header: only the body is signed, so
//! the topic merely chooses how to read it, and what an order has become stands in its body.

cartwright_sdk::simple_source_plugin!(Haravan);

mod records;
mod tasks;

use bindings::*;
use cartwright_sdk::encoding::{from_base64, to_hex};
use cartwright_sdk::json;
use secrets::Algorithm;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The source.
pub struct Haravan;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    org_id: Option<String>,
    ask: Option<bool>,
    endpoint: Option<String>,
}

impl SimpleSource for Haravan {
    fn describe() -> Descriptor {
        Descriptor::new("Haravan", "Checkouts, orders, customers and products of a Haravan shop.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("apis.haravan.com", &["GET"], "Checkouts, which no webhook tells of, are read there.")
            .below("/com/")
            .per_minute(60)
            .host("webhook.haravan.com", &["POST"], "Webhooks are registered there.")
            .below("/api/")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another address is configured.")
            .secret("client_secret", "Client secret of the app", "Haravan signs its webhooks with it.")
            .secret("verify_token", "Verify token", "The one that stands in the app's webhook settings.")
            .secret("access_token", "Access token", "With the scope com.read_orders, to read the shop.")
    }

    fn tasks() -> Vec<Ability> {
        vec![
            Ability::every(10, TaskKind::Poll),
            Ability::new(TaskKind::OrdersOf),
            Ability::every(24 * 60, TaskKind::Subscribe),
            Ability::new(TaskKind::Probe),
        ]
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::config::<Config>(&config).map(|_| ())
    }

    fn verify(webhook: Webhook) -> Verification {
        if webhook.method == "GET" {
            // Haravan asks once whether the address is ours.
            let token = webhook.query("hub.verify_token");
            return match (token, webhook.query("hub.challenge")) {
                (Some(token), Some(challenge)) if secrets::equals("verify_token", &token) => {
                    Verification::echo(challenge)
                }
                _ => Verification::Refused("hub.verify_token is another, or there is no hub.challenge".to_owned()),
            };
        }
        let Some(signature) = webhook.header("x-haravan-hmacsha256").and_then(from_base64) else {
            return Verification::Refused("X-Haravan-Hmacsha256 is missing or is not base64".to_owned());
        };
        if !secrets::verify("client_secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            return Verification::Refused("X-Haravan-Hmacsha256 does not fit the client secret".to_owned());
        }
        let config: Config = json::config(&connection::config()).unwrap_or_default();
        match (config.org_id, webhook.header("x-haravan-org-id")) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                Verification::Refused(format!("it comes from {theirs}, this connection is {ours}"))
            }
            _ => Verification::Authentic,
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        read(&webhook, connection::now())
    }

    fn request(task: Task) -> Result<Request, Fault> {
        tasks::request(&json::config(&connection::config())?, &task, connection::now())
    }

    fn answer(task: Task, response: Response) -> Result<Completion, Fault> {
        // A body that is not what it should be ends the task as well.
        Ok(tasks::answer(&task, &response, connection::now()).unwrap_or_else(|fault| {
            Completion::Failed(Refusal { kind: RefusalKind::Transient, code: None, text: fault.message })
        }))
    }
}

fn read(webhook: &Webhook, now: Instant) -> Result<Parsed, Fault> {
    let topic = webhook.header("x-haravan-topic").unwrap_or_default();
    let body = &webhook.body;
    let events = match topic {
        "orders/create" | "orders/updated" | "orders/paid" | "orders/cancelled" | "orders/fulfilled" => {
            json::input::<records::Order>(body)?.events()
        }
        "checkouts/create" | "checkouts/update" => vec![json::input::<records::Checkout>(body)?.event()],
        "customers/create" | "customers/update" => vec![json::input::<records::Customer>(body)?.event()],
        "products/create" | "products/update" => vec![json::input::<records::Product>(body)?.event()],
        "app/uninstalled" => vec![records::uninstalled(format!("{topic}:{}", to_hex(&Sha256::digest(body))), now)],
        // Only the number of what is gone, which ends nothing here.
        "customers/delete" | "products/delete" | "orders/delete" => Vec::new(),
        _ => return Ok(Parsed::UnknownTopic(topic.to_owned())),
    };
    Ok(Parsed::Events(events))
}

#[cfg(test)]
mod tests;
