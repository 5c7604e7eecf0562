//! The runtime as the engine sees it: the port `Plugins`, call by call.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::facts::Subject;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{
    Descriptor, PluginFailure, PluginLimits, PluginRecord, Problem, SourceTaskKind, Stage, Usage,
};
use cartwright_domain::shop::{ChannelTaskKind, Grants};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Answered, ChannelDone, ChannelTask, Choice, Components, ConnectionCall, Observed, Observer, Parsed, PluginCall,
    PluginRejection, Plugins, Received, Response, SourceDone, SourceTask, Step, TemplatePart, TemplateReport, Use,
    Verdict, Verification, Webhook,
};
use serde_json::Value;

use crate::batch;
use crate::catalogue::{Catalogue, Plugin};
use crate::check;
use crate::compiled::Compiled;
use crate::conformance;
use crate::egress::{EgressPolicy, Ways};
use crate::failure::fail;
use crate::guest::{Guest, Rights};
use crate::inspect::{Inspection, inspect};
use crate::kinds::condition::Evaluate;
use crate::kinds::renderer::{self, Render};
use crate::kinds::selector::Select;
use crate::kinds::{channel, convert, source};
use crate::limits::Limits;
use crate::pictures::Studio;
use crate::sandbox::{Sandbox, Slices};
use crate::session::{Session, Told};
use crate::uses::Uses;

/// How a runtime is set up.
pub struct RuntimeOptions {
    /// Where compiled code is kept; none compiles at each start.
    pub cache_dir: Option<PathBuf>,
    /// What plugins may use.
    pub limits: Limits,
    /// How their time is counted.
    pub slices: Slices,
    /// What an operator allows requests beyond the public network.
    pub egress: EgressPolicy,
    /// Where components are found that are not loaded yet.
    pub components: Arc<dyn Components>,
}

/// The runtime cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The Wasm engine.
    #[error(
        "the plugin engine cannot be set up: {0}; it reserves address space: lift `ulimit -v`, or allow fewer places"
    )]
    Engine(String),
    /// The folder for compiled code.
    #[error("the folder for compiled code cannot be used: {0}; name another one, or none")]
    Cache(#[source] std::io::Error),
    /// The HTTP client.
    #[error("the ways out cannot be set up: {0}")]
    Egress(String),
}

/// Runs plugins, and makes their requests.
pub struct Runtime {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) catalogue: Catalogue,
    pub(crate) ways: Ways,
    pub(crate) uses: Arc<Uses>,
    pub(crate) studio: Studio,
}

impl Runtime {
    /// Sets everything up that is done once.
    pub fn new(options: RuntimeOptions) -> Result<Self, SetUpError> {
        let sandbox = Sandbox::new(options.limits, options.slices);
        let sandbox = Arc::new(sandbox.map_err(|error| SetUpError::Engine(format!("{error:#}")))?);
        let compiled = Compiled::new(&sandbox.engine, options.cache_dir).map_err(SetUpError::Cache)?;
        let catalogue = Catalogue::new(sandbox.clone(), compiled, options.components);
        let ways = Ways::new(options.egress, sandbox.limits.clone())?;
        Ok(Self { sandbox, catalogue, ways, uses: Arc::default(), studio: Studio::default() })
    }

    /// What a component is, as far as it can be told without running it.
    pub async fn inspect(&self, component: Bytes) -> Result<Inspection, PluginRejection> {
        inspect(&self.sandbox, component).await
    }

    /// Instances that are alive at this moment.
    pub fn alive(&self) -> usize {
        self.sandbox.alive()
    }

    /// Slices that guests have used since the start, all together: the clock that says who waits for whom.
    pub fn slices(&self) -> u64 {
        self.sandbox.slices()
    }

    async fn plugin(&self, call: &PluginCall) -> Result<Arc<Plugin>, PluginFailure> {
        self.catalogue.plugin(call.shop, &call.digest).await
    }

