//! `GET /s/{shop}.js`: plain JavaScript, with what the shop's forms say in front of it.

use std::io::Write;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cartwright_domain::shop::Shop;
use cartwright_domain::storefront::{ConsentBox, Form, FormAddress, FormTexts, Storefront};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use super::tell::storefront_of;
use crate::console::takes_gzip;
use crate::problem::{Code, Problem};
use crate::router::Api;

const SCRIPT: &str = include_str!("storefront.js");
/// What stands in the file where each shop's own is written.
const PLACE: &str = "/* FORMS */ {}";
/// Browsers ask again after five minutes; what has not changed by then is not sent again.
const KEEP: &str = "public, max-age=300";

/// What a visitor may know of a form: not its code.
#[derive(Serialize)]
struct Shown<'a> {
    asks: &'a [FormAddress],
    needs_consent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_after: Option<i64>,
    language: &'a str,
    texts: &'a BTreeMap<String, FormTexts>,
}

impl<'a> From<&'a Form> for Shown<'a> {
    fn from(form: &'a Form) -> Self {
        Self {
            asks: &form.asks,
            needs_consent: form.consent == ConsentBox::Needed,
            opens_after: form.opens_after.map(|span| span.millis()),
            language: &form.language,
            texts: &form.texts,
        }
    }
}

pub(super) async fn show(
    State(api): State<Api>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(Code::NotFound, "There is no script of this address; the shop's settings show it.");
    let shop = file.strip_suffix(".js").ok_or_else(unknown)?;
    let (shop, storefront) = storefront_of(&api, shop).await?.ok_or_else(unknown)?;
    let script = written(&shop, &storefront).map_err(|error| Problem::internal(error.to_string()))?;
    // Weak, because the same script goes out packed and plain.
    let tag = format!("W/\"{}\"", &hex::encode(Sha256::digest(&script))[..32]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|known| known.trim() == tag);
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { packed(script, &headers)? };
    let all = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, KEEP),
        (header::VARY, "accept-encoding"),
        // Pages of the shop load it, and they are of another site.
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    for (name, value) in all {
        let value = HeaderValue::from_str(value).map_err(|error| Problem::internal(error.to_string()))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

fn written(shop: &Shop, storefront: &Storefront) -> Result<String, serde_json::Error> {
    let forms: BTreeMap<&String, Shown<'_>> = storefront.forms.iter().map(|(name, form)| (name, form.into())).collect();
    let country = shop.country.as_deref().unwrap_or_default();
    let told = serde_json::to_string(&serde_json::json!({ "country": country, "forms": forms }))?;
    Ok(SCRIPT.replacen(PLACE, &told, 1))
}

fn packed(script: String, headers: &HeaderMap) -> Result<Response, Problem> {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    if !takes_gzip(headers) {
        return Ok(([kind], script).into_response());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let bytes = encoder.write_all(script.as_bytes()).and_then(|()| encoder.finish());
    let bytes = bytes.map_err(|error| Problem::internal(error.to_string()))?;
    let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Ok(([kind, encoding], Body::from(bytes)).into_response())
}

#[cfg(test)]
mod tests {
    use super::{PLACE, SCRIPT};

    #[test]
    fn the_script_has_a_place_for_the_shops_own() {
        assert_eq!(SCRIPT.matches(PLACE).count(), 1);
    }
}
