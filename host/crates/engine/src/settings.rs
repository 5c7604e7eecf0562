//! What people configured, as one batch sees it: read again only when its revision has moved.

use cartwright_domain::alert::content_on;
use cartwright_domain::ids::{ShopId, VersionId};
use cartwright_domain::plugin::{Breaker, Descriptor, Kill, PluginKind, PluginRecord, SourceAbility, SourceTaskKind};
use cartwright_domain::shop::{Connection, ConnectionKind, Grants, PluginRef, Shop};
use cartwright_domain::strategy::{StrategyState, Version};
use cartwright_domain::template::TemplateBooks;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::{Entry, LiveStrategy};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Engine;
use crate::ports::StoreError;

/// A shop's settings at one revision.
#[derive(Clone)]
pub struct ShopSettings {
    /// Moves with every change.
    pub revision: u64,
    /// The shop.
    pub shop: Arc<Shop>,
    /// Its strategies with their current versions.
    pub strategies: Arc<[LiveStrategy]>,
    /// Its channels, by name.
    pub channels: BTreeMap<String, Entry<Connection>>,
    /// What the providers of its channels say of their templates.
    pub templates: Arc<TemplateBooks>,
    /// Its sources, by name.
    pub sources: BTreeMap<String, Entry<Connection>>,
    /// Its plugins, newest first.
    pub plugins: Vec<Arc<PluginRecord>>,
    /// Those that are stopped, by name.
    pub kills: BTreeMap<String, Kill>,
    /// Circuit breakers that are not as new, by digest.
    pub breakers: BTreeMap<String, Entry<Breaker>>,
    /// By which addresses of those who were erased are known again; none where nobody was (S45).
    pub erasure_key: Option<[u8; 32]>,
}

impl ShopSettings {
    /// The active version of a plugin, unless that is stopped.
    pub fn plugin(&self, kind: PluginKind, wanted: &PluginRef) -> Option<&Arc<PluginRecord>> {
        self.active(kind, wanted).filter(|plugin| !self.kills.contains_key(&plugin.name))
    }

    /// The active version of a plugin.
    pub fn active(&self, kind: PluginKind, wanted: &PluginRef) -> Option<&Arc<PluginRecord>> {
        self.plugins.iter().find(|plugin| {
            plugin.is_active()
                && plugin.kind == kind
                && plugin.name == wanted.name
                && wanted.major.is_none_or(|major| major == plugin.major())
        })
    }
}

impl ShopSettings {
    /// What a source may be asked to do: nothing where its plugin may reach no host.
    pub(crate) fn source_abilities(&self, source: &Connection) -> &[SourceAbility] {
        match self.active(PluginKind::Source, &source.plugin) {
            Some(plugin) => askable(&plugin.descriptor, &source.grants),
            None => &[],
        }
    }

    /// Whether a template that its provider refuses keeps a content, called as alerts call it, from a channel.
    pub(crate) fn is_kept_back(&self, channel: &Connection, about: &str) -> bool {
        let Some(book) = self.templates.get(&channel.id) else { return false };
        let running = self.strategies.iter().filter(|live| live.record.state != StrategyState::Stopped);
        running
            .flat_map(|live| &live.version.definition.contents)
            .any(|content| content_on(&content.name, &channel.name) == about && book.refuses(channel, content))
    }

    /// From when on somebody may ask what was handed over to a customer; none if no plugin and no rule asks.
    pub(crate) fn contacts_since(&self, now: Timestamp) -> Option<Timestamp> {
        let asks = self.plugins.iter().filter_map(|plugin| plugin.descriptor.looks_back("messages"));
        let plugins = asks.max().map(|days| (now - Span::days(i64::from(days))).max(Timestamp::default()));
        let current = self.strategies.iter().map(|live| &live.version.definition);
        let rules = current.filter_map(|definition| definition.contacts_since(now, &self.shop)).min();
        [plugins, rules].into_iter().flatten().min()
    }
}

/// The tasks of a source that is allowed these.
pub(crate) fn askable<'a>(descriptor: &'a Descriptor, grants: &Grants) -> &'a [SourceAbility] {
    if grants.hosts.is_empty() { &[] } else { &descriptor.tasks }
}

/// Whether a source with these tasks can be asked what happened (S08).
pub(crate) fn can_be_asked(abilities: &[SourceAbility]) -> bool {
    abilities.iter().any(|ability| matches!(ability.task, SourceTaskKind::OrdersOf | SourceTaskKind::Poll))
}

