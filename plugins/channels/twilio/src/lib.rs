//! SMS and MMS over Twilio.
//!
//! `answer` reads what came back, `errors` is the table of Twilio's codes, `callbacks` reads the webhooks. Twilio
//! undoes no repetition and echoes nothing in a message, so our id travels in the address that it calls back: an answer
//! that got lost is `uncertain` until the first callback settles it. Prices are known later, by the task `price`.

cartwright_sdk::simple_channel_plugin!(Twilio);

mod answer;
mod callbacks;
mod errors;

use bindings::*;
use cartwright_sdk::json;
use secrets::Algorithm;
use serde::Deserialize;

/// The channel.
pub struct Twilio;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    account_sid: String,
    sender: String,
    api_key_sid: Option<String>,
    #[serde(default = "Config::twilio")]
    endpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    text: String,
    #[serde(default)]
    media: Vec<String>,
}

impl Config {
    fn twilio() -> String {
        "https://api.twilio.com".to_owned()
    }

    /// What lies under the account, such as `/Messages.json`.
    fn address(&self, rest: &str) -> String {
        format!("{}/2010-04-01/Accounts/{}{rest}", self.endpoint, self.account_sid)
    }

    fn log_in(&self, request: HttpRequest) -> HttpRequest {
        match &self.api_key_sid {
            Some(key) => request.basic(key, "api_key_secret"),
            None => request.basic(&self.account_sid, "auth_token"),
        }
    }
}

impl SimpleChannel for Twilio {
    fn describe() -> Descriptor {
        Descriptor::new("SMS (Twilio)", "SMS and MMS, with receipts, replies, STOP words and prices.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("api.twilio.com", &["GET", "POST"], "Messages are sent there.")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("auth_token", "Auth token", "Twilio signs its callbacks with it; it logs in where there is no key.")
            .secret("api_key_secret", "Secret of the API key", "To log in, where an API key is configured.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Price, TaskKind::Probe],
            receipts: vec![Accepted, Delivered, Read, Replied, Failed, OptedOut],
            billed: Billing::Accepted,
            ..ChannelAbility::new("sms", AddressKind::Phone, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        let is_sid = |text: &str, kind: &str| {
            let digits = text.strip_prefix(kind).unwrap_or_default();
            digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !is_sid(&config.account_sid, "AC") {
            return Err(Fault::bad_config("account_sid: use the SID of the account, AC and 32 digits"));
        }
        if !config.api_key_sid.as_deref().is_none_or(|key| is_sid(key, "SK")) {
            return Err(Fault::bad_config("api_key_sid: use the SID of the key, SK and 32 digits"));
        }
        if config.sender.trim().is_empty() {
            return Err(Fault::bad_config("sender: use a number like +4915112345678, a name, or MG and 32 digits"));
        }
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://api.twilio.com"));
        }
        Ok(())
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let get = |rest: &str| Request::asking(config.log_in(HttpRequest::get(config.address(rest))));
        let request = match task {
            Task::Send(message) => send(&config, &message, &connection::address())?,
            Task::Price(sid) if is_path(&sid) => get(&format!("/Messages/{sid}.json")),
            Task::Price(sid) => return Err(Fault::bad_input(format!("`{sid}` is no SID of a message"))),
            Task::Probe => get(".json"),
            _ => return Err(Fault::not_supported("Twilio is sent messages and asked what they cost")),
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
            Asked::Price(_) => answer::to_price(&response),
            _ => answer::to_probe(&response),
        })
    }

    fn verify(webhook: Webhook) -> Verification {
        callbacks::verify(&webhook, &connection::address(), |data, signature| {
            secrets::verify("auth_token", Algorithm::HmacSha1, data, signature)
        })
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        Ok(callbacks::read(&webhook, connection::now()).into_iter().collect())
    }
}

fn send(config: &Config, message: &Message, address: &str) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let callback = format!("{address}?{}={}", callbacks::ECHO, message.id);
    let sender =
        if config.sender.starts_with("MG") && config.sender.len() == 34 { "MessagingServiceSid" } else { "From" };
    let mut fields = vec![
        ("To", message.to.value.as_str()),
        (sender, &config.sender),
        ("Body", &content.text),
        ("StatusCallback", &callback),
    ];
    // A missing picture makes an SMS of it, and never stops the message.
    fields.extend(content.media.iter().map(|link| ("MediaUrl", link.trim())).filter(|(_, link)| !link.is_empty()));
    let request = HttpRequest::post(config.address("/Messages.json"));
    Ok(Request::sending(config.log_in(request).form(fields)))
}

fn is_path(sid: &str) -> bool {
    !sid.is_empty() && sid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests;
