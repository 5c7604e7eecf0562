//! What goes to the shop itself: a notice to its people, or a question to a server of its own. It needs no consent of
//! the customer's, waits for no window and counts for no cap, and the customer never hears of it.

use super::{Flow, LOOK_AGAIN, Planner};
use crate::contact::{Address, AddressKind};
use crate::content::Content;
use crate::fact::FactRead;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, Purpose, SkipReason};
use crate::policy::{self, Candidate, Check};
use crate::price::Pricing;
use crate::run::Position;
use crate::time::Timestamp;
use crate::trace::Happening;

/// Something for the shop itself.
pub(super) struct Notice<'a> {
    pub(super) step: &'a str,
    pub(super) channel: &'a str,
    pub(super) to: Option<Address>,
    /// What it says, by name …
    pub(super) content_name: &'a str,
    /// … and if there is such a content.
    pub(super) content: Option<&'a Content>,
    /// Where the run goes on if it is not sent at all.
    pub(super) unsent: &'a str,
    /// The first instant that the delay before it allows.
    pub(super) allowed_at: Timestamp,
}

impl Planner<'_> {
    /// Reads the address as people wrote it: how depends on the channel.
    pub(super) fn staff_address(&self, channel: &str, to: &str) -> Option<Address> {
        let channel = self.situation.channels.get(channel);
        let ability = channel.and_then(|channel| channel.ability.as_ref());
        Address::read(to, ability.map_or(&AddressKind::ALL[..], |ability| ability.typed()))
    }

    pub(super) fn notify(&mut self, notice: &Notice<'_>) -> Flow {
        let candidate = Candidate {
            strategy: self.situation.state,
            run_is_active: true,
            subject: self.situation.subject,
            channel_name: notice.channel,
            channel: self.situation.channels.get(notice.channel),
            templates: self.situation.templates_of(notice.channel),
            content: notice.content,
            allowed_at: notice.allowed_at,
            policies: self.situation.policies,
            recipient: notice.to.as_ref(),
            // Orders and outages concern what customers are told.
            exempt_order: None,
            stale_source: None,
            overdue_went_at: None,
            before: None,
        };
        let mut reads = Vec::new();
        let checked = policy::check(&candidate, &mut reads);
        let late_after = candidate.late_after();
        let state = match (&notice.to, checked) {
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
            (_, Check::Go(_) | Check::WaitForSender(_) | Check::Hold(_)) => MessageState::Queued,
        };
        let is_queued = state == MessageState::Queued;
        let late_after = late_after.unwrap_or(notice.allowed_at + self.situation.policies.max_lateness);
        let id = self.make_notice(notice, state, late_after, reads);
        if !is_queued {
            return self.go(notice.unsent, self.now);
        }
        self.plan.run.position = Position::Message { step: notice.step.to_owned(), message: id };
        self.plan.run.due_at = None;
        Flow::Rest
    }

    fn make_notice(
        &mut self,
        notice: &Notice<'_>,
        state: MessageState,
        late_after: Timestamp,
        reads: Vec<FactRead>,
    ) -> MessageId {
        let Notice { step, channel, content_name: content, allowed_at, .. } = *notice;
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
            recipient: notice.to.clone(),
            created_at: self.now,
            allowed_at,
            late_after,
            state,
            due_at,
            window_opens_at: None,
            cap_opens_at: None,
            orders_read_at: None,
            decided_by: None,
            attempts: 0,
            sender: None,
            to: None,
            locale: None,
            rendered: None,
            handed_over_at: None,
            provider_id: None,
            last_answer: None,
            answer: None,
            pricing: Pricing::default(),
            receipt: None,
            clicked: false,
            links: Vec::new(),
            changed_at: self.now,
            counted: Default::default(),
            content_revision: None,
            version: None,
        });
        self.tell(Some(step), what, reads);
        id
    }
}
