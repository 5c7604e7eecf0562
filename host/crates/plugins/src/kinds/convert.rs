//! Values that every kind shares, from the words of the contract into those of the domain.

use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::message::{Details, Outcome, Rejection, RejectionClass};
use cartwright_domain::plugin::{PluginFailure, Problem};
use cartwright_domain::price::Price;
use cartwright_domain::time::Timestamp;
use cartwright_plugins_bindings::v0_2::imports::types::{Fault, FaultKind};
use serde_json::Value;

use super::channel::wit;
use crate::failure::{fail, invalid};

/// A fault is the plugin's own answer.
pub(crate) fn fault(fault: Fault) -> PluginFailure {
    let problem = match fault.kind {
        FaultKind::BadConfig => Problem::BadConfig,
        FaultKind::BadInput => Problem::BadInput,
        FaultKind::MissingFact => Problem::MissingFact,
        FaultKind::NotSupported => Problem::NotSupported,
        FaultKind::Internal => Problem::Fault,
    };
    fail(problem, shortened(fault.message))
}

/// A stranger's words, as many as a person reads: they stand in traces and lists.
fn shortened(mut words: String) -> String {
    const MOST: usize = 2000;
    if words.len() > MOST {
        words.truncate(words.floor_char_boundary(MOST));
        words.push('…');
    }
    words
}

/// A moment that the domain can hold.
pub(crate) fn moment(what: &str, millis: i64) -> Result<Timestamp, PluginFailure> {
    serde_json::from_value(Value::from(millis)).map_err(|why| invalid(format!("{what}: {why}")))
}

/// A document that the plugin wrote as text.
pub(crate) fn json(what: &str, text: &str) -> Result<Value, PluginFailure> {
    serde_json::from_str(text).map_err(|why| invalid(format!("{what} is not JSON: {why}")))
}

pub(crate) fn address_kind(kind: wit::AddressKind) -> AddressKind {
    match kind {
        wit::AddressKind::Phone => AddressKind::Phone,
        wit::AddressKind::Email => AddressKind::Email,
        wit::AddressKind::Handle => AddressKind::Handle,
    }
}

pub(crate) fn address_out(address: &Address) -> wit::Address {
    let kind = match address.kind {
        AddressKind::Phone => wit::AddressKind::Phone,
        AddressKind::Email => wit::AddressKind::Email,
        AddressKind::Handle => wit::AddressKind::Handle,
    };
    wit::Address { kind, value: address.value.clone() }
}

pub(crate) fn outcome(outcome: wit::Outcome) -> Result<Outcome, PluginFailure> {
    Ok(match outcome {
        wit::Outcome::Accepted(acceptance) if acceptance.provider_id.is_empty() => {
            return Err(invalid("outcome.accepted.provider-id is empty: receipts could not be matched"));
        }
        wit::Outcome::Accepted(acceptance) => {
            Outcome::Accepted { provider_id: acceptance.provider_id, price: price(acceptance.price) }
        }
        wit::Outcome::Rejected(refusal) => Outcome::Rejected(rejection(refusal)?),
        wit::Outcome::Uncertain(words) => Outcome::Uncertain(details(words)),
    })
}

/// A price that comes along with what matters more: what is none is left out.
pub(crate) fn price(told: Option<wit::Price>) -> Option<Price> {
    told.and_then(|told| Price::read(told.micros, &told.currency))
}

pub(crate) fn rejection(rejection: wit::Rejection) -> Result<Rejection, PluginFailure> {
    use wit::RejectionClass as Class;
    let class = match rejection.class {
        Class::InvalidRecipient => RejectionClass::InvalidRecipient,
        Class::NotOnChannel => RejectionClass::NotOnChannel,
        Class::OptOut => RejectionClass::OptOut,
        Class::WindowClosed => RejectionClass::WindowClosed,
        Class::FrequencyCap => RejectionClass::FrequencyCap,
        Class::RateLimited(after) => {
            let after = after.map(|millis| moment("rejection.rate-limited", millis)).transpose()?;
            RejectionClass::RateLimited { after }
        }
        Class::Transient => RejectionClass::Transient,
        Class::Template => RejectionClass::Template,
        Class::ContentPolicy => RejectionClass::ContentPolicy,
        Class::SenderPolicy => RejectionClass::SenderPolicy,
        Class::Auth => RejectionClass::Auth,
        Class::Billing => RejectionClass::Billing,
        Class::TooLarge => RejectionClass::TooLarge,
        Class::BadRequest => RejectionClass::BadRequest,
        Class::Unknown => RejectionClass::Unknown,
    };
    Ok(Rejection { class, details: details(rejection.details) })
}

fn details(details: wit::Details) -> Details {
    Details { code: details.code, text: details.text }
}
