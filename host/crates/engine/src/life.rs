//! The life of an installed plugin: granted, promoted, rolled back, limited, stopped. Each change is one transaction
//! with the revision of the shop's settings, decided on the settings of the revision before, and written into the
//! audit with it.

use cartwright_domain::ids::{ShopId, VersionId};
use cartwright_domain::plugin::{Audited, Kill, PluginKind, PluginLimits, PluginRecord, Stage, rolled_back};
use cartwright_domain::publish::{FaultCode, StrategyFault, missing_facts, missing_grants, plugin_uses};
use cartwright_domain::shop::{ConnectionKind, Grants};
use cartwright_domain::strategy::{StrategyRecord, StrategyState, Version};
use std::collections::BTreeMap;

use crate::Engine;
use crate::holdings::{Holdings, plugin_call, refers_to};
use crate::install::{Audit, CONFLICTS, InstallError};
use crate::ports::{PluginChanges, StoreError};

/// What somebody does to an installed plugin.
#[derive(Debug, Clone)]
pub enum PluginChange {
    /// Grants a version what it may do; one that waited goes on to where it was meant to go.
    Grant {
        /// Of the version.
        digest: String,
        /// In place of those before.
        grants: Grants,
    },
    /// Moves a version to another stage.
    Promote {
        /// Of the version.
        digest: String,
        /// Where to.
        to: Stage,
        /// Why.
        why: Option<String>,
    },
    /// Goes back to the version before.
    RollBack {
        /// Of the plugin.
        name: String,
        /// Of which line; without, of the one that changed last.
        major: Option<u64>,
        /// Why.
        why: Option<String>,
    },
    /// Changes what a version may use.
    Limit {
        /// Of the version.
        digest: String,
        /// In place of those before.
        limits: PluginLimits,
    },
    /// Stops a plugin in all its versions: whatever would ask it holds.
    Kill {
        /// Of the plugin.
        name: String,
        /// Why.
        why: String,
    },
    /// Lets it go on.
    Revive {
        /// Of the plugin.
        name: String,
    },
}

