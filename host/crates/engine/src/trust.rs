//! Signatures: which a shop trusts, and what it does with a component that carries none of them.

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginRecord;
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::trust::{Distrust, SignedBy, TrustPolicy};

use crate::Engine;
use crate::ports::StoreError;
use crate::publish::list;

/// Which signatures a shop trusts, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    /// What the shop said.
    pub policy: TrustPolicy,
    /// What holds: with what the operator demands of every shop.
    pub effective: TrustPolicy,
    /// Versions at work that would be warned of or refused if they were installed now, each with the reason.
    pub distrusted: Vec<(PluginRecord, Distrust)>,
}

/// Why a shop's trust was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// These are wrong.
    #[error("{}", list(.0))]
    Faults(Vec<StrategyFault>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Which signatures a shop trusts.
    pub async fn trust(&self, shop: ShopId) -> Result<Trusted, StoreError> {
        let policy = self.store.trust(shop).await?;
        let effective = policy.above(&self.trust_floor);
        let at_work = self.store.plugins(shop).await?.into_iter().filter(|record| record.is_active());
        let distrusted = at_work
            .filter_map(|record| {
                let distrust = effective.stands(record.signed_by.as_ref()).err()?;
                Some((record, distrust))
            })
            .collect();
        Ok(Trusted { policy, effective, distrusted })
    }

    /// Says which signatures a shop trusts. Versions at work stay at work; the answer names those that could not be
    /// installed any more.
    pub async fn set_trust(&self, shop: ShopId, policy: TrustPolicy) -> Result<Trusted, TrustError> {
        let faults = policy.faults();
        if !faults.is_empty() {
            return Err(TrustError::Faults(faults));
        }
        let (mode, keys) = (policy.mode.name(), policy.keys.len());
        tracing::info!(%shop, mode, keys, "the shop's trust in signatures was changed");
        self.store.save_trust(shop, &policy).await?;
        Ok(self.trust(shop).await?)
    }

    /// Who signed an upload, and what the shop is warned of; or a refusal. A file that was found good before stays so
    /// without its signature, as long as the key is trusted.
    pub(crate) async fn judge(
        &self,
        shop: ShopId,
        component: &[u8],
        signature: Option<&str>,
        known: Option<&PluginRecord>,
    ) -> Result<Result<(Option<SignedBy>, Option<Distrust>), Distrust>, StoreError> {
        let policy = self.store.trust(shop).await?.above(&self.trust_floor);
        let before = known.and_then(|record| record.signed_by.clone());
        let found = match (policy.judge(component, signature), before) {
            (Err(Distrust::Unsigned), Some(before)) => policy.stands(Some(&before)).map(|()| before),
            (found, _) => found,
        };
        Ok(match found {
            Ok(signed_by) => Ok((Some(signed_by), None)),
            Err(distrust) => policy.weigh(Err(distrust)).map(|warning| (None, warning)),
        })
    }

    /// Whether a version that is installed may be used for more than before.
    pub(crate) async fn stands(&self, shop: ShopId, record: &PluginRecord) -> Result<Result<(), Distrust>, StoreError> {
        let policy = self.store.trust(shop).await?.above(&self.trust_floor);
        Ok(policy.weigh(policy.stands(record.signed_by.as_ref())).map(|_| ()))
    }
}
