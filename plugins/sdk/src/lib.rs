//! Writes a Cartwright plugin in Rust.
//!
//! A plugin is a crate of type `cdylib` with one type, one macro and one trait:
//!
//! ```text
//! cartwright_sdk::condition_plugin!(HighValue);
//! use bindings::{Condition, Descriptor, Fault, Verdict, orders};
//!
//! pub struct HighValue;
//! impl Condition for HighValue { /* describe, check_config, evaluate */ }
//! ```
//!
//! The macro generates the module `bindings` of exactly one world in the plugin's own crate (the worlds of two
//! plugins linked into one component would break it) and puts the package's name, version, licence, description,
//! authors and source from `Cargo.toml` into the file, so that the `.wasm` is the whole package.
//!
//! A channel or source whose tasks are one request each is made by [`simple_channel_plugin`] or
//! [`simple_source_plugin`]: one function builds the request, one reads the response, and the SDK keeps the state
//! between them.
//!
//! What stands here must work in every guest: no clock, no randomness, no I/O, nothing that depends on the world.
//! Start reading at [`condition_plugin`]; the smallest plugins are `plugins/conditions/high-value` and
//! `plugins/channels/inbox`.

pub mod encoding;
pub mod events;
pub mod json;
pub mod time;

mod descriptor;
mod exchange;
mod metadata;
mod money;
#[doc(hidden)]
pub mod state;
mod worlds;

pub use json::Amount;
pub use serde_json;
#[doc(hidden)]
pub use wit_bindgen;

/// The interfaces that hold only types are generated once, here, so that the helpers of this crate and every plugin
/// mean the same `Descriptor`, `Fault` and `Request`.
#[allow(missing_docs, unsafe_code)]
mod generated {
    wit_bindgen::generate!({
        inline: "
            package cartwright:sdk;
            world values {
                import cartwright:plugin/types@0.2.0;
                import cartwright:plugin/transport@0.2.0;
            }
        ",
        path: "../../wit/v0.2",
        world: "values",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

pub use generated::cartwright::plugin::{transport, types};
