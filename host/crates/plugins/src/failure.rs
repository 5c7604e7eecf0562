//! Why a call ended without an answer, in words that name the cause and the limit.

use std::time::Duration;

use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use wasmtime::{FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::limits::{Limits, bytes};

/// The host ended a call. These travel through the engine as errors and come out unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stopped {
    #[error("it ran longer than {} ms for {what}", limit.as_millis())]
    TimeOut { what: &'static str, limit: Duration },
    /// Not a failure: the batch is over and goes on in a new instance.
    #[error("the time of the batch is over")]
    BatchOver,
    #[error("it asked for {} of memory in all; the limit is {}", bytes(*wanted), bytes(*limit))]
    Memory { wanted: usize, limit: usize },
    #[error("it asked for a table of {wanted} elements; the limit is {limit}")]
    Table { wanted: usize, limit: usize },
    #[error("it read `{0}`, which its descriptor does not declare; add it to `facts` there and build it again")]
    FactNotDeclared(&'static str),
    #[error("it read `{0}`, which the shop did not grant; grant `{0}` to the plugin")]
    FactNotGranted(&'static str),
    #[error(
        "it read `{fact}` back to {since}, and its descriptor declares it from {earliest} on; raise `within-days` there and build it again"
    )]
    FurtherThanDeclared { fact: &'static str, since: Timestamp, earliest: Timestamp },
    #[error("it read `{fact}` back to {since}, and the shop granted it from {earliest} on; grant it more days")]
    FurtherThanGranted { fact: &'static str, since: Timestamp, earliest: Timestamp },
    #[error("it read more than {0} different facts in one call, which is the limit")]
    Reads(usize),
    #[error("it told news of more than {0} templates in one call, which is the limit")]
    News(usize),
    #[error("what it asked facts about has more than {} in one call, which is the limit", bytes(*limit))]
    AskedAbout { limit: usize },
    #[error(
        "it read `{1}`, which the record of the decision does not have: it decides in another way than the one that was recorded"
    )]
    FactNotRecorded(&'static str, String),
    #[error("it asked for the hash of secrets alone; put bytes of its own among the parts")]
    HashOfSecret,
    #[error("the plugin is a {is}, not a {wanted}")]
    OfOtherKind { is: PluginKind, wanted: PluginKind },
    #[error("it read `{0}`, but no subject is present: facts can be read only while deciding")]
    NoSubject(String),
    #[error("it used the secret `{0}`, which its descriptor does not declare; add it to `secrets` there")]
    SecretNotDeclared(String),
    #[error("it used the secret `{0}`, which is not granted; grant `{0}` to the connection")]
    SecretNotGranted(String),
    #[error("it tried to {0}, but sockets are not offered: a plugin returns requests and the host makes them")]
    Socket(&'static str),
}

impl Stopped {
    fn problem(&self) -> Problem {
        match self {
            Self::TimeOut { .. } | Self::BatchOver => Problem::TimeOut,
            Self::Memory { .. } | Self::Table { .. } => Problem::Memory,
            Self::FactNotDeclared(_) | Self::FurtherThanDeclared { .. } | Self::SecretNotDeclared(_) => {
                Problem::FactNotDeclared
            }
            Self::FactNotGranted(_)
            | Self::FurtherThanGranted { .. }
            | Self::SecretNotGranted(_)
            | Self::HashOfSecret
            | Self::Socket(_) => Problem::NotGranted,
            Self::FactNotRecorded(..) => Problem::FactNotRecorded,
            Self::Reads(_) | Self::News(_) | Self::AskedAbout { .. } => Problem::TooLarge,
            Self::NoSubject(_) | Self::OfOtherKind { .. } => Problem::InvalidAnswer,
        }
    }
}

pub(crate) fn fail(problem: Problem, message: impl Into<String>) -> PluginFailure {
    PluginFailure::new(problem, message)
}

pub(crate) fn invalid(message: impl Into<String>) -> PluginFailure {
    fail(Problem::InvalidAnswer, message)
}

pub(crate) fn reject(stage: CheckStage, message: impl Into<String>) -> PluginRejection {
    PluginRejection { stage, message: message.into() }
}

/// What an error of the engine means. `last_words` is what the guest wrote last: languages tell there why they gave
/// up, the trap itself only says `unreachable`.
pub(crate) fn explain(error: &wasmtime::Error, last_words: Option<&str>, output_limit: usize) -> PluginFailure {
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        return fail(stopped.problem(), stopped.to_string());
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return fail(Problem::Busy, "no place to run it at the moment; it is tried again");
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return fail(Problem::Trap, with_words(&format!("it left with exit code {}", exit.0), last_words));
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let text = match trap {
            Trap::StackOverflow => "it called itself too deeply: the stack overflowed".to_owned(),
            trap => format!("it crashed: {}", trap.to_string().trim_start_matches("wasm trap: ")),
        };
        return PluginFailure { backtrace: backtrace(error), ..fail(Problem::Trap, with_words(&text, last_words)) };
    }
    let cause = error.root_cause().to_string();
    if cause.contains("fuel allocated for hostcalls") {
        let message = format!("it handed more than {} to the host in one call", bytes(output_limit));
        return fail(Problem::TooLarge, message);
    }
    invalid(format!("its answer cannot be read: {cause}"))
}

/// The functions of the guest that were running, innermost first, with the source line where the component says it.
fn backtrace(error: &wasmtime::Error) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    trace.frames().iter().map(frame).collect()
}

/// `name at file:line`; as much of it as the component says.
fn frame(frame: &FrameInfo) -> String {
    let name = match frame.func_name() {
        Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
        None => format!("function {}", frame.func_index()),
    };
    // Of several at one place the first is the innermost that was inlined there.
    let place = frame.symbols().iter().find_map(|symbol| Some((symbol.file()?, symbol.line()?)));
    match place {
        Some((file, line)) => format!("{name} at {file}:{line}"),
        None => name,
    }
}

fn with_words(text: &str, last_words: Option<&str>) -> String {
    match last_words {
        Some(words) => format!("{text}; its last words: {words}"),
        None => text.to_owned(),
    }
}

/// The words for a step that may keep or send only so much.
pub(crate) fn too_large(what: &str, size: usize, limit: usize) -> PluginFailure {
    fail(Problem::TooLarge, format!("{what} has {size} bytes; the limit is {}", bytes(limit)))
}

/// Refuses what is longer than the host keeps.
pub(crate) fn within(limits: &Limits, what: &str, size: usize) -> Result<(), PluginFailure> {
    if size > limits.output_bytes { Err(too_large(what, size, limits.output_bytes)) } else { Ok(()) }
}
