//! Mails that come back to the envelope sender: bounces (RFC 3464) and complaints (RFC 5965), inside of a report
//! (RFC 6522) that returns the mail or its header.
//!
//! Anybody can write such a mail to the shop. So it is believed about the one mail that it returns and holds nothing
//! else: what only a server we signed in at may say of our account, sender or content is `unknown` here.

use std::borrow::Cow;
use std::mem::ManuallyDrop;

use cartwright_sdk::transport::Webhook;
use mail_parser::{HeaderName, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::bindings::{Instant, Receipt, ReceiptKind, Rejection, RejectionClass, Verification};
use crate::reply;

/// What the server in between says, in letters: the rest of a longer text is left out.
const LONGEST_TEXT: usize = 500;
/// Recipients of one report: ours has one.
const MOST_GROUPS: usize = 20;

/// The shop's own mail server shows the key of the bounces.
pub(crate) fn verify(webhook: &Webhook, is_key: impl Fn(&str) -> bool) -> Verification {
    let shown = webhook.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    if shown.is_some_and(|key| is_key(key.trim())) {
        Verification::Authentic
    } else {
        Verification::Refused("`Authorization: Bearer` does not show the key of the bounces".to_owned())
    }
}

/// What a mail says of one of ours; nothing where it is no report, or of somebody else's mail.
pub(crate) fn read(mail: &[u8], domain: &str, now: Instant) -> Option<Receipt> {
    let parser = MessageParser::new().with_mime_headers().header_id(HeaderName::MessageId);
    // It may nest as deep as its writer liked, and dropping it would go down as deep on the stack.
    let mail = ManuallyDrop::new(parser.parse(mail)?);
    let (kind, failure) = mail.parts.iter().find_map(verdict)?;
    let id = mail.parts.iter().find_map(|part| returned(&parser, part))?;
    let (ours, host) = id.split_once('@')?;
    if !host.eq_ignore_ascii_case(domain) {
        return None;
    }
    let said = failure.as_ref().and_then(|failure| failure.details.code.as_deref()).unwrap_or("complaint");
    Some(Receipt {
        id: format!("{ours}:{said}"),
        kind,
        at: now,
        provider_id: Some(format!("<{ours}@{domain}>")),
        message_id: Some(ours.to_owned()),
        sender: None,
        text: None,
        failure,
        price: None,
    })
}

/// What the part for machines says, where it is one and says something final.
fn verdict(part: &MessagePart<'_>) -> Option<(ReceiptKind, Option<Rejection>)> {
    let kind = part.content_type()?;
    let subtype = kind.subtype().filter(|_| kind.ctype().eq_ignore_ascii_case("message"))?.to_ascii_lowercase();
    let text = text_of(part)?;
    match subtype.as_str() {
        "delivery-status" | "global-delivery-status" => {
            let failed =
                groups(&text).find(|group| field(group, "action").is_some_and(|action| is_word(action, "failed")))?;
            Some((ReceiptKind::Failed, Some(refusal(&failed))))
        }
        "feedback-report" => {
            let first = groups(&text).next()?;
            let is_complaint = field(&first, "feedback-type").is_some_and(|kind| is_word(kind, "abuse"));
            is_complaint.then_some((ReceiptKind::OptedOut, None))
        }
        _ => None,
    }
}

/// The id of the mail that this part returns, whole or its header alone.
fn returned(parser: &MessageParser, part: &MessagePart<'_>) -> Option<String> {
    if let PartType::Message(mail) = &part.body {
        return mail.message_id().map(str::to_owned);
    }
    let kind = part.content_type()?;
    let is_header = kind.subtype().is_some_and(|subtype| {
        ["rfc822-headers", "global-headers"].iter().any(|known| subtype.eq_ignore_ascii_case(known))
    });
    let text = text_of(part).filter(|_| is_header)?;
    parser.parse_headers(text.as_bytes())?.message_id().map(str::to_owned)
}

fn text_of<'a>(part: &'a MessagePart<'_>) -> Option<Cow<'a, str>> {
    match &part.body {
        PartType::Text(text) => Some(Cow::Borrowed(text)),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    }
}

/// Names in lower case, and values on one line.
type Group = Vec<(String, String)>;

/// Groups of fields with empty lines between them: of the whole report, then of each recipient.
fn groups(text: &str) -> impl Iterator<Item = Group> {
    let mut groups = vec![Group::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            groups.push(Group::new());
        } else if let Some(fields) = groups.last_mut() {
            take(fields, line);
        }
        if groups.len() > MOST_GROUPS {
            break;
        }
    }
    groups.into_iter().filter(|group| !group.is_empty())
}

/// One more field, or the rest of the last one.
fn take(fields: &mut Group, line: &str) {
    if line.starts_with([' ', '\t']) {
        if let Some((_, value)) = fields.last_mut() {
            value.push(' ');
            value.push_str(line.trim());
        }
    } else if let Some((name, value)) = line.split_once(':') {
        fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn field<'a>(group: &'a Group, name: &str) -> Option<&'a str> {
    group.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The first word: comments may follow.
fn is_word(value: &str, word: &str) -> bool {
    value.split([' ', '\t', '(', ';']).next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

fn refusal(group: &Group) -> Rejection {
    let status = field(group, "status").and_then(|status| status.split_whitespace().next()).unwrap_or_default();
    let status = Some(status).filter(|status| is_status(status));
    let diagnosis = field(group, "diagnostic-code").unwrap_or_default();
    let (kind, words) = diagnosis.split_once(';').unwrap_or(("", diagnosis));
    let words = words.trim();
    let code = words.get(..3).filter(|_| is_word(kind.trim(), "smtp")).and_then(|code| code.parse::<u16>().ok());
    let code = code.filter(|code| (400..600).contains(code));
    let shown: Vec<String> = code.map(|code| code.to_string()).into_iter().chain(status.map(str::to_owned)).collect();
    let text = if words.is_empty() { "the mail came back" } else { words };
    let text: String = text.chars().take(LONGEST_TEXT).collect();
    Rejection::new(class(code, status), (!shown.is_empty()).then(|| shown.join(" ")), &text)
}

/// `5.1.1`: class, subject and detail (RFC 3463).
fn is_status(status: &str) -> bool {
    let parts: Vec<&str> = status.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "4" | "5") && parts.iter().all(is_number)
}

fn class(code: Option<u16>, status: Option<&str>) -> RejectionClass {
    // Whoever gave up says so with the last of the answers that were not final.
    if status.is_some_and(|status| status.starts_with('4')) || code.is_some_and(|code| code < 500) {
        return RejectionClass::Transient;
    }
    // Without a code of SMTP the status alone decides: 599 stands in no table.
    match reply::class(code.unwrap_or(599), status) {
        class @ (RejectionClass::InvalidRecipient | RejectionClass::Transient | RejectionClass::TooLarge) => class,
        _ => RejectionClass::Unknown,
    }
}

#[cfg(test)]
mod tests;
