//! What an operator allows a plugin beyond or below the usual (S42).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an operator allows a plugin beyond or below the usual limits (S42); what is left out stays as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginLimits {
    /// Milliseconds for any one subject, document or step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_ms: Option<u32>,
    /// MiB over all memories of an instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    /// KiB that one call may hand to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_kib: Option<u32>,
    /// Lines of log for one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_lines: Option<u32>,
    /// Rounds of requests in one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// Seconds for one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_s: Option<u32>,
}

impl PluginLimits {
    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// What is beyond the bounds that keep other shops safe: the field, and what it may be.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let bounds = [
            ("call_ms", self.call_ms, 1, 1_000),
            ("memory_mib", self.memory_mib, 1, 512),
            ("output_kib", self.output_kib, 1, 4_096),
            ("log_lines", self.log_lines, 0, 1_000),
            ("rounds", self.rounds, 1, 20),
            ("request_s", self.request_s, 1, 60),
        ];
        let beyond = bounds.into_iter().filter_map(|(field, value, least, most)| {
            let value = value.filter(|value| !(least..=most).contains(value))?;
            Some((field, format!("must be {least} to {most}, not {value}")))
        });
        beyond.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s42_an_operator_stays_within_bounds() {
        let limits =
            PluginLimits { call_ms: Some(200), memory_mib: Some(4_096), log_lines: Some(0), ..Default::default() };
        assert_eq!(limits.faults(), [("memory_mib", "must be 1 to 512, not 4096".to_owned())]);
        assert_eq!(PluginLimits::default().faults(), []);
    }
}
