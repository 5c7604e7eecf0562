//! "Replace everywhere" (S28): a newer revision of a content takes the place of the one that versions were published
//! with, for runs that wait and for runs to come. What was said before stays as it was said, and is counted apart.

use std::collections::BTreeSet;

use crate::content::Content;
use crate::ids::VersionId;
use crate::strategy::Version;
use crate::time::Timestamp;

/// A content that took another's place in a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Replacement {
    /// In which version.
    pub version: VersionId,
    /// What it says from then on; its name is the place that it takes.
    pub content: Content,
    /// Its revision.
    pub revision: u32,
    /// When it was replaced.
    pub replaced_at: Timestamp,
}

impl Version {
    /// Puts a content in its place. A version without the name stays as it is.
    pub fn replace(&mut self, replacement: Replacement) {
        let Replacement { content, revision, .. } = replacement;
        if let Some(own) = self.definition.contents.iter_mut().find(|own| own.name == content.name) {
            self.replaced.insert(content.name.clone(), revision);
            *own = content;
        }
    }
}

/// The channels that a content is written for and another is not: whoever was to be reached there would not be any more.
pub fn lacking<'a>(old: &'a Content, new: &Content) -> BTreeSet<&'a str> {
    let channels = |content: &'a Content| content.variants.iter().map(|variant| variant.channel.as_str());
    let kept: BTreeSet<&str> = new.variants.iter().map(|variant| variant.channel.as_str()).collect();
    channels(old).filter(|channel| !kept.contains(channel)).collect()
}
