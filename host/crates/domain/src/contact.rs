//! How a person can be reached, and whether the shop may.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::time::Timestamp;

/// A phone number in E.164, such as `+4915112345678`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// An e-mail address, trimmed, its domain in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a phone number that exists.
    #[error("`{0}` is not a phone number; write it with its country code, like +4915112345678")]
    Phone(String),
    /// Not an e-mail address.
    #[error("`{0}` is not an e-mail address")]
    Email(String),
}

impl Phone {
    /// From what people and platforms write. `country` (ISO 3166-1 alpha-2) helps with numbers in local form.
    pub fn parse(text: &str, country: Option<&str>) -> Result<Self, AddressError> {
        let bad = || AddressError::Phone(text.to_owned());
        let region: Option<Region> = country.and_then(|code| code.to_ascii_uppercase().parse().ok());
        let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| bad())?;
        if !PHONE_NUMBER_UTIL.is_possible_number(&number) {
            return Err(bad());
        }
        Ok(Self(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned()))
    }

    /// E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country (ISO 3166-1 alpha-2) that its prefix belongs to; none for numbers that belong to none.
    pub fn country(&self) -> Option<String> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        PHONE_NUMBER_UTIL.get_region_for_number(&number).map(|region| region.to_string())
    }
}

impl Email {
    /// Checks the form only: one `@`, something before it, a dotted domain behind it, no space or control character.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let bad = || AddressError::Email(text.to_owned());
        let trimmed = text.trim();
        let (local, domain) = trimmed.rsplit_once('@').ok_or_else(bad)?;
        let sound = |part: &str| {
            !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || "@<>,;".contains(c))
        };
        let dotted = domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty());
        if sound(local) && sound(domain) && dotted && trimmed.len() <= 254 {
            Ok(Self(format!("{local}@{}", domain.to_lowercase())))
        } else {
            Err(bad())
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which a customer is found: all in lower case.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

macro_rules! address_text {
    ($type:ident, $parse:expr) => {
        impl TryFrom<String> for $type {
            type Error = AddressError;
            fn try_from(text: String) -> Result<Self, AddressError> {
                $parse(&text)
            }
        }
        impl From<$type> for String {
            fn from(address: $type) -> String {
                address.0
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Addresses are personal data: a stray `{:?}` in a log must not spread them.
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    };
}

address_text!(Phone, |text| Phone::parse(text, None));
address_text!(Email, Email::parse);

/// What kind of address a channel uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// E.164.
    Phone,
    /// E-mail.
    Email,
    /// An identity of the provider's own; for `inbox` the customer's id.
    Handle,
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Its kind.
    pub kind: AddressKind,
    /// E.164, e-mail or handle.
    pub value: String,
}

impl AddressKind {
    /// All kinds, those first that only a text of their form is.
    pub const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::Handle];
}

impl Address {
    /// From what people write, as the first of these kinds that it can be.
    pub fn read(text: &str, kinds: &[AddressKind]) -> Option<Self> {
        let text = text.trim();
        kinds.iter().find_map(|kind| {
            let value = match kind {
                AddressKind::Phone => Phone::parse(text, None).ok()?.to_string(),
                AddressKind::Email => Email::parse(text).ok()?.to_string(),
                AddressKind::Handle if text.is_empty() || text.chars().any(char::is_control) => return None,
                AddressKind::Handle => text.to_owned(),
            };
            Some(Self { kind: *kind, value })
        })
    }
}

impl Address {
    /// Who it is: of a handle what stands before what its channel keeps behind a `#`.
    pub fn stem(&self) -> &str {
        match self.kind {
            AddressKind::Handle => crate::handle::stem(&self.value),
            AddressKind::Phone | AddressKind::Email => &self.value,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({:?}, …)", self.kind)
    }
}

/// Whether the customer wants marketing (S18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Never said.
    #[default]
    Unknown,
    /// Said yes.
    Subscribed,
    /// Said no.
    Unsubscribed,
}

/// Who said it: a customer's own word weighs more than a copy of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentOrigin {
    /// The customer, by form, checkout, link, STOP word or provider opt-out.
    Customer,
    /// A platform's record or a list, told again.
    Sync,
}

/// Consent to marketing with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consent {
    /// Yes, no, or never said.
    pub state: ConsentState,
    /// When the customer said so.
    pub at: Timestamp,
    /// Who says it.
    pub origin: ConsentOrigin,
    /// Where it was said, such as `shopify checkout`.
    pub source: String,
}

/// The topic that every shop has.
pub const GENERAL: &str = "general";

impl Consent {
    /// Of two people who are one, the stricter holds (S10).
    pub(crate) fn stricter(own: Option<Self>, theirs: Option<Self>) -> Option<Self> {
        let strictness = |consent: &Self| match consent.state {
            ConsentState::Unsubscribed => 2,
            ConsentState::Subscribed => 1,
            ConsentState::Unknown => 0,
        };
        match (own, theirs) {
            (Some(own), Some(theirs)) if strictness(&theirs) > strictness(&own) => Some(theirs),
            (own, theirs) => own.or(theirs),
        }
    }

    /// Whether this statement replaces `current` (S18): the later statement wins by its own time; at the same moment
    /// `unsubscribed` wins; a sync never lifts `unsubscribed` unless it carries a later opt-in.
    pub fn replaces(&self, current: Option<&Consent>) -> bool {
        let Some(current) = current else { return true };
        if self.state == ConsentState::Unknown {
            return false;
        }
        match self.at.cmp(&current.at) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => self.state == ConsentState::Unsubscribed && self != current,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_become_e164_with_the_help_of_the_country() {
        assert_eq!(Phone::parse("+49 151 12345678", None).unwrap().as_str(), "+4915112345678");
        assert_eq!(Phone::parse("0151 12345678", Some("de")).unwrap().as_str(), "+4915112345678");
        assert_eq!(Phone::parse("(650) 253-0000", Some("US")).unwrap().as_str(), "+16502530000");
        for text in ["", "555", "hello", "0151 12345678"] {
            assert!(Phone::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn emails_are_checked_for_their_form() {
        assert_eq!(Email::parse(" Ana@Example.RO ").unwrap().as_str(), "Ana@example.ro");
        for text in ["", "a@b", "a b@c.de", "@c.de", "a@.de", "a@c.de\r\nBcc: x@y.z", "a@b@c.de"] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn s18_the_later_statement_wins_and_a_tie_goes_to_no() {
        let said = |state, at| Consent {
            state,
            at: Timestamp::from_millis(at),
            origin: ConsentOrigin::Customer,
            source: "form".into(),
        };
        let no = said(ConsentState::Unsubscribed, 100);
        assert!(!said(ConsentState::Subscribed, 50).replaces(Some(&no)));
        assert!(!said(ConsentState::Subscribed, 100).replaces(Some(&no)));
        assert!(said(ConsentState::Subscribed, 101).replaces(Some(&no)));
        assert!(no.replaces(Some(&said(ConsentState::Subscribed, 100))));
        assert!(!said(ConsentState::Unknown, 200).replaces(Some(&no)));
        assert!(no.replaces(None));
    }
}
