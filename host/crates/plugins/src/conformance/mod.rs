//! The conformance kit: whether a component keeps the promises of its kind, not only its types.
//!
//! It runs the component through the very runtime that serves shops: at upload what fits into a moment, on an
//! author's machine everything. A check passes, fails with what was seen and what to do, or does not apply and says
//! why. Start reading at [`run`]; what each kind must do is in the file of the kind.

mod cassettes;
mod channel;
mod common;
mod decisions;
mod fixture;
mod renderer;
mod report;
mod requests;
mod samples;
mod schema;
mod source;

pub use fixture::{Fixture, SampleWebhook};
pub use report::{Check, Finding, Report};

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use cartwright_domain::ids::{ConnectionId, Mint, ShopId};
use cartwright_domain::plugin::{PluginFailure, PluginKind, PluginLimits};
use cartwright_domain::shop::Grants;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{CheckStage, ConnectionCall, PluginCall, PluginRejection, Plugins, Secret};
use serde_json::Value;

use crate::catalogue::Plugin;
use crate::failure::reject;
use crate::runtime::Runtime;

/// How much is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// Everything, to the end.
    #[default]
    Full,
    /// Small batches, one configuration, and nothing more after the first failure: a stranger's component holds an
    /// upload no longer than a few dozen calls.
    Upload,
}

/// Looks whether a component keeps the promises of its kind. An error means that it is no plugin at all.
pub async fn run(
    runtime: &Runtime,
    component: Bytes,
    fixture: &Fixture,
    depth: Depth,
) -> Result<Report, PluginRejection> {
    crate::check::file(&runtime.sandbox.limits, &component)?;
    let metadata = crate::check::read_metadata(&component);
    let (name, version) = metadata.identity()?;
    let plugin = runtime.catalogue.uploaded(component).await?;
    let report = Report::new(format!("{name}@{version}"), plugin.kind.name());
    Ok(Kit::new(runtime, plugin, fixture, depth, report).examine().await)
}

/// What an upload must pass.
pub(crate) async fn at_upload(runtime: &Runtime, plugin: &Arc<Plugin>) -> Result<(), PluginRejection> {
    let report = Report::new(String::new(), plugin.kind.name());
    let fixture = Fixture::default();
    let report = Kit::new(runtime, plugin.clone(), &fixture, Depth::Upload, report).examine().await;
    match report.failures().next() {
        None => Ok(()),
        Some((check, seen, remedy)) => {
            Err(reject(CheckStage::Conformance, format!("{}: {seen}; {remedy}", check.statement)))
        }
    }
}

/// A component under examination.
struct Kit<'a> {
    runtime: &'a Runtime,
    plugin: Arc<Plugin>,
    fixture: &'a Fixture,
    depth: Depth,
    /// A shop of its own: what is examined waits among its own kind and never before a real shop.
    shop: ShopId,
    report: Report,
}

impl<'a> Kit<'a> {
    fn new(runtime: &'a Runtime, plugin: Arc<Plugin>, fixture: &'a Fixture, depth: Depth, report: Report) -> Self {
        Self { runtime, plugin, fixture, depth, shop: shop(), report }
    }

    async fn examine(mut self) -> Report {
        common::describe(&mut self).await;
        let configs = common::configurations(&mut self).await;
        if self.goes_on() {
            common::junk(&mut self, configs.first()).await;
        }
        match self.plugin.kind.name() {
            PluginKind::Condition | PluginKind::Selector => decisions::examine(&mut self, &configs).await,
            PluginKind::Channel => channel::examine(&mut self, &configs).await,
            PluginKind::Source => source::examine(&mut self, &configs).await,
            PluginKind::Renderer => renderer::examine(&mut self).await,
        }
        self.report
    }

    /// Whether the next check is worth its time.
    fn goes_on(&self) -> bool {
        self.depth == Depth::Full || self.report.is_clean()
    }

    /// A call with everything granted that the component asks for.
    fn call(&self, config: &Value) -> PluginCall {
        PluginCall {
            shop: self.shop,
            digest: self.plugin.digest.clone(),
            config: config.clone(),
            grants: Arc::new(self.asked(config)),
            limits: PluginLimits::default(),
        }
    }

    fn asked(&self, config: &Value) -> Grants {
        self.plugin.descriptor.asks(config)
    }

    /// A call of a connection, with a value for every secret that the fixture leaves out.
    fn connection(&self, config: &Value) -> ConnectionCall {
        let names = self.plugin.descriptor.secrets.iter().map(|need| need.name.as_str());
        let secrets: BTreeMap<String, Secret> = names
            .map(|name| {
                let made_up = || format!("conformance-{name}-secret");
                let value = self.fixture.secrets.get(name).cloned().unwrap_or_else(made_up);
                (name.to_owned(), Secret::from(value.as_str()))
            })
            .collect();
        let connection: ConnectionId = Mint::new(moment(), [0xc1; 32]).next();
        ConnectionCall {
            plugin: self.call(config),
            connection,
            secrets: Arc::new(secrets),
            expiries: Arc::default(),
            address: format!("https://carts.example/hooks/{connection}"),
            now: moment(),
        }
    }

    /// Whether the component's own mind takes a configuration that its schema takes.
    async fn takes(&self, config: &Value) -> Result<(), PluginFailure> {
        self.runtime.check_config(&self.call(config)).await
    }
}

/// The shop of every examination, which no store knows.
pub(crate) fn shop() -> ShopId {
    static SHOP: LazyLock<ShopId> = LazyLock::new(|| Mint::new(moment(), [0xc0; 32]).next());
    *SHOP
}

/// The moment of every examination, so that the same component is always seen in the same light.
fn moment() -> Timestamp {
    Timestamp::from_millis(1_793_613_600_000)
}
