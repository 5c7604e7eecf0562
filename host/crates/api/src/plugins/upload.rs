//! `POST /v1/plugins`

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_domain::trust::Distrust;
use cartwright_engine::Upload;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{PluginView, Target};
use crate::access::{Caller, InShop};
use crate::extract::{QueryOf, limited};
use crate::problem::{Code, Conflicting, Invalid, Problem};
use crate::router::Api;

/// How far it goes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// `active` (unless said otherwise), `canary`, `shadow` or `installed`.
    #[param(value_type = Option<String>)]
    stage: Option<Target>,
    /// Of a canary: for how many of a hundred customers it decides.
    percent: Option<u8>,
}

/// Installs a plugin.
///
/// The body is the component itself. It is checked and compiled before anything is kept; why a file was refused is
/// kept too. A new version that asks for no more than was granted becomes active at once, unless `stage` says
/// otherwise; whatever asks for more waits until somebody grants it.
#[utoipa::path(
    post, path = "/v1/plugins", tag = "plugins", params(
        UploadQuery,
        ("Cartwright-Signature" = Option<String>, Header, description = "The `.minisig` file in base64, on one line: `base64 -w0 FILE.minisig`."),
    ),
    request_body(content_type = "application/wasm", description = "The component, at most 32 MiB."),
    responses((status = 201, description = "The installed version.", body = PluginView), Invalid, Conflicting)
)]
pub(crate) async fn upload_plugin(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    QueryOf(query): QueryOf<UploadQuery>,
    request: Request,
) -> Result<(StatusCode, Json<PluginView>), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !matches!(kind, "application/wasm" | "application/octet-stream") {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "Send the component itself with `content-type: application/wasm`.",
        ));
    }
    let signature = signature(request.headers())?;
    let component = limited(request, api.options.limits.component).await?;
    let stage = query.stage.unwrap_or(Target::Active).stage(query.percent)?;
    let upload = Upload { stage: Some(stage), signature, ..Upload::by(caller.label()) };
    let record = api.engine.install_plugin(shop.id(), component, upload).await?;
    Ok((StatusCode::CREATED, Json(record.into())))
}

/// The `.minisig` file that came along.
fn signature(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(header) = headers.get("cartwright-signature") else { return Ok(None) };
    let text = STANDARD.decode(header.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(|| Distrust::Unreadable("it is no text in base64".to_owned()).into())
}
