//! What channels and sources have in common: a plugin with its configuration, grants and secrets. Secrets go in and
//! never come out; only their names are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cartwright_domain::cap::Cap;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::plugin::SourceTaskKind;
use cartwright_domain::sender::Sender;
use cartwright_domain::shop::{ChannelAbility, Connection, ConnectionKind, Grants, Hold, PluginRef};
use cartwright_domain::source::{BackfillState, SourceState, TaskState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::window::Window;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::Secret;
use cartwright_engine::{ConnectionDraft, ProbeFailure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::extract::Params;
use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// A channel or source as somebody wants it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionSettings {
    /// The plugin that speaks for it, such as `shopify` or `shopify@1`.
    #[schemars(with = "String")]
    plugin: PluginRef,
    /// Fits the plugin's config schema.
    #[serde(default = "no_config")]
    config: Value,
    /// What the plugin may do here. Nothing, unless said.
    #[serde(default)]
    grants: Grants,
    /// Channels: when their marketing may go out (S04).
    #[serde(default)]
    window: Option<Window>,
    /// Channels: how many contacts a customer may have here in a time (S20).
    #[serde(default)]
    cap: Option<Cap>,
    /// Channels: their senders, in the order in which they are shown; without, the channel is its only one.
    #[serde(default)]
    senders: Vec<SenderSettings>,
    /// Sources: silent for longer than this, it holds reminders of carts and checkouts, because an order may wait there
    /// (S08); without, one that can be asked does after two hours, and another never.
    #[serde(default)]
    stale_after: Option<Span>,
    /// Secrets by name. They are stored encrypted and never shown; those left out stay as they are.
    #[serde(default)]
    secrets: BTreeMap<String, SecretText>,
}

/// A sender of a channel as somebody wants it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SenderSettings {
    /// Unique in its channel; strategies name it.
    name: String,
    /// What is said here in place of the channel's own configuration, by its fields, such as `phone_number_id`.
    #[serde(default)]
    config: serde_json::Map<String, Value>,
    /// How many messages it may be given in any second, 1 to 1,000; as many as there are, if nothing is said (S22).
    #[serde(default)]
    rate_per_second: Option<u32>,
    /// Whether it is taken where a strategy names none; the first is, if none says so.
    #[serde(default)]
    default: bool,
}

impl From<SenderSettings> for Sender {
    fn from(settings: SenderSettings) -> Self {
        let SenderSettings { name, config, rate_per_second, default } = settings;
        Self { config, rate_per_second, is_default: default, ..Self::named(&name) }
    }
}

/// The text of a secret.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("writeOnly" = true))]
struct SecretText(String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// A channel or source.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConnectionView {
    /// Ours.
    id: ConnectionId,
    /// Unique among the shop's channels, or sources.
    pub(crate) name: String,
    /// The plugin that speaks for it.
    #[schemars(with = "String")]
    plugin: PluginRef,
    /// Its configuration.
    config: Value,
    /// What the plugin may do here.
    grants: Grants,
    /// Names of the secrets that are set.
    secrets: BTreeSet<String>,
    /// Where the other side sends its webhooks; whoever knows it can send some, so keep it between the two.
    webhook: String,
    /// Channels: what it can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    ability: Option<ChannelAbility>,
    /// Channels: when their marketing may go out (S04).
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
    /// Channels: how many contacts a customer may have here in a time (S20).
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<Cap>,
    /// Channels: their senders, with what holds them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    senders: Vec<Sender>,
    /// Channels without senders: the provider wants nothing until then (S23).
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_until: Option<Timestamp>,
    /// Sources: silent for longer than this, it holds reminders of carts and checkouts (S08).
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_after: Option<Span>,
    /// Sources with such a bound: when something came from it, to an eighth of the bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    heard_at: Option<Timestamp>,
    /// Sources that can be asked: what they are asked, when they last answered, and what they refused.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default, with = "BTreeMap<String, TaskState>")]
    tasks: BTreeMap<SourceTaskKind, TaskState>,
    /// Sources: how far their past was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    backfill: Option<BackfillState>,
    /// Sources: the topics that the platform tells by webhook, as it said when they were registered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    topics: Vec<String>,
    /// Why nothing goes out at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Hold>,
    /// Contents that are held on this channel.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    held_contents: BTreeMap<String, Hold>,
}

/// What the other side of a channel or source said to a harmless request.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Probed {
    /// Whether it works.
    works: bool,
    /// Who we are to the other side, or why it does not work.
    words: String,
}

described!(ConnectionSettings, ConnectionView, Probed);

fn no_config() -> Value {
    Value::Object(serde_json::Map::new())
}

/// The name in the address of a channel or source.
fn name_in(params: &Params) -> Result<String, Problem> {
    params.name("name")
}

/// All of a kind.
pub(crate) async fn all(api: &Api, shop: ShopId, kind: ConnectionKind) -> Result<Vec<ConnectionView>, Problem> {
    let mut views = Vec::new();
    let states = api.engine.store.source_states(shop).await?;
    for entry in api.engine.store.connections(shop).await? {
        if entry.value.kind == kind {
            views.push(view(api, shop, entry.value, &states).await?);
        }
    }
    Ok(views)
}

