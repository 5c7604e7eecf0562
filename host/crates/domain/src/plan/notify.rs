//! The notify step: a notice to the shop's own people. It needs no consent of the customer's, waits for no window and
//! counts for no cap, and the customer never hears of it.

use super::{Flow, LOOK_AGAIN, Planner};
use crate::contact::{Address, AddressKind};
use crate::fact::FactRead;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, Purpose, SkipReason};
use crate::policy::{self, Candidate, Check};
use crate::run::Position;
use crate::time::Timestamp;
use crate::trace::Happening;

/// A notify step that is taken.
#[derive(Clone, Copy)]
pub(super) struct Notice<'a> {
    pub(super) step: &'a str,
    pub(super) channel: &'a str,
    pub(super) to: &'a str,
    pub(super) content: &'a str,
    pub(super) next: &'a str,
    /// The first instant that the delay before it allows.
    pub(super) allowed_at: Timestamp,
}

impl Planner<'_> {
    pub(super) fn notify(&mut self, notice: &Notice<'_>) -> Flow {
        let channel = self.situation.channels.get(notice.channel);
        let ability = channel.and_then(|channel| channel.ability.as_ref());
        let kinds = ability.map_or(&AddressKind::ALL[..], |ability| &ability.addresses);
        let recipient = Address::read(notice.to, kinds);
        let content = self.definition().content(notice.content);
        let candidate = Candidate {
            strategy: self.situation.state,
            run_is_active: true,
            subject: self.situation.subject,
            channel_name: notice.channel,
            channel,
            content,
            allowed_at: notice.allowed_at,
            policies: self.situation.policies,
            recipient: recipient.as_ref(),
            // Orders and outages concern what customers are told.
            exempt_order: None,
            stale_source: None,
            overdue_went_at: None,
        };
        let mut reads = Vec::new();
        let checked = policy::check(&candidate, &mut reads);
        let late_after = candidate.late_after();
        let state = match (&recipient, checked) {
            // Publishing refuses an address that the channel cannot use, but a channel may be another by now.
            (None, _) => MessageState::Skipped { reason: SkipReason::NoAddress },
            (_, Check::Skip(reason)) => MessageState::Skipped { reason },
            (_, Check::Paused) => {
                self.plan.run.due_at = Some(self.now + LOOK_AGAIN);
                return Flow::Rest;
            }
            (_, Check::Wait(until)) => {
                self.wait(notice.step, until, reads);
                return Flow::Rest;
            }
            (_, Check::Go(_) | Check::Hold(_)) => MessageState::Queued,
        };
        let is_queued = state == MessageState::Queued;
        let late_after = late_after.unwrap_or(notice.allowed_at + self.situation.policies.max_lateness);
        let id = self.make_notice(notice, recipient, state, late_after, reads);
        if !is_queued {
            return self.go(notice.next, self.now);
        }
        self.plan.run.position = Position::Message { step: notice.step.to_owned(), message: id };
        self.plan.run.due_at = None;
        Flow::Rest
    }

    fn make_notice(
        &mut self,
        notice: &Notice<'_>,
        recipient: Option<Address>,
        state: MessageState,
        late_after: Timestamp,
        reads: Vec<FactRead>,
    ) -> MessageId {
        let Notice { step, channel, content, allowed_at, .. } = *notice;
        let run = &self.plan.run;
        let iteration = self.situation.messages.iter().filter(|message| message.step == step).count() as u32;
        let id = MessageId::of_contact(self.situation.subject.shop.id, run.id, step, iteration, 0);
        let (due_at, what) = match &state {
            MessageState::Skipped { reason } => (None, Happening::Skipped { reason: *reason }),
            _ => {
                let (channel, content) = (channel.to_owned(), content.to_owned());
                (Some(self.now), Happening::MessageQueued { message: id, channel, content })
            }
        };
        self.plan.messages.push(Message {
            id,
            run: run.id,
            customer: run.customer,
            step: step.to_owned(),
            iteration,
            slot: 0,
            channel: channel.to_owned(),
            content: content.to_owned(),
            variables: Vec::new(),
            purpose: Purpose::Staff,
            recipient,
            created_at: self.now,
            allowed_at,
            late_after,
            state,
            due_at,
            window_opens_at: None,
            cap_opens_at: None,
            decided_by: None,
            attempts: 0,
            to: None,
            locale: None,
            rendered: None,
            handed_over_at: None,
            provider_id: None,
            last_answer: None,
            receipt: None,
            changed_at: self.now,
            counted: Default::default(),
            version: None,
        });
        self.tell(Some(step), what, reads);
        id
    }
}
