//! The message step: the check of S17, the selector of S14, and what the run waits for afterwards.

use super::{Flow, LOOK_AGAIN, Offered, Planner, Question, Reply};
use crate::content::Content;
use crate::fact::FactRead;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, SkipReason};
use crate::plugin::{PluginFailure, Problem};
use crate::policy::{self, Check};
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

impl Planner<'_> {
    #[expect(clippy::too_many_arguments, reason = "the fields of one step")]
    pub(super) fn message(
        &mut self,
        step: &str,
        channel: &str,
        content: Option<&str>,
        select: Option<&Select>,
        next: &str,
        allowed_at: Timestamp,
        tries: u32,
    ) -> Flow {
        if self.cart_is_emptied() {
            return self.end(EndReason::CartEmptied);
        }
        let late_after = allowed_at + self.definition().policies.max_lateness;
        let (chosen, variables) = match (content, select) {
            (Some(name), _) => (Some(name.to_owned()), Vec::new()),
            (None, Some(select)) => {
                // A message that may not go out needs no selector.
                let first = select.candidates.first().and_then(|name| self.definition().content(name));
                let mut reads = Vec::new();
                if let Check::Skip(reason) = self.check(channel, first, late_after, &mut reads)
                    && reason != SkipReason::NoVariant
                {
                    let content = select.candidates.first().cloned().unwrap_or_default();
                    self.make_message(step, channel, &content, Vec::new(), allowed_at, Err(reason), reads);
                    return self.go(next, self.now);
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
        match self.check(channel, content, late_after, &mut reads) {
            Check::Skip(reason) => {
                self.make_message(step, channel, &name, variables, allowed_at, Err(reason), reads);
                self.go(next, self.now)
            }
            Check::Paused => {
                self.plan.run.due_at = Some(self.now + LOOK_AGAIN);
                Flow::Rest
            }
            Check::Go(_) | Check::Hold(_) => {
                let id = self.make_message(step, channel, &name, variables, allowed_at, Ok(()), reads);
                self.plan.run.position = Position::Message { step: step.to_owned(), message: id };
                self.plan.run.due_at = None;
                Flow::Rest
            }
        }
    }

    fn check(
        &self,
        channel: &str,
        content: Option<&Content>,
        late_after: Timestamp,
        reads: &mut Vec<FactRead>,
    ) -> Check {
        policy::check(
            &policy::Candidate {
                strategy: self.situation.state,
                run_is_active: true,
                subject: self.situation.subject,
                channel_name: channel,
                channel: self.situation.channels.get(channel),
                content,
                late_after,
            },
            reads,
        )
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

    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn make_message(
        &mut self,
        step: &str,
        channel: &str,
        content: &str,
        variables: Vec<(String, String)>,
        allowed_at: Timestamp,
        may_go: Result<(), SkipReason>,
        reads: Vec<FactRead>,
    ) -> MessageId {
        let run = &self.plan.run;
        // An exit may lead back to a step that was taken before: that is another contact.
        let iteration = self.situation.messages.iter().filter(|message| message.step == step).count() as u32;
        let id = MessageId::of_contact(self.situation.subject.shop.id, run.id, step, iteration, 0);
        let purpose = self.definition().content(content).map(|content| content.purpose).unwrap_or_default();
        let (state, due_at, what) = match may_go {
            Ok(()) => {
                let what =
                    Happening::MessageQueued { message: id, channel: channel.to_owned(), content: content.to_owned() };
                (MessageState::Queued, Some(self.now), what)
            }
            Err(reason) => (MessageState::Skipped { reason }, None, Happening::Skipped { reason }),
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
            late_after: allowed_at + self.definition().policies.max_lateness,
            state,
            due_at,
            attempts: 0,
            to: None,
            locale: None,
            rendered: None,
            handed_over_at: None,
            provider_id: None,
            last_answer: None,
            receipt: None,
            changed_at: self.now,
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
