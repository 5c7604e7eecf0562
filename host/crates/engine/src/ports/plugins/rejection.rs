//! Why a file is not taken as a plugin.

use std::fmt;

/// Why a file is not taken as a plugin: at which stage, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stage}: {message}")]
pub struct PluginRejection {
    /// Where it failed.
    pub stage: CheckStage,
    /// What is wrong and what to do, with the limit and its value where one was crossed.
    pub message: String,
}

/// The stages of a check, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckStage {
    /// The file: its size, whether it is a component.
    File,
    /// Name and version in the metadata.
    Metadata,
    /// Compiling it.
    Compile,
    /// Its imports: only what this host offers.
    Imports,
    /// Its exports: exactly one of the five kinds.
    World,
    /// What it says of itself.
    Describe,
    /// Whether it keeps the promises of its kind.
    Conformance,
}

impl fmt::Display for CheckStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Metadata => "metadata",
            Self::Compile => "compile",
            Self::Imports => "imports",
            Self::World => "world",
            Self::Describe => "describe",
            Self::Conformance => "conformance",
        })
    }
}
