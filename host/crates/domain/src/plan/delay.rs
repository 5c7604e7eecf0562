//! The delay step (S05).

use super::{Flow, Planner};
use crate::delay::{Delay, Due};
use crate::time::Timestamp;
use crate::trace::Happening;

impl Planner<'_> {
    pub(super) fn delay(&mut self, step: &str, delay: &Delay, since: Timestamp) -> Flow {
        let mut reads = Vec::new();
        match delay.due(since, self.plan.run.newest_trigger_at, self.situation.subject, &mut reads) {
            Due::At(due) if self.now >= due => self.go(&delay.next, due),
            Due::At(due) => {
                self.wait(step, due, reads);
                Flow::Rest
            }
            Due::Otherwise(next) => {
                let (branch, by) = ("otherwise".to_owned(), "delay".to_owned());
                self.tell(Some(step), Happening::Branched { branch, by, digest: None, reason: None }, reads);
                self.go(next, self.now)
            }
        }
    }
}
