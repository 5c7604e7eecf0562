//! The program as it is typed. One binary: each one more is everything linked once more.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod backtest;
mod command_line;
mod content;
#[cfg(unix)]
mod nodes;
mod plugin_commands;
#[cfg(unix)]
mod plugin_life;
#[cfg(unix)]
mod preview;
mod program;
mod registry;
#[cfg(unix)]
mod service;
mod settings;
mod trust;
