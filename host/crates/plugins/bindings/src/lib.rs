//! The contract as Rust: what the macro makes of `wit/`, one module per released edition, and nothing else.
//!
//! It is a crate of its own because expanding it is slow and it hardly ever changes. Only `cartwright-plugins` may
//! use it. There everything is done in the words of the newest edition; the older ones have a twin each in `editions`.

pub mod v0_1;
pub mod v0_2;