impl Engine {
    /// Changes an installed plugin; the version as it is now, none if it is not installed.
    pub async fn change_plugin(
        &self,
        shop: ShopId,
        by: &str,
        change: PluginChange,
    ) -> Result<Option<PluginRecord>, InstallError> {
        for _ in 0..CONFLICTS {
            match self.try_change_plugin(shop, by, &change).await {
                Err(InstallError::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn try_change_plugin(
        &self,
        shop: ShopId,
        by: &str,
        change: &PluginChange,
    ) -> Result<Option<PluginRecord>, InstallError> {
        let holdings = self.holdings(shop).await?;
        let now = self.now();
        let found = match change {
            PluginChange::Grant { digest, .. }
            | PluginChange::Promote { digest, .. }
            | PluginChange::Limit { digest, .. } => holdings.plugins.iter().find(|record| record.digest == *digest),
            PluginChange::RollBack { name, .. } | PluginChange::Kill { name, .. } | PluginChange::Revive { name } => {
                holdings.plugins.iter().find(|record| record.name == *name)
            }
        };
        let Some(record) = found else { return Ok(None) };
        let mut audit = Audit::new(self, by);
        let mut changes = PluginChanges { revision: holdings.revision, ..PluginChanges::default() };
        match change {
            PluginChange::Grant { grants, .. } => {
                self.stands(shop, record).await??;
                audit.tell(record, Audited::Granted { grants: grants.clone() });
                let granted = PluginRecord { grants: grants.clone(), ..record.clone() };
                changes.records = match &record.stage {
                    // It had asked for what it was granted now; whoever grants less is told by the strategies.
                    Stage::Waiting { then } => {
                        let ready = PluginRecord { stage: Stage::Installed, ..granted };
                        self.going(&holdings, &ready, (**then).clone(), now, None).await?
                    }
                    Stage::Active | Stage::Canary { .. } => {
                        self.refuse_broken(&holdings, &granted, true).await?;
                        vec![granted]
                    }
                    _ => vec![granted],
                };
            }
            PluginChange::Promote { to, why, .. } => {
                changes.records = self.going(&holdings, record, to.clone(), now, why.as_deref()).await?;
            }
            PluginChange::RollBack { name, major, why } => {
                let why = why.as_deref().unwrap_or("rolled back");
                changes.records = rolled_back(&holdings.plugins, name, *major, now, why)?;
                if let Some(back) = changes.records.first() {
                    self.stands(shop, back).await??;
                    self.refuse_broken(&holdings, back, true).await?;
                }
            }
            PluginChange::Limit { limits, .. } => {
                let faults: Vec<StrategyFault> =
                    limits.faults().into_iter().map(|(field, message)| StrategyFault::error(field, message)).collect();
                if !faults.is_empty() {
                    return Err(InstallError::Faults(faults));
                }
                audit.tell(record, Audited::Limited { limits: *limits });
                changes.records = vec![PluginRecord { limits: *limits, ..record.clone() }];
            }
            PluginChange::Kill { name, why } => {
                audit.tell_of(name, None, Audited::Killed { why: why.clone() });
                tracing::warn!(%shop, plugin = name, by, why, "plugin stopped: whatever would ask it holds");
                changes.killed = Some(Kill { plugin: name.clone(), at: now, by: by.to_owned(), why: why.clone() });
            }
            PluginChange::Revive { name } => {
                audit.tell_of(name, None, Audited::Revived);
                changes.revived = Some(name.clone());
            }
        }
        let changed = changes.records.first().unwrap_or(record).clone();
        let stood = holdings.plugins.iter().find(|known| known.digest == changed.digest).map(|known| &known.stage);
        audit.moves(&holdings, &changes.records, stood.unwrap_or(&Stage::Installed), &changed.digest);
        changes.audit = audit.entries;
        self.store.change_plugins(shop, &changes).await?;
        self.wake_for([shop]);
        Ok(Some(changed))
    }

    /// Refuses with the list of what would no longer be sound: every strategy at work in its current version, every
    /// version in which a run waits, and every connection, if a version decided or (`decides` is false) no longer did.
    pub(crate) async fn refuse_broken(
        &self,
        holdings: &Holdings,
        record: &PluginRecord,
        decides: bool,
    ) -> Result<(), InstallError> {
        let mut after = holdings.clone();
        after.plugins.retain(|other| !other.is_of_line(record));
        if decides {
            after.plugins.insert(0, PluginRecord { stage: Stage::Active, ..record.clone() });
        }
        let mut broken = self.broken_strategies(&after, record).await?;
        self.broken_connections(&after, record, decides, &mut broken).await;
        if broken.is_empty() { Ok(()) } else { Err(InstallError::Breaks(broken)) }
    }

    async fn broken_strategies(
        &self,
        holdings: &Holdings,
        record: &PluginRecord,
    ) -> Result<Vec<StrategyFault>, StoreError> {
        let shop = holdings.shop.id;
        let strategies = self.store.strategies(shop).await?;
        let at_work: BTreeMap<_, &StrategyRecord> = strategies
            .iter()
            .filter(|strategy| strategy.state != StrategyState::Stopped)
            .map(|strategy| (strategy.id, strategy))
            .collect();
        let mut ids: Vec<VersionId> = at_work.values().map(|strategy| strategy.current).collect();
        ids.extend(self.store.runs_by_version(shop).await?.into_iter().map(|(version, _)| version));
        let versions = self.store.versions(shop, &ids).await?;
        let mut broken = Vec::new();
        for version in versions {
            let Some(strategy) = at_work.get(&version.strategy) else { continue };
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
            let place = place_of(strategy, &version);
            broken.extend(
                faults
                    .into_iter()
                    .filter(|fault| fault.refuses() && at_its_steps(fault))
                    .map(|fault| StrategyFault { path: format!("{place}.{}", fault.path), ..fault }),
            );
        }
        Ok(broken)
    }

    async fn broken_connections(
        &self,
        holdings: &Holdings,
        record: &PluginRecord,
        decides: bool,
        broken: &mut Vec<StrategyFault>,
    ) {
        for connection in holdings.connections.iter().filter(|connection| refers_to(&connection.plugin, record)) {
            let kind = match connection.kind {
                ConnectionKind::Channel => "channels",
                ConnectionKind::Source => "sources",
            };
            let path = format!("{kind}.{}", connection.name);
            if !decides {
                let message = FaultCode::SpeaksThrough.with([("plugin", &record.name)]);
                broken.push(StrategyFault::error(format!("{path}.plugin"), message));
                continue;
            }
            let call = plugin_call(holdings, record, &connection.config, connection.grants.clone());
            if let Err(failure) = self.plugins.check_config(&call).await {
                broken.push(StrategyFault::error(format!("{path}.config"), failure.message));
            }
            for sender in &connection.senders {
                let config = connection.config_by(Some(&sender.name));
                let call = plugin_call(holdings, record, &config, connection.grants.clone());
                if let Err(failure) = self.plugins.check_config(&call).await {
                    let path = format!("{path}.senders.{}.config", sender.name);
                    broken.push(StrategyFault::error(path, failure.message));
                }
            }
        }
    }
}

/// Where a strategy stands in the list: runs that wait in an older version name it.
fn place_of(strategy: &StrategyRecord, version: &Version) -> String {
    if strategy.current == version.id {
        format!("strategies.{}", version.definition.name)
    } else {
        format!("strategies.{} (version {}, in which runs wait)", version.definition.name, version.number)
    }
}

impl Holdings {
    /// What a version asks for beyond what was granted: as a plugin, or on every connection it speaks for.
    pub(crate) fn missing(&self, record: &PluginRecord) -> Vec<String> {
        match record.kind {
            PluginKind::Condition | PluginKind::Selector | PluginKind::Renderer => {
                missing_facts(record, &record.grants)
            }
            PluginKind::Channel | PluginKind::Source => self
                .connections
                .iter()
                .filter(|connection| refers_to(&connection.plugin, record))
                .flat_map(|connection| {
                    let missing = missing_grants(&record.descriptor.asks(&connection.config), &connection.grants);
                    missing.into_iter().map(|(field, what)| format!("{}: {field} {what}", connection.name))
                })
                .collect(),
        }
    }
}
