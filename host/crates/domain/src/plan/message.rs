//! The message step: the check of S17, the selector of S14, and what the run waits for afterwards.

use super::{Flow, LOOK_AGAIN, Offered, Planner, Question, Reply};
use crate::content::Content;
use crate::fact::FactRead;
use crate::funnel::Counted;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, Purpose, SkipReason};
use crate::message_step::{MessageStep, Spread};
use crate::plugin::{PluginFailure, Problem};
use crate::policy::{self, Candidate, Check};
use crate::price::Pricing;
use crate::run::{EndReason, Position};
use crate::strategy::{Select, Step};
use crate::time::Timestamp;
use crate::trace::Happening;

/// What a selector's answer comes to.
enum Selected {
    Content(String, Vec<(String, String)>),
    Nothing,
    Rest,
}

/// A message step that is taken.
#[derive(Clone, Copy)]
pub(super) struct Sending<'a> {
    pub(super) step: &'a str,
    pub(super) message: &'a MessageStep,
    /// The first instant that the delay before it allows.
    pub(super) allowed_at: Timestamp,
}

/// What the check says of one channel of the step.
struct Slot<'a> {
    slot: u32,
    channel: &'a str,
    check: Check,
    reads: Vec<FactRead>,
}

/// What a message says.
struct Saying {
    content: String,
    variables: Vec<(String, String)>,
}

/// What is to be done about all channels together.
enum Outlook {
    /// Something can be sent now, or once it is put right.
    Send,
    /// Nothing before then.
    Wait(Timestamp),
    /// Nothing while the strategy is paused.
    Paused,
    /// Nothing.
    Nothing,
}

