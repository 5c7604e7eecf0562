//! S27: whoever stops a strategy ends its runs, wherever they wait.

use crate::identity::leave;
use crate::ids::{RunId, StrategyId};
use crate::run::{EndReason, Run};
use crate::strategy::StrategyState;
use crate::time::Timestamp;
use crate::world::World;

/// Ends the loaded runs of a strategy, unless it was revived meanwhile.
pub fn end_runs(world: &mut World, strategy: StrategyId, now: Timestamp) {
    let is_to_end =
        |run: &Run| run.strategy == strategy && run.is_active() && world.strategy_state(run) == StrategyState::Stopped;
    let runs: Vec<RunId> =
        world.runs.values().map(|entry| &entry.value).filter(|run| is_to_end(run)).map(|run| run.id).collect();
    for run in runs {
        leave(world, run, now, EndReason::Stopped);
    }
}
