//! Shadows: after a batch is committed, a shadow is asked about the same subjects on the same facts. Nothing is done
//! with its answers but to keep those that differ; its failures never matter.

use cartwright_domain::decision::{DecisionRecord, Difference};
use cartwright_domain::facts::Subject;
use cartwright_domain::plan::{Answer, Question};
use cartwright_domain::plugin::{PluginRecord, Problem};
use serde_json::json;
use std::sync::Arc;

use crate::Engine;
use crate::ports::{Note, NoteKind};
use crate::settings::ShopSettings;

/// What the active version answered, for its shadow to be compared with.
pub(crate) struct Shadowed {
    pub(crate) active: Arc<PluginRecord>,
    pub(crate) shadow: Arc<PluginRecord>,
    pub(crate) question: Question,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) answers: Vec<Answer>,
}

impl Engine {
    /// Where the shadow differs, and its traps.
    pub(crate) async fn ask_shadow(&self, settings: &ShopSettings, shadowed: Shadowed) -> Vec<Note> {
        let Shadowed { active, shadow, question, subjects, answers } = shadowed;
        let mut notes = Vec::new();
        let given = self.call_plugin(settings, &shadow, &question, &subjects, &mut notes).await;
        let mut mint = self.entropy.mint(self.now());
        let differing = subjects.iter().zip(answers).zip(given).filter(|((_, ours), theirs)| {
            was_asked(ours) && was_asked(theirs) && Difference::is_between(&ours.reply, &theirs.reply)
        });
        let kept = NoteKind::Difference.kept().unwrap_or(u32::MAX) as usize;
        notes.extend(differing.take(kept).map(|((subject, ours), theirs)| {
            let difference = Difference {
                id: mint.next(),
                at: subject.now,
                active: DecisionRecord::new(&active, &question, subject.run, subject.now, &ours),
                shadow: DecisionRecord::new(&shadow, &question, subject.run, subject.now, &theirs),
            };
            Note {
                kind: NoteKind::Difference,
                subject: shadow.digest.clone(),
                id: difference.id,
                at: difference.at,
                run: Some(subject.run),
                document: json!(difference),
            }
        }));
        notes
    }
}

/// Whoever was not asked differs from nobody.
fn was_asked(answer: &Answer) -> bool {
    !answer
        .reply
        .as_ref()
        .is_err_and(|failure| matches!(failure.problem, Problem::Held | Problem::Busy | Problem::NotInstalled))
}
