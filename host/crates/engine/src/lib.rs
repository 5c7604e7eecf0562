//! What Cartwright does: use cases, worker loops, and the ports they need.
//!
//! Nothing here talks to a database, a socket or a Wasm engine: that is behind [`ports`]. Effects are committed as
//! intents before anything leaves the process.

#![forbid(unsafe_code)]

mod engine;
pub mod ports;

pub use engine::Engine;
