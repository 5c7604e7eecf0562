//! Channels: the step machine of their tasks, and what a provider's webhooks mean.
//!
//! A step says which requests to make; the host makes them and comes back with the answers. The guest is never on
//! the stack while a socket waits, and it never sees a secret.

mod completion;

use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::event::{Receipt, ReceiptKind};
use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_domain::template::{TemplateNews, TemplateState};
use cartwright_engine::ports::{
    ChannelDone, ChannelTask, OutgoingMessage, ReceiptEvent, Received, Response, Step, Template, Webhook,
};
pub(crate) use cartwright_plugins_bindings::v0_2::channel::exports::cartwright::plugin::channel as wit;
use cartwright_plugins_bindings::v0_2::imports::templates;
use cartwright_plugins_bindings::v0_2::imports::transport::{Response as WitResponse, Webhook as WitWebhook};
use cartwright_plugins_bindings::v0_2::imports::types::Fault;
use serde_json::Value;
use wasmtime::Store;

use super::{Live, convert, transport};
use crate::failure::{Stopped, fail, invalid};
use crate::guest::Guest;
use crate::limits::Limits;
use crate::session::Session;

/// What one webhook may tell of templates: as many as an account has.
const MOST_NEWS: usize = 1_000;
/// Of a template; no provider allows a longer one.
const LONGEST_NAME: usize = 512;

/// The first step of a task.
pub(crate) async fn begin(mut session: Session, task: &ChannelTask) -> Result<Step<ChannelDone>, PluginFailure> {
    let out = task_out(task)?;
    let answer = session.live.begin_channel(&mut session.store, &out).await;
    let limits = session.limits();
    session.close(answer)?.map_err(convert::fault).and_then(|answer| step(&limits, task.kind(), answer))
}

/// The next step.
pub(crate) async fn resume(
    mut session: Session,
    task: ChannelTaskKind,
    state: &[u8],
    responses: &[Response],
) -> Result<Step<ChannelDone>, PluginFailure> {
    let responses = transport::responses_out(responses);
    let answer = session.live.resume_channel(&mut session.store, task, state, &responses).await;
    let limits = session.limits();
    session.close(answer)?.map_err(convert::fault).and_then(|answer| step(&limits, task, answer))
}

/// What an authentic webhook tells.
pub(crate) async fn receive(mut session: Session, webhook: &Webhook) -> Result<Received, PluginFailure> {
    let webhook = transport::webhook_out(webhook);
    let answer = session.live.receive(&mut session.store, &webhook).await;
    let news = std::mem::take(&mut session.store.data_mut().news);
    let receipts = session.close(answer)?.map_err(convert::fault)?;
    Ok(Received { receipts: numbered(receipts, receipt)?, templates: numbered(news, template_news)? })
}

fn numbered<T, U>(
    all: Vec<T>,
    convert: impl Fn(usize, T) -> Result<U, PluginFailure>,
) -> Result<Vec<U>, PluginFailure> {
    all.into_iter().enumerate().map(|(index, one)| convert(index, one)).collect()
}

impl templates::Host for Guest {
    fn tell(&mut self, news: templates::News) -> wasmtime::Result<()> {
        if self.news.len() == MOST_NEWS {
            return Err(Stopped::News(MOST_NEWS).into());
        }
        self.news.push(news);
        Ok(())
    }
}

fn template_news(index: usize, news: templates::News) -> Result<TemplateNews, PluginFailure> {
    let field = |name: &str| format!("templates[{index}].{name}");
    if news.name.is_empty() || news.name.len() > LONGEST_NAME {
        return Err(invalid(format!("{}: must have 1 to {LONGEST_NAME} characters", field("name"))));
    }
    Ok(TemplateNews {
        name: news.name,
        locale: news.locale.filter(|locale| !locale.is_empty()),
        state: match news.state {
            templates::State::Pending => TemplateState::Pending,
            templates::State::Approved => TemplateState::Approved,
            templates::State::Rejected => TemplateState::Rejected,
            templates::State::Paused => TemplateState::Paused,
        },
        words: news.words,
        at: convert::moment(&field("at"), news.at)?,
    })
}

