//! For tests only: time and chance by hand, values to begin with, webhooks as platforms send them, and a provider
//! that does as it is told.
//!
//! Nothing that is shipped may need this crate, and nothing here sleeps, but a provider that is told to be slow. Start reading at [`clock`].

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "tests are told by the environment where their database and data are")]

pub mod clock;
pub mod database;
pub mod postgres;
pub mod present;
pub mod provider;
pub mod proxy;
pub mod registry;
pub mod shopify;
pub mod values;
pub mod whatsapp;
