//! The message step: the check of S17, the selector of S14, and what the run waits for afterwards.

use super::{Flow, LOOK_AGAIN, Offered, Planner, Question, Reply};
use crate::content::Content;
use crate::fact::FactRead;
use crate::funnel::Counted;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, Purpose, SkipReason};
use crate::plugin::{PluginFailure, Problem};
use crate::policy::{self, Candidate, Check};
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
    pub(super) channel: &'a str,
    pub(super) hold_out: Option<u32>,
    pub(super) next: &'a str,
    /// The first instant that the delay before it allows.
    pub(super) allowed_at: Timestamp,
}

impl Planner<'_> {
    pub(super) fn message(
        &mut self,
        sending: &Sending<'_>,
        content: Option<&str>,
        select: Option<&Select>,
        tries: u32,
    ) -> Flow {
        if self.cart_is_emptied() {
            return self.end(EndReason::CartEmptied);
        }
        let Sending { step, allowed_at, .. } = *sending;
        let (chosen, variables) = match (content, select) {
            (Some(name), _) => (Some(name.to_owned()), Vec::new()),
            (None, Some(select)) => {
                // A message that may not go out, or not yet, needs no selector.
                let first = select.candidates.first().and_then(|name| self.definition().content(name));
                let mut reads = Vec::new();
                match self.check(sending, first, &mut reads) {
                    Check::Skip(reason) if reason != SkipReason::NoVariant => {
                        let content = select.candidates.first().cloned().unwrap_or_default();
                        self.make_message(sending, &content, Vec::new(), MessageState::Skipped { reason }, reads);
                        return self.go(sending.next, self.now);
                    }
                    Check::Wait(until) => return self.wait_for_window(step, until, reads),
                    _ => {}
                }
                match self.select(step, select, allowed_at, tries) {
                    Selected::Content(name, variables) => (Some(name), variables),
                    Selected::Nothing => (None, Vec::new()),
                    Selected::Rest => return Flow::Rest,
                }
            }
            (None, None) => (None, Vec::new()),
        };
        let mut reads = Vec::new();
        let content = chosen.as_deref().and_then(|name| self.definition().content(name));
        let name = chosen.clone().unwrap_or_default();
        match self.check(sending, content, &mut reads) {
            Check::Skip(reason) => {
                self.make_message(sending, &name, variables, MessageState::Skipped { reason }, reads);
                self.go(sending.next, self.now)
            }
            Check::Paused => {
                self.plan.run.due_at = Some(self.now + LOOK_AGAIN);
                Flow::Rest
            }
            Check::Wait(until) => self.wait_for_window(step, until, reads),
            Check::Go(_) | Check::Hold(_) => {
                let is_marketing = content.is_some_and(|content| content.purpose == Purpose::Marketing);
                if is_marketing && self.is_held_out(step, sending.hold_out, &mut reads) {
                    self.make_message(sending, &name, variables, MessageState::HeldOut, reads);
                    return self.go(sending.next, self.now);
                }
                let id = self.make_message(sending, &name, variables, MessageState::Queued, reads);
                self.plan.run.position = Position::Message { step: step.to_owned(), message: id };
                self.plan.run.due_at = None;
                Flow::Rest
            }
        }
    }

    /// S04: the run waits with its message, so that everything else is decided when it opens.
    fn wait_for_window(&mut self, step: &str, until: Timestamp, reads: Vec<FactRead>) -> Flow {
        self.wait(step, until, reads);
        Flow::Rest
    }

    fn candidate<'b>(&'b self, sending: &Sending<'b>, content: Option<&'b Content>) -> Candidate<'b> {
        Candidate {
            strategy: self.situation.state,
            run_is_active: true,
            subject: self.situation.subject,
            channel_name: sending.channel,
            channel: self.situation.channels.get(sending.channel),
            content,
            allowed_at: sending.allowed_at,
            policies: self.situation.policies,
        }
    }

    fn check(&self, sending: &Sending<'_>, content: Option<&Content>, reads: &mut Vec<FactRead>) -> Check {
        policy::check(&self.candidate(sending, content), reads)
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
        content: &str,
        variables: Vec<(String, String)>,
        state: MessageState,
        reads: Vec<FactRead>,
    ) -> MessageId {
        let Sending { step, channel, allowed_at, .. } = *sending;
        let run = &self.plan.run;
        // An exit may lead back to a step that was taken before: that is another contact.
        let iteration = self.situation.messages.iter().filter(|message| message.step == step).count() as u32;
        let id = MessageId::of_contact(self.situation.subject.shop.id, run.id, step, iteration, 0);
        let known = self.definition().content(content);
        let purpose = known.map(|content| content.purpose).unwrap_or_default();
        let late_after = self.candidate(sending, known).late_after();
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
            slot: 0,
            channel: channel.to_owned(),
            content: content.to_owned(),
            variables,
            purpose,
            created_at: self.now,
            allowed_at,
            late_after: late_after.unwrap_or(allowed_at + self.situation.policies.max_lateness),
            state,
            due_at,
            window_opens_at: None,
            attempts: 0,
            to: None,
            locale: None,
            rendered: None,
            handed_over_at: None,
            provider_id: None,
            last_answer: None,
            receipt: None,
            changed_at: self.now,
            counted: Counted::default(),
        });
        self.tell(Some(step), what, reads);
        id
    }

    pub(super) fn after_message(&mut self, step: &str, id: MessageId) -> Flow {
        let completed = match self.situation.messages.iter().find(|message| message.id == id) {
            Some(message) => message.completed_at(),
            // A message that was never committed: nothing waits for it.
            None => Some(self.now),
        };
        let next = match self.definition().steps.get(step) {
            Some(Step::Message { next, .. }) => next.clone(),
            _ => return self.end(EndReason::Completed),
        };
        match completed {
            Some(at) => self.go(&next, at),
            None => {
                self.plan.run.due_at = None;
                Flow::Rest
            }
        }
    }
}
