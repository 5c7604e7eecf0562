//! The rules of semantics, each shown on a stage: the planner and the appliance of events, and nothing else.

mod capping;
mod channels;
mod coming_back;
mod experiments;
mod outages;
mod people;
mod properties;
mod rules;
mod sending;
mod stage;
mod waiting;
mod zones;
