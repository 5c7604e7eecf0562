//! The system from outside: what a test needs to run all of Cartwright and look at it as its users do.
//!
//! A [`World`] is a whole service in this process, on a real database, with the real plugins and a clock that the
//! test moves; it is spoken to over HTTP only. A [`Service`] is the binary itself, for what only a process can show:
//! that it can be killed. Nothing here reaches into a crate's private parts, and nothing sleeps.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may panic, and read their environment")]

pub mod client;
pub mod node;
pub mod serving;
pub mod stoppable;
pub mod wiring;
pub mod world;

pub use cartwright_testkit::database::Database;
pub use client::{Client, Reply};
pub use stoppable::Stoppable;
pub use world::World;
