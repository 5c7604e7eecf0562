//! Shops: a new one is ready to be connected.

use cartwright_domain::money::Currency;
use cartwright_domain::publish::{StrategyFault, shop_faults};
use cartwright_domain::shop::{DECIDE_TOGETHER, Shop};

use crate::Engine;
use crate::ports::StoreError;
use crate::publish::list;

/// Why a shop was not made.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// These are wrong.
    #[error("{}", list(.0))]
    Faults(Vec<StrategyFault>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes a shop. Without a time zone its local times are UTC.
    pub async fn make_shop(
        &self,
        name: &str,
        currency: Currency,
        time_zone: Option<&str>,
        country: Option<&str>,
    ) -> Result<Shop, ShopError> {
        let shop = Shop {
            id: self.entropy.mint(self.now()).next(),
            name: name.trim().to_owned(),
            currency,
            time_zone: time_zone.unwrap_or("UTC").to_owned(),
            country: country.map(str::to_owned),
            unknown_consent_passes: Vec::new(),
            topics: Vec::new(),
            window: None,
            quiet_hours: cartwright_domain::window::preset::QuietHours::Off,
            cap: None,
            decide_together: DECIDE_TOGETHER,
            alerts: Vec::new(),
            replies: Vec::new(),
            sites: Vec::new(),
            utm: Default::default(),
            push_filter: Default::default(),
            storefront: None,
            chat_links: Default::default(),
        };
        let faults = shop_faults(&shop);
        if !faults.is_empty() {
            return Err(ShopError::Faults(faults));
        }
        self.store.add_shop(&shop).await?;
        Ok(shop)
    }
}
