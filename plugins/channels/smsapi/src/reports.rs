//! What SMSAPI calls back with: delivery reports in the query of a GET, several of them as lists with commas, and
//! replies as a form.

use crate::bindings::{Address, AddressKind, Instant, Receipt, ReceiptKind, Rejection, RejectionClass, Webhook};

pub(crate) fn read(webhook: &Webhook, now: Instant) -> Vec<Receipt> {
    let form = webhook.form();
    let in_form = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let field = |name: &str| webhook.query(name).or_else(|| in_form(name));
    if let (Some(text), Some(from)) = (field("sms_text"), field("sms_from")) {
        return vec![reply(field("MsgId"), &from, text, field("sms_date"), now)];
    }
    let list = |name: &str| field(name).map_or(Vec::new(), |text| text.split(',').map(str::to_owned).collect());
    let (ids, states, ours, times) = (list("MsgId"), list("status_name"), list("idx"), list("donedate"));
    let each = ids.iter().zip(&states).enumerate();
    each.filter_map(|(place, (id, state))| report(id, state, ours.get(place), times.get(place), now)).collect()
}

fn report(id: &str, state: &str, ours: Option<&String>, at: Option<&String>, now: Instant) -> Option<Receipt> {
    let (kind, class) = match state {
        "DELIVERED" => (ReceiptKind::Delivered, None),
        "SENT" | "ACCEPTED" => (ReceiptKind::Accepted, None),
        // The handset was off for as long as the message was good.
        "EXPIRED" => (ReceiptKind::Failed, Some(RejectionClass::Transient)),
        // SMSAPI says no more of why.
        "UNDELIVERED" | "FAILED" | "REJECTED" | "STOP" => (ReceiptKind::Failed, Some(RejectionClass::Unknown)),
        _ => return None,
    };
    if id.is_empty() {
        return None;
    }
    let failure = class.map(|class| Rejection::new(class, Some(state.to_owned()), state.to_lowercase()));
    Some(Receipt {
        provider_id: Some(id.to_owned()),
        message_id: ours.filter(|id| !id.is_empty()).cloned(),
        failure,
        ..receipt(format!("{id}:{state}"), kind, at.and_then(|at| millis(at)).unwrap_or(now))
    })
}

fn reply(id: Option<String>, from: &str, text: String, date: Option<String>, now: Instant) -> Receipt {
    let value = format!("+{}", from.trim_start_matches('+'));
    let at = date.as_deref().and_then(millis);
    // Two replies of the same second are told apart by what they say.
    let id = id.unwrap_or_else(|| format!("{value}:{}:{text}", at.unwrap_or_default()).chars().take(200).collect());
    let sender = Some(Address { kind: AddressKind::Phone, value });
    Receipt { sender, text: Some(text), ..receipt(id, ReceiptKind::Replied, at.unwrap_or(now)) }
}

/// Seconds since 1970.
fn millis(seconds: &str) -> Option<Instant> {
    seconds.trim().parse::<Instant>().ok().filter(|seconds| *seconds > 0)?.checked_mul(1_000)
}

fn receipt(id: String, kind: ReceiptKind, at: Instant) -> Receipt {
    Receipt { id, kind, at, provider_id: None, message_id: None, sender: None, text: None, failure: None, price: None }
}
