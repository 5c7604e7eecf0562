//! A shop to try a strategy in: the real engine and the real plugins, but its own time, its own chance, a database in
//! memory, and providers that accept everything at once. Nothing leaves the process.

mod accepting;
mod preview;
mod sample;

pub(crate) use preview::Previewer;

use cartwright_domain::content::Content;
use cartwright_domain::ids::ShopId;
use cartwright_domain::money::Currency;
use cartwright_domain::plugin::{PluginKind, PluginRecord, Stage};
use cartwright_domain::sender::Sender;
use cartwright_domain::shop::{ChannelAbility, ChannelTaskKind, Connection, ConnectionKind, PluginRef, Shop};
use cartwright_domain::strategy::Strategy;
use cartwright_domain::template::TemplateBook;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, PluginChanges, Secret, Store, StoreError};
use cartwright_engine::{ConnectionDraft, Engine, takes_contents};
use cartwright_plugins::Runtime;
use cartwright_store::SecretKeys;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::VirtualClock;
use crate::entropy::CountedEntropy;
use crate::failure::Failure;
use crate::shipped::{self, PluginsArgs};
use crate::wiring::{self, RuntimeArgs};

/// A secret that signs nothing anybody reads. It is also a key, as Standard Webhooks writes one.
const MADE_UP: &str = "whsec_bWFkZSB1cA==";

/// A shop to try a strategy in.
pub(crate) struct Rehearsal {
    /// The engine.
    pub(crate) engine: Engine,
    /// Its clock.
    pub(crate) clock: Arc<VirtualClock>,
    /// The shop.
    pub(crate) shop: ShopId,
}

impl Rehearsal {
    /// A shop with all plugins of a folder, every channel that the strategy names, and every source.
    pub(crate) async fn new(
        plugins: &PluginsArgs,
        strategy: &Strategy,
        currency: Currency,
        time_zone: &str,
        start: Timestamp,
    ) -> Result<Self, Failure> {
        let components = plugins.components()?;
        let store = empty_store().await?;
        let runtime = RuntimeArgs { cache: plugins.cache.clone(), ..RuntimeArgs::default() };
        let runtime = wiring::runtime(&runtime, store.clone())?;
        let (engine, clock, entropy) = engine_over(store, runtime, strategy, start);
        let shop = engine.make_shop("Rehearsal", currency, Some(time_zone), None).await?.id;
        let installed = shipped::install(&engine, shop, components).await?;
        let rehearsal = Self { engine, clock, shop };
        for (channel, reaches) in strategy.channels() {
            if let Some(plugin) = channel_plugin(&installed, reaches, &strategy.contents) {
                let senders = strategy.policies.senders.get(channel).map_or(&[][..], Vec::as_slice);
                rehearsal.connect(channel, ConnectionKind::Channel, plugin, senders).await?;
            }
        }
        for plugin in installed.iter().filter(|plugin| plugin.kind == PluginKind::Source) {
            rehearsal.connect(&plugin.name, ConnectionKind::Source, plugin, &[]).await?;
        }
        entropy.begin();
        Ok(rehearsal)
    }

    /// A shop like another: the same settings, contents, connections and active plugins, but nobody in it, secrets that
    /// are made up, and nothing held. Components are read where they are installed.
    pub(crate) async fn of_shop(
        real: &Arc<dyn Store>,
        shop: &Shop,
        runtime: Arc<Runtime>,
        strategy: &Strategy,
        start: Timestamp,
    ) -> Result<Self, Failure> {
        let store = empty_store().await?;
        store.add_shop(shop).await?;
        let mut records = real.plugins(shop.id).await?;
        records.retain(|record| record.stage == Stage::Active);
        let revision = store.settings_revision(shop.id).await?;
        store.change_plugins(shop.id, &PluginChanges { revision, records, ..PluginChanges::default() }).await?;
        for (content, _) in real.contents(shop.id).await? {
            store.save_content(shop.id, &content, start).await?;
        }
        for entry in real.connections(shop.id).await? {
            let senders = entry.value.senders.iter().cloned();
            let connection = Connection {
                senders: senders.map(|sender| Sender { held: None, waits_until: None, ..sender }).collect(),
                waits_until: None,
                stale_after: None,
                heard_at: None,
                held: None,
                held_contents: BTreeMap::new(),
                odd_refusals: 0,
                ..that_only_sends(entry.value)
            };
            store.save_connection(shop.id, &connection).await?;
            for name in &connection.grants.secrets {
                store.save_secret(shop.id, connection.id, name, &Secret::from(MADE_UP)).await?;
            }
        }
        let (engine, clock, entropy) = engine_over(store, runtime, strategy, start);
        entropy.begin();
        Ok(Self { engine, clock, shop: shop.id })
    }

