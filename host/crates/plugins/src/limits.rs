//! What a plugin may use (S42). Every error about a limit names it and its value.

use std::sync::Arc;
use std::time::Duration;

use cartwright_domain::plugin::PluginLimits;

/// Limits of one runtime; an operator may change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of a component file.
    pub component_bytes: usize,
    /// All linear memories of an instance together.
    pub memory_bytes: usize,
    /// What a condition, selector or renderer may hand to the host in one call.
    pub output_bytes: usize,
    /// Lines of log for one call.
    pub log_lines: usize,
    /// Bytes of one line of log.
    pub log_line_bytes: usize,
    /// Conditions and selectors, for a subject and for a batch.
    pub decision: BatchTime,
    /// Renderers, for a document and for a batch.
    pub render: BatchTime,
    /// One step of a channel or source, one look at a configuration or template, one start of an instance.
    pub step: Duration,
    /// Requests that one step may ask for.
    pub requests: usize,
    /// What a step may keep for the next one.
    pub state_bytes: usize,
    /// Body of a request, and of an answer.
    pub body_bytes: usize,
    /// From the first byte of a name look-up to the last of the answer.
    pub request: Duration,
    /// Of that, until the connection stands.
    pub connect: Duration,
    /// Instances that may be alive at a time. The memory pool is laid out for them.
    pub places: u32,
    /// Of them, those that one shop may hold.
    pub places_per_shop: u32,
    /// Calls that may wait for a place; the next one is told that the runtime is busy.
    pub queue: u32,
    /// Components that are kept ready.
    pub kept: usize,
}

/// Time for a batch: `each` for any one item, `each` + `more` times the number of items for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchTime {
    /// For any one item.
    pub each: Duration,
    /// What each item adds for the batch.
    pub more: Duration,
}

/// The length of a slice: how often a guest is asked to let others run.
pub const SLICE: Duration = Duration::from_millis(10);

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 32 * MIB,
            memory_bytes: 64 * MIB,
            output_bytes: 256 * KIB,
            log_lines: 100,
            log_line_bytes: KIB,
            decision: BatchTime { each: Duration::from_millis(50), more: Duration::from_millis(1) },
            render: BatchTime { each: Duration::from_millis(20), more: Duration::from_millis(2) },
            step: Duration::from_millis(100),
            requests: 4,
            state_bytes: 64 * KIB,
            body_bytes: MIB,
            request: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            places: 32,
            places_per_shop: 16,
            queue: 4096,
            kept: 256,
        }
    }
}

impl Limits {
    /// These limits with what an operator allows a plugin beyond or below them.
    pub(crate) fn of(self: &Arc<Self>, plugin: PluginLimits) -> Arc<Self> {
        if plugin.is_usual() {
            return self.clone();
        }
        let mut limits = Self::clone(self);
        if let Some(call_ms) = plugin.call_ms {
            let call = Duration::from_millis(u64::from(call_ms));
            (limits.decision.each, limits.render.each, limits.step) = (call, call, call);
        }
        let set = |limit: &mut usize, count: Option<u32>, unit: usize| {
            if let Some(count) = count {
                *limit = (count as usize).saturating_mul(unit);
            }
        };
        set(&mut limits.memory_bytes, plugin.memory_mib, MIB);
        set(&mut limits.output_bytes, plugin.output_kib, KIB);
        set(&mut limits.log_lines, plugin.log_lines, 1);
        if let Some(seconds) = plugin.request_s {
            limits.request = Duration::from_secs(u64::from(seconds));
        }
        Arc::new(limits)
    }

    /// What a channel or source may hand to the host in one call: its requests with their bodies, and its state.
    pub(crate) fn step_output_bytes(&self) -> usize {
        self.requests * self.body_bytes + self.state_bytes + self.output_bytes
    }
}

/// Whole slices of a length of time, at least one.
pub(crate) fn slices(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(SLICE.as_millis())).unwrap_or(u32::MAX).max(1)
}

/// A number of bytes as people write it.
pub(crate) fn bytes(count: usize) -> String {
    match count {
        _ if count >= MIB && count.is_multiple_of(MIB) => format!("{} MiB", count / MIB),
        _ if count >= KIB && count.is_multiple_of(KIB) => format!("{} KiB", count / KIB),
        _ => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_whole_number_of_slices() {
        assert_eq!(slices(Duration::from_millis(50)), 5);
        assert_eq!(slices(Duration::from_millis(51)), 6);
        assert_eq!(slices(Duration::ZERO), 1);
    }

    #[test]
    fn limits_are_written_as_people_write_them() {
        assert_eq!(bytes(64 * MIB), "64 MiB");
        assert_eq!(bytes(256 * KIB), "256 KiB");
        assert_eq!(bytes(1000), "1000 bytes");
    }
}
