//! WhatsApp over Meta's Cloud API: approved templates out, receipts, replies and clicks in.
//!
//! `template` writes the message, `library` keeps the templates at Meta, `answer` reads what came back, `errors` is the
//! table of Meta's codes, `receipts` reads the webhooks. Sends are not idempotent at Meta: an answer that got lost is `uncertain`, and our message id
//! travels along (`biz_opaque_callback_data`) so that a later receipt settles it.

cartwright_sdk::channel_plugin!(Stepped);

mod answer;
mod errors;
mod library;
mod receipts;
mod template;

use bindings::*;
use cartwright_sdk::encoding::from_hex;
use cartwright_sdk::json;
use cartwright_sdk::serde_json;
use secrets::Algorithm;
use serde::Deserialize;

/// The channel.
pub struct WhatsApp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    phone_number_id: String,
    /// For the host, which makes links of it.
    #[serde(default, rename = "phone_number")]
    _phone_number: Option<String>,
    business_account_id: Option<String>,
    #[serde(default = "Config::usual_route")]
    route: String,
    #[serde(default = "Config::newest_version")]
    api_version: String,
    #[serde(default = "Config::graph")]
    endpoint: String,
}

impl Config {
    fn usual_route() -> String {
        "messages".to_owned()
    }

    fn newest_version() -> String {
        "v23.0".to_owned()
    }

    fn graph() -> String {
        "https://graph.facebook.com".to_owned()
    }

    fn number(&self) -> String {
        format!("{}/{}/{}", self.endpoint, self.api_version, self.phone_number_id)
    }

    fn templates(&self) -> Result<String, Fault> {
        let account = self.business_account_id.as_ref();
        let account =
            account.ok_or_else(|| Fault::bad_config("business_account_id: templates belong to it; set it"))?;
        Ok(format!("{}/{}/{account}/message_templates", self.endpoint, self.api_version))
    }
}

impl SimpleChannel for WhatsApp {
    fn describe() -> Descriptor {
        Descriptor::new("WhatsApp", "Template messages over Meta's Cloud API, with receipts, replies and clicks.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("graph.facebook.com", &["GET", "POST"], "Messages are sent there.")
            .host("{config:/endpoint}", &["GET", "POST"], "Where another endpoint is configured.")
            .secret("access_token", "Access token", "A system user's token with whatsapp_business_messaging.")
            .secret("app_secret", "App secret", "Meta signs its webhooks with it.")
            .secret("verify_token", "Verify token", "Any text; enter the same in Meta's webhook settings.")
    }

    fn ability() -> ChannelAbility {
        use ReceiptKind::*;
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe, TaskKind::ListTemplates, TaskKind::CreateTemplate],
            receipts: vec![Accepted, Delivered, Read, Clicked, Replied, Failed, OptedOut],
            billed: Billing::Delivered,
            // Whoever hides the number is written to by the id that Meta gives this business.
            addresses: vec![AddressKind::Phone, AddressKind::Handle],
            ..ChannelAbility::new("whatsapp", AddressKind::Phone, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_id(&config.phone_number_id) {
            return Err(Fault::bad_config("phone_number_id: use the ID of the number, digits only, not the number"));
        }
        if !config.business_account_id.as_deref().is_none_or(is_id) {
            return Err(Fault::bad_config("business_account_id: use the ID of the WhatsApp business account"));
        }
        if !["messages", "marketing_messages"].contains(&config.route.as_str()) {
            return Err(Fault::bad_config("route: use messages or marketing_messages"));
        }
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://graph.facebook.com"));
        }
        Ok(())
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let request = match task {
            Task::Send(message) => template::request(&config, message)?,
            Task::Probe => {
                let number = HttpRequest::get(config.number()).query("fields", "display_phone_number,verified_name");
                Request::asking(number.bearer("access_token"))
            }
            Task::ListTemplates => library::list(&config, None)?,
            Task::CreateTemplate(template) => library::create(&config, &template)?,
            Task::Lookup(_) => {
                return Err(Fault::not_supported("Meta cannot be asked for a message; its receipt tells"));
            }
            Task::Price(_) => return Err(Fault::not_supported("Meta names no prices; its rate table does")),
            Task::Refresh(_) => return Err(Fault::not_supported("a system user's token is not refreshed")),
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
            Asked::CreateTemplate(template) => library::created(template, &response),
            _ => answer::to_probe(&response),
        })
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
        receipts::templates(&webhook.body, connection::now())?.iter().for_each(templates::tell);
        receipts::read(&webhook.body)
    }
}

/// The channel in steps: listing templates goes on page by page.
pub struct Stepped;

impl Channel for Stepped {
    fn describe() -> Descriptor {
        WhatsApp::describe()
    }

    fn ability() -> ChannelAbility {
        <WhatsApp as SimpleChannel>::ability()
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        WhatsApp::check_config(config)
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        Simple::<WhatsApp>::begin(task)
    }

    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        let listing = match serde_json::from_slice::<library::Listing>(&state) {
            Ok(listing) => listing,
            Err(_) if Asked::from_state(&state)? == Asked::ListTemplates => library::Listing::default(),
            Err(_) => return Simple::<WhatsApp>::resume(state, responses),
        };
        let page = match responses.into_iter().next() {
            Some(Response::Http(page)) => page,
            Some(Response::Failed(failure)) => return Ok(Step::Done(Asked::ListTemplates.unanswered(&failure))),
            _ => return Err(Fault::bad_input("an answer of another kind")),
        };
        match answer::refusal(&page, connection::now()) {
            Some(rejection) => Ok(Step::Done(Asked::ListTemplates.refused(rejection))),
            None => library::listed(&json::config(&connection::config())?, listing, &page),
        }
    }

    fn verify(webhook: Webhook) -> Verification {
        WhatsApp::verify(webhook)
    }

    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        WhatsApp::receive(webhook)
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
