//! Test sends (S26): `/v1/test-addresses` are the shop's own, `/v1/test-sends` tells what went there. What is sent stands
//! with the contents.

mod ask;
mod confirm;
mod list;
mod list_addresses;
mod remove;

use cartwright_domain::contact::Address;
use cartwright_domain::test_send::{CODE_LASTS, TestAddress, TestSend};
use cartwright_domain::time::Timestamp;
use cartwright_engine::TestError;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::described;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// An address for test sends. The code that was sent to it is never shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestAddressView {
    /// Where test sends go.
    #[serde(flatten)]
    address: Address,
    /// Since when it is known to be the shop's own; absent until its code was typed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
}

/// A test send, or the code that confirms an address.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestSendView {
    /// What it was and what became of it.
    #[serde(flatten)]
    test: TestSend,
    /// What is to be done, where it did not go well.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<String>,
}

/// An address, and the code that was sent to it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AskedAddress {
    /// The address.
    address: TestAddressView,
    /// What became of the code; absent where the address was confirmed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<TestSendView>,
    /// For how long the code is good.
    #[schemars(with = "String")]
    code_lasts: cartwright_domain::time::Span,
}

described!(TestAddressView, TestSendView, AskedAddress);

impl From<TestAddress> for TestAddressView {
    fn from(known: TestAddress) -> Self {
        Self { address: known.address, confirmed_at: known.confirmed_at }
    }
}

impl From<TestSend> for TestSendView {
    fn from(test: TestSend) -> Self {
        Self { next_step: test.next_step().map(str::to_owned), test }
    }
}

impl AskedAddress {
    fn new(address: TestAddress, sent: Option<TestSend>) -> Self {
        Self { address: address.into(), sent: sent.map(TestSendView::from), code_lasts: CODE_LASTS }
    }
}

impl From<TestError> for Problem {
    fn from(error: TestError) -> Self {
        let said = error.to_string();
        match error {
            TestError::Missing(what, name) => Self::not_found(what, name),
            TestError::Address(_) | TestError::NotTold => Self::field("to", said),
            TestError::NoVariant => Self::field("channel", said),
            TestError::Refused(_) => Self::new(Code::TestAddressRefused, said),
            TestError::Failed(_) | TestError::TooLong(_) => Self::new(Code::ContentFaults, said),
            TestError::Held(_) | TestError::NotReady | TestError::Paused(_) => Self::new(Code::ChannelHeld, said),
            TestError::TooMany(_) => Self::new(Code::TooManyTests, said),
            TestError::Store(error) => error.into(),
        }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_addresses::list_test_addresses, ask::ask_test_address))
        .routes(routes!(confirm::confirm_test_address))
        .routes(routes!(remove::remove_test_address))
        .routes(routes!(list::list_test_sends))
}