    /// An instance that speaks for a connection.
    async fn connected(&self, call: &ConnectionCall) -> Result<Session, PluginFailure> {
        let plugin = self.plugin(&call.plugin).await?;
        let rights = Rights::new(&plugin.descriptor, &call.plugin.config, call.plugin.grants.clone())
            .metered(self.uses.meter(&call.plugin));
        let limits = self.sandbox.limits.of(call.plugin.limits);
        let mut guest = Guest::for_connection(&limits, call, rights);
        guest.descriptor = Some(plugin.descriptor.clone());
        let shop = call.plugin.shop;
        let told = self.told(&call.plugin);
        match Session::open(&self.sandbox, &plugin.kind, Some(shop), guest, limits.step_output_bytes()).await {
            Ok(session) => Ok(session.told(told)),
            Err(failure) => {
                if let Some(told) = told {
                    told.tell(0, Some(&failure), &[]);
                }
                Err(failure)
            }
        }
    }

    /// Who is told of a call that begins now.
    fn told(&self, call: &PluginCall) -> Option<Told> {
        let observer = self.sandbox.observer.get()?.clone();
        Some(Told { observer, shop: call.shop, digest: call.digest.clone(), began: batch::instant() })
    }

    /// An instance that is asked about something else than a subject.
    pub(crate) async fn asked(&self, plugin: &Plugin, call: &PluginCall) -> Result<Session, PluginFailure> {
        let limits = self.sandbox.limits.of(call.limits);
        let mut guest = Guest::new(&limits);
        guest.descriptor = Some(plugin.descriptor.clone());
        guest.config = Arc::from(call.config.to_string());
        Session::open(&self.sandbox, &plugin.kind, Some(call.shop), guest, limits.output_bytes).await
    }

    /// Makes the state of each instance of a batch.
    fn deciding(&self, plugin: &Plugin, call: &PluginCall) -> impl Fn() -> Guest + Send + Sync + use<> {
        let limits = self.sandbox.limits.of(call.limits);
        let descriptor = plugin.descriptor.clone();
        let rights = Rights::new(&plugin.descriptor, &call.config, call.grants.clone());
        let config: Arc<str> = Arc::from(call.config.to_string());
        move || {
            let mut guest = Guest::new(&limits);
            guest.rights = rights.clone();
            guest.descriptor = Some(descriptor.clone());
            guest.config = config.clone();
            guest
        }
    }
}

/// The same failure for everybody in a batch.
fn all_failed<T>(count: usize, failure: &PluginFailure) -> Vec<Answered<T>> {
    let answered =
        || Answered { result: Err(failure.clone()), reads: Vec::new(), log: Vec::new(), usage: Usage::default() };
    std::iter::repeat_with(answered).take(count).collect()
}

#[async_trait]
impl Plugins for Runtime {
    fn observe(&self, observer: Arc<dyn Observer>) {
        // Whoever asked first goes on being told.
        let _ = self.sandbox.observer.set(observer);
    }

    async fn check(&self, component: Bytes, now: Timestamp) -> Result<PluginRecord, PluginRejection> {
        check::file(&self.sandbox.limits, &component)?;
        let metadata = check::read_metadata(&component);
        let (name, version) = metadata.identity()?;
        let size = component.len() as u64;
        let plugin = self.catalogue.uploaded(component).await?;
        conformance::at_upload(self, &plugin).await?;
        Ok(PluginRecord {
            name,
            version,
            digest: plugin.digest.clone(),
            kind: plugin.kind.name(),
            built_for: plugin.built_for.clone(),
            size,
            licence: metadata.licence,
            authors: metadata.authors,
            descriptor: Descriptor::clone(&plugin.descriptor),
            grants: Grants::default(),
            limits: PluginLimits::default(),
            signed_by: None,
            distrust: None,
            installed_at: now,
            stage: Stage::Installed,
            since: now,
            why: None,
        })
    }

