//! How a plugin can fail, and what a call used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Microseconds of running, without waiting for a place.
    pub micros: u64,
    /// Most bytes of memory at a time, over all memories of the instance.
    pub memory_bytes: u64,
}

/// Why a plugin gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{problem}: {message}")]
pub struct PluginFailure {
    /// What it was.
    pub problem: Problem,
    /// In words, with the limit and its value where one was crossed.
    pub message: String,
    /// Of a trap: the functions of the guest, innermost first, with the source line where the component says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
}

impl PluginFailure {
    /// A failure in words.
    pub fn new(problem: Problem, message: impl Into<String>) -> Self {
        Self { problem, message: message.into(), backtrace: Vec::new() }
    }
}

/// What can go wrong with a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PluginProblem")]
pub enum Problem {
    /// It answered with a fault of its own.
    Fault,
    /// Its fault `bad-config`.
    BadConfig,
    /// Its fault `bad-input`.
    BadInput,
    /// Its fault `missing-fact`.
    MissingFact,
    /// Its fault `not-supported`.
    NotSupported,
    /// It crashed.
    Trap,
    /// It took too long.
    TimeOut,
    /// It wanted too much memory.
    Memory,
    /// It answered with something that is no answer.
    InvalidAnswer,
    /// It answered with too much.
    TooLarge,
    /// It read a fact that it does not declare.
    FactNotDeclared,
    /// It read or did what the shop did not grant.
    NotGranted,
    /// Made again from a record, it read a fact that the record does not have.
    FactNotRecorded,
    /// No place to run it at the moment.
    Busy,
    /// It is not installed, or cannot be loaded.
    NotInstalled,
    /// It was not asked: somebody stopped it, or its circuit breaker is open.
    Held,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Fault,
        Self::BadConfig,
        Self::BadInput,
        Self::MissingFact,
        Self::NotSupported,
        Self::Trap,
        Self::TimeOut,
        Self::Memory,
        Self::InvalidAnswer,
        Self::TooLarge,
        Self::FactNotDeclared,
        Self::NotGranted,
        Self::FactNotRecorded,
        Self::Busy,
        Self::NotInstalled,
        Self::Held,
    ];

    /// Whether the same facts may give an answer later (S12).
    pub fn may_pass(self) -> bool {
        matches!(self, Self::TimeOut | Self::Busy)
    }

    /// Whether the same component would fail in the same way on the same facts, on any machine.
    pub fn is_of_the_facts(self) -> bool {
        !matches!(self, Self::TimeOut | Self::Busy | Self::Memory | Self::NotInstalled | Self::Held)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fault => "fault",
            Self::BadConfig => "bad configuration",
            Self::BadInput => "bad input",
            Self::MissingFact => "missing fact",
            Self::NotSupported => "not supported",
            Self::Trap => "trap",
            Self::TimeOut => "time-out",
            Self::Memory => "memory limit",
            Self::InvalidAnswer => "invalid answer",
            Self::TooLarge => "answer too large",
            Self::FactNotDeclared => "fact not declared",
            Self::NotGranted => "not granted",
            Self::FactNotRecorded => "fact not recorded",
            Self::Busy => "busy",
            Self::NotInstalled => "not installed",
            Self::Held => "held",
        })
    }
}
