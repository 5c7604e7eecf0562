//! What Cartwright does: use cases, worker loops, and the ports they need.
//!
//! Nothing here talks to a database, a socket or a Wasm engine: that is behind [`ports`]. Effects are committed as
//! intents before anything leaves the process.

#![forbid(unsafe_code)]

mod connect;
mod contents;
mod engine;
mod holdings;
mod install;
mod keys;
pub mod ports;
mod publish;
mod shops;

pub use connect::{ConnectError, ConnectionDraft};
pub use contents::ContentError;
pub use engine::Engine;
pub use install::InstallError;
pub use publish::{PublishError, Published, Severity, StrategyFault};
pub use shops::ShopError;
