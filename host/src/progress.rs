//! How far long work is: a bar where a person looks on, nothing where a program reads.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar beside the answer. It shows itself on a terminal only.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar over so many of something.
    pub(crate) fn of(whole: u64, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(whole), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!("{{wide_bar}} {{human_pos}} of {{human_len}} {what}  {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many are done; `where_to` says in words how far that is.
    pub(crate) fn reached(&self, done: u64, where_to: &str) {
        self.0.set_position(done);
        if !self.0.is_hidden() {
            self.0.set_message(where_to.to_owned());
        }
    }

    /// All is done: the bar goes.
    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }
}
