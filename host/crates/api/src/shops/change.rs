//! `PATCH /v1/shops/{shop}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::alert::{AlertTarget, reply_target_faults, target_faults};
use cartwright_domain::cap::Cap;
use cartwright_domain::publish::shop_faults;
use cartwright_domain::push_filter::PushFilter;
use cartwright_domain::shop::Shop;
use cartwright_domain::storefront::Storefront;
use cartwright_domain::time::Span;
use cartwright_domain::utm::Utm;
use cartwright_domain::window::Window;
use cartwright_domain::window::preset::QuietHours;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{ShopDocument, show};
use crate::access::Caller;
use crate::extract::{JsonBody, Params};
use crate::faults;
use crate::openapi::described;
use crate::problem::{Code, Invalid, NotFound, Problem};
use crate::router::Api;

/// What is to change; what is left out stays. The currency stays for ever: amounts are kept in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShopChange {
    /// What people call it.
    #[serde(default)]
    name: Option<String>,
    /// IANA zone of its local times.
    #[serde(default)]
    time_zone: Option<String>,
    /// Country (ISO 3166-1 alpha-2) of phone numbers in local form; `null` forgets it.
    #[serde(default, deserialize_with = "even_null")]
    country: Option<Option<String>>,
    /// Channels (by name) on which marketing also goes to customers who never said yes or no (S18).
    #[serde(default)]
    unknown_consent_passes: Option<Vec<String>>,
    /// Topics that customers may want marketing of, beside `general` (S18).
    #[serde(default)]
    topics: Option<Vec<String>>,
    /// When marketing may go out, on any channel (S04); `null` forgets it.
    #[serde(default, deserialize_with = "even_null")]
    window: Option<Option<Window>>,
    /// `presets` switches on quiet hours by where the customer is (S04). They are no legal advice.
    #[serde(default)]
    quiet_hours: Option<QuietHours>,
    /// How many contacts a customer may have in a time (S20); `null` goes back to one in 72 h by other runs.
    #[serde(default, deserialize_with = "even_null")]
    cap: Option<Option<Cap>>,
    /// Whom marketing goes to, by their tags (S17); `{}` lets everybody pass.
    #[serde(default)]
    push_filter: Option<PushFilter>,
    /// Messages of one customer that are due within this time of each other are decided together (S20).
    #[serde(default)]
    decide_together: Option<Span>,
    /// Who is told of what only people can put right, over the shop's own channels: alerts, and their all-clears.
    #[serde(default)]
    alerts: Option<Vec<AlertTarget>>,
    /// Who is told of what customers write, over the shop's own channels.
    #[serde(default)]
    replies: Option<Vec<AlertTarget>>,
    /// Where the shop is on the web: hosts such as `shop.example`; what is below them is meant too.
    #[serde(default)]
    sites: Option<Vec<String>>,
    /// What short links to its sites carry, unless a strategy says something else; `{}` for nothing.
    #[serde(default)]
    utm: Option<Utm>,
    /// What the script on the shop's own pages may do; `null` ends it.
    #[serde(default, deserialize_with = "even_null")]
    storefront: Option<Option<Storefront>>,
}

described!(ShopChange);

/// `null` is something said; only an absent field is nothing.
fn even_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

/// Changes a shop.
#[utoipa::path(
    patch, path = "/v1/shops/{shop}", tag = "shops", params(("shop" = uuid::Uuid, Path, description = "Id of the shop.")),
    request_body = ShopChange, responses((status = 200, description = "The shop as it is now.", body = ShopDocument), Invalid, NotFound)
)]
pub(crate) async fn change_shop(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
    JsonBody(change): JsonBody<ShopChange>,
) -> Result<Json<Shop>, Problem> {
    let mut shop = show::find(&api, &caller, &params).await?;
    if let Some(name) = change.name {
        shop.name = name;
    }
    if let Some(time_zone) = change.time_zone {
        shop.time_zone = time_zone;
    }
    if let Some(country) = change.country {
        shop.country = country;
    }
    if let Some(channels) = change.unknown_consent_passes {
        tracing::info!(shop = %shop.id, ?channels, "marketing without a yes is allowed on these channels");
        shop.unknown_consent_passes = channels;
    }
    if let Some(topics) = change.topics {
        shop.topics = topics;
    }
    if let Some(window) = change.window {
        shop.window = window;
    }
    if let Some(quiet_hours) = change.quiet_hours {
        shop.quiet_hours = quiet_hours;
    }
    if let Some(cap) = change.cap {
        shop.cap = cap;
    }
    if let Some(filter) = change.push_filter {
        shop.push_filter = filter;
    }
    if let Some(span) = change.decide_together {
        shop.decide_together = span;
    }
    if let Some(sites) = change.sites {
        shop.sites = sites;
    }
    if let Some(utm) = change.utm {
        shop.utm = utm;
    }
    if let Some(storefront) = change.storefront {
        shop.storefront = storefront;
    }
    let mut found = shop_faults(&shop);
    let connections: Vec<_> = match change.alerts.is_some() || change.replies.is_some() {
        true => api.engine.store.connections(shop.id).await?.into_iter().map(|entry| entry.value).collect(),
        false => Vec::new(),
    };
    if let Some(alerts) = change.alerts {
        found.extend(target_faults(&alerts, &connections));
        shop.alerts = alerts;
    }
    if let Some(replies) = change.replies {
        found.extend(reply_target_faults(&replies, &connections));
        shop.replies = replies;
    }
    faults::refuse(Code::InvalidRequest, found)?;
    api.engine.store.save_shop(&shop).await?;
    Ok(Json(shop))
}
