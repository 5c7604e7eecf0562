//! Writes down who changed what (S46): one line for every operation that changed something.

use std::collections::BTreeMap;

use axum::body::{Body, HttpBody, to_bytes};
use axum::http::Method;
use axum::response::Response;
use cartwright_domain::change::{Change, Known};
use cartwright_domain::ids::ShopId;
use serde_json::Value;

use super::{Caller, needs};
use crate::router::Api;

/// Longer answers are not looked into for the name of what was changed.
const ANSWER: usize = 256 * 1024;

/// What is about to be changed, by whom.
pub(super) struct Begun {
    shop: ShopId,
    by: String,
    with: Known,
    operation: String,
    about: BTreeMap<String, String>,
}

/// None where nothing is changed, or nothing that the audit of a shop is about.
pub(super) fn begin(
    shop: Option<ShopId>,
    caller: &Caller,
    method: &Method,
    path: &str,
    about: impl IntoIterator<Item = (String, String)>,
) -> Option<Begun> {
    let with = match caller {
        Caller::Key(_) => Known::Key,
        Caller::Person(_) => Known::Person,
    };
    let begun = |shop| Begun {
        shop,
        by: caller.label().to_owned(),
        with,
        operation: format!("{method} {path}"),
        about: about.into_iter().filter(|(name, _)| name != "shop").collect(),
    };
    shop.filter(|_| needs::is_audited(method, path)).map(begun)
}

impl Begun {
    /// Writes it down, if it was done. It is done by now: a database that does not take the line changes nothing of that.
    pub(super) async fn end(self, api: &Api, response: Response) -> Response {
        if !response.status().is_success() {
            return response;
        }
        let (response, told) = look_into(response).await;
        let said = |field: &str| Some(told.get(field)?.as_str()?.to_owned());
        let at = api.engine.now();
        let change = Change {
            id: api.engine.entropy.mint(at).next(),
            at,
            by: self.by,
            with: self.with,
            operation: self.operation,
            about: self.about,
            name: said("name").or(said("label")),
            state: said("state"),
        };
        if let Err(error) = api.engine.record_change(self.shop, &change).await {
            tracing::error!(shop = %self.shop, operation = change.operation, %error, "a change is missing in the audit");
        }
        response
    }
}

/// An answer, and what it says if it is a short document.
async fn look_into(response: Response) -> (Response, Value) {
    let (parts, body) = response.into_parts();
    if body.size_hint().exact().is_none_or(|size| size > ANSWER as u64) {
        return (Response::from_parts(parts, body), Value::Null);
    }
    match to_bytes(body, ANSWER).await {
        Ok(bytes) => {
            let told = serde_json::from_slice(&bytes).unwrap_or_default();
            (Response::from_parts(parts, Body::from(bytes)), told)
        }
        // A body that is in memory does not fail.
        Err(_) => (Response::from_parts(parts, Body::empty()), Value::Null),
    }
}
