//! What the composition root decides about the API.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::StoreError;
use cartwright_engine::{Preview, PreviewError, Previewed, Skipped};
use ipnet::IpNet;

use crate::console::ConsoleFiles;

/// Everything that can be set.
#[derive(Clone)]
pub struct ApiOptions {
    /// How this service is reached from outside, without a slash at the end: webhook addresses begin with it.
    pub public_url: String,
    /// Only in `cartwright demo`: its shop and its clock.
    pub demo: Option<Arc<dyn DemoControls>>,
    /// Where strategies are tried before they are published.
    pub previews: Option<Arc<dyn Previews>>,
    /// The web console, if it was built.
    pub console: Option<Arc<dyn ConsoleFiles>>,
    /// How large bodies may be.
    pub limits: Limits,
    /// Proxies of ours, which say in `X-Forwarded-For` who asks.
    pub trusted_proxies: Vec<IpNet>,
}

impl ApiOptions {
    /// Options of `serve`: no demo, no previews, no console, usual limits.
    pub fn new(public_url: impl Into<String>) -> Self {
        let public_url: String = public_url.into();
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            demo: None,
            previews: None,
            console: None,
            limits: Limits::default(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// The largest bodies that are read, in bytes. Anything larger is answered 413 before it is read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Every JSON body that is not named below.
    pub json: usize,
    /// `POST /v1/events`: up to 500 events.
    pub events: usize,
    /// `POST /v1/plugins`: one component (S42).
    pub component: usize,
    /// `/hooks/…`: one webhook (S42).
    pub webhook: usize,
}

const MIB: usize = 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self { json: MIB, events: 8 * MIB, component: 32 * MIB, webhook: MIB }
    }
}

/// Tries strategies in shops in memory.
#[async_trait]
pub trait Previews: Send + Sync {
    /// Plays one customer of a shop through a strategy. Nothing is sent, and nothing is kept.
    async fn preview(&self, shop: ShopId, wanted: Preview) -> Result<Previewed, PreviewError>;
}

/// What the demo lets its visitor do.
#[async_trait]
pub trait DemoControls: Send + Sync {
    /// The sample shop, shown on the page without signing in.
    fn shop(&self) -> ShopId;
    /// Whom everybody is who looks at the console of the demo.
    fn visitor(&self) -> UserId;
    /// What the skippable clock says.
    fn now(&self) -> Timestamp;
    /// Moves the clock from due instant to due instant and settles each, so that a skip equals waiting.
    async fn skip(&self, span: Span) -> Result<Skipped, StoreError>;
}
