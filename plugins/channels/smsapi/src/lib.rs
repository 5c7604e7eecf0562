//! SMS over SMSAPI.
//!
//! The one provider here that undoes repetitions: our id goes along as `idx`, and the same one is refused a second time,
//! which means that the first went out. `answer` reads what came back, `reports` the delivery reports and replies. They
//! are not signed, so the address that is called back holds a secret of its own.

cartwright_sdk::simple_channel_plugin!(SmsApi);

mod answer;
mod errors;
mod reports;

use bindings::*;
use cartwright_sdk::serde_json::json;
use cartwright_sdk::{Amount, json};
use serde::Deserialize;

/// The channel.
pub struct SmsApi;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    sender: Option<String>,
    #[serde(default = "Config::most_parts")]
    max_parts: u8,
    quiet_hours: Option<String>,
    point_price: Option<Amount>,
    #[serde(default = "Config::smsapi")]
    endpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    text: String,
}

impl Config {
    fn most_parts() -> u8 {
        6
    }

    fn smsapi() -> String {
        "https://api.smsapi.com".to_owned()
    }
}

impl SimpleChannel for SmsApi {
    fn describe() -> Descriptor {
        Descriptor::new("SMS (SMSAPI)", "SMS with delivery reports and replies; each goes out once.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("api.smsapi.com", &["GET", "POST"], "Messages are sent there.")
            .host("api.smsapi.pl", &["GET", "POST"], "For accounts of smsapi.pl.")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("token", "API token", "With the right to send SMS.")
            .secret("callback_key", "Key of the callbacks", "Any letters and digits: SMSAPI's reports are known by it.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            sends: Repeat::Idempotent,
            receipts: vec![Accepted, Delivered, Replied, Failed],
            billed: Billing::Accepted,
            ..ChannelAbility::new("sms", AddressKind::Phone, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        if !(1..=10).contains(&config.max_parts) {
            return Err(Fault::bad_config(format!("max_parts: {} is not between 1 and 10", config.max_parts)));
        }
        if !config.quiet_hours.as_deref().is_none_or(|word| ["follow", "ignore", "nearest_available"].contains(&word)) {
            return Err(Fault::bad_config("quiet_hours: use follow, ignore or nearest_available"));
        }
        if config.point_price.as_ref().is_some_and(|price| answer::micros(&price.amount).is_none()) {
            return Err(Fault::bad_config("point_price.amount: write it like 0.07"));
        }
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://api.smsapi.com"));
        }
        Ok(())
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let request = match task {
            Task::Send(message) => {
                // Without a key nobody's report could be believed, so none is asked for.
                let callback = secrets::is_set("callback_key").then(connection::address);
                send(&config, &message, callback)?
            }
            Task::Probe => Request::asking(HttpRequest::get(format!("{}/profile", config.endpoint)).bearer("token")),
            _ => return Err(Fault::not_supported("SMSAPI only takes messages")),
        };
        Ok(request.into())
    }

    fn answer(asked: Asked, response: Response) -> Result<Completion, Fault> {
        let Response::Http(response) = response else { return Err(Fault::bad_input("an answer of another kind")) };
        let config: Config = json::config(&connection::config())?;
        Ok(match asked {
            Asked::Send(id) => answer::to_send(&id, &response, config.point_price.as_ref(), connection::now()).into(),
            _ => answer::to_probe(&response, connection::now()),
        })
    }

    fn verify(webhook: Webhook) -> Verification {
        match webhook.query("key") {
            Some(key) if secrets::equals("callback_key", &key) => Verification::Authentic,
            _ => Verification::Refused("`key` in the address is not the key of the callbacks".to_owned()),
        }
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        Ok(reports::read(&webhook, connection::now()))
    }
}

fn send(config: &Config, message: &Message, callback: Option<String>) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let mut body = json!({
        "to": message.to.value.trim_start_matches('+'),
        "message": content.text,
        "encoding": "utf-8",
        "format": "json",
        "details": true,
        "idx": message.id,
        "check_idx": true,
        "max_parts": config.max_parts,
    });
    let optional = [
        ("from", config.sender.clone()),
        ("time_restriction", config.quiet_hours.clone()),
        ("notify_url", callback.map(|address| format!("{address}?key={{secret:callback_key:json}}"))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    Ok(Request::sending(HttpRequest::post(format!("{}/sms.do", config.endpoint)).bearer("token").json(&body)))
}

#[cfg(test)]
mod tests;
