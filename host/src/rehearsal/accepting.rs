//! Providers that accept everything at once. Each message is made by the real plugin up to the request; what the
//! provider would answer is made up.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::facts::Subject;
use cartwright_domain::message::Outcome;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginFailure, PluginRecord, SourceTaskKind};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Action, Answered, ChannelDone, ChannelTask, Choice, ConnectionCall, Egress, Parsed, Performed, PluginCall,
    PluginRejection, Plugins, Received, Request, Response, SourceDone, SourceTask, Step, TemplatePart, TemplateReport,
    Verdict, Verification, Webhook,
};
use cartwright_plugins::Runtime;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The real plugins before providers that accept.
pub(crate) struct Accepting {
    plugins: Arc<Runtime>,
    accepted: AtomicU64,
    /// What servers of the shop's own answer, by the step that asks.
    samples: BTreeMap<String, Value>,
}

impl Accepting {
    pub(crate) fn new(plugins: Arc<Runtime>, samples: BTreeMap<String, Value>) -> Self {
        Self { plugins, accepted: AtomicU64::new(0), samples }
    }

    /// A webhook says itself which step asks.
    fn sample(&self, request: &Request) -> Option<&Value> {
        let Action::Http(request) = &request.action else { return None };
        let asked: Value = serde_json::from_slice(&request.body).ok()?;
        self.samples.get(asked.pointer("/data/run/step")?.as_str()?)
    }
}

#[async_trait]
impl Egress for Accepting {
    async fn perform(&self, _: &ConnectionCall, request: &Request) -> Performed {
        let body = self.sample(request).map(|sample| sample.to_string().into_bytes()).unwrap_or_default();
        Response::Http { status: 200, headers: Vec::new(), body }.into()
    }
}

#[async_trait]
impl Plugins for Accepting {
    async fn channel_resume(
        &self,
        call: &ConnectionCall,
        task: ChannelTaskKind,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<ChannelDone>, PluginFailure> {
        // The inbox is real: it is in the database of the rehearsal.
        if responses.contains(&Response::Inbox) {
            return self.plugins.channel_resume(call, task, state, responses).await;
        }
        let number = self.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Step::Done(ChannelDone::Sent(Outcome::Accepted { provider_id: format!("rehearsal-{number}"), price: None })))
    }

    async fn check(&self, component: Bytes, now: Timestamp) -> Result<PluginRecord, PluginRejection> {
        self.plugins.check(component, now).await
    }

    async fn check_config(&self, call: &PluginCall) -> Result<(), PluginFailure> {
        self.plugins.check_config(call).await
    }

    async fn evaluate(&self, call: &PluginCall, subjects: &[Subject]) -> Vec<Answered<Verdict>> {
        self.plugins.evaluate(call, subjects).await
    }

    async fn select(&self, call: &PluginCall, candidates: &[Offered], subjects: &[Subject]) -> Vec<Answered<Choice>> {
        self.plugins.select(call, candidates, subjects).await
    }

    async fn check_templates(
        &self,
        call: &PluginCall,
        parts: &[TemplatePart],
    ) -> Result<TemplateReport, PluginFailure> {
        self.plugins.check_templates(call, parts).await
    }

    async fn render(
        &self,
        call: &PluginCall,
        parts: &[TemplatePart],
        data: &[Value],
    ) -> Vec<Result<Vec<(String, String)>, PluginFailure>> {
        self.plugins.render(call, parts, data).await
    }

    async fn channel_begin(
        &self,
        call: &ConnectionCall,
        task: &ChannelTask,
    ) -> Result<Step<ChannelDone>, PluginFailure> {
        self.plugins.channel_begin(call, task).await
    }

    async fn source_begin(&self, call: &ConnectionCall, task: &SourceTask) -> Result<Step<SourceDone>, PluginFailure> {
        self.plugins.source_begin(call, task).await
    }

    async fn source_resume(
        &self,
        call: &ConnectionCall,
        task: SourceTaskKind,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<SourceDone>, PluginFailure> {
        self.plugins.source_resume(call, task, state, responses).await
    }

    async fn verify(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Verification, PluginFailure> {
        self.plugins.verify(call, webhook).await
    }

    async fn parse(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Parsed, PluginFailure> {
        self.plugins.parse(call, webhook).await
    }

    async fn receive(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Received, PluginFailure> {
        self.plugins.receive(call, webhook).await
    }
}
