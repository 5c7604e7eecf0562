//! `POST /v1/plugins`

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};

use super::PluginView;
use crate::access::InShop;
use crate::extract::limited;
use crate::problem::{Code, Conflicting, Invalid, Problem};
use crate::router::Api;

/// Installs a plugin.
///
/// The body is the component itself. It is checked and compiled before anything is kept. A new version of an active
/// plugin that asks for no more than was granted takes its place at once; whatever asks for more waits, installed and
/// inactive, until somebody grants it.
#[utoipa::path(
    post, path = "/v1/plugins", tag = "plugins",
    request_body(content_type = "application/wasm", description = "The component, at most 32 MiB."),
    responses((status = 201, description = "The installed version.", body = PluginView), Invalid, Conflicting)
)]
pub(crate) async fn upload_plugin(
    State(api): State<Api>,
    shop: InShop,
    request: Request,
) -> Result<(StatusCode, Json<PluginView>), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !matches!(kind, "application/wasm" | "application/octet-stream") {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "Send the component itself with `content-type: application/wasm`.",
        ));
    }
    let component = limited(request, api.options.limits.component).await?;
    let record = api.engine.install_plugin(shop.id(), component, None).await?;
    Ok((StatusCode::CREATED, Json(record.into())))
}
