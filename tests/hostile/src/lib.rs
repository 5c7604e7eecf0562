//! Guests that misbehave, one way each, and a tame one to compare them with.
//!
//! They are written as text of core WebAssembly and made into components here, against the very `wit/` of this
//! repository: no toolchain, no checked-in binaries. Start reading at [`Condition`]; the guests are in [`guests`].

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, reason = "a guest that cannot be made is a bug of this crate, and only tests use it")]

mod component;
mod condition;
pub mod guests;

pub use component::{component_of, core_module_of};
pub use condition::Condition;
