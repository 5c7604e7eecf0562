//! What a shop has: loaded once for everything that is checked against it.

use cartwright_domain::content::Content;
use cartwright_domain::ids::{ShopId, VersionId};
use cartwright_domain::plugin::{PluginRecord, active_plugin};
use cartwright_domain::publish::{ShopView, StrategyFault, Transfers, faults, plugin_uses, transfers_of};
use cartwright_domain::shop::{Connection, Grants, PluginRef, Shop};
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::template::TemplateBooks;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Engine;
use crate::contents::template_faults;
use crate::ports::{PluginCall, StoreError};

/// Settings of one shop.
#[derive(Clone)]
pub(crate) struct Holdings {
    /// Nothing here is older than this.
    pub(crate) revision: u64,
    pub(crate) shop: Arc<Shop>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) plugins: Vec<PluginRecord>,
    pub(crate) contents: Vec<Content>,
    pub(crate) templates: TemplateBooks,
    pub(crate) transfers: Transfers,
    /// The senders that its strategies name by channel, of those that are not stopped.
    pub(crate) senders: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Engine {
    pub(crate) async fn holdings(&self, shop: ShopId) -> Result<Holdings, StoreError> {
        let revision = self.store.settings_revision(shop).await?;
        let found = self.store.shop(shop).await?;
        let missing = || StoreError::Failed(format!("there is no shop {shop}"));
        let strategies = self.store.strategies(shop).await?;
        let current: Vec<VersionId> = strategies.iter().map(|strategy| strategy.current).collect();
        let versions = self.versions(shop, &current).await?;
        let at_work = strategies.iter().filter(|record| record.state != StrategyState::Stopped);
        let senders = at_work
            .filter_map(|record| {
                let named = versions.get(&record.current)?.definition.policies.senders.clone();
                Some((record.name.clone(), named))
            })
            .collect();
        let transfers = strategies
            .into_iter()
            .filter_map(|record| Some((record.name, transfers_of(&versions.get(&record.current)?.definition))))
            .collect();
        let books = self.store.template_books(shop).await?;
        Ok(Holdings {
            revision,
            transfers,
            senders,
            shop: found.ok_or_else(missing)?,
            connections: self.store.connections(shop).await?.into_iter().map(|entry| entry.value).collect(),
            templates: books.into_iter().map(|entry| (entry.value.connection, entry.value)).collect(),
            plugins: self.store.plugins(shop).await?,
            contents: self.store.contents(shop).await?.into_iter().map(|(content, _)| content).collect(),
        })
    }

    /// Everything that is wrong with a strategy: what the domain sees, what plugins say against their
    /// configurations, what the renderer and the channels say against the contents that come along.
    pub(crate) async fn strategy_faults(
        &self,
        holdings: &Holdings,
        definition: &Strategy,
    ) -> Result<Vec<StrategyFault>, StoreError> {
        let mut config_faults = BTreeMap::new();
        for place in plugin_uses(definition) {
            let Some(record) = active_plugin(&holdings.plugins, place.plugin) else { continue };
            if record.kind != place.kind {
                continue;
            }
            let call = plugin_call(holdings, record, place.config, record.grants.clone());
            if let Err(failure) = self.plugins.check_config(&call).await {
                config_faults.insert(place.config_path(), failure.message);
            }
        }
        let view = ShopView {
            shop: &holdings.shop,
            connections: &holdings.connections,
            plugins: &holdings.plugins,
            contents: &holdings.contents,
            transfers: &holdings.transfers,
            config_faults: &config_faults,
        };
        let mut found = faults(definition, &view);
        for (place, content) in definition.contents.iter().enumerate() {
            self.body_faults(holdings, content, &format!("contents[{place}]"), &mut found).await;
        }
        saved_template_faults(holdings, definition, &mut found);
        Ok(found)
    }
}

/// What providers say of the templates of contents that were saved before, at the steps that name them.
fn saved_template_faults(holdings: &Holdings, definition: &Strategy, faults: &mut Vec<StrategyFault>) {
    for (name, step) in &definition.steps {
        for content in step.contents() {
            let comes_along = definition.contents.iter().any(|own| own.name == *content);
            let saved = holdings.contents.iter().find(|saved| saved.name == *content);
            if let (Some(saved), false) = (saved, comes_along) {
                let path = format!("steps.{name}.content");
                template_faults(&holdings.templates, &holdings.connections, saved, |_, _| path.clone(), faults);
            }
        }
    }
}

/// A call of a plugin with a configuration. One that was left out is the empty one.
pub(crate) fn plugin_call(holdings: &Holdings, record: &PluginRecord, config: &Value, grants: Grants) -> PluginCall {
    PluginCall {
        shop: holdings.shop.id,
        digest: record.digest.clone(),
        config: if config.is_null() { json!({}) } else { config.clone() },
        grants: Arc::new(grants),
        limits: record.limits,
    }
}

/// Whether a reference takes this plugin once it is active.
pub(crate) fn refers_to(wanted: &PluginRef, record: &PluginRecord) -> bool {
    wanted.name == record.name && wanted.major.is_none_or(|major| major == record.major())
}
