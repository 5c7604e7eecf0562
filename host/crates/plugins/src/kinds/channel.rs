//! Channels: the step machine of a message, and what a provider's webhooks mean.
//!
//! A step says which requests to make; the host makes them and comes back with the answers. The guest is never on
//! the stack while a socket waits, and it never sees a secret.

use cartwright_domain::contact::Address;
use cartwright_domain::event::{Receipt, ReceiptKind};
use cartwright_domain::message::Outcome;
use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_engine::ports::{ChannelTask, OutgoingMessage, ReceiptEvent, Response, Step, Verification, Webhook};
pub(crate) use cartwright_plugins_bindings::v0_1::channel::exports::cartwright::plugin::channel as wit;
use serde_json::Value;

use super::{Live, convert, transport};
use crate::failure::{fail, invalid};
use crate::limits::Limits;
use crate::session::Session;

/// The first step of a task.
pub(crate) async fn begin(mut session: Session, task: &ChannelTask) -> Result<Step<Outcome>, PluginFailure> {
    let Live::Channel(live) = &session.live else {
        return Err(session.live.is_not(PluginKind::Channel.name()));
    };
    let task = task_out(task)?;
    let answer = live.cartwright_plugin_channel().call_begin(&mut session.store, &task).await;
    let limits = session.limits();
    session.close(answer)?.map_err(convert::fault).and_then(|answer| step(&limits, answer))
}

/// The next step.
pub(crate) async fn resume(
    mut session: Session,
    state: &[u8],
    responses: &[Response],
) -> Result<Step<Outcome>, PluginFailure> {
    let Live::Channel(live) = &session.live else {
        return Err(session.live.is_not(PluginKind::Channel.name()));
    };
    let responses = transport::responses_out(responses);
    let answer = live.cartwright_plugin_channel().call_resume(&mut session.store, state, &responses).await;
    let limits = session.limits();
    session.close(answer)?.map_err(convert::fault).and_then(|answer| step(&limits, answer))
}

/// Whether a webhook is the provider's.
pub(crate) async fn verify(mut session: Session, webhook: &Webhook) -> Result<Verification, PluginFailure> {
    let Live::Channel(live) = &session.live else {
        return Err(session.live.is_not(PluginKind::Channel.name()));
    };
    let webhook = transport::webhook_out(webhook);
    let answer = live.cartwright_plugin_channel().call_verify(&mut session.store, &webhook).await;
    transport::verification(session.close(answer)?)
}

/// What an authentic webhook tells.
pub(crate) async fn receive(mut session: Session, webhook: &Webhook) -> Result<Vec<ReceiptEvent>, PluginFailure> {
    let Live::Channel(live) = &session.live else {
        return Err(session.live.is_not(PluginKind::Channel.name()));
    };
    let webhook = transport::webhook_out(webhook);
    let answer = live.cartwright_plugin_channel().call_receive(&mut session.store, &webhook).await;
    let receipts = session.close(answer)?.map_err(convert::fault)?;
    receipts.into_iter().enumerate().map(|(index, one)| receipt(index, one)).collect()
}

fn task_out(task: &ChannelTask) -> Result<wit::Task, PluginFailure> {
    Ok(match task {
        ChannelTask::Send(message) => wit::Task::Send(message_out(message)?),
        ChannelTask::Lookup(message) => wit::Task::Lookup(message_out(message)?),
        ChannelTask::Probe => wit::Task::Probe,
    })
}

fn message_out(message: &OutgoingMessage) -> Result<wit::Message, PluginFailure> {
    if names_a_secret(&message.content) || is_placeholder(&message.to.value) {
        // The host would fill it in, and the customer would read the secret.
        return Err(fail(Problem::BadInput, "the message contains `{secret:`, which only a plugin may write"));
    }
    Ok(wit::Message {
        id: message.id.to_string(),
        to: convert::address_out(&message.to),
        locale: message.locale.clone(),
        content: message.content.to_string(),
        created_at: message.created_at.millis(),
    })
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

fn step(limits: &Limits, step: wit::Step) -> Result<Step<Outcome>, PluginFailure> {
    Ok(match step {
        wit::Step::Call(pending) => {
            let (requests, state) = transport::pending(limits, pending.requests, pending.state)?;
            Step::Call { requests, state }
        }
        wit::Step::Done(outcome) => Step::Done(convert::outcome(outcome)?),
    })
}

fn receipt(index: usize, receipt: wit::Receipt) -> Result<ReceiptEvent, PluginFailure> {
    let field = |name: &str| format!("receipts[{index}].{name}");
    if receipt.id.is_empty() || receipt.id.len() > 255 {
        return Err(invalid(format!("{}: must have 1 to 255 characters", field("id"))));
    }
    let kind = match receipt.kind {
        wit::ReceiptKind::Accepted => ReceiptKind::Accepted,
        wit::ReceiptKind::Delivered => ReceiptKind::Delivered,
        wit::ReceiptKind::Read => ReceiptKind::Read,
        wit::ReceiptKind::Clicked => ReceiptKind::Clicked,
        wit::ReceiptKind::Replied => ReceiptKind::Replied,
        wit::ReceiptKind::Failed => ReceiptKind::Failed,
        wit::ReceiptKind::OptedOut => ReceiptKind::OptedOut,
    };
    Ok(ReceiptEvent {
        id: receipt.id,
        at: convert::moment(&field("at"), receipt.at)?,
        receipt: Receipt {
            kind,
            provider_id: receipt.provider_id,
            // What a provider echoes may be another system's; then the message is found by the provider's id.
            message_id: receipt.message_id.and_then(|id| id.parse().ok()),
            sender: receipt.sender.map(|from| Address { kind: convert::address_kind(from.kind), value: from.value }),
            text: receipt.text,
            failure: receipt.failure.map(convert::rejection).transpose()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn s44_a_placeholder_in_a_message_is_found_wherever_it_stands() {
        for document in [json!("{secret:token}"), json!({"a": ["b", {"c": "x{secret:y"}]}), json!({"{secret:k}": 1})] {
            assert!(names_a_secret(&document), "{document}");
        }
        assert!(!names_a_secret(&json!({"text": "the secret: {name}"})));
    }
}
