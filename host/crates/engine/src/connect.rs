//! Connections: a plugin, a configuration, grants and secrets become a channel or source of a shop.

use cartwright_domain::alert::{Alarm, AlertCause};
use cartwright_domain::cap::Cap;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{PluginKind, PluginRecord, active_plugin};
use cartwright_domain::publish::{FaultCode, StrategyFault, cap_faults, missing_grants, window_faults};
use cartwright_domain::sender::Sender;
use cartwright_domain::shop::{Connection, ConnectionKind, Grants, PluginRef};
use cartwright_domain::time::Span;
use cartwright_domain::window::Window;
use serde_json::Value;
use std::collections::BTreeMap;

use crate::Engine;
use crate::holdings::{Holdings, plugin_call};
use crate::ports::{Secret, StoreError};
use crate::publish::list;
use crate::senders;
use crate::settings::{askable, can_be_asked};

/// A source is not called silent sooner.
const SHORTEST_SILENCE: Span = Span::minutes(15);

/// A connection as somebody wants it.
#[derive(Debug, Clone)]
pub struct ConnectionDraft {
    /// Unique among the shop's connections of the kind.
    pub name: String,
    /// Channel or source.
    pub kind: ConnectionKind,
    /// The plugin that speaks for it.
    pub plugin: PluginRef,
    /// Fits the plugin's config schema.
    pub config: Value,
    /// What the shop allows the plugin here.
    pub grants: Grants,
    /// Channels: when their marketing may go out (S04).
    pub window: Option<Window>,
    /// Channels: how many contacts a customer may have here in a time.
    pub cap: Option<Cap>,
    /// Channels: their senders; whether these are held stays as it is.
    pub senders: Vec<Sender>,
    /// Sources: silent for longer than this, it holds what an order may forbid.
    pub stale_after: Option<Span>,
    /// Secrets to set by name; those left out stay as they are.
    pub secrets: BTreeMap<String, Secret>,
}

/// Why a connection was not saved.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// These are wrong.
    #[error("{}", list(.0))]
    Faults(Vec<StrategyFault>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes a connection, or changes the one of its kind and name: that one keeps its id, and so its webhook address.
    pub async fn save_connection(&self, shop: ShopId, draft: ConnectionDraft) -> Result<Connection, ConnectError> {
        let holdings = self.holdings(shop).await?;
        let (connection, is_new) = match self.connection_of(&holdings, &draft).await {
            Ok(connection) => connection,
            Err(faults) => return Err(ConnectError::Faults(faults)),
        };
        self.store.save_connection(shop, &connection).await?;
        self.clear_senders(shop, &holdings, &connection).await?;
        for (name, secret) in &draft.secrets {
            if let Err(error) = self.store.save_secret(shop, connection.id, name, secret).await {
                if is_new {
                    self.store.remove_connection(shop, draft.kind, &draft.name).await?;
                }
                return Err(error.into());
            }
        }
        self.plan_templates(shop, &connection).await?;
        if draft.kind == ConnectionKind::Source {
            let was_held = |known: &Connection| known.id == connection.id && known.held.is_some();
            if holdings.connections.iter().any(was_held) {
                let clear = Alarm::clear(AlertCause::SourceHeld, &draft.name, self.now());
                self.sound(shop, vec![clear]).await?;
            }
            self.plan_source(shop, connection.id).await?;
        }
        Ok(connection)
    }

    /// Forgets a connection with its secrets. Returns whether there was one.
    pub async fn remove_connection(&self, shop: ShopId, kind: ConnectionKind, name: &str) -> Result<bool, StoreError> {
        self.store.remove_connection(shop, kind, name).await
    }

    async fn connection_of(
        &self,
        holdings: &Holdings,
        draft: &ConnectionDraft,
    ) -> Result<(Connection, bool), Vec<StrategyFault>> {
        let record = plugin_of(holdings, draft).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        name_faults(draft, &mut faults);
        let call = plugin_call(holdings, record, &draft.config, draft.grants.clone());
        if let Err(failure) = self.plugins.check_config(&call).await {
            faults.push(StrategyFault::error("config", failure.message));
        }
        policy_faults_of(draft, &mut faults);
        self.sender_faults(holdings, record, draft, &mut faults).await;
        right_faults(record, &call.config, draft, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let known = holdings.connections.iter().find(|known| known.kind == draft.kind && known.name == draft.name);
        let fresh = || Connection {
            id: self.entropy.mint(self.now()).next(),
            name: draft.name.clone(),
            kind: draft.kind,
            plugin: draft.plugin.clone(),
            config: Value::Null,
            grants: Grants::default(),
            ability: None,
            window: None,
            cap: None,
            senders: Vec::new(),
            stale_after: None,
            can_be_asked: false,
            heard_at: None,
            held: None,
            waits_until: None,
            held_contents: BTreeMap::new(),
            odd_refusals: 0,
        };
        let known_heard = known.and_then(|known| known.heard_at);
        let mut connection = Connection {
            plugin: draft.plugin.clone(),
            config: call.config,
            grants: draft.grants.clone(),
            ability: record.descriptor.ability.clone(),
            window: draft.window.clone(),
            cap: draft.cap.clone(),
            senders: senders::saved(&draft.senders, known),
            stale_after: draft.stale_after,
            can_be_asked: can_be_asked(askable(&record.descriptor, &draft.grants)),
            ..known.cloned().unwrap_or_else(fresh)
        };
        // Whoever saves a source has put right what held it.
        connection.held = connection.held.filter(|_| draft.kind == ConnectionKind::Channel);
        // A bound begins to run when it is set.
        connection.heard_at = connection.silence_bound().map(|_| known_heard.unwrap_or(self.now()));
        Ok((connection, known.is_none()))
    }
}

fn plugin_of<'a>(holdings: &'a Holdings, draft: &ConnectionDraft) -> Result<&'a PluginRecord, StrategyFault> {
    let wanted = &draft.plugin;
    let Some(record) = active_plugin(&holdings.plugins, wanted) else {
        let message = if holdings.plugins.iter().any(|record| record.name == wanted.name) {
            FaultCode::NoActiveVersion.with([("plugin", wanted)])
        } else {
            FaultCode::NoPlugin.with([("plugin", wanted)])
        };
        return Err(StrategyFault::error("plugin", message));
    };
    let needed = match draft.kind {
        ConnectionKind::Channel => PluginKind::Channel,
        ConnectionKind::Source => PluginKind::Source,
    };
    if record.kind != needed {
        let message = FaultCode::WrongKind.with([("plugin", wanted), ("is", &record.kind), ("needed", &needed)]);
        return Err(StrategyFault::error("plugin", message));
    }
    Ok(record)
}

