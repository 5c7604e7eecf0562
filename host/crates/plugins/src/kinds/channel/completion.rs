//! What a channel's task came to: each task has one kind of result, and any but those of a message may be refused.

use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::shop::ChannelTaskKind as Task;
use cartwright_engine::ports::{ChannelDone, Price, Template, TemplateState};

use super::wit;
use crate::failure::invalid;
use crate::kinds::convert;

/// Templates of one answer.
const TEMPLATES: usize = 10_000;

pub(super) fn of(task: Task, done: wit::Completion) -> Result<ChannelDone, PluginFailure> {
    use wit::Completion as Done;
    Ok(match (task, done) {
        (Task::Send | Task::Lookup, Done::Sent(outcome)) => ChannelDone::Sent(convert::outcome(outcome)?),
        (Task::Price, Done::Priced(found)) => ChannelDone::Priced(found.map(price).transpose()?),
        (Task::Probe, Done::Probed(words)) => ChannelDone::Probed(words),
        (Task::ListTemplates, Done::Templates(all)) if all.len() > TEMPLATES => {
            return Err(invalid(format!("{} templates; the limit is {TEMPLATES}", all.len())));
        }
        (Task::ListTemplates, Done::Templates(all)) => {
            ChannelDone::Templates(all.into_iter().map(template).collect::<Result<_, _>>()?)
        }
        (Task::CreateTemplate, Done::Created(one)) => ChannelDone::Created(template(one)?),
        (Task::Refresh, Done::Refreshed) => ChannelDone::Refreshed,
        (Task::Send | Task::Lookup, Done::Failed(_)) => {
            return Err(invalid("completion.failed is no result of a message; answer `sent(rejected(…))`"));
        }
        (_, Done::Failed(rejection)) => ChannelDone::Failed(convert::rejection(rejection)?),
        (task, done) => return Err(invalid(format!("completion.{} is no result of {task:?}", name(&done)))),
    })
}

fn name(done: &wit::Completion) -> &'static str {
    match done {
        wit::Completion::Sent(_) => "sent",
        wit::Completion::Priced(_) => "priced",
        wit::Completion::Probed(_) => "probed",
        wit::Completion::Templates(_) => "templates",
        wit::Completion::Created(_) => "created",
        wit::Completion::Refreshed => "refreshed",
        wit::Completion::Failed(_) => "failed",
    }
}

/// Whoever was asked for nothing but a price has to tell one.
fn price(told: wit::Price) -> Result<Price, PluginFailure> {
    let (micros, currency) = (told.micros, told.currency.escape_default());
    Price::read(told.micros, &told.currency).ok_or_else(|| {
        invalid(format!("price: {micros} millionths of `{currency}` are none; tell 0 or more of an ISO 4217 currency"))
    })
}

fn template(template: wit::Template) -> Result<Template, PluginFailure> {
    if template.name.is_empty() {
        return Err(invalid("template.name is empty"));
    }
    Ok(Template {
        content: convert::json("template.content", &template.content)?,
        name: template.name,
        locale: template.locale,
        state: match template.state {
            wit::TemplateState::Pending => TemplateState::Pending,
            wit::TemplateState::Approved => TemplateState::Approved,
            wit::TemplateState::Rejected => TemplateState::Rejected,
            wit::TemplateState::Paused => TemplateState::Paused,
        },
        words: template.words,
    })
}

pub(super) fn state_out(state: TemplateState) -> wit::TemplateState {
    match state {
        TemplateState::Pending => wit::TemplateState::Pending,
        TemplateState::Approved => wit::TemplateState::Approved,
        TemplateState::Rejected => wit::TemplateState::Rejected,
        TemplateState::Paused => wit::TemplateState::Paused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_one_kind_of_result() {
        let probed = || wit::Completion::Probed("Shop 7".to_owned());
        assert_eq!(of(Task::Probe, probed()), Ok(ChannelDone::Probed("Shop 7".to_owned())));
        assert_eq!(of(Task::Refresh, wit::Completion::Refreshed), Ok(ChannelDone::Refreshed));
        let why = of(Task::Send, probed()).unwrap_err().message;
        assert_eq!(why, "completion.probed is no result of Send");
    }

    #[test]
    fn what_is_no_price_is_refused_where_only_that_was_asked_and_left_out_beside_a_message() {
        let priced = |micros, currency: &str| wit::Price { micros, currency: currency.to_owned() };
        let known = Price::read(7_900, "USD");
        assert_eq!(
            of(Task::Price, wit::Completion::Priced(Some(priced(7_900, "USD")))),
            Ok(ChannelDone::Priced(known))
        );
        for odd in [priced(-1, "USD"), priced(1, "dollars")] {
            let why = of(Task::Price, wit::Completion::Priced(Some(odd.clone()))).unwrap_err().message;
            assert!(why.contains("ISO 4217"), "{why}");
            let acceptance = wit::Acceptance { provider_id: "7".to_owned(), price: Some(odd) };
            let sent = of(Task::Send, wit::Completion::Sent(wit::Outcome::Accepted(acceptance)));
            let taken = cartwright_domain::message::Outcome::Accepted { provider_id: "7".to_owned(), price: None };
            assert_eq!(sent, Ok(ChannelDone::Sent(taken)));
        }
    }

    #[test]
    fn only_a_message_has_outcomes_and_only_the_others_fail() {
        let details = wit::Details { code: None, text: "no".to_owned() };
        let rejection = || wit::Rejection { class: wit::RejectionClass::Auth, details: details.clone() };
        assert!(matches!(of(Task::Probe, wit::Completion::Failed(rejection())), Ok(ChannelDone::Failed(_))));
        let why = of(Task::Send, wit::Completion::Failed(rejection())).unwrap_err().message;
        assert!(why.contains("sent(rejected"), "{why}");
        assert!(of(Task::Probe, wit::Completion::Sent(wit::Outcome::Rejected(rejection()))).is_err());
    }
}