    /// Lets the shop know what the real one knows of its providers' templates; nobody is asked here.
    pub(crate) async fn know_templates(&self, real: &dyn Store) -> Result<(), StoreError> {
        let known = real.template_books(self.shop).await?.into_iter();
        let templates = known.map(|entry| Entry::new(TemplateBook { due_at: None, ..entry.value })).collect();
        self.engine.store.commit(self.shop, &Changes { templates, ..Changes::default() }).await.map(|_| ())
    }

    async fn connect(
        &self,
        name: &str,
        kind: ConnectionKind,
        plugin: &PluginRecord,
        senders: &[String],
    ) -> Result<(), Failure> {
        let config = sample::of_schema(&plugin.descriptor.config_schema);
        let grants = plugin.descriptor.asks(&config);
        let secrets = grants.secrets.iter().map(|name| (name.clone(), Secret::from(MADE_UP))).collect();
        let plugin = PluginRef { name: plugin.name.clone(), major: Some(plugin.major()) };
        let draft = ConnectionDraft {
            name: name.to_owned(),
            kind,
            plugin,
            config,
            grants,
            window: None,
            cap: None,
            senders: senders.iter().map(|sender| Sender::named(sender)).collect(),
            stale_after: None,
            secrets,
        };
        let connection = self.engine.save_connection(self.shop, draft).await.map_err(|error| {
            Failure::bad_input(format!("`{name}` cannot be tried without a configuration of yours: {error}"))
        })?;
        self.engine.store.save_connection(self.shop, &that_only_sends(connection)).await?;
        Ok(())
    }
}

/// Secrets are made up here and forgotten at the end, and so is what seals them.
async fn empty_store() -> Result<Arc<dyn Store>, Failure> {
    let keys = SecretKeys::parse(&SecretKeys::line(&[0; 32])).map_err(Failure::failed)?;
    wiring::open("memory:", keys).await
}

fn engine_over(
    store: Arc<dyn Store>,
    runtime: Arc<Runtime>,
    strategy: &Strategy,
    start: Timestamp,
) -> (Engine, Arc<VirtualClock>, Arc<CountedEntropy>) {
    let clock = Arc::new(VirtualClock::new(start));
    let accepting = Arc::new(accepting::Accepting::new(runtime, samples(strategy)));
    let entropy = Arc::new(CountedEntropy::default());
    let engine = Engine::new(store, accepting.clone(), accepting, clock.clone(), entropy.clone());
    (engine.with_rehearsed_sources(), clock, entropy)
}

/// What servers of the shop's own are taken to answer, by step.
fn samples(strategy: &Strategy) -> BTreeMap<String, Value> {
    let asking = strategy.steps.keys().filter_map(|step| Some((step, strategy.webhook(step)?)));
    asking.filter_map(|(step, webhook)| Some((step.clone(), webhook.sample.clone()?))).collect()
}

/// The plugin that a channel's name speaks of: its own, or the short name of what it reaches. Of several that reach it,
/// the first that takes what the strategy says there: not each of them carries pictures.
fn channel_plugin<'a>(installed: &'a [PluginRecord], name: &str, contents: &[Content]) -> Option<&'a PluginRecord> {
    let reaches =
        |plugin: &&PluginRecord| plugin.descriptor.ability.as_ref().is_some_and(|ability| ability.channel == name);
    let channels = || installed.iter().filter(|plugin| plugin.kind == PluginKind::Channel);
    let reaching = || channels().filter(reaches);
    channels()
        .find(|plugin| plugin.name == name)
        .or_else(|| reaching().find(|plugin| takes_contents(plugin, contents)))
        .or_else(|| reaching().next())
}

/// A channel that does nothing but send: nobody is there to renew a made-up secret, or to say what a message cost.
fn that_only_sends(connection: Connection) -> Connection {
    let ability = connection.ability.map(|mut ability| {
        ability.tasks.retain(|task| *task == ChannelTaskKind::Send);
        ChannelAbility { refreshes: Vec::new(), ..ability }
    });
    Connection { ability, ..connection }
}
