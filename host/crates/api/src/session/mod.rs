//! `/v1/session`, `/v1/links`: signing in with a name and a password or at an OpenID provider, and the links that give
//! one.

mod begin;
mod demo;
mod end;
mod look;
mod oidc;
mod redeem;
mod show;

use axum::Json;
use axum::response::{IntoResponse, Response};
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Role, Standing, User};
use cartwright_engine::SignedIn;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::cookie;
use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// Who is signed in, if anybody is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionView {
    /// Whether this is `cartwright demo`, where everybody is signed in who asks for it.
    mode: Mode,
    /// What the button says that leads to `GET /v1/session/oidc`; absent if no OpenID provider is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc: Option<String>,
    /// Who; absent if nobody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonView>,
}

/// How the service was started.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// With a sample shop and a clock that can be skipped ahead.
    Demo,
    /// For real.
    Serve,
}

/// Somebody who is signed in.
#[derive(Debug, Serialize, JsonSchema)]
struct PersonView {
    /// Id.
    id: UserId,
    /// What they sign in with.
    name: String,
    /// Whether they reach over every shop.
    standing: StandingView,
    /// The shops that they see, by name.
    shops: Vec<ShopOfPerson>,
    /// What every request that changes something carries in the header `Cartwright-Csrf`.
    csrf: String,
    /// Until when.
    expires_at: Timestamp,
}

/// How far somebody reaches.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StandingView {
    /// Every shop, and the installation itself.
    Operator,
    /// The shops in which they have a role.
    Member,
}

/// A shop, as far as it is to be chosen.
#[derive(Debug, Serialize, JsonSchema)]
struct ShopOfPerson {
    /// Id.
    id: ShopId,
    /// What people call it.
    name: String,
    /// IANA zone of its local times.
    time_zone: String,
    /// ISO 4217.
    currency: String,
    /// What they are in it. An operator is everything.
    role: Role,
}

described!(SessionView);

/// Operations that need nobody.
pub(crate) fn open_operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(show::show_session, begin::begin_session))
        .routes(routes!(look::look_at_link))
        .routes(routes!(redeem::redeem_link))
}

/// Operations that need nobody, and that anybody may ask for so often only.
pub(crate) fn limited_operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(oidc::begin_oidc_session)).routes(routes!(oidc::end_oidc_session))
}

/// Operations of who is signed in.
pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(end::end_session))
}

/// What is only in the demo, and needs nobody.
pub(crate) fn demo_operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(demo::begin_demo_session))
}

/// What a browser is told of its session.
async fn view(api: &Api, session: Option<(&SignedIn, &str)>) -> Result<SessionView, Problem> {
    let mode = if api.options.demo.is_some() { Mode::Demo } else { Mode::Serve };
    let oidc = api.engine.oidc_label().map(str::to_owned);
    let Some((signed_in, text)) = session else { return Ok(SessionView { mode, oidc, person: None }) };
    let mut shops = Vec::new();
    for shop in api.engine.store.shops().await? {
        let role = match signed_in.user.standing {
            Standing::Operator => Some(Role::Owner),
            Standing::Member => signed_in.roles.iter().find(|(id, _)| *id == shop.id).map(|(_, role)| *role),
        };
        if let Some(role) = role {
            let currency = shop.currency.to_string();
            shops.push(ShopOfPerson { id: shop.id, name: shop.name, time_zone: shop.time_zone, currency, role });
        }
    }
    let person = PersonView {
        id: signed_in.user.id,
        name: signed_in.user.name.clone(),
        standing: match signed_in.user.standing {
            Standing::Operator => StandingView::Operator,
            Standing::Member => StandingView::Member,
        },
        shops,
        csrf: cookie::token(text),
        expires_at: signed_in.session.expires_at,
    };
    Ok(SessionView { mode, oidc, person: Some(person) })
}

/// Signs a user in: the cookie, and what the browser is told of its session.
async fn begin(api: &Api, user: User) -> Result<Response, Problem> {
    let (signed_in, text) = api.engine.begin_session(user).await?;
    answer(api, &signed_in, &text).await
}

async fn answer(api: &Api, signed_in: &SignedIn, text: &str) -> Result<Response, Problem> {
    let mut response = Json(view(api, Some((signed_in, text))).await?).into_response();
    response.headers_mut().extend(cookie::leave(api, Some(text)));
    Ok(response)
}