fn policy_faults_of(draft: &ConnectionDraft, faults: &mut Vec<StrategyFault>) {
    match (&draft.window, draft.kind) {
        (Some(_), ConnectionKind::Source) => {
            faults.push(StrategyFault::error("window", FaultCode::NothingGoesOut));
        }
        (Some(window), ConnectionKind::Channel) => window_faults(window, "window", faults),
        (None, _) => {}
    }
    match (&draft.cap, draft.kind) {
        (Some(_), ConnectionKind::Source) => {
            faults.push(StrategyFault::error("cap", FaultCode::NothingGoesOut));
        }
        (Some(cap), ConnectionKind::Channel) => cap_faults(cap, "cap", faults),
        (None, _) => {}
    }
    match (draft.stale_after, draft.kind) {
        (Some(_), ConnectionKind::Channel) => {
            faults.push(StrategyFault::error("stale_after", FaultCode::NothingIsHeard));
        }
        (Some(span), ConnectionKind::Source) if span < SHORTEST_SILENCE => {
            let message = FaultCode::SilenceTooShort.with([("span", &SHORTEST_SILENCE)]);
            faults.push(StrategyFault::error("stale_after", message));
        }
        _ => {}
    }
}

/// Whether strategies can name something so.
pub(crate) fn is_sound_name(name: &str) -> bool {
    let sound = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(sound)
}

fn name_faults(draft: &ConnectionDraft, faults: &mut Vec<StrategyFault>) {
    if !is_sound_name(&draft.name) {
        faults.push(StrategyFault::error("name", FaultCode::ConnectionName));
    }
}

/// Denied unless granted: what the plugin cannot work without is asked for now, and not at its first message.
fn right_faults(record: &PluginRecord, config: &Value, draft: &ConnectionDraft, faults: &mut Vec<StrategyFault>) {
    let asked = record.descriptor.asks(config);
    for (field, what) in missing_grants(&asked, &draft.grants) {
        // A secret that is neither set nor granted is one the shop does without.
        if field == "secrets" && !draft.secrets.contains_key(&what) {
            continue;
        }
        let message = FaultCode::AsksFor.with([("plugin", &record.name), ("what", &what)]);
        faults.push(StrategyFault::error(format!("grants.{field}"), message));
    }
    for name in draft.secrets.keys().filter(|name| !asked.secrets.contains(name)) {
        let message = match asked.secrets[..] {
            [] => FaultCode::NoSecrets.with([("plugin", &record.name)]),
            _ => FaultCode::NoSuchSecret.with([("plugin", &record.name), ("known", &asked.secrets.join(", "))]),
        };
        faults.push(StrategyFault::error(format!("secrets.{name}"), message));
    }
}
