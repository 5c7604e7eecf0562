//! WhatsApp over Meta's Cloud API: approved templates out, receipts, replies and clicks in.
//!
//! `template` writes the message, `answer` reads what came back, `errors` is the table of Meta's codes, `receipts`
//! reads the webhooks. Sends are not idempotent at Meta: an answer that got lost is `uncertain`, and our message id
//! travels along (`biz_opaque_callback_data`) so that a later receipt settles it.

cartwright_sdk::channel_plugin!(WhatsApp);

mod answer;
mod errors;
mod receipts;
mod template;

use bindings::*;
use cartwright_sdk::encoding::from_hex;
use cartwright_sdk::json;
use secrets::Algorithm;
use serde::Deserialize;

/// The channel.
pub struct WhatsApp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    phone_number_id: String,
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

    fn number(&self) -> String {
        format!("{}/{}/{}", self.endpoint, self.api_version, self.phone_number_id)
    }
}

impl Channel for WhatsApp {
    fn describe() -> Descriptor {
        Descriptor::new("WhatsApp", "Template messages over Meta's Cloud API, with receipts, replies and clicks.")
            .config(include_str!("../config.schema.json"))
            .host("graph.facebook.com", &["GET", "POST"], "Messages are sent there.")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("access_token", "Access token", "A system user's token with whatsapp_business_messaging.")
            .secret("app_secret", "App secret", "Meta signs its webhooks with it.")
            .secret("verify_token", "Verify token", "Any text; enter the same in Meta's webhook settings.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            channel: "whatsapp".to_owned(),
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            addresses: vec![AddressKind::Phone],
            content_schema: include_str!("../content.schema.json").to_owned(),
            sends: Repeat::NotIdempotent,
            receipts: vec![Accepted, Delivered, Read, Clicked, Replied, Failed, OptedOut],
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        if config.phone_number_id.is_empty() || !config.phone_number_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::bad_config("phone_number_id: use the ID of the number, digits only, not the number"));
        }
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://graph.facebook.com"));
        }
        Ok(())
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        let config: Config = json::config(&connection::config())?;
        match task {
            Task::Send(message) => Ok(Step::call(template::request(&config, message)?, b"send")),
            Task::Probe => {
                let request = HttpRequest::get(format!("{}?fields=id", config.number())).bearer("access_token");
                Ok(Step::call(Request::asking(request), b"probe"))
            }
            Task::Lookup(_) => Err(Fault::bad_input("Meta cannot be asked for a message; its receipt tells")),
        }
    }

    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        let now = connection::now();
        Ok(Step::Done(match responses.first() {
            Some(Response::Http(response)) if state == b"probe" => answer::to_probe(response, now),
            Some(Response::Http(response)) => answer::to_send(response, now),
            Some(Response::Failed(failure)) => Outcome::unanswered(failure),
            _ => Outcome::uncertain("an answer of another kind"),
        }))
    }

    fn verify(webhook: Webhook) -> Verification {
        if webhook.method == "GET" {
            return handshake(&webhook, |token| secrets::equals("verify_token", token));
        }
        let signature = webhook.header("x-hub-signature-256").and_then(|text| text.strip_prefix("sha256="));
        let Some(signature) = signature.and_then(from_hex) else {
            return Verification::Refused("X-Hub-Signature-256 is missing or is not sha256=<hex>".to_owned());
        };
        if secrets::verify("app_secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            Verification::Authentic
        } else {
            Verification::Refused("X-Hub-Signature-256 does not fit the app secret".to_owned())
        }
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        receipts::read(&webhook.body)
    }
}

fn handshake(webhook: &Webhook, is_ours: impl Fn(&str) -> bool) -> Verification {
    match (webhook.query("hub.mode").as_deref(), webhook.query("hub.verify_token"), webhook.query("hub.challenge")) {
        (Some("subscribe"), Some(token), Some(challenge)) if is_ours(&token) => Verification::echo(challenge),
        _ => Verification::Refused("hub.verify_token is not the verify token of this connection".to_owned()),
    }
}

#[cfg(test)]
mod tests;
