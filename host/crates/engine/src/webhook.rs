//! Webhooks in: verified by the plugin that knows the other side, answered once durable, and never lost when they are
//! authentic but cannot be understood (S02).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::delivery::DeliveryOutcome;
use cartwright_domain::event::{Event, Origin, Subject, What};
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::plugin::{PluginFailure, PluginKind};
use cartwright_domain::shop::{Connection, ConnectionKind};
use cartwright_domain::template::TemplateNews;
use serde_json::json;
use std::sync::Arc;

use crate::Engine;
use crate::Vault;
use crate::deliveries::Fate;
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

impl WebhookAnswer {
    /// The HTTP status that says it. A handshake's own stands only where it says how that went, and nothing else.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Unauthorized => 401,
            Self::TryAgain => 503,
            Self::Handshake { status: status @ (200..300 | 400..500), .. } => *status,
            Self::Handshake { .. } | Self::Accepted => 200,
        }
    }
}

/// What of a webhook was taken in.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// So many events, receipts and decisions on templates were in it.
    told: u32,
    /// So many of them were known before.
    known: u32,
    /// Why it could not be done, or not with all of them.
    pub(crate) reason: Option<String>,
}

impl From<Taken> for Fate {
    fn from(Taken { told, known, reason }: Taken) -> Self {
        let outcome = match &reason {
            Some(_) => DeliveryOutcome::PutAside,
            None if told > 0 && known == told => DeliveryOutcome::AlreadyKnown,
            None => DeliveryOutcome::Accepted,
        };
        Self { outcome, told, known, reason }
    }
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
        let (answer, fate) = self.answer_webhook(shop, &connection, &webhook).await?;
        self.note_delivery(shop, connection.id, webhook, answer.status(), fate);
        Ok(answer)
    }

    async fn answer_webhook(
        &self,
        shop: ShopId,
        connection: &Connection,
        webhook: &Webhook,
    ) -> Result<(WebhookAnswer, Fate), StoreError> {
        let Some(call) = self.connection_call(shop, connection).await? else {
            let reason = format!("no version of {} is active", connection.plugin);
            return Ok((WebhookAnswer::TryAgain, Fate::of_nothing(DeliveryOutcome::Unverified, Some(reason))));
        };
        match self.plugins.verify(&call, webhook).await {
            Ok(Verification::Authentic) => {}
            Ok(Verification::Handshake { status, content_type, body }) => {
                let answer = WebhookAnswer::Handshake { status, content_type, body };
                return Ok((answer, Fate::of_nothing(DeliveryOutcome::Handshake, None)));
            }
            Ok(Verification::Refused(reason)) => {
                self.tally(shop, "webhook_refused", 1).await?;
                tracing::warn!(%shop, connection = connection.name, reason, "webhook refused");
                let fate = Fate::of_nothing(DeliveryOutcome::Refused, Some(reason));
                return Ok((WebhookAnswer::Unauthorized, fate));
            }
            Err(failure) => {
                self.tally(shop, "webhook_unverified", 1).await?;
                tracing::warn!(%shop, connection = connection.name, %failure, "webhook could not be verified");
                let fate = Fate::of_nothing(DeliveryOutcome::Unverified, Some(failure.to_string()));
                return Ok((WebhookAnswer::TryAgain, fate));
            }
        }
        let taken = self.take_webhook(shop, connection, &call, webhook).await?;
        Ok((WebhookAnswer::Accepted, taken.into()))
    }

    /// Takes a webhook that is known to be authentic; one that cannot be taken is put aside.
    pub(crate) async fn take_webhook(
        &self,
        shop: ShopId,
        connection: &Connection,
        call: &ConnectionCall,
        webhook: &Webhook,
    ) -> Result<Taken, StoreError> {
        let taken = self.take_in(shop, connection, call, webhook).await?;
        if let Some(reason) = &taken.reason {
            self.set_aside(shop, connection, call, webhook, reason.clone()).await?;
        }
        Ok(taken)
    }

    /// Makes events of a webhook and takes them in.
    pub(crate) async fn take_in(
        &self,
        shop: ShopId,
        connection: &Connection,
        call: &ConnectionCall,
        webhook: &Webhook,
    ) -> Result<Taken, StoreError> {
        let not_understood = |reason| Taken { reason: Some(reason), ..Taken::default() };
        Ok(match self.understand(shop, connection, call, webhook).await? {
            Ok((Parsed::Events(events), told)) => {
                self.take_template_news(shop, connection.id, &told.templates).await?;
                // Together, so that nothing begins with an arrival before it is known how to write to them.
                let came = told.arrivals.len();
                let events = told.arrivals.into_iter().chain(events).collect();
                let answers = self.ingest(shop, Origin::Connection(connection.id), events).await?;
                let (arrivals, answers) = answers.split_at(came);
                for answer in arrivals {
                    if let EventAnswer::Refused(error) = answer {
                        tracing::warn!(%shop, %error, "an arrival by a chat link is not taken");
                    }
                }
                let refusals: Vec<String> = answers.iter().enumerate().filter_map(refusal).collect();
                let known = answers.iter().filter(|answer| **answer == EventAnswer::AlreadyKnown).count();
                Taken {
                    told: u32::try_from(answers.len() + told.templates.len()).unwrap_or(u32::MAX),
                    known: u32::try_from(known).unwrap_or(u32::MAX),
                    reason: (!refusals.is_empty()).then(|| refusals.join("; ")),
                }
            }
            Ok((Parsed::UnknownTopic(topic), _)) => not_understood(format!("unknown topic `{topic}`")),
            Err(failure) => not_understood(failure.to_string()),
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
        let webhook = mask(webhook, call.secrets.values());
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
