//! Providers that accept everything at once. Each message is made by the real plugin up to the request; what the
//! provider would answer is made up.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::facts::Subject;
use cartwright_domain::message::Outcome;
use cartwright_domain::plugin::{PluginFailure, PluginRecord};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Answered, Candidate, ChannelTask, Choice, ConnectionCall, Egress, Parsed, PluginCall, PluginRejection, Plugins,
    ReceiptEvent, Request, Response, Step, TemplatePart, TemplateReport, Verdict, Verification, Webhook,
};
use cartwright_plugins::Runtime;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The real plugins before providers that accept.
pub(crate) struct Accepting {
    plugins: Arc<Runtime>,
    accepted: AtomicU64,
}

impl Accepting {
    pub(crate) fn new(plugins: Arc<Runtime>) -> Self {
        Self { plugins, accepted: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Egress for Accepting {
    async fn perform(&self, _: &ConnectionCall, _: &Request) -> Response {
        Response::Http { status: 200, headers: Vec::new(), body: Vec::new() }
    }
}

#[async_trait]
impl Plugins for Accepting {
    async fn channel_resume(
        &self,
        call: &ConnectionCall,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<Outcome>, PluginFailure> {
        // The inbox is real: it is in the database of the rehearsal.
        if responses.contains(&Response::Inbox) {
            return self.plugins.channel_resume(call, state, responses).await;
        }
        let number = self.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Step::Done(Outcome::Accepted { provider_id: format!("rehearsal-{number}") }))
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

    async fn select(&self, call: &PluginCall, candidates: &[Candidate], subjects: &[Subject]) -> Vec<Answered<Choice>> {
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

    async fn channel_begin(&self, call: &ConnectionCall, task: &ChannelTask) -> Result<Step<Outcome>, PluginFailure> {
        self.plugins.channel_begin(call, task).await
    }

    async fn verify(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Verification, PluginFailure> {
        self.plugins.verify(call, webhook).await
    }

    async fn parse(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Parsed, PluginFailure> {
        self.plugins.parse(call, webhook).await
    }

    async fn receive(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Vec<ReceiptEvent>, PluginFailure> {
        self.plugins.receive(call, webhook).await
    }
}
