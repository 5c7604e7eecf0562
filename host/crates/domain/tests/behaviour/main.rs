//! The rules of semantics, each shown on a stage: the planner and the appliance of events, and nothing else.

mod actions;
mod asking;
mod capping;
mod channels;
mod claims;
mod coming_back;
mod dates;
mod experiments;
mod facts;
mod handles;
mod listening;
mod moving;
mod outages;
mod people;
mod prices;
mod properties;
mod quiet_hours;
mod rules;
mod senders;
mod sending;
mod sources;
mod stage;
mod templates;
mod waiting;
mod wandering;
mod zones;
