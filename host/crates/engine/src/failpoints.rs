//! Named points between commits, where a test may stop the process. In production there are none armed.

use std::sync::Arc;

/// Decides whether the process stops at a point.
pub trait Failpoints: Send + Sync {
    /// Called each time a point is passed; may not return.
    fn reach(&self, point: &'static str);
}

/// Nothing is armed.
pub struct NoFailpoints;

impl Failpoints for NoFailpoints {
    fn reach(&self, _: &'static str) {}
}

/// Every point, in the order of a message's way.
pub const POINTS: &[&str] = &[
    "event.accepted",
    "event.applied",
    "run.advanced",
    "message.prepared",
    "message.rendered",
    "message.handed_over",
    "message.answered",
    "message.settled",
];

/// Every point of a task of a source: begun, answered, and its answer taken.
pub const SOURCE_POINTS: &[&str] = &["source.begun", "source.answered", "source.settled"];

/// Every point of the questions what messages cost: begun, answered, and the answers taken.
pub const PRICE_POINTS: &[&str] = &["prices.begun", "prices.answered", "prices.settled"];

/// Every point of a notice of an incident.
pub const ALERT_POINTS: &[&str] = &["alert.handed_over", "alert.answered"];

/// Every point of a test send.
pub const TEST_POINTS: &[&str] = &["test.handed_over", "test.answered"];

/// Every point of an answer to a reply, and of a notice of one.
pub const REPLY_POINTS: &[&str] = &["reply.handed_over", "reply.answered"];

/// The default.
pub fn none() -> Arc<dyn Failpoints> {
    Arc::new(NoFailpoints)
}
