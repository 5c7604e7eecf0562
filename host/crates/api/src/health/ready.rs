//! `GET /readyz`

use axum::extract::State;

use crate::problem::{Code, Problem};
use crate::router::Api;

/// Says that the database answers too.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses((status = 200, description = "It does.")))]
pub(crate) async fn readyz(State(api): State<Api>) -> Result<String, Problem> {
    match api.engine.store.now().await {
        // Events are taken all the same, and wait: whoever sends them here need not be sent away.
        Ok(_) => Ok(api.engine.pause().map_or("ready\n".into(), |pause| format!("ready, but {pause}\n"))),
        Err(error) => {
            let detail = "The database does not answer; `cartwright doctor` says more.";
            Err(Problem { internal: Some(error.to_string()), ..Problem::new(Code::NotReady, detail) })
        }
    }
}