/// Settings that were read, and versions, each with the revision of the settings that it was read after: what a version
/// says changes with them only (S28).
#[derive(Default)]
pub(crate) struct Cache {
    shops: Mutex<HashMap<ShopId, Arc<ShopSettings>>>,
    versions: Mutex<HashMap<VersionId, (u64, Arc<Version>)>>,
}

/// More versions than this are forgotten at once rather than kept for ever.
const VERSIONS_KEPT: usize = 10_000;

impl Engine {
    /// The settings of a shop as they are now; none for a shop that does not exist.
    pub async fn settings(&self, shop: ShopId) -> Result<Option<Arc<ShopSettings>>, StoreError> {
        let revision = self.store.settings_revision(shop).await?;
        let known = self.cache.shops.lock().unwrap_or_else(PoisonError::into_inner).get(&shop).cloned();
        if let Some(settings) = known.filter(|settings| settings.revision == revision) {
            return Ok(Some(settings));
        }
        let Some(record) = self.store.shop(shop).await? else { return Ok(None) };
        let strategies = self.store.strategies(shop).await?;
        let current: Vec<VersionId> = strategies.iter().map(|strategy| strategy.current).collect();
        let versions = self.versions_at(shop, revision, &current).await?;
        let live = strategies
            .into_iter()
            .filter_map(|record| {
                let version = versions.get(&record.current)?.clone();
                Some(LiveStrategy { record, version })
            })
            .collect();
        let (channels, sources) = self
            .store
            .connections(shop)
            .await?
            .into_iter()
            .partition::<Vec<_>, _>(|entry| entry.value.kind == ConnectionKind::Channel);
        let by_name = |entries: Vec<Entry<Connection>>| {
            entries.into_iter().map(|entry| (entry.value.name.clone(), entry)).collect()
        };
        let books = self.store.template_books(shop).await?;
        let settings = Arc::new(ShopSettings {
            revision,
            shop: record,
            strategies: live,
            channels: by_name(channels),
            templates: Arc::new(books.into_iter().map(|entry| (entry.value.connection, entry.value)).collect()),
            sources: by_name(sources),
            plugins: self.store.plugins(shop).await?.into_iter().map(Arc::new).collect(),
            kills: self.store.plugin_kills(shop).await?.into_iter().map(|kill| (kill.plugin.clone(), kill)).collect(),
            breakers: self.store.breakers(shop).await?.into_iter().collect(),
            erasure_key: self.store.erasure_key(shop).await?,
        });
        self.cache.shops.lock().unwrap_or_else(PoisonError::into_inner).insert(shop, settings.clone());
        Ok(Some(settings))
    }

    /// Versions by id, as runs go through them now.
    pub(crate) async fn versions(
        &self,
        shop: ShopId,
        ids: &[VersionId],
    ) -> Result<BTreeMap<VersionId, Arc<Version>>, StoreError> {
        self.versions_at(shop, self.store.settings_revision(shop).await?, ids).await
    }

    /// The same where a revision of the settings was read before: from memory where they are known.
    pub(crate) async fn versions_at(
        &self,
        shop: ShopId,
        revision: u64,
        ids: &[VersionId],
    ) -> Result<BTreeMap<VersionId, Arc<Version>>, StoreError> {
        let wanted: BTreeSet<VersionId> = ids.iter().copied().collect();
        let mut found = BTreeMap::new();
        {
            let known = self.cache.versions.lock().unwrap_or_else(PoisonError::into_inner);
            let known =
                |id: &VersionId| known.get(id).filter(|(at, _)| *at == revision).map(|(_, known)| known.clone());
            found.extend(wanted.iter().filter_map(|id| Some((*id, known(id)?))));
        }
        let missing: Vec<VersionId> = wanted.into_iter().filter(|id| !found.contains_key(id)).collect();
        if !missing.is_empty() {
            let loaded = self.load_versions(shop, &missing).await?;
            let mut known = self.cache.versions.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() > VERSIONS_KEPT {
                known.clear();
            }
            for version in loaded {
                let version = Arc::new(version);
                known.insert(version.id, (revision, version.clone()));
                found.insert(version.id, version);
            }
        }
        Ok(found)
    }

    async fn load_versions(&self, shop: ShopId, ids: &[VersionId]) -> Result<Vec<Version>, StoreError> {
        let mut versions = self.store.versions(shop, ids).await?;
        for replacement in self.store.replacements(shop, ids).await? {
            if let Some(version) = versions.iter_mut().find(|version| version.id == replacement.version) {
                version.replace(replacement);
            }
        }
        Ok(versions)
    }
}
