//! A source's tasks: what is new, what was there before, the webhooks, the credentials.

use cartwright_domain::plugin::{PluginFailure, PluginKind, SourceTaskKind as Kind};
use cartwright_engine::ports::{BackfillKind, Refusal, RefusalKind, Response, SourceDone, SourceTask, Step};
use cartwright_plugins_bindings::v0_2::imports::transport::Response as WitResponse;
use cartwright_plugins_bindings::v0_2::imports::types::Fault;
use wasmtime::Store;

use super::wit;
use crate::failure::{invalid, too_large};
use crate::guest::Guest;
use crate::kinds::{Live, convert, transport};
use crate::limits::Limits;
use crate::session::Session;

/// The first step of a task.
pub(crate) async fn begin(mut session: Session, task: &SourceTask) -> Result<Step<SourceDone>, PluginFailure> {
    let out = task_out(task);
    let answer = session.live.begin_source(&mut session.store, &out).await;
    let limits = session.limits();
    session.close(answer)?.map_err(convert::fault).and_then(|answer| step(&limits, task.kind(), answer))
}

/// The next step.
pub(crate) async fn resume(
    mut session: Session,
    task: Kind,
    state: &[u8],
    responses: &[Response],
) -> Result<Step<SourceDone>, PluginFailure> {
    let responses = transport::responses_out(responses);
    let answer = session.live.resume_source(&mut session.store, state, &responses).await;
    let limits = session.limits();
    session.close(answer)?.map_err(convert::fault).and_then(|answer| step(&limits, task, answer))
}

impl Live {
    async fn begin_source(
        &self,
        store: &mut Store<Guest>,
        task: &wit::Task,
    ) -> wasmtime::Result<Result<wit::Step, Fault>> {
        match self {
            Self::Source(live) => live.cartwright_plugin_source().call_begin(store, task).await,
            Self::V0_1(older) => older.begin_source(store, task).await,
            _ => Err(self.is_not(PluginKind::Source)),
        }
    }

    async fn resume_source(
        &self,
        store: &mut Store<Guest>,
        state: &[u8],
        responses: &[WitResponse],
    ) -> wasmtime::Result<Result<wit::Step, Fault>> {
        match self {
            Self::Source(live) => live.cartwright_plugin_source().call_resume(store, state, responses).await,
            Self::V0_1(older) => older.resume_source(store, state, responses).await,
            _ => Err(self.is_not(PluginKind::Source)),
        }
    }
}

fn task_out(task: &SourceTask) -> wit::Task {
    match task {
        SourceTask::Poll(cursor) => wit::Task::Poll(cursor.clone()),
        SourceTask::Backfill { kind, cursor } => wit::Task::Backfill(wit::Backfill {
            kind: match kind {
                BackfillKind::Customers => wit::BackfillKind::Customers,
                BackfillKind::Orders => wit::BackfillKind::Orders,
                BackfillKind::Products => wit::BackfillKind::Products,
            },
            cursor: cursor.clone(),
        }),
        SourceTask::OrdersOf(names) => {
            let key = |name: &cartwright_domain::world::Identity| wit::Key {
                kind: name.kind.name().to_owned(),
                value: name.value.clone(),
            };
            wit::Task::OrdersOf(names.iter().map(key).collect())
        }
        SourceTask::Subscribe(address) => wit::Task::Subscribe(address.clone()),
        SourceTask::Probe => wit::Task::Probe,
    }
}

fn step(limits: &Limits, task: Kind, step: wit::Step) -> Result<Step<SourceDone>, PluginFailure> {
    Ok(match step {
        wit::Step::Call(pending) => {
            let (requests, state) = transport::pending(limits, pending.requests, pending.state)?;
            Step::Call { requests, state }
        }
        wit::Step::Done(done) => Step::Done(completion(limits, task, done)?),
    })
}

/// Each task has one kind of result, and any may be refused.
fn completion(limits: &Limits, task: Kind, done: wit::Completion) -> Result<SourceDone, PluginFailure> {
    use wit::Completion as Done;
    Ok(match (task, done) {
        (Kind::Poll, Done::Page(page)) if page.cursor.is_none() => {
            return Err(invalid("page.cursor of a poll is none: the next poll would begin anew"));
        }
        (Kind::Poll | Kind::Backfill, Done::Page(page)) => {
            let length = page.cursor.as_ref().map_or(0, String::len);
            if length > limits.state_bytes {
                return Err(too_large("page.cursor", length, limits.state_bytes));
            }
            SourceDone::Page { events: super::events(page.events)?, cursor: page.cursor }
        }
        (Kind::OrdersOf, Done::Orders(told)) => SourceDone::Orders(super::events(told)?),
        (Kind::Subscribe, Done::Subscribed(topics)) => SourceDone::Subscribed(topics),
        (Kind::Probe, Done::Probed(words)) => SourceDone::Probed(words),
        (_, Done::Failed(refused)) => SourceDone::Failed(refusal(refused)?),
        (task, done) => return Err(invalid(format!("completion.{} is no result of {task:?}", name(&done)))),
    })
}

fn name(done: &wit::Completion) -> &'static str {
    match done {
        wit::Completion::Page(_) => "page",
        wit::Completion::Orders(_) => "orders",
        wit::Completion::Subscribed(_) => "subscribed",
        wit::Completion::Probed(_) => "probed",
        wit::Completion::Failed(_) => "failed",
    }
}

fn refusal(refusal: wit::Refusal) -> Result<Refusal, PluginFailure> {
    let kind = match refusal.kind {
        wit::RefusalKind::Auth => RefusalKind::Auth,
        wit::RefusalKind::RateLimited(after) => {
            RefusalKind::RateLimited(after.map(|at| convert::moment("refusal.rate-limited", at)).transpose()?)
        }
        wit::RefusalKind::Transient => RefusalKind::Transient,
        wit::RefusalKind::Permanent => RefusalKind::Permanent,
    };
    Ok(Refusal { kind, code: refusal.code, text: refusal.text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(task: Kind, done: wit::Completion) -> Result<SourceDone, String> {
        completion(&Limits::default(), task, done).map_err(|failure| failure.message)
    }

    fn page(cursor: Option<&str>) -> wit::Completion {
        wit::Completion::Page(wit::Page { events: Vec::new(), cursor: cursor.map(str::to_owned) })
    }

    #[test]
    fn a_poll_always_says_where_to_go_on() {
        assert!(done(Kind::Poll, page(Some("7"))).is_ok());
        assert!(done(Kind::Poll, page(None)).unwrap_err().contains("would begin anew"));
        assert!(done(Kind::Backfill, page(None)).is_ok());
        let long = "x".repeat((64 << 10) + 1);
        assert!(done(Kind::Backfill, page(Some(&long))).unwrap_err().contains("page.cursor has 65537 bytes"));
    }

    #[test]
    fn a_task_has_one_kind_of_result() {
        assert_eq!(done(Kind::Subscribe, page(None)).unwrap_err(), "completion.page is no result of Subscribe");
        let refused = wit::Refusal { kind: wit::RefusalKind::Auth, code: None, text: "no".to_owned() };
        assert!(matches!(done(Kind::Poll, wit::Completion::Failed(refused)), Ok(SourceDone::Failed(_))));
    }
}
