//! Facebook Messenger.
//!
//! `message` writes what is sent, `answer` reads what came back, `events` the webhooks. Within 24 hours of the customer's
//! last word a page may answer; later only an approved utility template, or a marketing message to who opted in. Meta
//! undoes no repetition and echoes no id of ours, so an answer that got lost stays `uncertain`.

cartwright_sdk::simple_channel_plugin!(Messenger);

mod answer;
mod events;
mod message;

use bindings::*;
use cartwright_sdk::encoding::from_hex;
use cartwright_sdk::json;
use secrets::Algorithm;
use serde::Deserialize;

/// The channel.
pub struct Messenger;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    page_id: String,
    #[serde(default = "Config::newest_version")]
    api_version: String,
    #[serde(default = "Config::graph")]
    endpoint: String,
}

impl Config {
    fn newest_version() -> String {
        "v23.0".to_owned()
    }

    fn graph() -> String {
        "https://graph.facebook.com".to_owned()
    }

    fn page(&self, rest: &str) -> String {
        format!("{}/{}/{}{rest}", self.endpoint, self.api_version, self.page_id)
    }
}

impl SimpleChannel for Messenger {
    fn describe() -> Descriptor {
        Descriptor::new("Messenger", "Answers, utility templates and opted-in marketing on Facebook Messenger.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("graph.facebook.com", &["GET", "POST"], "Messages are sent there.")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("page_token", "Page access token", "With pages_messaging, for templates page_utility_messaging.")
            .secret("app_secret", "App secret", "Meta signs its webhooks with it.")
            .secret("verify_token", "Verify token", "Any text; enter the same in Meta's webhook settings.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            receipts: vec![Delivered, Read, Clicked, Replied, OptedOut],
            ..ChannelAbility::new("messenger", AddressKind::Handle, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        if config.page_id.is_empty() || !config.page_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::bad_config("page_id: use the ID of the page, digits only"));
        }
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://graph.facebook.com"));
        }
        Ok(())
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let request = match task {
            Task::Send(message) => message::request(&config, &message)?,
            Task::Probe => {
                Request::asking(HttpRequest::get(config.page("")).query("fields", "name").bearer("page_token"))
            }
            _ => return Err(Fault::not_supported("Messenger only takes messages")),
        };
        Ok(request.into())
    }

    fn answer(asked: Asked, response: Response) -> Result<Completion, Fault> {
        let Response::Http(response) = response else { return Err(Fault::bad_input("an answer of another kind")) };
        if let Some(rejection) = answer::refusal(&response, connection::now()) {
            return Ok(asked.refused(rejection));
        }
        Ok(match asked {
            Asked::Send(_) => answer::to_send(&response).into(),
            _ => answer::to_probe(&response),
        })
    }

    fn verify(webhook: Webhook) -> Verification {
        if webhook.method == "GET" {
            let token = webhook.query("hub.verify_token");
            return match (webhook.query("hub.mode").as_deref(), token, webhook.query("hub.challenge")) {
                (Some("subscribe"), Some(token), Some(challenge)) if secrets::equals("verify_token", &token) => {
                    Verification::echo(challenge)
                }
                _ => Verification::Refused("hub.verify_token is not the verify token of this connection".to_owned()),
            };
        }
        let signature = webhook.header("x-hub-signature-256").and_then(|text| text.strip_prefix("sha256="));
        match signature.and_then(from_hex) {
            Some(signature) if secrets::verify("app_secret", Algorithm::HmacSha256, &webhook.body, &signature) => {
                Verification::Authentic
            }
            Some(_) => Verification::Refused("X-Hub-Signature-256 does not fit the app secret".to_owned()),
            None => Verification::Refused("X-Hub-Signature-256 is missing or is not sha256=<hex>".to_owned()),
        }
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        events::read(&webhook.body)
    }
}

#[cfg(test)]
mod tests;
