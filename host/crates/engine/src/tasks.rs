//! A task of a channel or source, run to its end: `begin`, then the requests it asks for and `resume`, until it is
//! done. The same driver serves the engine, the command line and the conformance kit.
//!
//! What a round is made from stands in [`Running`] before its requests leave, so whoever wants to survive a crash
//! stores it there and goes on from it. Messages that are sent have a way of their own, in `deliver`.

mod machine;
mod probe;
mod renewal;
mod vault;

pub use machine::Machine;
pub use probe::{ProbeFailure, Probing};
pub use vault::{Turn, Turns, Vault};

use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::time::Timestamp;

use crate::Engine;
use crate::ports::{
    Action, Clock, ConnectionCall, Egress, EgressFailure, Plugins, Request, RequestEffect, Response, Step,
};

/// Rounds of a task (S42), where an operator says nothing else.
const ROUNDS: u32 = 5;

/// What runs tasks.
#[derive(Clone, Copy)]
pub struct Tasks<'a> {
    /// The plugins.
    pub plugins: &'a dyn Plugins,
    /// The way out.
    pub egress: &'a dyn Egress,
    /// Where secrets go that the other side gives.
    pub vault: &'a dyn Vault,
    /// What tells when the deadline is over.
    pub clock: &'a dyn Clock,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<D> {
    /// It waits for the answers to some requests.
    Running(Running),
    /// It is over.
    Done(D),
}

/// A task between two rounds: all that is needed to go on with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The requests of this round.
    pub requests: Vec<Request>,
    /// The plugin's own state.
    pub state: Vec<u8>,
    /// Which round it is, from 1.
    pub round: u32,
    /// Whether a round, this one included, has a request that changes something.
    pub sends: bool,
}

/// Why a task came to no end.
#[derive(Debug, thiserror::Error)]
pub enum TaskFailure {
    /// The plugin failed.
    #[error(transparent)]
    Plugin(#[from] PluginFailure),
    /// It asked for more and more.
    #[error("the plugin asked for more than {0} rounds of requests, which is the limit of a task")]
    Rounds(u32),
    /// The deadline is over.
    #[error("the task was not done by {0}, its deadline")]
    Late(Timestamp),
    /// It wanted to change something twice, or in a task that changes nothing.
    #[error("the plugin made a request with the effect `send` {0}")]
    Sends(&'static str),
}

impl Tasks<'_> {
    /// Runs a task to its end. No round begins after the deadline.
    pub async fn run<M: Machine>(
        &self,
        call: &ConnectionCall,
        task: &M,
        deadline: Timestamp,
    ) -> Result<M::Done, TaskFailure> {
        let mut call = call.clone();
        let mut progress = self.begin(&call, task).await?;
        loop {
            match progress {
                Progress::Done(done) => return Ok(done),
                Progress::Running(_) if self.clock.now() > deadline => return Err(TaskFailure::Late(deadline)),
                Progress::Running(running) => progress = self.go_on(&mut call, task, running).await?,
            }
        }
    }

    /// Begins a task; nothing has left the process yet.
    pub async fn begin<M: Machine>(&self, call: &ConnectionCall, task: &M) -> Result<Progress<M::Done>, TaskFailure> {
        let step = task.begin(self.plugins, call).await?;
        progress(call, task, None, step)
    }

    /// Makes the requests of a round and hears what the plugin makes of the answers.
    pub async fn go_on<M: Machine>(
        &self,
        call: &mut ConnectionCall,
        task: &M,
        running: Running,
    ) -> Result<Progress<M::Done>, TaskFailure> {
        let mut responses = Vec::with_capacity(running.requests.len());
        for request in &running.requests {
            responses.push(match request.action {
                Action::Inbox { .. } => {
                    let why = "an entry of the inbox is a message: only the task `send` makes one";
                    Response::Failed(EgressFailure::Refused(why.to_owned()))
                }
                _ => self.perform(call, request).await,
            });
        }
        let step = task.resume(self.plugins, call, &running.state, &responses).await?;
        progress(call, task, Some(&running), step)
    }

    /// Makes one request. A secret that comes with the answer is stored, and in the call, before anybody hears of it.
    pub(crate) async fn perform(&self, call: &mut ConnectionCall, request: &Request) -> Response {
        if request.captures.is_empty() {
            return self.egress.perform(call, request).await.response;
        }
        // Whoever comes second goes with what the first has got: many a refresh token is good for one use.
        let _turn = self.vault.turn(call).await;
        if let Err(why) = self.vault.open(call).await {
            return Response::Failed(EgressFailure::NotSent(format!("its secrets cannot be read: {why}")));
        }
        let performed = self.egress.perform(call, request).await;
        if performed.captured.is_empty() {
            return performed.response;
        }
        if let Err(why) = self.vault.keep(call, &performed.captured).await {
            let why = format!("the secret that came with the answer cannot be stored: {why}");
            return Response::Failed(EgressFailure::NoAnswer(why));
        }
        call.take(performed.captured);
        performed.response
    }
}

/// What a step means, if it is one that this task may take.
fn progress<M: Machine>(
    call: &ConnectionCall,
    task: &M,
    before: Option<&Running>,
    step: Step<M::Done>,
) -> Result<Progress<M::Done>, TaskFailure> {
    let (requests, state) = match step {
        Step::Done(done) => return Ok(Progress::Done(done)),
        Step::Call { requests, state } => (requests, state),
    };
    let (limit, round) = (rounds(call), before.map_or(0, |before| before.round) + 1);
    if round > limit {
        return Err(TaskFailure::Rounds(limit));
    }
    let (sends, has_sent) = (sends(&requests), before.is_some_and(|before| before.sends));
    if sends && !task.changes_something() {
        return Err(TaskFailure::Sends("in a task that changes nothing; give it the effect `none`"));
    }
    if sends && has_sent {
        return Err(TaskFailure::Sends("a second time; one round of a task changes something"));
    }
    Ok(Progress::Running(Running { requests, state, round, sends: sends || has_sent }))
}

/// Rounds that a task of this call may take.
pub(crate) fn rounds(call: &ConnectionCall) -> u32 {
    call.plugin.limits.rounds.unwrap_or(ROUNDS)
}

/// Whether a round changes something at the other side.
pub(crate) fn sends(requests: &[Request]) -> bool {
    requests.iter().any(|request| request.effect == RequestEffect::Send)
}

impl Engine {
    /// The driver over the engine's own ports.
    pub fn tasks(&self) -> Tasks<'_> {
        Tasks { plugins: &*self.plugins, egress: &*self.egress, vault: self, clock: &*self.clock }
    }
}
