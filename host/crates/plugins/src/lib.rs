//! Runs plugins, and makes the requests they ask for.
//!
//! A plugin is a WebAssembly component of the contract in `wit/`. This crate checks it, compiles it, starts it in a
//! fresh instance for each batch, tells it the facts it may know and nothing else, ends it when it crosses a limit,
//! and turns its answers into values of the domain. Nothing a plugin does stops the host or another shop; the words
//! of the contract end here, and what leaves the process leaves through [`egress`] and nowhere else: also what `pictures`
//! fetches, which puts the goods of a cart together.
//!
//! Start reading at `runtime`, then `batch` (what isolates one subject from the next), `guest` and `facts` (what a
//! plugin can learn), `sandbox` (how it is held), `check` (what is looked at before it may run).

#![deny(unsafe_code)]

mod batch;
mod catalogue;
mod check;
mod compiled;
pub mod conformance;
mod editions;
pub mod egress;
mod facts;
mod failure;
mod guest;
mod inspect;
mod kinds;
mod limits;
mod log;
mod pictures;
pub mod registry;
mod replay;
mod runtime;
mod sandbox;
mod secrets;
mod session;
pub mod signing;
mod uses;
mod wasi;

pub use egress::{EgressPolicy, install_tls};
pub use inspect::Inspection;
pub use limits::{BatchTime, Limits, SLICE};
pub use runtime::{Runtime, RuntimeOptions, SetUpError};
pub use sandbox::Slices;
