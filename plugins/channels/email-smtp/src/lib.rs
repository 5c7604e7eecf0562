//! E-mail over any SMTP server. The host speaks SMTP; this plugin writes the header and reads the reply code.
//!
//! `header` keeps what people wrote from becoming header fields of its own; `reply` is the table of codes; `bounces`
//! reads what the shop's mail server passes on of mails that came back. SMTP promises no idempotence, so a lost reply is
//! `uncertain`; our `Message-ID` stays the same over all attempts, and a bounce returns it. The probe is a mail that is
//! not sent: the host signs in, names the sender and takes its leave.

cartwright_sdk::simple_channel_plugin!(Smtp);

mod bounces;
mod header;
mod reply;

use bindings::*;
use cartwright_sdk::json;
use cartwright_sdk::transport::Header;
use serde::Deserialize;

/// The secret that signs.
const DKIM_KEY: &str = "dkim_key";
/// The secret that bounces are known by.
const BOUNCE_KEY: &str = "bounce_key";

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
    /// The envelope's sender, if it is not the header's.
    bounces_to: Option<String>,
    dkim: Option<Dkim>,
}

/// Who signs: the key's public half stands in the DNS at `{selector}._domainkey.{domain}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dkim {
    selector: String,
    /// The sender's own, if it is not given.
    domain: Option<String>,
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

impl SimpleChannel for Smtp {
    fn describe() -> Descriptor {
        Descriptor::new("E-mail (SMTP)", "E-mail over any SMTP server.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("{config:/server}", &["SMTP"], "Mail is handed to this server.")
            .secret("username", "User name", "To log in at the server.")
            .secret("password", "Password", "To log in at the server.")
            .secret(DKIM_KEY, "DKIM key", "The private key that signs mail, in PEM: RSA of 2048 bits, or Ed25519.")
            .secret(BOUNCE_KEY, "Key of the bounces", "Any letters and digits: your mail server shows it with bounces.")
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            receipts: vec![ReceiptKind::Failed, ReceiptKind::OptedOut],
            ..ChannelAbility::new("email", AddressKind::Email, include_str!("../content.schema.json"))
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
        if !config.reply_to.as_deref().is_none_or(header::is_address) {
            return Err(Fault::bad_config("reply_to: not an e-mail address"));
        }
        if !config.bounces_to.as_deref().is_none_or(header::is_address) {
            return Err(Fault::bad_config("bounces_to: not an e-mail address"));
        }
        match config.dkim {
            Some(dkim) if !header::is_domain(&dkim.selector) => {
                Err(Fault::bad_config("dkim.selector: use the name before ._domainkey, such as cartwright"))
            }
            Some(Dkim { domain: Some(domain), .. }) if !header::is_domain(&domain) => {
                Err(Fault::bad_config("dkim.domain: use a domain such as example.com"))
            }
            _ => Ok(()),
        }
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        match task {
            Task::Send(message) => send(&config, &message),
            Task::Probe => Ok(Request::asking(config.mail()).into()),
            _ => Err(Fault::not_supported("a mail server can only be given mail")),
        }
    }

    fn answer(asked: Asked, response: Response) -> Result<Completion, Fault> {
        let config: Config = json::config(&connection::config())?;
        Ok(match (asked, response) {
            (Asked::Send(id), Response::Mail(reply)) => reply::outcome(&reply, &config.message_id(&id)).into(),
            (Asked::Probe, Response::Mail(reply)) => reply::to_probe(&reply, &config.from.address),
            _ => Outcome::uncertain("an answer of another kind").into(),
        })
    }

    fn verify(webhook: Webhook) -> Verification {
        bounces::verify(&webhook, |key| secrets::equals(BOUNCE_KEY, key))
    }

    /// Answers of people and machines come to the same mailbox: they tell nothing here.
    fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
        let config: Config = json::config(&connection::config())?;
        Ok(bounces::read(&webhook.body, config.domain(), connection::now()).into_iter().collect())
    }
}

impl Config {
    /// That is all the id that an SMTP server and its bounces know.
    fn message_id(&self, message: &str) -> String {
        format!("<{message}@{}>", self.domain())
    }

    fn domain(&self) -> &str {
        self.from.address.rsplit('@').next().unwrap_or_default()
    }

    /// A mail of ours, to nobody yet.
    fn mail(&self) -> Mail {
        let secret = |name: &str| self.login.then(|| name.to_owned());
        Mail {
            server: self.server.clone(),
            username_secret: secret("username"),
            password_secret: secret("password"),
            envelope_from: self.bounces_to.as_ref().unwrap_or(&self.from.address).clone(),
            envelope_to: String::new(),
            headers: Vec::new(),
            text: String::new(),
            html: None,
        }
    }

    /// The signer, whom the host lets sign once the mail is written.
    fn signature(&self) -> Option<String> {
        let Dkim { selector, domain } = self.dkim.as_ref()?;
        let domain = domain.as_deref().unwrap_or(self.domain());
        Some(format!("d={domain}; s={selector}; b={{secret:{DKIM_KEY}}}"))
    }
}

fn send(config: &Config, message: &Message) -> Result<Ask, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    if !header::is_address(&message.to.value) {
        return Ok(Outcome::rejected(RejectionClass::InvalidRecipient, None, "not an e-mail address").into());
    }
    let mut headers = vec![
        ("From", header::mailbox(config.from.name.as_deref(), &config.from.address)),
        ("To", header::mailbox(None, &message.to.value)),
        ("Subject", header::text(&content.subject)),
        ("Message-ID", config.message_id(&message.id)),
    ];
    headers.extend(config.reply_to.as_deref().map(|address| ("Reply-To", header::mailbox(None, address))));
    if let Some(url) = content.unsubscribe_url.filter(|url| header::is_link(url)) {
        headers.push(("List-Unsubscribe", format!("<{url}>")));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    headers.extend(config.signature().map(|signature| ("DKIM-Signature", signature)));
    let mail = Mail {
        envelope_to: message.to.value.clone(),
        headers: headers.into_iter().map(|(name, value)| Header { name: name.to_owned(), value }).collect(),
        text: content.text,
        html: content.html.filter(|html| !html.trim().is_empty()),
        ..config.mail()
    };
    Ok(Request::sending(mail).into())
}

#[cfg(test)]
mod tests;
