//! The system from outside: what a test needs to run all of Cartwright and look at it as its users do.
//!
//! Nothing here reaches into a crate's private parts, and nothing here sleeps.

#![forbid(unsafe_code)]