impl Live {
    async fn begin_channel(
        &self,
        store: &mut Store<Guest>,
        task: &wit::Task,
    ) -> wasmtime::Result<Result<wit::Step, Fault>> {
        match self {
            Self::Channel(live) => live.cartwright_plugin_channel().call_begin(store, task).await,
            Self::V0_1(older) => older.begin_channel(store, task).await,
            _ => Err(self.is_not(PluginKind::Channel)),
        }
    }

    async fn resume_channel(
        &self,
        store: &mut Store<Guest>,
        task: ChannelTaskKind,
        state: &[u8],
        responses: &[WitResponse],
    ) -> wasmtime::Result<Result<wit::Step, Fault>> {
        match self {
            Self::Channel(live) => live.cartwright_plugin_channel().call_resume(store, state, responses).await,
            Self::V0_1(older) => older.resume_channel(store, task, state, responses).await,
            _ => Err(self.is_not(PluginKind::Channel)),
        }
    }

    async fn receive(
        &self,
        store: &mut Store<Guest>,
        webhook: &WitWebhook,
    ) -> wasmtime::Result<Result<Vec<wit::Receipt>, Fault>> {
        match self {
            Self::Channel(live) => live.cartwright_plugin_channel().call_receive(store, webhook).await,
            Self::V0_1(older) => older.receive(store, webhook).await,
            _ => Err(self.is_not(PluginKind::Channel)),
        }
    }
}

fn task_out(task: &ChannelTask) -> Result<wit::Task, PluginFailure> {
    Ok(match task {
        ChannelTask::Send(message) => wit::Task::Send(message_out(message)?),
        ChannelTask::Lookup(message) => wit::Task::Lookup(message_out(message)?),
        ChannelTask::Price(provider_id) => {
            without_placeholders("the provider's id", &Value::Null, provider_id)?;
            wit::Task::Price(provider_id.clone())
        }
        ChannelTask::Probe => wit::Task::Probe,
        ChannelTask::ListTemplates => wit::Task::ListTemplates,
        ChannelTask::CreateTemplate(template) => wit::Task::CreateTemplate(template_out(template)?),
        ChannelTask::Refresh(secret) => wit::Task::Refresh(secret.clone()),
    })
}

fn message_out(message: &OutgoingMessage) -> Result<wit::Message, PluginFailure> {
    without_placeholders("the message", &message.content, &message.to.value)?;
    Ok(wit::Message {
        id: message.id.to_string(),
        to: convert::address_out(&message.to),
        locale: message.locale.clone(),
        content: message.content.to_string(),
        created_at: message.created_at.millis(),
    })
}

fn template_out(template: &Template) -> Result<wit::Template, PluginFailure> {
    without_placeholders("the template", &template.content, &template.name)?;
    Ok(wit::Template {
        name: template.name.clone(),
        locale: template.locale.clone(),
        content: template.content.to_string(),
        state: completion::state_out(template.state),
        words: template.words.clone(),
    })
}

/// The host would fill a placeholder in, and whoever reads the message would read the secret.
fn without_placeholders(what: &str, content: &Value, text: &str) -> Result<(), PluginFailure> {
    if names_a_secret(content) || is_placeholder(text) {
        return Err(fail(Problem::BadInput, format!("{what} contains `{{secret:`, which only a plugin may write")));
    }
    Ok(())
}

fn is_placeholder(text: &str) -> bool {
    text.contains("{secret:")
}

