//! Refusals as the OpenAPI document lists them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $description:literal;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([($status.to_owned(), refusal($description).into())])
            }
        }
    )+};
}

refusals! {
    /// Not there.
    NotFound = "404", "There is no such thing in this shop.";
    /// Fields do not fit.
    Invalid = "422", "Something in the body does not fit: `errors` names each field.";
    /// Something else stands in the way.
    Conflicting = "409", "Something else stands in the way: `code` says what.";
    /// For operators.
    OperatorOnly = "403", "Only an operator's key may do this.";
}

/// A response that carries a problem.
pub(crate) fn refusal(description: &str) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", problem).build()
}
