//! Zalo Notification Service: approved templates to Vietnamese phones.
//!
//! `answer` reads what came back, `errors` is the table of Zalo's codes, `library` lists the templates with their
//! prices, `events` reads the webhooks. The access token is good for a day and its refresh token for one use, so the
//! host renews both before they expire. Our id goes along as `tracking_id`; Zalo undoes no repetition by it.

cartwright_sdk::channel_plugin!(Zalo);

mod answer;
mod errors;
mod events;
mod library;

use bindings::*;
use cartwright_sdk::json;
use cartwright_sdk::serde_json::{self, json};
use secrets::{Encoding, Hash, Part};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The channel.
pub struct Zalo;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    app_id: String,
    #[serde(default)]
    development: bool,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    template_id: String,
    #[serde(default)]
    data: BTreeMap<String, String>,
}

impl Config {
    fn at(&self, usual: &str, path: &str) -> String {
        format!("{}{path}", self.endpoint.as_deref().unwrap_or(usual))
    }

    fn address(&self, path: &str) -> String {
        self.at("https://business.openapi.zalo.me", path)
    }

    fn get(&self, path: &str) -> HttpRequest {
        HttpRequest::get(self.address(path)).header("access_token", "{secret:access_token}")
    }
}

impl Channel for Zalo {
    fn describe() -> Descriptor {
        Descriptor::new("Zalo ZNS", "Approved notices over Zalo, with receipts; its tokens are kept fresh.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("business.openapi.zalo.me", &["GET", "POST"], "Notices are sent there.")
            .host("oauth.zaloapp.com", &["POST"], "Tokens are renewed there.")
            .below("/v4/")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("access_token", "Access token", "Of the Official Account; it is renewed every day.")
            .secret("refresh_token", "Refresh token", "Renews the access token, and itself with it.")
            .secret("app_secret", "Secret key of the app", "To renew the tokens.")
            .secret("oa_secret", "Secret key of the Official Account", "Zalo signs its webhooks with it.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe, TaskKind::ListTemplates, TaskKind::Refresh],
            receipts: vec![Delivered, Replied],
            billed: Billing::Delivered,
            refreshes: vec!["access_token".to_owned()],
            ..ChannelAbility::new("zalo", AddressKind::Phone, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        if config.app_id.is_empty() || !config.app_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::bad_config("app_id: use the ID of the app, digits only"));
        }
        match config.endpoint {
            Some(endpoint) if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") => {
                Err(Fault::bad_config("endpoint: use an address like https://business.openapi.zalo.me"))
            }
            _ => Ok(()),
        }
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        let config: Config = json::config(&connection::config())?;
        let asked = Asked::of(&task);
        let request = match task {
            Task::Send(message) => send(&config, &message)?,
            Task::Probe => Request::asking(config.get("/message/quota")),
            Task::ListTemplates => return Ok(library::begin(&config)),
            Task::Refresh(_) => refresh(&config),
            _ => {
                return Err(Fault::not_supported(
                    "Zalo is sent notices and asked for templates; they are made at its site",
                ));
            }
        };
        Ok(Step::call(request, asked.to_state()))
    }

    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        if let Ok(listing) = serde_json::from_slice(&state) {
            return library::resume(&json::config(&connection::config())?, listing, &responses, connection::now());
        }
        let asked = Asked::from_state(&state)?;
        let response = match responses.into_iter().next() {
            Some(Response::Http(response)) => response,
            Some(Response::Failed(failure)) => return Ok(Step::Done(asked.unanswered(&failure))),
            _ => return Err(Fault::bad_input("an answer of another kind")),
        };
        if let Some(rejection) = answer::refusal(&response, connection::now()) {
            return Ok(Step::Done(asked.refused(rejection)));
        }
        Ok(Step::Done(match asked {
            Asked::Send(_) => answer::to_send(&response).into(),
            Asked::Refresh(_) => answer::to_refresh(&response),
            _ => answer::to_probe(&response),
        }))
    }

    fn verify(webhook: Webhook) -> Verification {
        let Ok(config) = json::config::<Config>(&connection::config()) else {
            return Verification::Refused("the configuration names no app".to_owned());
        };
        events::verify(&webhook, &config.app_id, |data| {
            secrets::digest(Hash::Sha256, &[Part::Bytes(data), Part::Secret("oa_secret".to_owned())], Encoding::Hex)
        })
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        events::read(&webhook.body)
    }
}

fn send(config: &Config, message: &Message) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let mut body = json!({
        "phone": message.to.value.trim_start_matches('+'),
        "template_id": content.template_id,
        "template_data": content.data,
        "tracking_id": message.id,
    });
    if config.development {
        body["mode"] = json!("development");
    }
    let request =
        HttpRequest::post(config.address("/message/template")).header("access_token", "{secret:access_token}");
    Ok(Request::sending(request.json(&body)))
}

/// The answer holds both tokens; a used refresh token is worth nothing.
fn refresh(config: &Config) -> Request {
    let address = config.at("https://oauth.zaloapp.com", "/v4/oa/access_token");
    let mut request = HttpRequest::post(address)
        .header("secret_key", "{secret:app_secret}")
        .form([("app_id", config.app_id.as_str()), ("grant_type", "refresh_token")]);
    request.body.extend_from_slice(b"&refresh_token={secret:refresh_token:form}");
    Request::sending(request).capture("/access_token", "access_token", Some("/expires_in")).capture(
        "/refresh_token",
        "refresh_token",
        Some("/refresh_token_expires_in"),
    )
}

#[cfg(test)]
mod tests;
