//! The OpenAPI 3.1 document. utoipa says which operation takes and gives what, from the very routes that serve it;
//! schemars says what each document looks like, so the schemas are those of the published files too.

mod schema;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, SecurityRequirement,
};

use crate::problem::ProblemDocument;
pub(crate) use schema::{Described, described};

/// Where the document starts before the routes add themselves.
pub(crate) fn beginning() -> OpenApi {
    let licence = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Cartwright")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("description.md")))
        .license(Some(licence))
        .contact(Some(ContactBuilder::new().name(Some("Cartwright")).build()))
        .build();
    let mut key = Http::new(HttpAuthScheme::Bearer);
    key.bearer_format = Some("cw_…".to_owned());
    key.description = Some("An API key of a shop, or of the operator together with `Cartwright-Shop`.".to_owned());
    let components = ComponentsBuilder::new().security_scheme("key", SecurityScheme::Http(key)).build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new("key", [] as [&str; 0])]))
        .build()
}

/// The finished document: schemas put in, and what holds of every operation said once for each.
pub(crate) fn finish(api: OpenApi) -> Value {
    let mut document = serde_json::to_value(&api).unwrap_or_default();
    schema::put_in(&mut document);
    schema::define::<ProblemDocument>(&mut document);
    document["components"]["parameters"]["Shop"] = json!({
        "name": "Cartwright-Shop", "in": "header", "required": false,
        "description": "Id of the shop; only needed with an operator's key.",
        "schema": { "type": "string", "format": "uuid" }
    });
    document["components"]["responses"]["Refused"] = json!({
        "description": "The request was refused: `code` says why, and its page what to do.",
        "headers": { "x-request-id": { "schema": { "type": "string" } } },
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    });
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for operation in item.as_object_mut().into_iter().flatten().map(|(_, operation)| operation) {
            let public = operation.get("security").is_some_and(|needs| needs == &json!([{}]));
            if public {
                operation["security"] = json!([]);
            } else if !path.starts_with("/v1/shops") {
                let shop = json!({ "$ref": "#/components/parameters/Shop" });
                match operation["parameters"].as_array_mut() {
                    Some(parameters) => parameters.push(shop),
                    None => operation["parameters"] = json!([shop]),
                }
            }
            operation["responses"]["default"] = json!({ "$ref": "#/components/responses/Refused" });
        }
    }
    document
}

/// The document as it is served at `/v1/openapi.json` and committed as `host/docs/openapi.json`.
pub fn document() -> String {
    let (_, api) = crate::router::operations().split_for_parts();
    let mut text = serde_json::to_string_pretty(&finish(api)).unwrap_or_default();
    text.push('\n');
    text
}

/// The route of the document.
pub(crate) fn route<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let text: bytes::Bytes = document().into();
    let serve = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    Router::new().route("/v1/openapi.json", get(serve))
}

#[cfg(test)]
mod tests;
