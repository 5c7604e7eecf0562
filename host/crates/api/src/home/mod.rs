//! `/`: the inbox and the runs of one shop, in plain HTML, until the console exists. No script, nothing from elsewhere.

mod front;
mod run;
mod session;
mod skip;
mod telling;

use axum::Router;
use axum::routing::{get, post};

use crate::router::Api;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/", get(front::show))
        .route("/runs/{run}", get(run::show))
        .route("/sign-in", get(session::form).post(session::sign_in))
        .route("/sign-out", post(session::sign_out))
        .route("/skip", post(skip::skip))
}
