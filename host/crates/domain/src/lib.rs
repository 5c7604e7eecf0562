//! Values and rules of Cartwright.
//!
//! Everything here is decided from values that are handed in. There is no clock, no randomness, no database, no
//! socket and no `async` in this crate, and nothing here may ever ask for one.
//!
//! Start reading at [`plan`]: what a run does next. Then [`apply`]: what an event changes. [`check`] says what must
//! hold of any shop at any time. The words are those of the glossary in `host/docs/ARCHITECTURE.md`; rules are cited
//! as S01, S02, … where they are kept.

#![forbid(unsafe_code)]

pub mod alert;
pub mod apply;
pub mod by_customer;
pub mod cap;
pub mod cart;
pub mod categories;
mod chain;
pub mod change;
pub mod chat_link;
pub mod check;
mod checkout;
mod claim;
pub mod contact;
pub mod content;
pub mod customer;
pub mod date;
pub mod decision;
pub mod delay;
pub mod delivery;
pub mod effect;
pub mod erasure;
pub mod event;
mod exit;
pub mod fact;
pub mod facts;
pub mod funnel;
pub mod handle;
pub mod heard;
pub mod identity;
pub mod ids;
pub mod image_grid;
pub mod import;
pub mod incident;
mod joint;
pub mod local;
pub mod locale;
pub mod message;
pub mod message_step;
pub mod money;
pub mod moving;
pub mod oidc;
pub mod order;
pub mod outcome;
pub mod pace;
pub mod pieces;
pub mod place;
pub mod plan;
pub mod planned;
pub mod plugin;
pub mod policy;
pub mod price;
pub mod product;
pub mod publish;
pub mod push_filter;
mod reaction;
pub mod reading_again;
mod receipt;
pub mod reentry;
pub mod region;
mod rejection;
pub mod replacing;
pub mod reply;
pub mod rule;
pub mod run;
pub mod said;
mod schema;
mod seal;
pub mod sender;
pub mod sending;
pub mod shard;
pub mod shop;
pub mod short_link;
pub mod sms;
pub mod source;
pub mod split;
pub mod stop_word;
pub mod stopping;
pub mod storefront;
pub mod strategy;
pub mod template;
pub mod test_send;
pub mod time;
pub mod trace;
mod trigger;
pub mod trust;
pub mod turned_away;
pub mod unsubscribe;
pub mod user;
pub mod utm;
pub mod wait;
mod wake;
pub mod webhook;
pub mod why;
pub mod window;
pub mod world;
pub mod written;
pub mod zone;
