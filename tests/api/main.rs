//! The HTTP interface from outside: who may see what, how refusals read, what answers look like, and that nothing a
//! client sends is ever answered by a 500.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod answers;
mod asking;
mod audit;
mod bodies;
mod console;
mod links;
mod live;
mod oidc;
mod pages;
mod people;
mod problems;
mod storefront;
