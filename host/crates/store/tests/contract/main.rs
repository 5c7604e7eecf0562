//! What storage promises, each promise once, on every database.
//!
//! Start reading at [`ledger`]: what a batch may and may not do.

#![allow(clippy::unwrap_used, reason = "a panic is the point of a test")]

mod accounts;
mod concurrency;
mod durability;
mod erasure;
mod figures;
mod incidents;
mod journal;
mod ledger;
mod links;
mod lists;
mod merging;
mod migrations;
mod nodes;
mod people;
mod plugins;
mod prices;
mod reading;
mod replies;
mod secrets;
mod senders;
mod settings;
mod sources;
mod strategies;
mod templates;
mod tenants;
mod test_sends;
mod trust;
mod values;
mod watermarks;

/// States promises: each becomes a test on SQLite in a file, in plain memory, and on PostgreSQL. Those behind
/// `on_disk:` open the database more than once, which nobody can with one in memory.
macro_rules! contract {
    (on_disk: $($promises:tt)+) => {
        mod on_disk {
            use super::*;
            crate::promises! { [sqlite postgres] $($promises)+ }
        }
    };
    ($($promises:tt)+) => { crate::promises! { [sqlite memory postgres] $($promises)+ } };
}

macro_rules! promises {
    ([$($database:ident)+] $(async fn $name:ident($db:ident) $body:block)+) => {
        mod stated {
            use super::*;
            $(pub(super) async fn $name($db: cartwright_testkit::database::Database) $body)+
        }
        crate::tests! { [$($database)+] [$($name)+] }
    };
}

macro_rules! tests {
    ([] $names:tt) => {};
    ([$database:ident $($more:ident)*] [$($name:ident)+]) => {
        mod $database {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::stated::$name(cartwright_testkit::database::Database::$database().await).await;
            })+
        }
        crate::tests! { [$($more)*] [$($name)+] }
    };
}

pub(crate) use {contract, promises, tests};