/// The one that the address names.
pub(crate) async fn find(
    api: &Api,
    shop: ShopId,
    kind: ConnectionKind,
    params: &Params,
) -> Result<ConnectionView, Problem> {
    let name = name_in(params)?;
    let known = api.engine.store.connections(shop).await?;
    let found = known.into_iter().find(|entry| entry.value.kind == kind && entry.value.name == name);
    match found {
        Some(entry) => view(api, shop, entry.value, &api.engine.store.source_states(shop).await?).await,
        None => Err(Problem::not_found(word(kind), name)),
    }
}

/// The id of the one that the address names.
pub(crate) async fn id_of(
    api: &Api,
    shop: ShopId,
    kind: ConnectionKind,
    params: &Params,
) -> Result<ConnectionId, Problem> {
    let name = name_in(params)?;
    let known = api.engine.store.connections(shop).await?;
    let found = known.into_iter().find(|entry| entry.value.kind == kind && entry.value.name == name);
    found.map(|entry| entry.value.id).ok_or_else(|| Problem::not_found(word(kind), name))
}

/// Makes or changes the one that the address names.
pub(crate) async fn save(
    api: &Api,
    shop: ShopId,
    kind: ConnectionKind,
    params: &Params,
    settings: ConnectionSettings,
) -> Result<ConnectionView, Problem> {
    let secrets = settings.secrets.into_iter().map(|(name, text)| (name, Secret::from(text.0.as_str())));
    let draft = ConnectionDraft {
        name: name_in(params)?,
        kind,
        plugin: settings.plugin,
        config: settings.config,
        grants: settings.grants,
        window: settings.window,
        cap: settings.cap,
        senders: settings.senders.into_iter().map(Sender::from).collect(),
        stale_after: settings.stale_after,
        secrets: secrets.collect(),
    };
    let saved = api.engine.save_connection(shop, draft).await?;
    view(api, shop, saved, &api.engine.store.source_states(shop).await?).await
}

/// Asks the other side of the one that the address names whether its credentials work.
pub(crate) async fn probe(api: &Api, shop: ShopId, kind: ConnectionKind, params: &Params) -> Result<Probed, Problem> {
    let name = name_in(params)?;
    match api.engine.probe(shop, kind, &name).await {
        Ok(words) => Ok(Probed { works: true, words }),
        Err(ProbeFailure::NoConnection { .. }) => Err(Problem::not_found(word(kind), name)),
        Err(ProbeFailure::Store(error)) => Err(error.into()),
        Err(failure) => Ok(Probed { works: false, words: failure.to_string() }),
    }
}

/// Removes the one that the address names.
pub(crate) async fn remove(api: &Api, shop: ShopId, kind: ConnectionKind, params: &Params) -> Result<(), Problem> {
    let name = name_in(params)?;
    let removed = api.engine.remove_connection(shop, kind, &name).await?;
    if removed { Ok(()) } else { Err(Problem::not_found(word(kind), name)) }
}

fn word(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Channel => "channel",
        ConnectionKind::Source => "source",
    }
}

async fn view(
    api: &Api,
    shop: ShopId,
    connection: Connection,
    states: &[Entry<SourceState>],
) -> Result<ConnectionView, Problem> {
    let state = states.iter().map(|entry| &entry.value).find(|state| state.connection == connection.id).cloned();
    let SourceState { tasks, backfill, topics, .. } = state.unwrap_or_else(|| SourceState::new(connection.id));
    let secrets = api.engine.store.secret_names(shop, connection.id).await?;
    let now = api.engine.now();
    let rests = |until: Option<Timestamp>| until.filter(|until| *until > now);
    let senders = connection.senders.into_iter();
    let senders = senders.map(|sender| Sender { waits_until: rests(sender.waits_until), ..sender }).collect();
    Ok(ConnectionView {
        id: connection.id,
        webhook: api.engine.webhook_address(connection.id),
        name: connection.name,
        plugin: connection.plugin,
        config: connection.config,
        grants: connection.grants,
        secrets: secrets.into_iter().collect(),
        ability: connection.ability,
        window: connection.window,
        cap: connection.cap,
        senders,
        waits_until: rests(connection.waits_until),
        stale_after: connection.stale_after,
        heard_at: connection.heard_at,
        tasks,
        backfill,
        topics,
        held: connection.held,
        held_contents: connection.held_contents,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let settings: ConnectionSettings =
            serde_json::from_value(serde_json::json!({ "plugin": "shopify", "secrets": { "signing": "hush" } }))
                .unwrap();
        assert_eq!(format!("{:?}", settings.secrets), r#"{"signing": SecretText(…)}"#);
    }

    #[test]
    fn nothing_is_granted_unless_said() {
        let settings: ConnectionSettings = serde_json::from_value(serde_json::json!({ "plugin": "inbox" })).unwrap();
        assert_eq!(settings.grants, Grants::default());
        assert_eq!(settings.config, serde_json::json!({}));
    }
}
