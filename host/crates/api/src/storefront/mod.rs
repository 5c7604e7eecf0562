//! `/s/…`: the script on a shop's own pages, and what it tells.
//!
//! Whoever asks is a browser that nobody knows: it shows no key, and the shop's id is no secret. Only pages of the
//! shop's origins may speak; what they say of anybody is a claim (S10), and nothing of a customer is ever answered.

mod form;
mod script;
mod tell;

use axum::Router;
use axum::routing::{get, post};

use crate::router::Api;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/s/{file}", get(script::show))
        .route("/s/{shop}/browser", post(tell::browser))
        .route("/s/{shop}/forms/{form}", post(form::fill))
}
