//! `POST /v1/sources/{name}/backfill`

use axum::Json;
use axum::extract::State;
use cartwright_engine::BackfillFailure;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, ConnectionView};
use crate::extract::Params;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// Reads the past of a source from its beginning: customers, orders of the last two years, products.
///
/// A new source that can read its past does so by itself. It enrols nobody, whatever it finds. How far it is stands in
/// `backfill` of the source; after a crash it goes on with the page that it was at.
#[utoipa::path(
    post, path = "/v1/sources/{name}/backfill", tag = "sources", params(("name" = String, Path, description = "Name of the source.")),
    responses((status = 200, description = "The source, whose past is read from now on.", body = ConnectionView), Invalid, NotFound)
)]
pub(crate) async fn backfill_source(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ConnectionView>, Problem> {
    let name = params.name("name")?;
    match api.engine.begin_backfill(shop.id(), &name).await {
        Ok(()) => Ok(Json(connections::find(&api, shop.id(), KIND, &params).await?)),
        Err(BackfillFailure::NoSource(name)) => Err(Problem::not_found("source", name)),
        Err(failure @ BackfillFailure::NotAble(_)) => Err(Problem::field("plugin", failure.to_string())),
        Err(BackfillFailure::Store(error)) => Err(error.into()),
    }
}
