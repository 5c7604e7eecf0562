//! Who is asking, and whether they may. Everything below `/v1` is closed: [`require`] stands before its routes, knows
//! the caller by an API key or by the cookie of who signed in, and holds the power of the caller in the shop against
//! what the operation takes ([`needs`]). Whatever forgets to ask for a shop cannot see one, because only [`InShop`] and
//! [`Operator`] hand one out.

mod audit;
pub(crate) mod cookie;
mod needs;

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::Shop;
use cartwright_domain::user::{Power, Role, Standing};
use cartwright_engine::SignedIn;
use cartwright_engine::ports::ApiKey;
use tracing::Instrument;

use crate::extract::Params;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// The header by which whoever may see several shops names the one.
pub(crate) const SHOP_HEADER: &str = "cartwright-shop";
/// Addresses that name the shop themselves.
const OF_SHOP: &str = "/v1/shops/{shop}";

/// Lets only those pass who may, and remembers who it is.
pub(crate) async fn require(State(api): State<Api>, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = caller_of(&api, &parts).await?;
    let path = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let power = needs::power_of(&parts.method, &path);
    let params = Params::from_request_parts(&mut parts, &api).await?;
    let shop = match path.starts_with(OF_SHOP) {
        true => Some(params.id("shop")?),
        false => named_shop(&parts)?.or(caller.shop()),
    };
    caller.check(shop, power)?;
    let change = audit::begin(shop, &caller, &parts.method, &path, params.into_pairs());
    parts.extensions.insert(caller);
    let request = Request::from_parts(parts, body);
    let Some(change) = change else { return Ok(next.run(request).await) };
    // A task of its own: whoever hangs up must not keep what they changed out of the audit.
    let done = tokio::spawn(async move { change.end(&api, next.run(request).await).await }.in_current_span());
    done.await.map_err(|end| match end.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(end) => Problem::internal(end.to_string()),
    })
}

/// A key is found by its hash, and so is a session: how long that takes says nothing about any other.
async fn caller_of(api: &Api, parts: &Parts) -> Result<Caller, Problem> {
    let unknown = |detail: &str| Problem::new(Code::Unauthorized, detail);
    if let Some(header) = parts.headers.get(header::AUTHORIZATION) {
        let text = header.to_str().ok().and_then(bearer);
        let text = text.ok_or_else(|| unknown("Send the header `Authorization: Bearer cw_…` with an API key."))?;
        let key = api.engine.authenticate(text).await?;
        return key.map(Caller::Key).ok_or_else(|| unknown("This API key does not exist, or not any more."));
    }
    let Some(text) = cookie::of(&parts.headers) else {
        return Err(unknown("Sign in, or send the header `Authorization: Bearer cw_…` with an API key."));
    };
    let person = api.engine.signed_in(text).await?;
    let person = person.ok_or_else(|| unknown("The session is over; sign in again."))?;
    cookie::check_token(&parts.method, &parts.headers, text)?;
    Ok(Caller::Person(Arc::new(person)))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Whoever made the request.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// A program, with the power of an owner in one shop, or of the operator in all.
    Key(ApiKey),
    /// Somebody who signed in.
    Person(Arc<SignedIn>),
}

impl Caller {
    /// The one shop that the caller sees, if there is only one.
    pub(crate) fn shop(&self) -> Option<ShopId> {
        match self {
            Self::Key(key) => key.shop,
            Self::Person(person) => match (person.user.standing, person.roles.as_slice()) {
                (Standing::Member, [(shop, _)]) => Some(*shop),
                _ => None,
            },
        }
    }

    /// The shops that the caller sees; none where it is all of them.
    pub(crate) fn shops(&self) -> Option<Vec<ShopId>> {
        match self {
            Self::Key(key) => key.shop.map(|shop| vec![shop]),
            Self::Person(person) if person.user.standing == Standing::Operator => None,
            Self::Person(person) => Some(person.roles.iter().map(|(shop, _)| *shop).collect()),
        }
    }

    /// Who that is, for the audit.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Key(key) => &key.label,
            Self::Person(person) => &person.user.name,
        }
    }

    /// Whether the caller sees a shop.
    pub(crate) fn opens(&self, shop: ShopId) -> bool {
        self.may(shop, Power::See)
    }

    fn may(&self, shop: ShopId, power: Power) -> bool {
        match self {
            Self::Key(key) => match key.shop {
                Some(own) => own == shop && Role::Owner.has(power),
                None => true,
            },
            Self::Person(person) => person.may(shop, power),
        }
    }

    fn is_operator(&self) -> bool {
        self.shops().is_none()
    }

    /// Whether an operation may be done: in the shop that it is about, or at all.
    fn check(&self, shop: Option<ShopId>, power: Power) -> Result<(), Problem> {
        match shop {
            _ if self.is_operator() => Ok(()),
            Some(shop) if !self.opens(shop) => Err(no_shop(shop)),
            _ if power == Power::Operate => Err(operator_only()),
            Some(shop) if !self.may(shop, power) => {
                Err(Problem::new(Code::RoleTooSmall, format!("Only {} may do this; ask one.", power.holders())))
            }
            None if power != Power::See => Err(unnamed_shop()),
            _ => Ok(()),
        }
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
        match Caller::from_request_parts(parts, state).await?.is_operator() {
            true => Ok(Self),
            false => Err(operator_only()),
        }
    }
}

fn operator_only() -> Problem {
    Problem::new(Code::OperatorOnly, "This key belongs to one shop; use an operator's key.")
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
        let shop = named_shop(parts)?.or(caller.shop()).ok_or_else(unnamed_shop)?;
        let found = if caller.opens(shop) { api.engine.store.shop(shop).await? } else { None };
        Ok(Self(found.ok_or_else(|| no_shop(shop))?))
    }
}

fn unnamed_shop() -> Problem {
    let detail = "An operator's key opens every shop: name one with the header `Cartwright-Shop: <id>`.";
    Problem::new(Code::ShopNotNamed, detail)
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

/// The answer to a shop that is not there, or not for this caller.
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
