//! E-mail over any SMTP server. The host speaks SMTP; this plugin writes the header and reads the reply code.
//!
//! `header` keeps what people wrote from becoming header fields of its own; `reply` is the table of codes. SMTP
//! promises no idempotence, so a lost reply is `uncertain`; our `Message-ID` stays the same over all attempts.

cartwright_sdk::channel_plugin!(Smtp);

mod header;
mod reply;

use bindings::*;
use cartwright_sdk::json;
use cartwright_sdk::transport::Header;
use serde::Deserialize;

/// The channel.
pub struct Smtp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    server: String,
    #[serde(default = "yes")]
    login: bool,
    from: Sender,
    reply_to: Option<String>,
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

fn yes() -> bool {
    true
}

impl Channel for Smtp {
    fn describe() -> Descriptor {
        Descriptor::new("E-mail (SMTP)", "E-mail over any SMTP server.")
            .config(include_str!("../config.schema.json"))
            .host("{config:/server}", &["SMTP"], "Mail is handed to this server.")
            .secret("username", "User name", "To log in at the server.")
            .secret("password", "Password", "To log in at the server.")
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            channel: "email".to_owned(),
            tasks: vec![TaskKind::Send],
            addresses: vec![AddressKind::Email],
            content_schema: include_str!("../content.schema.json").to_owned(),
            sends: Repeat::NotIdempotent,
            receipts: Vec::new(),
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        if !config.server.starts_with("smtp://") && !config.server.starts_with("smtps://") {
            return Err(Fault::bad_config("server: use smtps://host:465 or smtp://host:587"));
        }
        if !header::is_address(&config.from.address) {
            return Err(Fault::bad_config("from.address: not an e-mail address"));
        }
        match config.reply_to {
            Some(address) if !header::is_address(&address) => Err(Fault::bad_config("reply_to: not an e-mail address")),
            _ => Ok(()),
        }
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        match task {
            Task::Send(message) => send(&json::config(&connection::config())?, &message),
            Task::Lookup(_) | Task::Probe => Err(Fault::bad_input("a mail server can only be given mail")),
        }
    }

    /// The state is our `Message-ID`: that is all the id an SMTP server and its bounces know.
    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        Ok(Step::Done(match responses.first() {
            Some(Response::Mail(reply)) => reply::outcome(reply, &String::from_utf8_lossy(&state)),
            Some(Response::Failed(failure)) => Outcome::unanswered(failure),
            _ => Outcome::uncertain("an answer of another kind"),
        }))
    }

    fn verify(_: Webhook) -> Verification {
        Verification::Refused("mail servers send no webhooks".to_owned())
    }

    fn receive(_: Webhook) -> Result<Vec<Receipt>, Fault> {
        Ok(Vec::new())
    }
}

fn send(config: &Config, message: &Message) -> Result<Step, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    if !header::is_address(&message.to.value) {
        let outcome = Outcome::rejected(RejectionClass::InvalidRecipient, None, "not an e-mail address");
        return Ok(Step::Done(outcome));
    }
    let domain = config.from.address.rsplit('@').next().unwrap_or_default();
    let message_id = format!("<{}@{domain}>", message.id);
    let mut headers = vec![
        ("From", header::mailbox(config.from.name.as_deref(), &config.from.address)),
        ("To", header::mailbox(None, &message.to.value)),
        ("Subject", header::text(&content.subject)),
        ("Message-ID", message_id.clone()),
    ];
    headers.extend(config.reply_to.as_deref().map(|address| ("Reply-To", header::mailbox(None, address))));
    if let Some(url) = content.unsubscribe_url.filter(|url| header::is_link(url)) {
        headers.push(("List-Unsubscribe", format!("<{url}>")));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    let secret = |name: &str| config.login.then(|| name.to_owned());
    let mail = Mail {
        server: config.server.clone(),
        username_secret: secret("username"),
        password_secret: secret("password"),
        envelope_from: config.from.address.clone(),
        envelope_to: message.to.value.clone(),
        headers: headers.into_iter().map(|(name, value)| Header { name: name.to_owned(), value }).collect(),
        text: content.text,
        html: content.html.filter(|html| !html.trim().is_empty()),
    };
    Ok(Step::call(Request::sending(mail), message_id))
}

#[cfg(test)]
mod tests;
