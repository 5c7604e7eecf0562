//! Plugins: an upload is checked, and becomes active only with rights that somebody granted (S43).

use bytes::Bytes;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{PluginKind, PluginRecord};
use cartwright_domain::publish::{StrategyFault, missing_facts, missing_grants, plugin_uses};
use cartwright_domain::shop::Grants;
use cartwright_domain::strategy::StrategyState;

use crate::Engine;
use crate::holdings::{Holdings, refers_to};
use crate::ports::{PluginRejection, StoreError};
use crate::publish::list;

/// Why a plugin was not installed or not made active.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// It failed a check; nothing is installed.
    #[error(transparent)]
    Rejected(#[from] PluginRejection),
    /// It is installed but not active: strategies that enter or send would not be sound with it.
    #[error("installed, but not active: {}", list(.0))]
    Breaks(Vec<StrategyFault>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Installs a component. With `grants` it becomes active with them. Without, it inherits the grants of the
    /// version it replaces and becomes active if it asks for no more; else it waits, installed, for
    /// [`grant_plugin`](Self::grant_plugin). The same component again goes back to it.
    pub async fn install_plugin(
        &self,
        shop: ShopId,
        component: Bytes,
        grants: Option<Grants>,
    ) -> Result<PluginRecord, InstallError> {
        let checked = self.plugins.check(component.clone(), self.now()).await?;
        let holdings = self.holdings(shop).await?;
        let known = holdings.plugins.iter().find(|record| record.digest == checked.digest);
        let replaced = holdings
            .plugins
            .iter()
            .find(|record| record.active && record.name == checked.name && record.major() == checked.major());
        let mut record = known.cloned().unwrap_or(checked);
        let granted_now = grants.is_some();
        if let Some(grants) = grants.or_else(|| known.or(replaced).map(|record| record.grants.clone())) {
            record.grants = grants;
        }
        let component = known.is_none().then_some(component);
        let may_be_active = granted_now || asks_no_more(&record, &holdings);
        self.install(holdings, record, component, may_be_active).await
    }

    /// Grants an installed version what it may do, and makes it active; none if it is not installed.
    pub async fn grant_plugin(
        &self,
        shop: ShopId,
        digest: &str,
        grants: Grants,
    ) -> Result<Option<PluginRecord>, InstallError> {
        let holdings = self.holdings(shop).await?;
        let Some(mut record) = holdings.plugins.iter().find(|record| record.digest == digest).cloned() else {
            return Ok(None);
        };
        record.grants = grants;
        self.install(holdings, record, None, true).await.map(Some)
    }

    /// Stores it, and makes it active once the shop's strategies are found to be sound with it.
    async fn install(
        &self,
        mut holdings: Holdings,
        mut record: PluginRecord,
        component: Option<Bytes>,
        may_be_active: bool,
    ) -> Result<PluginRecord, InstallError> {
        let shop = holdings.shop.id;
        if component.is_some() || !may_be_active {
            record.active = record.active && may_be_active;
            self.store.save_plugin(shop, &record, component).await?;
        }
        if !may_be_active {
            return Ok(record);
        }
        record.active = true;
        let same = |other: &PluginRecord| other.name == record.name && other.major() == record.major();
        holdings.plugins.retain(|other| !same(other));
        holdings.plugins.insert(0, record.clone());
        let broken = self.broken_strategies(&holdings, &record).await?;
        if !broken.is_empty() {
            return Err(InstallError::Breaks(broken));
        }
        self.store.save_plugin(shop, &record, None).await?;
        Ok(record)
    }

    /// What would be wrong with the shop's strategies at the steps where the plugin decides.
    async fn broken_strategies(
        &self,
        holdings: &Holdings,
        record: &PluginRecord,
    ) -> Result<Vec<StrategyFault>, StoreError> {
        let shop = holdings.shop.id;
        let strategies = self.store.strategies(shop).await?;
        let at_work: Vec<_> = strategies.iter().filter(|strategy| strategy.state != StrategyState::Stopped).collect();
        let ids: Vec<_> = at_work.iter().map(|strategy| strategy.current).collect();
        let mut broken = Vec::new();
        for version in self.store.versions(shop, &ids).await? {
            let uses = plugin_uses(&version.definition);
            let steps: Vec<String> = uses
                .iter()
                .filter(|place| refers_to(place.plugin, record))
                .map(|place| format!("steps.{}.", place.step))
                .collect();
            if steps.is_empty() {
                continue;
            }
            let faults = self.strategy_faults(holdings, &version.definition).await?;
            let at_its_steps = |fault: &StrategyFault| steps.iter().any(|step| fault.path.starts_with(step));
            broken.extend(faults.into_iter().filter(|fault| fault.refuses() && at_its_steps(fault)).map(|fault| {
                StrategyFault { path: format!("strategies.{}.{}", version.definition.name, fault.path), ..fault }
            }));
        }
        Ok(broken)
    }
}

/// Whether it asks for no more than was granted before: as a plugin, or on every connection it speaks for.
fn asks_no_more(record: &PluginRecord, holdings: &Holdings) -> bool {
    match record.kind {
        PluginKind::Condition | PluginKind::Selector | PluginKind::Renderer => {
            missing_facts(record, &record.grants).is_empty()
        }
        PluginKind::Channel | PluginKind::Source => {
            holdings.connections.iter().filter(|connection| refers_to(&connection.plugin, record)).all(|connection| {
                missing_grants(&record.descriptor.asks(&connection.config), &connection.grants).is_empty()
            })
        }
    }
}
