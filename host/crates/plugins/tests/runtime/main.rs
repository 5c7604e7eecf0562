//! The runtime with real components. One binary: each one more is a runtime and a compiler linked once more.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod conformance;
mod decisions;
mod egress;
mod hostile;
mod isolation;
mod mail;
mod neighbours;
mod old_editions;
mod properties;
mod provider_codes;
mod shipped;
mod shipped_set;
mod support;