impl Planner<'_> {
    pub(super) fn message(&mut self, sending: &Sending<'_>, tries: u32) -> Flow {
        if self.cart_is_emptied() {
            return self.end(EndReason::CartEmptied);
        }
        let saying = match (&sending.message.content, &sending.message.select) {
            (Some(content), _) => Some(Saying { content: content.clone(), variables: Vec::new() }),
            (None, Some(select)) => {
                // A message that may not go out, or not yet, needs no selector.
                let first = select.candidates.first().cloned().unwrap_or_default();
                let slots = self.slots(sending, self.definition().content(&first));
                let no_variant = slots.iter().any(|slot| slot.check == Check::Skip(SkipReason::NoVariant));
                match outlook(&slots) {
                    Outlook::Nothing if !no_variant => {
                        return self.make_all(sending, slots, Some(Saying { content: first, variables: Vec::new() }));
                    }
                    Outlook::Wait(until) => return self.wait_for_window(sending.step, until, slots),
                    _ => {}
                }
                match self.select(sending.step, select, sending.allowed_at, tries) {
                    Selected::Content(content, variables) => Some(Saying { content, variables }),
                    Selected::Nothing => None,
                    Selected::Rest => return Flow::Rest,
                }
            }
            (None, None) => None,
        };
        let content = saying.as_ref().and_then(|saying| self.definition().content(&saying.content));
        let slots = self.slots(sending, content);
        match outlook(&slots) {
            Outlook::Paused => {
                self.plan.run.due_at = Some(self.now + LOOK_AGAIN);
                Flow::Rest
            }
            Outlook::Wait(until) => self.wait_for_window(sending.step, until, slots),
            Outlook::Send | Outlook::Nothing => self.make_all(sending, slots, saying),
        }
    }

    /// S19: each channel alone; of a chain as far as the first that may reach the customer.
    fn slots<'b>(&self, sending: &Sending<'b>, content: Option<&Content>) -> Vec<Slot<'b>> {
        let mut slots = Vec::new();
        for (slot, channel) in (0u32..).zip(sending.message.slots()) {
            let mut reads = Vec::new();
            let mut check = policy::check(&self.candidate(sending, channel, content), &mut reads);
            if sending.message.spread() == Spread::Chain {
                let has_next = sending.message.after_slot(slot).is_some();
                if let Check::Hold(reason) = check
                    && has_next
                    && reason.is_of_channel()
                {
                    reads.push(FactRead::new("channel.held", reason.name()));
                    check = Check::Skip(SkipReason::ChannelHeld);
                }
                let goes_on = has_next && matches!(check, Check::Skip(reason) if reason.falls_back());
                slots.push(Slot { slot, channel, check, reads });
                if !goes_on {
                    break;
                }
            } else {
                slots.push(Slot { slot, channel, check, reads });
            }
        }
        slots
    }

    /// S04: the run waits with its message, so that everything else is decided when it opens.
    fn wait_for_window(&mut self, step: &str, until: Timestamp, slots: Vec<Slot<'_>>) -> Flow {
        let reads = slots.into_iter().find(|slot| slot.check == Check::Wait(until)).map(|slot| slot.reads);
        self.wait(step, until, reads.unwrap_or_default());
        Flow::Rest
    }

    fn candidate<'b>(&'b self, sending: &Sending<'b>, channel: &'b str, content: Option<&'b Content>) -> Candidate<'b> {
        Candidate {
            strategy: self.situation.state,
            run_is_active: true,
            subject: self.situation.subject,
            channel_name: channel,
            channel: self.situation.channels.get(channel),
            templates: self.situation.templates_of(channel),
            content,
            allowed_at: sending.allowed_at,
            policies: self.situation.policies,
            recipient: None,
            exempt_order: self.plan.run.exit_taken.as_deref(),
            stale_source: self.situation.stale_source,
            overdue_went_at: self.overdue_went_at(sending.step),
            before: None,
        }
    }

    /// What went to the shop itself, however late, is none of the customer's messages.
    fn overdue_went_at(&self, step: &str) -> Option<Timestamp> {
        let to_customer = |message: &&Message| message.step != step && message.recipient.is_none();
        let others = self.situation.messages.iter().copied().filter(to_customer);
        policy::overdue_went_at(others, self.situation.policies)
    }

    /// A message for each slot; the run waits for those that may be sent.
    fn make_all(&mut self, sending: &Sending<'_>, slots: Vec<Slot<'_>>, saying: Option<Saying>) -> Flow {
        let saying = saying.unwrap_or(Saying { content: String::new(), variables: Vec::new() });
        let iteration = self.iteration(sending.step);
        let is_marketing =
            self.definition().content(&saying.content).is_some_and(|known| known.purpose == Purpose::Marketing);
        // A contact is held out as a whole, and only one that could be made (S16).
        let mut held_out = None;
        let mut waits_for = None;
        for Slot { slot, channel, check, mut reads } in slots {
            let state = match check {
                Check::Skip(reason) => MessageState::Skipped { reason },
                _ => {
                    let held_out = *held_out.get_or_insert_with(|| {
                        is_marketing && self.is_held_out(sending.step, sending.message.hold_out, &mut reads)
                    });
                    if held_out { MessageState::HeldOut } else { MessageState::Queued }
                }
            };
            let is_queued = state == MessageState::Queued;
            let id = self.make_message(sending, (slot, channel, iteration), &saying, state, reads);
            if is_queued && waits_for.is_none() {
                waits_for = Some(id);
            }
        }
        match waits_for {
            Some(message) => {
                self.plan.run.position = Position::Message { step: sending.step.to_owned(), message };
                self.plan.run.due_at = None;
                Flow::Rest
            }
            None => self.go(&sending.message.next, self.now),
        }
    }

    /// An exit may lead back to a step that was taken before: that is another contact.
    fn iteration(&self, step: &str) -> u32 {
        let before = self.situation.messages.iter().filter(|message| message.step == step);
        before.map(|message| message.iteration + 1).max().unwrap_or(0)
    }

    fn select(&mut self, step: &str, select: &Select, since: Timestamp, tries: u32) -> Selected {
        let Some(answer) = self.situation.answers.get(step) else {
            let offered = select.candidates.iter().map(|name| Offered {
                name: name.clone(),
                labels: self.definition().content(name).map(|content| content.labels.clone()).unwrap_or_default(),
            });
            let candidates = Some(offered.collect());
            let (plugin, config) = (select.plugin.clone(), select.config.clone());
            self.ask(Question { step: step.to_owned(), plugin, config, candidates, drawn: Vec::new() });
            return Selected::Rest;
        };
        let failure = match &answer.reply {
            Ok(Reply::Content { content, variables, reason }) if select.candidates.contains(content) => {
                let what = Happening::Selected {
                    content: content.clone(),
                    by: answer.by.clone(),
                    digest: answer.digest.clone(),
                    reason: reason.clone(),
                    variables: variables.clone(),
                };
                self.tell(Some(step), what, answer.reads.clone());
                return Selected::Content(content.clone(), variables.clone());
            }
            Ok(_) => PluginFailure::new(Problem::InvalidAnswer, "it chose what was not offered"),
            Err(failure) => failure.clone(),
        };
        if self.hold(step, answer, &failure, since, tries).is_some()
            || self.try_again(step, answer, &failure, since, tries).is_some()
        {
            return Selected::Rest;
        }
        match &select.default {
            Some(content) => {
                self.tell_failure(step, answer, &failure, format!("takes the default `{content}`"));
                Selected::Content(content.clone(), Vec::new())
            }
            None => {
                self.tell_failure(step, answer, &failure, "skips the message: the step has no default".into());
                Selected::Nothing
            }
        }
    }

    fn make_message(
        &mut self,
        sending: &Sending<'_>,
        (slot, channel, iteration): (u32, &str, u32),
        saying: &Saying,
        state: MessageState,
        reads: Vec<FactRead>,
    ) -> MessageId {
        let Sending { step, allowed_at, .. } = *sending;
        let Saying { content, variables } = saying;
        let run = &self.plan.run;
        let id = MessageId::of_contact(self.situation.subject.shop.id, run.id, step, iteration, slot);
        let known = self.definition().content(content);
        let purpose = known.map(|content| content.purpose).unwrap_or_default();
        let late_after = self.candidate(sending, channel, known).late_after();
        let (due_at, what) = match &state {
            MessageState::Skipped { reason } => (None, Happening::Skipped { reason: *reason }),
            MessageState::HeldOut => (None, Happening::HeldOut { message: id }),
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
            slot,
            channel: channel.to_owned(),
            content: content.clone(),
            variables: variables.clone(),
            purpose,
            recipient: None,
            created_at: self.now,
            allowed_at,
            late_after: late_after.unwrap_or(allowed_at + self.situation.policies.max_lateness),
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
            counted: Counted::default(),
            content_revision: None,
            version: None,
        });
        self.tell(Some(step), what, reads);
        id
    }

    /// S05, S19: the step is complete when all messages of the contact are.
    pub(super) fn after_message(&mut self, step: &str, id: MessageId) -> Flow {
        let (next, capped) = match self.definition().steps.get(step) {
            Some(Step::Message(said)) => (&said.next, said.capped.as_ref()),
            Some(Step::Notify { next, .. }) => (next, None),
            Some(Step::Webhook(webhook)) => return self.after_call(step, webhook, id),
            _ => return self.end(EndReason::Completed),
        };
        let contact: Vec<&Message> = match self.situation.messages.iter().find(|message| message.id == id) {
            Some(one) => self.situation.messages.iter().copied().filter(|other| one.shares_contact(other)).collect(),
            // A message that was never committed: nothing waits for it.
            None => Vec::new(),
        };
        let mut completed = self.now;
        for (place, message) in contact.iter().enumerate() {
            match message.completed_at() {
                Some(at) if place == 0 => completed = at,
                Some(at) => completed = completed.max(at),
                None => {
                    self.plan.run.due_at = None;
                    return Flow::Rest;
                }
            }
        }
        let skipped = |message: &&Message, wanted: fn(SkipReason) -> bool| matches!(message.state, MessageState::Skipped { reason } if wanted(reason));
        let is_capped = contact.iter().all(|message| skipped(message, |_| true))
            && contact.iter().any(|message| skipped(message, SkipReason::is_capped));
        let next = capped.filter(|_| is_capped).unwrap_or(next);
        self.go(next, completed)
    }
}

/// What can be done now goes first; what only waits, waits together.
fn outlook(slots: &[Slot<'_>]) -> Outlook {
    if slots.iter().any(|slot| slot.check == Check::Paused) {
        return Outlook::Paused;
    }
    if slots.iter().any(|slot| matches!(slot.check, Check::Go(_) | Check::WaitForSender(_) | Check::Hold(_))) {
        return Outlook::Send;
    }
    let opens = slots.iter().filter_map(|slot| match slot.check {
        Check::Wait(until) => Some(until),
        _ => None,
    });
    opens.min().map_or(Outlook::Nothing, Outlook::Wait)
}
