//! The commands, one file each.

pub(crate) mod backtest;
pub(crate) mod content;
pub(crate) mod customer;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod node;
pub(crate) mod plugin;
pub(crate) mod serve;
pub(crate) mod shop;
pub(crate) mod simulate;
pub(crate) mod strategy;
pub(crate) mod user;
