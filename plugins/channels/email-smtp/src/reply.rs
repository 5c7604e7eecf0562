//! What the reply code of a mail server means (RFC 5321), refined by its enhanced code (RFC 3463).

use crate::bindings::{Completion, MailResponse, Outcome, Rejection, RejectionClass};

pub(crate) fn outcome(reply: &MailResponse, message_id: &str) -> Outcome {
    if is_yes(reply) { Outcome::accepted(message_id) } else { Outcome::Rejected(refusal(reply)) }
}

/// Whether the server takes mail from a sender.
pub(crate) fn to_probe(reply: &MailResponse, from: &str) -> Completion {
    if is_yes(reply) {
        Completion::Probed(format!("the server takes mail from {from}"))
    } else {
        Completion::Failed(refusal(reply))
    }
}

fn is_yes(reply: &MailResponse) -> bool {
    (200..300).contains(&reply.code)
}

fn refusal(reply: &MailResponse) -> Rejection {
    let code = match &reply.enhanced {
        Some(enhanced) => format!("{} {enhanced}", reply.code),
        None => reply.code.to_string(),
    };
    Rejection::new(class(reply.code, reply.enhanced.as_deref()), Some(code), &reply.text)
}

pub(crate) fn class(code: u16, enhanced: Option<&str>) -> RejectionClass {
    use RejectionClass::*;
    let mut parts = enhanced.unwrap_or_default().split('.').map(|part| part.parse::<u16>().unwrap_or(0));
    let (_, subject, detail) = (parts.next(), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    match (code, subject, detail) {
        // Authentication is required, wrong, or too weak.
        (530 | 534 | 535 | 538, ..) | (500.., 7, 8 | 9 | 11) => Auth,
        // Greylisting and limits of the receiver.
        (400..500, 7, _) => RateLimited(None),
        (400..500, ..) => Transient,
        // The sender's address or its SPF, DKIM or DMARC is what is refused.
        (500.., 1, 7 | 8) | (500.., 7, 20..=27) => SenderPolicy,
        // No such mailbox, domain or address; moved away; switched off.
        (500.., 1, 1..=10) | (500.., 2, 1) => InvalidRecipient,
        // A full mailbox is emptied again.
        (500.., 2, 2) => Transient,
        (500.., 2 | 3, 3 | 4) => TooLarge,
        (500.., 7, _) => ContentPolicy,
        // Without an enhanced code, or with one that says nothing.
        (550 | 551 | 553, ..) => InvalidRecipient,
        (552, ..) => TooLarge,
        (554, ..) => ContentPolicy,
        (500..=504 | 555, ..) => BadRequest,
        _ => Unknown,
    }
}
