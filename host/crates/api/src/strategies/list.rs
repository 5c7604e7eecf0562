//! `GET /v1/strategies`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::{ShopId, StrategyId};
use cartwright_domain::message::HoldReason;
use cartwright_domain::sender::Sender;
use cartwright_domain::shop::{Connection, ConnectionKind};
use cartwright_domain::strategy::{StateChange, Strategy, StrategyRecord, StrategyState, TriggerKind};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::PageRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StrategyQuery {
    /// A part of the name, in any case.
    name: Option<String>,
    /// `live`, `paused`, `closed` or `stopped`.
    #[param(value_type = Option<String>)]
    state: Option<StrategyState>,
    /// `cart`, `checkout`, `order_placed`, `order_paid`, `order_fulfilled`, `order_delivered` or `custom`.
    #[param(value_type = Option<String>)]
    trigger: Option<TriggerKind>,
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A strategy in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StrategyLine {
    /// Over all its versions.
    id: StrategyId,
    /// Unique in the shop.
    name: String,
    /// Whether it enters and sends (S27).
    state: StrategyState,
    /// Of a live one: its channels over which nothing goes out at the moment, and why. What to do stands at the channel.
    held: BTreeMap<String, HoldReason>,
    /// What begins a run.
    trigger: TriggerKind,
    /// Number of the current version.
    version: u32,
    /// The channels that it writes to, and those of webhook steps, by name.
    channels: Vec<String>,
    /// The senders that it goes by, by the channel: the first that is ready, and that of each channel with senders of
    /// which it names none.
    senders: BTreeMap<String, Vec<String>>,
    /// How many runs of it are under way, counted no further than 10,000.
    running: u64,
    /// Who gave it its state; none since it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    state_change: Option<StateChange>,
    /// When its version or its state changed last.
    changed_at: Timestamp,
    /// When it was made.
    created_at: Timestamp,
}

/// Nobody needs to know exactly how many more there are, and counting them takes time.
const MOST_COUNTED: u32 = 10_000;

/// So many are looked through at once where few pass the filter.
const FAR: u32 = 200;

type Strategies = Described<Listing<StrategyLine>>;

/// Lists strategies by name.
#[utoipa::path(
    get, path = "/v1/strategies", tag = "strategies", params(StrategyQuery),
    responses((status = 200, description = "Strategies.", body = Strategies))
)]
pub(crate) async fn list_strategies(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<StrategyQuery>,
) -> Result<Json<Listing<StrategyLine>>, Problem> {
    let list = List("strategies");
    let page = list.page(query.limit, query.after.as_deref())?;
    let channels = channels_of(&api, shop.id()).await?;
    let mut lines = Vec::new();
    // One more than is shown tells whether there are others.
    let mut from = PageRequest { limit: page.limit + 1, ..page.clone() };
    loop {
        let found = api.engine.store.strategies_page(shop.id(), &from).await?;
        lines.extend(lines_of(&api, shop.id(), &query, found.items, &channels).await?);
        match found.next {
            Some(last) if lines.len() <= page.limit as usize => from = PageRequest { after: Some(last), limit: FAR },
            _ => break,
        }
    }
    let mut listing = list.cut(lines, &page, |line| line.name.clone());
    let shown: Vec<StrategyId> = listing.items.iter().map(|line| line.id).collect();
    let running: BTreeMap<_, _> =
        api.engine.store.running(shop.id(), &shown, MOST_COUNTED).await?.into_iter().collect();
    for line in &mut listing.items {
        line.running = running.get(&line.id).copied().unwrap_or_default();
    }
    Ok(Json(listing))
}

/// Those that the query lets through, with what their current versions say.
async fn lines_of(
    api: &Api,
    shop: ShopId,
    query: &StrategyQuery,
    mut records: Vec<StrategyRecord>,
    channels: &[Connection],
) -> Result<Vec<StrategyLine>, Problem> {
    let part = query.name.as_deref().unwrap_or_default().to_lowercase();
    records.retain(|record| record.name.to_lowercase().contains(&part));
    records.retain(|record| query.state.is_none_or(|state| record.state == state));
    let current: Vec<_> = records.iter().map(|record| record.current).collect();
    let versions = api.engine.store.versions(shop, &current).await?;
    let current: BTreeMap<_, _> = versions.iter().map(|version| (version.id, &version.definition)).collect();
    let lines = records.into_iter().filter_map(|record| {
        let definition = current.get(&record.current)?;
        let trigger = definition.trigger.on;
        let wanted = query.trigger.is_none_or(|wanted| wanted == trigger);
        wanted.then(|| StrategyLine {
            id: record.id,
            name: record.name,
            state: record.state,
            held: match record.state {
                StrategyState::Live => held_of(definition, channels),
                _ => BTreeMap::new(),
            },
            trigger,
            version: record.current_number,
            channels: definition.channels().into_keys().map(str::to_owned).collect(),
            senders: senders_of(definition, channels),
            running: 0,
            state_change: record.state_change,
            changed_at: record.changed_at,
            created_at: record.created_at,
        })
    });
    Ok(lines.collect())
}

async fn channels_of(api: &Api, shop: ShopId) -> Result<Vec<Connection>, Problem> {
    let known = api.engine.store.connections(shop).await?.into_iter().map(|entry| entry.value);
    Ok(known.filter(|known| known.kind == ConnectionKind::Channel).collect())
}

/// The senders by which a strategy writes over a channel, as it goes by them now.
fn senders_on<'a>(definition: &Strategy, channel: &'a Connection) -> Vec<&'a Sender> {
    channel.senders_for(definition.policies.senders.get(&channel.name).map_or(&[][..], Vec::as_slice))
}

/// The channels of a strategy over which nothing goes out, and why.
fn held_of(definition: &Strategy, channels: &[Connection]) -> BTreeMap<String, HoldReason> {
    let why = |name: &str| {
        let Some(channel) = channels.iter().find(|channel| channel.name == name) else {
            return Some(HoldReason::ChannelNotReady);
        };
        let of_senders = || -> Option<Vec<HoldReason>> {
            let senders = senders_on(definition, channel).into_iter();
            senders.map(|sender| sender.held.as_ref().map(|hold| hold.reason)).collect()
        };
        let of_channel = channel.held.as_ref().map(|hold| hold.reason);
        of_channel.or_else(|| of_senders()?.first().copied())
    };
    definition.channels().into_keys().filter_map(|name| Some((name.to_owned(), why(name)?))).collect()
}

/// The senders of the channels that a strategy writes over.
fn senders_of(definition: &Strategy, channels: &[Connection]) -> BTreeMap<String, Vec<String>> {
    let over = definition.channels();
    let of_one = |channel: &Connection| {
        senders_on(definition, channel).into_iter().map(|sender| sender.name.clone()).collect::<Vec<_>>()
    };
    let with_senders = channels.iter().filter(|channel| over.contains_key(channel.name.as_str()));
    with_senders
        .map(|channel| (channel.name.clone(), of_one(channel)))
        .filter(|(_, senders)| !senders.is_empty())
        .collect()
}
