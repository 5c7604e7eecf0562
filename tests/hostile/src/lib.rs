//! Guests that misbehave, one way each, and a tame one to compare them with.
//!
//! They are written as text of core WebAssembly and made into components here, against the very `wit/` of this
//! repository: no toolchain, no checked-in binaries. Start reading at [`kit`], which lists them with what each must
//! meet; [`Condition`], [`Selector`] and [`Channel`] make them.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, reason = "a guest that cannot be made is a bug of this crate, and only tests use it")]

pub mod bombs;
mod channel;
mod component;
mod condition;
pub mod guests;
pub mod kit;
mod layout;
pub mod loading;
mod selector;

pub use channel::{Asked, Channel};
pub use component::{component_of, core_module_of, with_metadata, wrapped};
pub use condition::Condition;
pub use layout::EDITION;
pub use selector::Selector;
