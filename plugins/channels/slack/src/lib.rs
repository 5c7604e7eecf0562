//! Slack, for the shop's own people: an incoming webhook, or a bot that posts where the step says.
//!
//! A webhook answers `ok` or a word; the API answers 200 with `ok: false` and a word; `errors` is the table of both.
//! Slack undoes no repetition and keeps no id of ours, so an answer that got lost stays `uncertain`.

cartwright_sdk::simple_channel_plugin!(Slack);

mod errors;

use bindings::*;
use cartwright_sdk::json;
use cartwright_sdk::serde_json::json;
use serde::Deserialize;

/// The channel.
pub struct Slack;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    webhook: Option<String>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    text: String,
    link: Option<Link>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    url: String,
    title: String,
}

/// What the API answers, in a message and in a probe.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
    team: Option<String>,
    user: Option<String>,
}

impl Config {
    fn endpoint(&self, usual: &str) -> String {
        self.endpoint.clone().unwrap_or_else(|| usual.to_owned())
    }

    /// The webhook, if there is one; its last part is a secret.
    fn webhook(&self) -> Option<String> {
        let parts = self.webhook.as_ref()?;
        Some(format!("{}/services/{parts}/{{secret:webhook_token}}", self.endpoint("https://hooks.slack.com")))
    }

    fn api(&self, method: &str) -> HttpRequest {
        HttpRequest::post(format!("{}/api/{method}", self.endpoint("https://slack.com"))).bearer("bot_token")
    }
}

impl SimpleChannel for Slack {
    fn describe() -> Descriptor {
        Descriptor::new("Slack", "Notices to the shop's own people.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("hooks.slack.com", &["POST"], "Where an incoming webhook is configured.")
            .below("/services/")
            .host("slack.com", &["POST"], "Where a bot posts.")
            .below("/api/")
            .host("{config:/endpoint}", &["POST"], "Where another endpoint is configured.")
            .secret("webhook_token", "Token of the webhook", "The last part of the webhook's address.")
            .secret("bot_token", "Bot token", "Begins with xoxb; it needs the scope chat:write.")
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            ..ChannelAbility::new("slack", AddressKind::Handle, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        let is_webhook =
            |parts: &str| parts.split_once('/').is_some_and(|(team, id)| team.starts_with('T') && id.starts_with('B'));
        if !config.webhook.as_deref().is_none_or(is_webhook) {
            return Err(Fault::bad_config(
                "webhook: use the two middle parts of its address, like T0123ABCD/B0456EFGH",
            ));
        }
        match config.endpoint {
            Some(endpoint) if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") => {
                Err(Fault::bad_config("endpoint: use an address like https://slack.com"))
            }
            _ => Ok(()),
        }
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let request = match task {
            Task::Send(message) => send(&config, &message)?,
            Task::Probe => Request::asking(match config.webhook() {
                // A text that is none is refused, and shows nothing to anybody; a webhook that is gone says so first.
                Some(webhook) => HttpRequest::post(webhook).json(&json!({ "text": "" })),
                None => config.api("auth.test"),
            }),
            _ => return Err(Fault::not_supported("Slack only takes messages")),
        };
        Ok(request.into())
    }

    fn answer(asked: Asked, response: Response) -> Result<Completion, Fault> {
        let Response::Http(response) = response else { return Err(Fault::bad_input("an answer of another kind")) };
        Ok(match asked {
            Asked::Send(id) => outcome(&id, &response, connection::now()).into(),
            _ => probed(&response, connection::now()),
        })
    }
}

fn send(config: &Config, message: &Message) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let mut text = escaped(&content.text);
    if let Some(Link { url, title }) = content.link.filter(|link| !link.url.trim().is_empty()) {
        text = format!("{text}\n<{}|{}>", escaped(url.trim()).replace('|', "%7C"), escaped(&title).replace('|', "¦"));
    }
    Ok(Request::sending(match config.webhook() {
        Some(webhook) => HttpRequest::post(webhook).json(&json!({ "text": text })),
        // As Slack's own library writes it: a form is what every method of the API takes.
        None => config.api("chat.postMessage").form([("channel", message.to.value.as_str()), ("text", &text)]),
    }))
}

/// What Slack reads as markup is shown as it stands.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn outcome(id: &str, response: &HttpResponse, now: Instant) -> Outcome {
    if let Some(rejection) = refusal(response, now) {
        return Outcome::Rejected(rejection);
    }
    match response.json::<Answer>() {
        Some(Answer { ok: true, channel: Some(channel), ts: Some(ts), .. }) => {
            Outcome::accepted(format!("{channel}:{ts}"))
        }
        // A webhook gives no id.
        None if response.status == 200 && response.body == b"ok" => Outcome::accepted(id),
        _ => Outcome::uncertain(format!("HTTP {} is neither a yes nor a no of Slack's", response.status)),
    }
}

fn probed(response: &HttpResponse, now: Instant) -> Completion {
    if word(response).is_some_and(|word| word == "no_text" || word == "invalid_payload") {
        return Completion::Probed("the webhook is there".to_owned());
    }
    if let Some(rejection) = refusal(response, now) {
        return Completion::Failed(rejection);
    }
    match response.json::<Answer>() {
        Some(Answer { ok: true, team, user, .. }) => {
            Completion::Probed([user, team].into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
        _ => {
            let text = format!("HTTP {} is no answer of Slack", response.status);
            Completion::Failed(Rejection::new(RejectionClass::Transient, Some(response.status.to_string()), text))
        }
    }
}

/// The word with which Slack refused, whether it stands alone or in JSON.
fn word(response: &HttpResponse) -> Option<String> {
    if let Some(answer) = response.json::<Answer>() {
        return answer.error.filter(|_| !answer.ok);
    }
    let word = std::str::from_utf8(&response.body).ok()?.trim();
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (response.status >= 400 && is_word).then(|| word.to_owned())
}

fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    let again = || RejectionClass::RateLimited(response.retry_after(now));
    match word(response) {
        Some(word) => match errors::class(&word) {
            RejectionClass::RateLimited(_) => Some(Rejection::new(again(), Some(word.clone()), word)),
            class => Some(Rejection::new(class, Some(word.clone()), word)),
        },
        None if response.status == 429 => Some(Rejection::new(again(), Some("429".to_owned()), "too many requests")),
        None => None,
    }
}

#[cfg(test)]
mod tests;
