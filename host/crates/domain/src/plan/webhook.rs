//! The webhook step: it asks, waits for what becomes of that, and goes on by it.

use super::notify::Notice;
use super::{Flow, Planner};
use crate::fact::{FactRead, FactValue};
use crate::ids::MessageId;
use crate::message::{Message, MessageState};
use crate::time::Timestamp;
use crate::trace::Happening;
use crate::webhook::{self, CHANNEL, WebhookStep};

/// Longer answers stand with the message only; the trace says how long they are.
const SHOWN: usize = 1_024;

impl Planner<'_> {
    pub(super) fn call(&mut self, step: &str, asking: &WebhookStep, allowed_at: Timestamp) -> Flow {
        self.notify(&Notice {
            step,
            channel: &asking.channel,
            to: Some(asking.recipient()),
            content_name: CHANNEL,
            content: Some(WebhookStep::content()),
            unsent: &asking.failed,
            allowed_at,
        })
    }

    /// Only a 2xx is an answer. What may or may not have arrived is none: nobody can say what it would have been.
    pub(super) fn after_call(&mut self, step: &str, asking: &WebhookStep, id: MessageId) -> Flow {
        let found = self.situation.messages.iter().copied().find(|message| message.id == id);
        let completed = match found.map(Message::completed_at) {
            Some(None) => {
                self.plan.run.due_at = None;
                return Flow::Rest;
            }
            Some(Some(at)) => at,
            // A message that was never committed: nothing waits for it.
            None => self.now,
        };
        let answered = found.filter(|message| message.state == MessageState::Accepted);
        let (branch, next) = match answered {
            Some(_) => ("answered", &asking.answered),
            None => ("failed", &asking.failed),
        };
        let facts = answered.and_then(|message| message.answer.as_ref()).map(|answer| {
            let text = answer.to_string();
            let shown = if text.len() > SHOWN {
                FactValue::Text(format!("{} bytes of JSON", text.len()))
            } else {
                webhook::shown(answer)
            };
            FactRead::new(format!("step.{step}"), shown)
        });
        let what =
            Happening::Branched { branch: branch.to_owned(), by: CHANNEL.to_owned(), digest: None, reason: None };
        self.tell(Some(step), what, facts.into_iter().collect());
        self.go(next, completed)
    }
}
