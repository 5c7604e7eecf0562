//! The HTTP face of Cartwright: `/v1`, webhooks in, health, the console, and a plain page for each problem.
//!
//! This crate turns requests into calls of [`cartwright_engine::Engine`] and answers into JSON. It decides nothing: no
//! rule of a strategy, no SQL and no Wasm may ever stand here. JSON shapes stop here too; what goes further in is a
//! domain value. Whatever a client sends, the answer is never a 500: that code is for our own faults only.
//!
//! Start reading at [`router`], then take any operation, such as `events/post.rs`: one folder per resource, one file
//! per operation with its request, handler, errors, OpenAPI text and tests. `problem/` is how all of them say no.

#![forbid(unsafe_code)]

mod access;
mod alerts;
mod audit;
mod channels;
mod chat_links;
mod connections;
mod console;
mod contents;
mod customers;
mod deliveries;
mod demo;
mod envelope;
mod events;
mod extract;
mod faults;
mod health;
mod hooks;
mod image_grids;
mod journal;
mod json_lines;
mod keys;
mod listing;
mod live;
mod markup;
mod messages;
mod openapi;
mod options;
mod people;
mod plugins;
mod problem;
mod rate;
mod replies;
mod reports;
mod router;
mod runs;
mod session;
mod shops;
mod short_links;
mod sources;
mod storefront;
mod strategies;
mod test_sends;
mod unsubscribe;

pub use console::ConsoleFiles;
pub use openapi::document;
pub use options::{ApiOptions, DemoControls, Limits, Previews};
pub use router::{health_router, router};
