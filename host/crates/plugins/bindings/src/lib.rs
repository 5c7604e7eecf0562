//! The contract as Rust: what the macro makes of `wit/`, one module per released edition, and nothing else.
//!
//! It is a crate of its own because expanding it is slow and it hardly ever changes. Only `cartwright-plugins` may
//! use it; there the types are converted into those of the ports, by hand, in `convert`.

pub mod v0_1;
