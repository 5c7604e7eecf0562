//! Who is asking. Everything below `/v1` is closed: [`require_key`] stands before its routes, and whatever forgets to
//! ask for a shop cannot see one, because only [`InShop`] and [`Operator`] hand one out.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::Shop;
use cartwright_engine::ports::ApiKey;

use crate::problem::{Code, Problem};
use crate::router::Api;

/// The header by which an operator's key names the shop.
pub(crate) const SHOP_HEADER: &str = "cartwright-shop";

/// Lets only requests with a good key pass, and remembers the key. It is found by its hash, so how long that takes
/// says nothing about any other key.
pub(crate) async fn require_key(State(api): State<Api>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let missing = || Problem::new(Code::Unauthorized, "Send the header `Authorization: Bearer cw_…` with an API key.");
    let header = request.headers().get(header::AUTHORIZATION).ok_or_else(missing)?;
    let text = header.to_str().ok().and_then(bearer).ok_or_else(missing)?;
    let Some(key) = api.engine.authenticate(text).await? else {
        return Err(Problem::new(Code::Unauthorized, "This API key does not exist, or not any more."));
    };
    request.extensions_mut().insert(Caller(key));
    Ok(next.run(request).await)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Whoever made the request.
#[derive(Debug, Clone)]
pub(crate) struct Caller(ApiKey);

impl Caller {
    /// The one shop that the key opens; none for an operator's.
    pub(crate) fn shop(&self) -> Option<ShopId> {
        self.0.shop
    }

    /// Who that is, for the audit.
    pub(crate) fn label(&self) -> &str {
        &self.0.label
    }

    /// Whether the key opens a shop.
    pub(crate) fn opens(&self, shop: ShopId) -> bool {
        self.0.shop.is_none_or(|own| own == shop)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let nobody = || Problem::new(Code::Unauthorized, "This address needs an API key.");
        parts.extensions.get::<Caller>().cloned().ok_or_else(nobody)
    }
}

/// An operator.
pub(crate) struct Operator;

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, state).await?.shop() {
            None => Ok(Self),
            Some(_) => Err(Problem::new(Code::OperatorOnly, "This key belongs to one shop; use an operator's key.")),
        }
    }
}

/// The one shop that the request is about.
pub(crate) struct InShop(pub(crate) Arc<Shop>);

impl InShop {
    pub(crate) fn id(&self) -> ShopId {
        self.0.id
    }
}

impl FromRequestParts<Api> for InShop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let named = named_shop(parts)?;
        let shop = match (caller.shop(), named) {
            (Some(own), None) => own,
            (None, None) => {
                let detail = "An operator's key opens every shop: name one with the header `Cartwright-Shop: <id>`.";
                return Err(Problem::new(Code::ShopNotNamed, detail));
            }
            (_, Some(named)) if caller.opens(named) => named,
            (_, Some(named)) => return Err(no_shop(named)),
        };
        Ok(Self(api.engine.store.shop(shop).await?.ok_or_else(|| no_shop(shop))?))
    }
}

fn named_shop(parts: &Parts) -> Result<Option<ShopId>, Problem> {
    let Some(value) = parts.headers.get(SHOP_HEADER) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let wrong = || {
        Problem::new(
            Code::ShopNotNamed,
            "The header `Cartwright-Shop` is not an id of a shop; `GET /v1/shops` lists them.",
        )
    };
    id.map(Some).ok_or_else(wrong)
}

/// The answer to a shop that is not there, or not for this key.
pub(crate) fn no_shop(shop: ShopId) -> Problem {
    Problem::new(Code::NotFound, format!("This key opens no shop `{shop}`."))
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        assert_eq!(bearer("Bearer cw_x"), Some("cw_x"));
        assert_eq!(bearer("bearer  cw_x "), Some("cw_x"));
        assert_eq!(bearer("Basic cw_x"), None);
        assert_eq!(bearer("cw_x"), None);
    }
}
