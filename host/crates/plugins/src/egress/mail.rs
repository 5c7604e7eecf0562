//! A mail as bytes: header fields as the plugin wrote them, Date and MIME by the host, nothing smuggled in.

use std::time::{Duration, SystemTime};

use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{EgressFailure, Mail};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Mailboxes, Message, MessageBuilder, MultiPart, SinglePart};

use super::dkim::{self, Signer};
use super::placeholders::Secrets;
use super::refused;

/// Fields that are the host's own.
const OWN_FIELDS: &[&str] = &["date", "mime-version", "bcc", "return-path", "received"];

/// The mail as it goes over the wire.
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn letter(mail: &Mail, secrets: Secrets<'_>, now: Timestamp) -> Result<Letter, EgressFailure> {
    let from = sender(mail)?;
    let to = address("envelope-to", &mail.envelope_to)?;
    let envelope = Envelope::new(Some(from.clone()), vec![to.clone()])
        .map_err(|why| refused(format!("the envelope is malformed: {why}")))?;
    let since_1970 = Duration::from_millis(u64::try_from(now.millis()).unwrap_or(0));
    let mut builder = Message::builder().envelope(envelope).date(SystemTime::UNIX_EPOCH + since_1970);
    let mut signer = None;
    for (name, value) in &mail.headers {
        if name.eq_ignore_ascii_case(dkim::FIELD) {
            signer = Some(Signer::read(value, secrets)?);
        } else {
            builder = field(builder, name, value)?;
        }
    }
    let message = match &mail.html {
        None => builder.singlepart(SinglePart::plain(mail.text.clone())),
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
    };
    let message = message.map_err(|why| refused(format!("the mail is malformed: {why}")))?;
    let bytes = message.formatted();
    let signature = signer.map(|signer| signer.field(&bytes, now)).transpose()?;
    Ok(Letter { from, to, bytes: [signature.unwrap_or_default(), bytes].concat() })
}

/// Who sends it, as the server is told.
pub(super) fn sender(mail: &Mail) -> Result<Address, EgressFailure> {
    address("envelope-from", &mail.envelope_from)
}

fn address(what: &str, text: &str) -> Result<Address, EgressFailure> {
    let sound = !text.chars().any(char::is_control);
    let address = sound.then(|| text.parse().ok()).flatten();
    address.ok_or_else(|| refused(format!("{what}: `{}` is no mail address", text.escape_default())))
}

fn field(builder: MessageBuilder, name: &str, value: &str) -> Result<MessageBuilder, EgressFailure> {
    if value.chars().any(char::is_control) {
        return Err(refused(format!(
            "the header field `{}` has a line break or control character",
            name.escape_default()
        )));
    }
    let lower = name.to_ascii_lowercase();
    if OWN_FIELDS.contains(&lower.as_str()) || lower.starts_with("content-") {
        return Err(refused(format!("the header field `{name}` is written by the host; leave it out")));
    }
    let sound = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let malformed = || refused(format!("`{}` is no header field name", name.escape_default()));
    let boxes = || -> Result<Mailboxes, EgressFailure> {
        value.parse().map_err(|_| refused(format!("the header field `{name}` holds no mail addresses")))
    };
    Ok(match lower.as_str() {
        _ if !sound => return Err(malformed()),
        // Addresses are parsed, so that only the names beside them are encoded.
        "from" => builder.mailbox(header::From::from(boxes()?)),
        "to" => builder.mailbox(header::To::from(boxes()?)),
        "cc" => builder.mailbox(header::Cc::from(boxes()?)),
        "reply-to" => builder.mailbox(header::ReplyTo::from(boxes()?)),
        _ => {
            let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| malformed())?;
            builder.raw_header(HeaderValue::new(name, value.to_owned()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::Rights;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn mail(headers: &[(&str, &str)]) -> Mail {
        let mut all = vec![("From".to_owned(), "Käse & Co <shop@example.com>".to_owned())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Mail {
            server: "smtp://127.0.0.1:1025".to_owned(),
            username_secret: None,
            password_secret: None,
            envelope_from: "shop@example.com".to_owned(),
            envelope_to: "ann@example.com".to_owned(),
            headers: all,
            text: "Grüße".to_owned(),
            html: None,
        }
    }

    fn written(mail: &Mail) -> Result<String, String> {
        let rights = Rights::of(Arc::default(), Arc::default());
        let secrets = Secrets { rights: &rights, values: &BTreeMap::new() };
        match letter(mail, secrets, Timestamp::from_millis(1_762_077_600_000)) {
            Ok(letter) => Ok(String::from_utf8(letter.bytes).unwrap()),
            Err(EgressFailure::Refused(why)) => Err(why),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn our_message_id_is_kept_and_date_and_mime_are_the_host_s() {
        let text = written(&mail(&[("Message-ID", "<m-1@example.com>"), ("Subject", "Dein Körbchen")])).unwrap();
        assert!(text.contains("Message-ID: <m-1@example.com>\r\n"), "{text}");
        assert!(text.contains("Date: Sun, 02 Nov 2025 10:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("MIME-Version: 1.0\r\n"), "{text}");
        assert!(text.contains("Subject: Dein =?utf-8?"), "{text}");
        assert!(text.contains("<shop@example.com>\r\n") && text.is_ascii(), "{text}");
    }

    #[test]
    fn text_and_html_are_two_readings_of_one_mail() {
        let text = written(&Mail { html: Some("<p>Hi</p>".to_owned()), ..mail(&[]) }).unwrap();
        assert!(text.contains("multipart/alternative") && text.contains("text/html") && text.contains("text/plain"));
    }

    #[test]
    fn a_signer_is_named_with_a_secret_that_the_connection_has() {
        let refusal = |field: &str| written(&mail(&[("DKIM-Signature", field)])).unwrap_err();
        assert!(refusal("d=example.com; s=shop; b={secret:dkim_key}").contains("`dkim_key`"));
        for field in [
            "",
            "v=1; d=example.com; s=shop; b=forged",
            "d=example.com; b={secret:dkim_key}",
            "d=a b; s=s; b={secret:k}",
        ] {
            assert!(refusal(field).contains("names a signer"), "{field}");
        }
    }

    #[test]
    fn nothing_is_smuggled_into_the_header() {
        let refusal = |headers: &[(&str, &str)]| written(&mail(headers)).unwrap_err();
        assert!(refusal(&[("Subject", "a\r\nBcc: all@example.com")]).contains("line break"));
        assert!(refusal(&[("X-A\r\nBcc", "b")]).contains("no header field name"));
        assert!(refusal(&[("Bcc", "all@example.com")]).contains("written by the host"));
        assert!(refusal(&[("Content-Type", "text/html")]).contains("written by the host"));
        let to = Mail { envelope_to: "ann@example.com>\r\nRCPT TO:<eve@example.com".to_owned(), ..mail(&[]) };
        assert!(written(&to).unwrap_err().contains("is no mail address"));
    }
}
