//! Webhooks in: verified by the plugin that knows the other side, answered once durable, and never lost when they are
//! authentic but cannot be understood (S02).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::event::{Event, Origin, Subject, What};
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::plugin::{PluginFailure, PluginKind};
use cartwright_domain::shop::{Connection, ConnectionKind};
use cartwright_domain::template::TemplateNews;
use serde_json::json;
use std::sync::Arc;

use crate::Engine;
use crate::Vault;
use crate::ingest::EventAnswer;
use crate::masking::mask;
use crate::ports::{
    Aside, ConnectionCall, Parsed, PluginCall, ReceiptEvent, Received, StoreError, Verification, Webhook,
};

/// What the other side is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookAnswer {
    /// No such connection.
    NotFound,
    /// Not signed by the other side.
    Unauthorized,
    /// The plugin cannot run at the moment: the other side should come again.
    TryAgain,
    /// The provider's own handshake.
    Handshake {
        /// Status.
        status: u16,
        /// Content type.
        content_type: String,
        /// Body.
        body: Vec<u8>,
    },
    /// Durable, or put aside.
    Accepted,
}

impl Engine {
    /// Takes one webhook of a connection.
    pub async fn receive_webhook(
        &self,
        connection: ConnectionId,
        webhook: Webhook,
    ) -> Result<WebhookAnswer, StoreError> {
        let Some((shop, connection)) = self.store.connection(connection).await? else {
            return Ok(WebhookAnswer::NotFound);
        };
        let Some(call) = self.connection_call(shop, &connection).await? else {
            return Ok(WebhookAnswer::TryAgain);
        };
        match self.plugins.verify(&call, &webhook).await {
            Ok(Verification::Authentic) => {}
            Ok(Verification::Handshake { status, content_type, body }) => {
                return Ok(WebhookAnswer::Handshake { status, content_type, body });
            }
            Ok(Verification::Refused(reason)) => {
                self.tally(shop, "webhook_refused", 1).await?;
                tracing::warn!(%shop, connection = connection.name, reason, "webhook refused");
                return Ok(WebhookAnswer::Unauthorized);
            }
            Err(failure) => {
                self.tally(shop, "webhook_unverified", 1).await?;
                tracing::warn!(%shop, connection = connection.name, %failure, "webhook could not be verified");
                return Ok(WebhookAnswer::TryAgain);
            }
        }
        self.take_webhook(shop, &connection, &call, &webhook).await?;
        Ok(WebhookAnswer::Accepted)
    }

    /// Takes a webhook that is known to be authentic. Answers why it was put aside, if it was.
    pub(crate) async fn take_webhook(
        &self,
        shop: ShopId,
        connection: &Connection,
        call: &ConnectionCall,
        webhook: &Webhook,
    ) -> Result<Option<String>, StoreError> {
        let reason = self.take_in(shop, connection, call, webhook).await?;
        if let Some(reason) = &reason {
            self.set_aside(shop, connection, call, webhook, reason.clone()).await?;
        }
        Ok(reason)
    }

    /// Makes events of a webhook and takes them in. Answers why it could not be done, or not with all of them.
    pub(crate) async fn take_in(
        &self,
        shop: ShopId,
        connection: &Connection,
        call: &ConnectionCall,
        webhook: &Webhook,
    ) -> Result<Option<String>, StoreError> {
        Ok(match self.understand(shop, connection, call, webhook).await? {
            Ok((Parsed::Events(events), told)) => {
                self.take_template_news(shop, connection.id, &told.templates).await?;
                // Together, so that nothing begins with an arrival before it is known how to write to them.
                let came = told.arrivals.len();
                let events = told.arrivals.into_iter().chain(events).collect();
                let answers = self.ingest(shop, Origin::Connection(connection.id), events).await?;
                for answer in &answers[..came] {
                    if let EventAnswer::Refused(error) = answer {
                        tracing::warn!(%shop, %error, "an arrival by a chat link is not taken");
                    }
                }
                let refusals: Vec<String> = answers[came..].iter().enumerate().filter_map(refusal).collect();
                (!refusals.is_empty()).then(|| refusals.join("; "))
            }
            Ok((Parsed::UnknownTopic(topic), _)) => Some(format!("unknown topic `{topic}`")),
            Err(failure) => Some(failure.to_string()),
        })
    }

