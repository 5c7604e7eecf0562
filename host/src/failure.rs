//! Why a command ended: what is wrong and what to do.

use cartwright_engine::ports::StoreError;
use cartwright_engine::{ConnectError, InstallError, PublishError, ShopError, StrategyFault};
use std::fmt::Display;

/// Why a command ended.
#[derive(Debug)]
pub(crate) struct Failure {
    lines: Vec<String>,
    exit: u8,
}

/// The exit code of whatever the person at the keyboard can put right.
const BAD_INPUT: u8 = 2;
/// The exit code of everything else.
const FAILED: u8 = 1;

impl Failure {
    /// Something that was written or named wrongly.
    pub(crate) fn bad_input(what: impl Display) -> Self {
        Self { lines: vec![what.to_string()], exit: BAD_INPUT }
    }

    /// Something that did not work.
    pub(crate) fn failed(what: impl Display) -> Self {
        Self { lines: vec![what.to_string()], exit: FAILED }
    }

    /// Something that did not work, told in several lines.
    pub(crate) fn lines_of(lines: Vec<String>) -> Self {
        Self { lines, exit: FAILED }
    }

    /// Faults in a file, each on its own line.
    pub(crate) fn faults(file: &str, faults: &[StrategyFault]) -> Self {
        let refusing: Vec<&StrategyFault> = faults.iter().filter(|fault| fault.refuses()).collect();
        let mut lines = vec![format!("{file} has {} to put right:", counted(refusing.len(), "fault"))];
        lines.extend(refusing.iter().map(|fault| format!("  {fault}")));
        Self { lines, exit: BAD_INPUT }
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> u8 {
        self.exit
    }

    /// What is told of it.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

/// `1 fault`, `2 faults`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoKey(_) | StoreError::Taken(_) => Self::bad_input(error),
            StoreError::Conflict | StoreError::Fenced | StoreError::Failed(_) => Self::failed(error),
        }
    }
}

macro_rules! bad_input_unless_storage {
    ($($type:ident),+) => {$(
        impl From<$type> for Failure {
            fn from(error: $type) -> Self {
                match error {
                    $type::Store(error) => error.into(),
                    other => Self::bad_input(other),
                }
            }
        }
    )+};
}

bad_input_unless_storage!(ConnectError, InstallError, PublishError, ShopError);
