//! `GET /healthz`

/// Says that the process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, description = "It does.")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}
