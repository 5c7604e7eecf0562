//! `GET /readyz`

use axum::extract::State;

use crate::problem::{Code, Problem};
use crate::router::Api;

/// Says that the database answers too.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses((status = 200, description = "It does.")))]
pub(crate) async fn readyz(State(api): State<Api>) -> Result<&'static str, Problem> {
    match api.engine.store.next_due().await {
        Ok(_) => Ok("ready\n"),
        Err(error) => {
            let detail = "The database does not answer; `cartwright doctor` says more.";
            Err(Problem { internal: Some(error.to_string()), ..Problem::new(Code::NotReady, detail) })
        }
    }
}
