//! The message step (S19): on which channels it sends, all at once or one after the other, and what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::strategy::Select;
use crate::time::Span;

/// A step that sends a message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageStep {
    /// The channel, by the name of the shop's connection …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// … or several, all at once …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// … or one after the other: the next is tried where the one before cannot reach the customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// With `fallback`: the next channel is tried too when nothing says within this time that the message arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_receipt_within: Option<Span>,
    /// The content, by name …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// … or a selector chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Select>,
    /// Percent of the customers from whom this message is held out, to see what it is worth (S16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_out: Option<u32>,
    /// The step for those for whom a frequency cap leaves no room (S20); without it, `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capped: Option<String>,
    /// Then.
    pub next: String,
}

/// How the channels of a step belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// A message on each.
    AllAtOnce,
    /// One message, on the first that reaches the customer.
    Chain,
}

impl MessageStep {
    /// The channels in the order of their slots. Publishing refuses more than one way of naming them, and none.
    pub fn slots(&self) -> Vec<&str> {
        if !self.fallback.is_empty() {
            return self.fallback.iter().map(String::as_str).collect();
        }
        self.channel.iter().chain(&self.channels).map(String::as_str).collect()
    }

    /// How they belong together.
    pub fn spread(&self) -> Spread {
        if self.fallback.is_empty() { Spread::AllAtOnce } else { Spread::Chain }
    }

    /// The channel that is tried after a slot of a chain.
    pub fn after_slot(&self, slot: u32) -> Option<&str> {
        self.fallback.get(slot as usize + 1).map(String::as_str)
    }

    /// Every content that it names.
    pub fn contents(&self) -> impl Iterator<Item = &String> {
        let choices = self.select.iter().flat_map(|select| select.candidates.iter().chain(&select.default));
        self.content.iter().chain(choices)
    }
}
