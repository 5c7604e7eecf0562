//! What a shop sees: each test is a story, told over HTTP to a whole service, on both databases.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod acme;
mod alerts;
mod asked;
mod bad_input;
mod busy;
mod channels;
mod chat_links;
mod cloudevents;
mod counting;
mod crash;
mod deliveries;
mod doctor;
mod erasure;
mod explaining;
mod haravan;
mod image_grid;
mod importing;
mod library;
mod mail;
mod mjml;
mod nodes;
mod plugin_life;
mod plugins;
mod policies;
mod reminder;
mod replacing;
mod replies;
mod segment;
mod short_links;
mod signed;
mod sold_out;
mod storefront;
mod strategies;
mod templates;
mod test_sends;
mod timing;
mod trust;
mod unsubscribe;
mod webhook;
mod whatsapp;
mod woocommerce;