fn names_a_secret(document: &Value) -> bool {
    match document {
        Value::String(text) => is_placeholder(text),
        Value::Array(items) => items.iter().any(names_a_secret),
        Value::Object(fields) => fields.iter().any(|(name, value)| is_placeholder(name) || names_a_secret(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn step(limits: &Limits, task: ChannelTaskKind, step: wit::Step) -> Result<Step<ChannelDone>, PluginFailure> {
    Ok(match step {
        wit::Step::Call(pending) => {
            let (requests, state) = transport::pending(limits, pending.requests, pending.state)?;
            Step::Call { requests, state }
        }
        wit::Step::Done(done) => Step::Done(completion::of(task, done)?),
    })
}

pub(crate) fn receipt_kind(kind: wit::ReceiptKind) -> ReceiptKind {
    match kind {
        wit::ReceiptKind::Accepted => ReceiptKind::Accepted,
        wit::ReceiptKind::Delivered => ReceiptKind::Delivered,
        wit::ReceiptKind::Read => ReceiptKind::Read,
        wit::ReceiptKind::Clicked => ReceiptKind::Clicked,
        wit::ReceiptKind::Replied => ReceiptKind::Replied,
        wit::ReceiptKind::Failed => ReceiptKind::Failed,
        wit::ReceiptKind::OptedOut => ReceiptKind::OptedOut,
    }
}

fn receipt(index: usize, receipt: wit::Receipt) -> Result<ReceiptEvent, PluginFailure> {
    let field = |name: &str| format!("receipts[{index}].{name}");
    if receipt.id.is_empty() || receipt.id.len() > 255 {
        return Err(invalid(format!("{}: must have 1 to 255 characters", field("id"))));
    }
    let (sender, also) = people(receipt.sender);
    Ok(ReceiptEvent {
        id: receipt.id,
        at: convert::moment(&field("at"), receipt.at)?,
        receipt: Receipt {
            kind: receipt_kind(receipt.kind),
            provider_id: receipt.provider_id,
            // What a provider echoes may be another system's; then the message is found by the provider's id.
            message_id: receipt.message_id.and_then(|id| id.parse().ok()),
            sender,
            also,
            text: receipt.text,
            link: None,
            failure: receipt.failure.map(convert::rejection).transpose()?,
            price: convert::price(receipt.price),
        },
    })
}

/// Who acted, and another address of theirs: of a handle with a phone behind it both are told at once, and the phone is
/// the one that others know them by too.
fn people(sender: Option<wit::Address>) -> (Option<Address>, Option<Address>) {
    let Some(sender) = sender else { return (None, None) };
    let sender = Address { kind: convert::address_kind(sender.kind), value: sender.value };
    let told = sender.value.split_once('#').filter(|_| sender.kind == AddressKind::Handle);
    let Some((handle, phone)) = told.filter(|(_, behind)| is_e164(behind)) else { return (Some(sender), None) };
    let phone = Address { kind: AddressKind::Phone, value: phone.to_owned() };
    (Some(phone), Some(Address { kind: AddressKind::Handle, value: handle.to_owned() }))
}

/// Tokens that stand behind a handle as well look like anything, but not like `+4915112345678`.
fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_phone_behind_a_handle_is_an_address_of_the_same_person_and_a_token_is_not() {
        let told = |value: &str| {
            let address = wit::Address { kind: wit::AddressKind::Handle, value: value.to_owned() };
            let (sender, also) = people(Some(address));
            let read = |address: Option<Address>| address.map(|address| (address.kind, address.value));
            (read(sender), read(also))
        };
        let phone = Some((AddressKind::Phone, "+4915112345678".to_owned()));
        let handle = |value: &str| Some((AddressKind::Handle, value.to_owned()));
        assert_eq!(told("US.1#+4915112345678"), (phone, handle("US.1")));
        for value in ["US.1", "5010#t-123", "5010#+", "5010#+49x5112345678", "5010#+0151123456789012"] {
            assert_eq!(told(value), (handle(value), None));
        }
        assert_eq!(people(None), (None, None));
    }

    #[test]
    fn s44_a_placeholder_in_a_message_is_found_wherever_it_stands() {
        for document in [json!("{secret:token}"), json!({"a": ["b", {"c": "x{secret:y"}]}), json!({"{secret:k}": 1})] {
            assert!(names_a_secret(&document), "{document}");
        }
        assert!(!names_a_secret(&json!({"text": "the secret: {name}"})));
    }
}
