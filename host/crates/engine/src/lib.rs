//! What Cartwright does: use cases, worker loops, and the ports they need.
//!
//! Nothing here talks to a database, a socket or a Wasm engine: that is behind [`ports`]. Effects are committed as
//! intents before anything leaves the process.

#![forbid(unsafe_code)]

mod advance;
mod alerts;
mod applying;
mod asking;
mod backtest;
mod batch;
mod beside;
mod breakers;
mod checking;
mod connect;
mod content_preview;
mod contents;
mod deliver;
mod dispatch;
mod engine;
mod enrol;
mod erasure;
mod explain;
pub mod failpoints;
mod holdings;
mod holds;
mod ingest;
mod install;
mod keys;
mod life;
mod masking;
mod membership;
mod mjml;
mod moving;
mod node;
mod passwords;
mod people;
pub mod ports;
mod preview;
mod publish;
mod records;
mod render;
mod report;
mod settings;
mod shadow;
mod shops;
mod simulate;
mod skip;
mod sources;
mod standing;
mod stopping;
mod tasks;
mod test_sends;
mod trust;
mod unsubscribe;
mod uses;
mod watch;
mod webhook;
mod worker;

pub use backtest::{Difference, Fate, Period, Recorded, Tally, differences, recorded};
pub use checking::Checked;
pub use connect::{ConnectError, ConnectionDraft};
pub use content_preview::{ContentPreview, NoPreview};
pub use contents::ContentError;
pub use engine::Engine;
pub use ingest::EventAnswer;
pub use install::{InstallError, Upload};
pub use life::PluginChange;
pub use node::{Node, Pause};
pub use people::{RedeemError, SignInError, SignedIn};
pub use preview::{BEFORE, Preview, PreviewError, Previewed};
pub use publish::{PublishError, Published, RemoveError, Severity, StrategyFault};
pub use render::{RENDERER, data_of};
pub use report::{Dimension, LONGEST_REPORT, Report, ReportError, ReportLine, ReportQuery};
pub use settings::ShopSettings;
pub use shops::ShopError;
pub use simulate::{LogItem, LogLine, Reached, SimulatedRun, Timeline};
pub use skip::{MovableClock, Skipped};
pub use sources::BackfillFailure;
pub use standing::judge;
pub use tasks::{Machine, ProbeFailure, Progress, Running, TaskFailure, Tasks, Turn, Turns, Vault};
pub use test_sends::{ConfirmError, TestDraft, TestError};
pub use trust::{TrustError, Trusted};
pub use unsubscribe::Subscriber;
pub use uses::DayUse;
pub use webhook::WebhookAnswer;
