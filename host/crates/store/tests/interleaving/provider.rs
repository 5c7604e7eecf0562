//! A channel and its provider: what it is asked to send it sends, refuses, or keeps silent about, as the case says.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::facts::Subject;
use cartwright_domain::message::{Details, Outcome, Rejection, RejectionClass};
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginFailure, PluginRecord, Problem, SourceTaskKind};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::*;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::gate::Gate;
use crate::log::{Answered as ProviderSaid, Log};

/// What the provider does with what it is asked to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Sends it.
    Accepts,
    /// Says no, and that it may be asked again.
    Refuses,
    /// Says no, once and for all.
    Rejects,
    /// Sends it and says nothing.
    SendsInSilence,
    /// Loses it and says nothing.
    Loses,
    /// Cannot be reached.
    IsAway,
}

/// The channel's plugin, the renderer's, and the way to the provider, as one node has them.
pub(crate) struct Provider {
    pub(crate) gate: Arc<Gate>,
    pub(crate) log: Arc<Log>,
}

fn nobody() -> PluginFailure {
    PluginFailure::new(Problem::NotInstalled, "there is no such plugin here")
}

#[async_trait]
impl Egress for Provider {
    async fn perform(&self, _: &ConnectionCall, request: &Request) -> Performed {
        self.gate.pass().await;
        let Action::Http(http) = &request.action else { panic!("{request:?}") };
        let message = http.url.rsplit('/').next().and_then(|id| id.parse().ok()).unwrap();
        let status = |status| Response::Http { status, headers: Vec::new(), body: Vec::new() };
        let (said, response) = match self.log.mood() {
            Mood::Accepts => (ProviderSaid::Sent, status(200)),
            Mood::Refuses => (ProviderSaid::No, status(503)),
            Mood::Rejects => (ProviderSaid::No, status(400)),
            Mood::SendsInSilence => (ProviderSaid::Sent, Response::Failed(EgressFailure::NoAnswer("silence".into()))),
            Mood::Loses => (ProviderSaid::Nothing, Response::Failed(EgressFailure::NoAnswer("silence".into()))),
            Mood::IsAway => (ProviderSaid::No, Response::Failed(EgressFailure::NotSent("nobody there".into()))),
        };
        self.log.asked(message, said);
        self.gate.pass().await;
        response.into()
    }
}

#[async_trait]
impl Plugins for Provider {
    async fn channel_begin(&self, _: &ConnectionCall, task: &ChannelTask) -> Result<Step<ChannelDone>, PluginFailure> {
        self.gate.pass().await;
        let ChannelTask::Send(message) = task else { return Err(nobody()) };
        let action = Action::Http(HttpRequest {
            method: "POST".into(),
            url: format!("https://provider.example/{}", message.id),
            headers: Vec::new(),
            body: Vec::new(),
        });
        let requests = vec![Request { effect: RequestEffect::Send, action, captures: Vec::new() }];
        Ok(Step::Call { requests, state: Vec::new() })
    }

    async fn channel_resume(
        &self,
        _: &ConnectionCall,
        _: ChannelTaskKind,
        _: &[u8],
        responses: &[Response],
    ) -> Result<Step<ChannelDone>, PluginFailure> {
        let rejected = |class| Outcome::Rejected(Rejection { class, details: Details::default() });
        let outcome = match responses {
            [Response::Http { status: 200, .. }] => Outcome::Accepted { provider_id: "p".into(), price: None },
            [Response::Http { status: 503, .. }] => rejected(RejectionClass::Transient),
            [Response::Http { status: 400, .. }] => rejected(RejectionClass::BadRequest),
            _ => Outcome::Uncertain(Details::default()),
        };
        Ok(Step::Done(ChannelDone::Sent(outcome)))
    }

    async fn render(
        &self,
        _: &PluginCall,
        parts: &[TemplatePart],
        data: &[Value],
    ) -> Vec<Result<Vec<(String, String)>, PluginFailure>> {
        self.gate.pass().await;
        let texts = || parts.iter().map(|part| (part.name.clone(), part.template.clone())).collect();
        data.iter().map(|_| Ok(texts())).collect()
    }

    async fn check(&self, _: Bytes, _: Timestamp) -> Result<PluginRecord, PluginRejection> {
        panic!("nothing is installed here")
    }

    async fn check_config(&self, _: &PluginCall) -> Result<(), PluginFailure> {
        Ok(())
    }

    async fn evaluate(&self, _: &PluginCall, subjects: &[Subject]) -> Vec<Answered<Verdict>> {
        panic!("nobody asks about {} subjects", subjects.len())
    }

    async fn select(&self, _: &PluginCall, _: &[Offered], subjects: &[Subject]) -> Vec<Answered<Choice>> {
        panic!("nobody asks about {} subjects", subjects.len())
    }

    async fn check_templates(&self, _: &PluginCall, _: &[TemplatePart]) -> Result<TemplateReport, PluginFailure> {
        Ok(TemplateReport::default())
    }

    async fn source_begin(&self, _: &ConnectionCall, _: &SourceTask) -> Result<Step<SourceDone>, PluginFailure> {
        Err(nobody())
    }

    async fn source_resume(
        &self,
        _: &ConnectionCall,
        _: SourceTaskKind,
        _: &[u8],
        _: &[Response],
    ) -> Result<Step<SourceDone>, PluginFailure> {
        Err(nobody())
    }

    async fn verify(&self, _: &ConnectionCall, _: &Webhook) -> Result<Verification, PluginFailure> {
        Err(nobody())
    }

    async fn parse(&self, _: &ConnectionCall, _: &Webhook) -> Result<Parsed, PluginFailure> {
        Err(nobody())
    }

    async fn receive(&self, _: &ConnectionCall, _: &Webhook) -> Result<Received, PluginFailure> {
        Err(nobody())
    }
}

/// The records of both plugins, as a shop has them installed.
pub(crate) fn records(ability: &Value) -> Vec<PluginRecord> {
    let record = |name: &str, kind: &str, ability: Option<&Value>| {
        let descriptor = json!({
            "title": name, "summary": "", "config_schema": {}, "facts": [], "hosts": [], "secrets": [],
            "ability": ability,
        });
        serde_json::from_value(json!({
            "name": name, "version": "0.1.0", "digest": name, "kind": kind, "built_for": "cartwright:plugin@0.1.0",
            "size": 1, "installed_at": 0, "stage": "active", "descriptor": descriptor,
        }))
        .unwrap()
    };
    vec![record("post", "channel", Some(ability)), record("liquid", "renderer", None)]
}