    async fn understand(
        &self,
        shop: ShopId,
        connection: &Connection,
        call: &ConnectionCall,
        webhook: &Webhook,
    ) -> Result<Result<(Parsed, Beside), PluginFailure>, StoreError> {
        Ok(match connection.kind {
            ConnectionKind::Source => self.plugins.parse(call, webhook).await.map(|parsed| (parsed, Beside::default())),
            ConnectionKind::Channel => match self.plugins.receive(call, webhook).await {
                Ok(Received { receipts, templates }) => {
                    let arrivals = self.arrivals(shop, connection, &receipts).await?;
                    let events = receipts.into_iter().map(event_of).collect();
                    Ok((Parsed::Events(events), Beside { arrivals, templates }))
                }
                Err(failure) => Err(failure),
            },
        })
    }

    async fn set_aside(
        &self,
        shop: ShopId,
        connection: &Connection,
        call: &ConnectionCall,
        webhook: &Webhook,
        reason: String,
    ) -> Result<(), StoreError> {
        let webhook = mask(webhook, &call.secrets);
        let body = match std::str::from_utf8(&webhook.body) {
            Ok(text) => json!({ "text": text }),
            Err(_) => json!({ "base64": BASE64.encode(&webhook.body) }),
        };
        let raw = json!({ "method": webhook.method, "path": webhook.path, "headers": webhook.headers, "body": body });
        self.tally(shop, "webhook_put_aside", 1).await?;
        tracing::warn!(%shop, connection = connection.name, reason, "webhook put aside");
        let aside = Aside { shop, connection: Some(connection.id), received_at: self.now(), reason, raw };
        self.store.put_aside(&aside).await
    }

    /// What a call to a connection's plugin needs, of a channel with senders as its default has it; none while its
    /// plugin is not installed.
    pub(crate) async fn connection_call(
        &self,
        shop: ShopId,
        connection: &Connection,
    ) -> Result<Option<ConnectionCall>, StoreError> {
        let sender = connection.default_sender().map(|sender| sender.name.as_str());
        self.connection_call_by(shop, connection, sender).await
    }

    /// The same as one of the channel's senders has it.
    pub(crate) async fn connection_call_by(
        &self,
        shop: ShopId,
        connection: &Connection,
        sender: Option<&str>,
    ) -> Result<Option<ConnectionCall>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        let kind = match connection.kind {
            ConnectionKind::Channel => PluginKind::Channel,
            ConnectionKind::Source => PluginKind::Source,
        };
        let Some(plugin) = settings.plugin(kind, &connection.plugin) else { return Ok(None) };
        let mut call = ConnectionCall {
            plugin: PluginCall {
                shop,
                digest: plugin.digest.clone(),
                config: connection.config_by(sender),
                grants: Arc::new(connection.grants.clone()),
                limits: plugin.limits,
            },
            connection: connection.id,
            secrets: Arc::default(),
            expiries: Arc::default(),
            address: self.webhook_address(connection.id),
            now: self.now(),
        };
        self.open(&mut call).await?;
        Ok(Some(call))
    }
}

/// What a channel's webhook told beside receipts.
#[derive(Default)]
struct Beside {
    /// Who came by a chat link.
    arrivals: Vec<Event>,
    /// What became of templates.
    templates: Vec<TemplateNews>,
}

fn refusal((place, answer): (usize, &EventAnswer)) -> Option<String> {
    match answer {
        EventAnswer::Accepted | EventAnswer::AlreadyKnown => None,
        EventAnswer::Conflict => Some(format!("event {}: its id is known with other content", place + 1)),
        EventAnswer::Refused(error) => Some(format!("event {}: {error}", place + 1)),
    }
}

fn event_of(receipt: ReceiptEvent) -> Event {
    Event { id: receipt.id, occurred_at: receipt.at, subject: Subject::default(), what: What::Receipt(receipt.receipt) }
}
