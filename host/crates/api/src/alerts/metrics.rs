//! `GET /v1/metrics`

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use cartwright_domain::alert::AlertCause;
use std::fmt::Write;

use crate::access::Operator;
use crate::problem::Problem;
use crate::router::Api;

/// Shows how many alerts stand, by cause and over all shops, as Prometheus reads it.
///
/// An operator's key reads it: `authorization` of the scrape's configuration.
#[utoipa::path(
    get, path = "/v1/metrics", tag = "alerts",
    responses((status = 200, description = "Metrics.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn show_metrics(State(api): State<Api>, _operator: Operator) -> Result<impl IntoResponse, Problem> {
    let open = api.engine.store.open_incidents().await?;
    let mut text = String::from(
        "# HELP cartwright_alerts_open Alerts that stand, over all shops.\n# TYPE cartwright_alerts_open gauge\n",
    );
    for cause in AlertCause::ALL {
        let count = open.iter().filter(|(_, incident)| incident.cause == cause).count();
        let _ = writeln!(text, "cartwright_alerts_open{{cause=\"{}\"}} {count}", cause.name());
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
