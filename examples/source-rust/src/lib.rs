//! Everything a source can do, for the (invented) platform Acme: README.md describes its API.
//!
//! `records` reads what Acme says, `tasks` asks it for more. A plugin holds no socket: `begin` and `resume` return
//! requests, the host makes them and comes back with the answers.

#[cfg(target_family = "wasm")]
mod package;
mod records;
mod tasks;

wit_bindgen::generate!({ path: "wit", world: "source-plugin", additional_derives: [PartialEq] });

use cartwright::plugin::secrets::{self, Algorithm};
use cartwright::plugin::types::{FaultKind, HostNeed, Instances, SecretNeed};
use cartwright::plugin::{connection, transport};
use exports::cartwright::plugin::source::{
    Ability, Descriptor, Fault, Guest, Json, Parsed, Response, Step, Task, TaskKind, Verification, Webhook,
};

struct AcmeShop;

#[cfg(target_family = "wasm")]
export!(AcmeShop);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    url: String,
}

impl Guest for AcmeShop {
    fn describe() -> Descriptor {
        let secret =
            |name: &str, title: &str, why: &str| SecretNeed { name: name.into(), title: title.into(), why: why.into() };
        Descriptor {
            title: "Acme shop".into(),
            summary: "Carts, orders, customers and products of an Acme shop.".into(),
            config_schema: include_str!("../config.schema.json").into(),
            facts: vec![],
            hosts: vec![HostNeed {
                host: "{config:/url}".into(),
                methods: vec!["GET".into(), "POST".into()],
                path_prefix: "/api/".into(),
                per_minute: Some(120),
                why: "The shop is read there.".into(),
            }],
            secrets: vec![
                secret("api_token", "API token", "To read the shop."),
                secret("webhook_secret", "Webhook secret", "Acme signs its webhooks with it."),
            ],
            translations: "{}".into(),
            instances: Instances::PerBatch,
        }
    }

    fn tasks() -> Vec<Ability> {
        vec![
            Ability { task: TaskKind::Poll, every_minutes: Some(10) },
            Ability { task: TaskKind::Backfill, every_minutes: None },
            Ability { task: TaskKind::OrdersOf, every_minutes: None },
            Ability { task: TaskKind::Subscribe, every_minutes: Some(24 * 60) },
            Ability { task: TaskKind::Probe, every_minutes: None },
        ]
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        read_config(&config).map(|_| ())
    }

    fn verify(webhook: Webhook) -> Verification {
        let Some(signature) = header(&webhook.headers, "x-acme-signature").and_then(from_hex) else {
            return Verification::Refused("X-Acme-Signature is missing or is not hexadecimal".into());
        };
        // The host compares: the secret itself never gets here.
        if secrets::verify("webhook_secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            Verification::Authentic
        } else {
            Verification::Refused("X-Acme-Signature does not fit the webhook secret".into())
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        records::told(&webhook.body)
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        tasks::begin(&read_config(&connection::config())?, task)
    }

    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        tasks::resume(&read_config(&connection::config())?, &state, responses, connection::now())
    }
}

fn read_config(config: &str) -> Result<Config, Fault> {
    serde_json::from_str(config).map_err(|error| fault(FaultKind::BadConfig, error))
}

fn fault(kind: FaultKind, why: impl ToString) -> Fault {
    Fault { kind, message: why.to_string() }
}

fn header<'a>(headers: &'a [transport::Header], name: &str) -> Option<&'a str> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?) as u8)).collect()
}

#[cfg(test)]
mod tests;
