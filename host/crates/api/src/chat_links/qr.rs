//! `GET /v1/chat-links/{name}/qr.svg`

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// How large it is shown where nobody says how large, in dots.
const SIDE: u32 = 512;

/// Shows the QR code of a chat link, to be printed at any size.
#[utoipa::path(
    get, path = "/v1/chat-links/{name}/qr.svg", tag = "chat-links",
    params(("name" = String, Path, description = "Name of the link.")),
    responses((status = 200, description = "The code.", body = String, content_type = "image/svg+xml"), NotFound)
)]
pub(crate) async fn show_qr_code(State(api): State<Api>, shop: InShop, params: Params) -> Result<Response, Problem> {
    let name = params.name("name")?;
    let links = api.engine.chat_links(shop.id()).await?;
    let address = links.into_iter().find(|known| known.name == name).and_then(|known| known.address);
    let address = address.ok_or_else(|| Problem::not_found("chat link", name))?;
    let code = drawn(&address).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], code).into_response())
}

/// Readable with a seventh of it dirty or torn.
fn drawn(address: &str) -> Result<String, qrcode::types::QrError> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M)?;
    Ok(code.render::<svg::Color>().min_dimensions(SIDE, SIDE).build())
}

#[cfg(test)]
mod tests {
    use super::drawn;

    #[test]
    fn the_longest_address_has_a_code_too() {
        let long = format!("https://wa.me/4915112345678?text={}", "a".repeat(2_000));
        let code = drawn(&long).unwrap();
        assert!(code.starts_with("<?xml") && code.contains("<svg") && !code.contains("<script"), "{}", &code[..100]);
        assert_ne!(drawn("https://wa.me/1?text=a").unwrap(), drawn("https://wa.me/1?text=b").unwrap());
    }
}
