//! `POST /skip`: the demo's button that moves its clock ahead.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use cartwright_domain::time::Span;
use serde::Deserialize;

use super::session;
use crate::demo;
use crate::problem::Problem;
use crate::router::Api;

/// What the form holds.
#[derive(Deserialize)]
pub(super) struct SkipForm {
    by: String,
}

pub(super) async fn skip(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<SkipForm>, FormRejection>,
) -> Result<Redirect, Problem> {
    let controls = demo::controls(&api)?;
    session::from_here(&headers)?;
    let by: Span = session::filled(form)?.by.parse().map_err(|error| Problem::field("by", format!("{error}")))?;
    controls.skip(demo::check_span(by)?).await?;
    Ok(Redirect::to("/"))
}