    async fn check_config(&self, call: &PluginCall) -> Result<(), PluginFailure> {
        let plugin = self.plugin(call).await?;
        if let Err(error) = plugin.config_schema.validate(&call.config) {
            let path = error.instance_path().to_string();
            let place = if path.is_empty() { "the configuration" } else { path.as_str() };
            return Err(fail(Problem::BadConfig, format!("{place}: {error}")));
        }
        let mut session = self.asked(&plugin, call).await?;
        let answer = session.live.check_config(&mut session.store, &call.config.to_string()).await;
        session.close(answer)?.map_err(convert::fault)
    }

    fn take_uses(&self) -> Vec<Use> {
        self.uses.take()
    }

    async fn evaluate(&self, call: &PluginCall, subjects: &[Subject]) -> Vec<Answered<Verdict>> {
        match self.plugin(call).await {
            Err(failure) => all_failed(subjects.len(), &failure),
            Ok(plugin) => {
                let work = Evaluate { branches: &plugin.descriptor.branches, subjects };
                let deciding = self.deciding(&plugin, call);
                let answers = batch::run(&self.sandbox, &plugin, Some(call.shop), deciding, &work).await;
                self.uses.count_reads(call, &answers);
                answers
            }
        }
    }

    async fn select(&self, call: &PluginCall, candidates: &[Offered], subjects: &[Subject]) -> Vec<Answered<Choice>> {
        match self.plugin(call).await {
            Err(failure) => all_failed(subjects.len(), &failure),
            Ok(plugin) => {
                let work = Select { candidates: Arc::from(candidates), subjects };
                let deciding = self.deciding(&plugin, call);
                let answers = batch::run(&self.sandbox, &plugin, Some(call.shop), deciding, &work).await;
                self.uses.count_reads(call, &answers);
                answers
            }
        }
    }

    async fn check_templates(
        &self,
        call: &PluginCall,
        parts: &[TemplatePart],
    ) -> Result<TemplateReport, PluginFailure> {
        let plugin = self.plugin(call).await?;
        renderer::check(self.asked(&plugin, call).await?, parts).await
    }

    async fn render(
        &self,
        call: &PluginCall,
        parts: &[TemplatePart],
        data: &[Value],
    ) -> Vec<Result<Vec<(String, String)>, PluginFailure>> {
        let answers = match self.plugin(call).await {
            Err(failure) => all_failed(data.len(), &failure),
            Ok(plugin) => {
                let work = Render { parts: renderer::parts(parts), data };
                batch::run(&self.sandbox, &plugin, Some(call.shop), self.deciding(&plugin, call), &work).await
            }
        };
        if let Some(observer) = self.sandbox.observer.get() {
            for answered in &answers {
                let (shop, digest, usage) = (call.shop, call.digest.as_str(), answered.usage);
                let failure = answered.result.as_ref().err();
                observer.observed(&Observed { shop, digest, usage, failure, log: &answered.log });
            }
        }
        answers.into_iter().map(|answered| answered.result).collect()
    }

    async fn channel_begin(
        &self,
        call: &ConnectionCall,
        task: &ChannelTask,
    ) -> Result<Step<ChannelDone>, PluginFailure> {
        channel::begin(self.connected(call).await?, task).await
    }

    async fn channel_resume(
        &self,
        call: &ConnectionCall,
        task: ChannelTaskKind,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<ChannelDone>, PluginFailure> {
        channel::resume(self.connected(call).await?, task, state, responses).await
    }

    async fn source_begin(&self, call: &ConnectionCall, task: &SourceTask) -> Result<Step<SourceDone>, PluginFailure> {
        source::begin(self.connected(call).await?, task).await
    }

    async fn source_resume(
        &self,
        call: &ConnectionCall,
        task: SourceTaskKind,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<SourceDone>, PluginFailure> {
        source::resume(self.connected(call).await?, task, state, responses).await
    }

    async fn verify(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Verification, PluginFailure> {
        source::verify(self.connected(call).await?, webhook).await
    }

    async fn parse(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Parsed, PluginFailure> {
        source::parse(self.connected(call).await?, webhook).await
    }

    async fn receive(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Received, PluginFailure> {
        channel::receive(self.connected(call).await?, webhook).await
    }
}
