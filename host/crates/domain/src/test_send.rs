//! Test sends (S26): what a content looks like with somebody's data, sent to an address of the shop's own people, and
//! to nobody else. An address is theirs once somebody has typed in the code that was sent to it.

mod sent;

pub use sent::{TestKind, TestSend, TestState, alert_document, code_document, marked};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contact::{Address, AddressKind};
use crate::customer::Customer;
use crate::time::{Span, Timestamp};

/// A code is good for this long.
pub const CODE_LASTS: Span = Span::minutes(15);
/// After so many wrong codes another has to be sent.
pub const TRIES: u32 = 5;
/// A shop sends at most so many codes in an hour: they go to whatever address somebody types.
pub const CODES_AN_HOUR: u64 = 20;
/// A shop makes at most so many samples of alerts in an hour: they go to addresses that nobody has confirmed.
pub const TEST_ALERTS_AN_HOUR: u64 = 20;
/// A shop makes at most so many test sends in an hour.
pub const TESTS_AN_HOUR: u64 = 200;

/// An address for test sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestAddress {
    /// Where test sends go.
    pub address: Address,
    /// What was sent there; gone once it was typed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Since when it is known to be the shop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

/// A code that was sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Code {
    digits: String,
    sent_at: Timestamp,
    wrong: u32,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// No code was sent, or it was used.
    #[error("no code is waited for; ask for one")]
    NoCode,
    /// It is too old.
    #[error("the code has expired; ask for another")]
    Expired,
    /// It was mistyped too often.
    #[error("the code was wrong too often; ask for another")]
    TooOften,
    /// It is another.
    #[error("that is not the code that was sent")]
    Wrong,
}

/// Why a test send goes nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTestSend {
    /// Nobody has shown that the address is the shop's own.
    #[error("the address is not confirmed; type in the code that was sent to it")]
    NotConfirmed,
    /// It is the customer's whose data is shown.
    #[error("the address is the customer's own; a test never goes to the customer it is made of")]
    OfTheCustomer,
}

impl TestAddress {
    /// An address with the code that is sent to it. `chance` gives the code its six digits.
    pub fn new(address: Address, chance: u64, now: Timestamp) -> Self {
        let digits = format!("{:06}", chance % 1_000_000);
        Self { address, code: Some(Code { digits, sent_at: now, wrong: 0 }), confirmed_at: None }
    }

    /// What is sent to the address.
    pub fn digits(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.digits.as_str())
    }

    /// Takes a code that somebody typed in.
    pub fn confirm(&mut self, typed: &str, now: Timestamp) -> Result<(), NotConfirmed> {
        let code = self.code.as_mut().ok_or(NotConfirmed::NoCode)?;
        if now > code.sent_at + CODE_LASTS {
            return Err(NotConfirmed::Expired);
        }
        if code.wrong >= TRIES {
            return Err(NotConfirmed::TooOften);
        }
        if !is_same(typed.trim().as_bytes(), code.digits.as_bytes()) {
            code.wrong += 1;
            return Err(NotConfirmed::Wrong);
        }
        self.code = None;
        self.confirmed_at = Some(now);
        Ok(())
    }

    /// Whether a content may be tried here with the data of a customer.
    pub fn takes(&self, customer: &Customer) -> Result<(), NoTestSend> {
        if self.confirmed_at.is_none() {
            return Err(NoTestSend::NotConfirmed);
        }
        let handles =
            customer.handles.values().map(|handle| Address { kind: AddressKind::Handle, value: handle.value.clone() });
        let mut own = customer.address(self.address.kind).into_iter().chain(handles);
        let is_own = own.any(|own| own.stem().to_lowercase() == self.address.stem().to_lowercase());
        if is_own { Err(NoTestSend::OfTheCustomer) } else { Ok(()) }
    }
}

/// In the same time wherever they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{AddressKind, Email};
    use crate::ids::Mint;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::default() + Span::minutes(minutes)
    }

    fn staff() -> TestAddress {
        TestAddress::new(Address { kind: AddressKind::Email, value: "Mia@acorn.example".into() }, 42, at(0))
    }

    fn customer(email: &str) -> Customer {
        let mut customer = Customer::anonymous(Mint::new(at(0), [1; 32]).next(), at(0));
        customer.email = Some(Email::parse(email).unwrap());
        customer
    }

    #[test]
    fn s26_a_test_goes_only_to_an_address_that_was_confirmed_by_its_code() {
        let mut address = staff();
        assert_eq!(address.digits(), Some("000042"));
        assert_eq!(address.takes(&customer("ana@acorn.example")), Err(NoTestSend::NotConfirmed));
        assert_eq!(address.confirm("000043", at(1)), Err(NotConfirmed::Wrong));
        assert_eq!(address.confirm(" 000042 ", at(2)), Ok(()));
        assert_eq!(address.takes(&customer("ana@acorn.example")), Ok(()));
        assert_eq!(address.confirm("000042", at(3)), Err(NotConfirmed::NoCode), "a code is used once");
    }

    #[test]
    fn s26_a_test_never_goes_to_the_customer_it_is_made_of() {
        let mut address = staff();
        address.confirm("000042", at(1)).unwrap();
        assert_eq!(address.takes(&customer("mia@acorn.example")), Err(NoTestSend::OfTheCustomer));
    }

    #[test]
    fn s26_a_code_ends_with_its_time_and_with_too_many_guesses() {
        let mut late = staff();
        assert_eq!(late.confirm("000042", at(16)), Err(NotConfirmed::Expired));
        let mut guessed = staff();
        for _ in 0..TRIES {
            assert_eq!(guessed.confirm("123456", at(1)), Err(NotConfirmed::Wrong));
        }
        assert_eq!(guessed.confirm("000042", at(1)), Err(NotConfirmed::TooOften));
        assert!(!format!("{guessed:?}").contains("000042"), "a code is never written into a log");
    }
}
