//! E-mail over SendGrid's API.
//!
//! `answer` reads what came back, `events` what SendGrid tells later. Our id goes along as a custom argument, which every
//! event repeats: SendGrid undoes no repetition, so an answer that got lost is `uncertain` until an event settles it.

cartwright_sdk::simple_channel_plugin!(SendGrid);

mod answer;
mod events;

use bindings::*;
use cartwright_sdk::json;
use cartwright_sdk::serde_json::{Value, json};
use serde::Deserialize;

/// The channel.
pub struct SendGrid;

/// The custom argument in which our message's id travels.
const ECHO: &str = "cartwright_message";
/// How old an event may be: SendGrid tries for a day.
const TOO_OLD: Instant = 3 * 86_400_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    from: Sender,
    reply_to: Option<String>,
    #[serde(default = "Config::sendgrid")]
    endpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sender {
    name: Option<String>,
    address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    subject: String,
    text: String,
    html: Option<String>,
    unsubscribe_url: Option<String>,
}

impl Config {
    fn sendgrid() -> String {
        "https://api.sendgrid.com".to_owned()
    }
}

impl SimpleChannel for SendGrid {
    fn describe() -> Descriptor {
        Descriptor::new("E-mail (SendGrid)", "E-mail over SendGrid, with deliveries, opens, clicks and complaints.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("api.sendgrid.com", &["GET", "POST"], "Mail is sent there.")
            .below("/v3/")
            .host("api.eu.sendgrid.com", &["GET", "POST"], "For accounts in the European Union.")
            .below("/v3/")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("api_key", "API key", "With the right Mail Send.")
            .secret("verification_key", "Verification key", "Of the signed event webhook: SendGrid shows it there.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            receipts: vec![Accepted, Delivered, Read, Clicked, Failed, OptedOut],
            billed: Billing::Accepted,
            ..ChannelAbility::new("email", AddressKind::Email, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        let is_address =
            |text: &str| text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
        if !is_address(&config.from.address) {
            return Err(Fault::bad_config("from.address: not an e-mail address"));
        }
        if !config.reply_to.as_deref().is_none_or(is_address) {
            return Err(Fault::bad_config("reply_to: not an e-mail address"));
        }
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://api.sendgrid.com"));
        }
        Ok(())
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let request = match task {
            Task::Send(message) => send(&config, &message)?,
            Task::Probe => {
                Request::asking(HttpRequest::get(format!("{}/v3/scopes", config.endpoint)).bearer("api_key"))
            }
            _ => return Err(Fault::not_supported("SendGrid only takes mail")),
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
        events::verify(&webhook, connection::now(), |data, signature| {
            secrets::verify_p256("verification_key", data, signature)
        })
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        events::read(&webhook.body)
    }
}

fn send(config: &Config, message: &Message) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let mut from = json!({ "email": config.from.address });
    if let Some(name) = &config.from.name {
        from["name"] = json!(name);
    }
    let mut parts = vec![json!({ "type": "text/plain", "value": content.text })];
    if let Some(html) = content.html.filter(|html| !html.trim().is_empty()) {
        parts.push(json!({ "type": "text/html", "value": html }));
    }
    let mut body = json!({
        "personalizations": [{ "to": [{ "email": message.to.value }], "custom_args": { ECHO: message.id } }],
        "from": from,
        "subject": content.subject,
        "content": parts,
    });
    if let Some(address) = &config.reply_to {
        body["reply_to"] = json!({ "email": address });
    }
    if let Some(url) = content.unsubscribe_url.filter(|url| is_link(url)) {
        body["headers"] = one_click(&url);
    }
    Ok(Request::sending(HttpRequest::post(format!("{}/v3/mail/send", config.endpoint)).bearer("api_key").json(&body)))
}

/// RFC 8058.
fn one_click(url: &str) -> Value {
    json!({ "List-Unsubscribe": format!("<{url}>"), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" })
}

fn is_link(url: &str) -> bool {
    url.starts_with("https://") && url.chars().all(|letter| letter.is_ascii_graphic() && letter != '<' && letter != '>')
}

#[cfg(test)]
mod tests;
