//! `GET /v1/alerts`

use axum::Json;
use axum::extract::State;
use cartwright_domain::alert::{AlertCause, AlertCodes};
use cartwright_domain::ids::IncidentId;
use cartwright_domain::incident::{Incident, Notice};
use cartwright_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

/// Something that went wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AlertView {
    /// Id.
    id: IncidentId,
    /// What went wrong.
    cause: AlertCause,
    /// Of which channel, content, plugin or source.
    about: String,
    /// What a person reads first.
    headline: String,
    /// Since when.
    opened_at: Timestamp,
    /// Until when; absent while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    /// Why, in the words of the provider or the plugin where there are any.
    words: String,
    /// What to do.
    next_step: String,
    /// Which of these two are sentences of this service's own.
    #[serde(skip_serializing_if = "AlertCodes::is_empty")]
    codes: AlertCodes,
    /// To whom it was told, and what became of that.
    notices: Vec<Notice>,
}

type Alerts = Described<Listing<AlertView>>;

impl From<Incident> for AlertView {
    fn from(incident: Incident) -> Self {
        Self {
            headline: incident.cause.headline(&incident.about),
            id: incident.id,
            cause: incident.cause,
            about: incident.about,
            opened_at: incident.opened_at,
            closed_at: incident.closed_at,
            words: incident.told.words,
            next_step: incident.told.next_step,
            codes: incident.told.codes,
            notices: incident.notices,
        }
    }
}

/// Lists alerts: those that stand first, then those that are over, the newest first.
///
/// Each stands for one incident, from when something went wrong to its all-clear. Who is told of them is a setting of
/// the shop, `alerts`.
#[utoipa::path(
    get, path = "/v1/alerts", tag = "alerts", params(PageQuery),
    responses((status = 200, description = "Alerts.", body = Alerts))
)]
pub(crate) async fn list_alerts(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<AlertView>>, Problem> {
    let list = List("alerts");
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = api.engine.store.incidents(shop.id(), &page).await?;
    Ok(Json(list.show(found, AlertView::from)))
}
