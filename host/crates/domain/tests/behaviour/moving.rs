//! Waiting runs and a new version (S28) on a stage: what is counted before, and what becomes of each.

use crate::stage::*;
use cartwright_domain::check::{check, check_figures};
use cartwright_domain::funnel;
use cartwright_domain::ids::{RunId, VersionId};
use cartwright_domain::moving::{Fates, Preview, Waiting, move_run, preview};
use cartwright_domain::run::{EndReason, Position};
use cartwright_domain::strategy::Version;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::Happening;
use cartwright_domain::world::LiveStrategy;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Waits for two days, then reminds.
fn old() -> Value {
    json!({
        "name": "Waiting",
        "trigger": { "on": "cart", "settle": "1h", "next": "wait" },
        "steps": {
            "wait": { "kind": "delay", "for": "48h", "next": "remind" },
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "policies": { "max_lateness": "1h" }
    })
}

/// The same with one step in the place of `wait`, which goes by that name or by another.
fn with_wait(name: &str, step: Value) -> Value {
    let mut new = old();
    new["trigger"]["next"] = json!(name);
    let steps = new["steps"].as_object_mut().expect("steps");
    steps.remove("wait");
    steps.insert(name.to_owned(), step);
    new
}

fn delay(span: &str) -> Value {
    json!({ "kind": "delay", "for": span, "next": "remind" })
}

/// Ana has left a cart at 10:00, and waits since 11:00.
fn waiting(strategy_file: Value) -> Stage {
    let mut stage = Stage::with(strategy(strategy_file));
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(12, 0));
    stage
}

/// The next version, which is the current one from now on.
fn next_version(stage: &mut Stage, definition: Value) -> Arc<Version> {
    let live = stage.world.strategies[0].clone();
    let mut mint = cartwright_domain::ids::Mint::new(stage.now, [5; 32]);
    let version = Arc::new(Version {
        id: mint.next::<VersionId>(),
        number: live.version.number + 1,
        published_at: stage.now,
        definition: strategy(definition),
        ..Version::clone(&live.version)
    });
    stage.world.strategies = vec![LiveStrategy { version: version.clone(), ..live }].into();
    version
}

/// What would become of the one run.
fn counts(stage: &Stage, new: &Version) -> Preview {
    let run = stage.run();
    let subject = stage.world.subject(run, stage.now).expect("a customer");
    let waiting = Waiting { run, subject, messages: stage.world.messages_of(run.id).collect() };
    preview(&stage.world.versions[&run.version], new, [waiting], stage.now)
}

/// The counts of one run: stays, moves, leaves, would go now.
fn one(step: Option<&str>, counts: [u64; 4]) -> Preview {
    let [stays, moves, leaves, would_go_now] = counts;
    Preview(BTreeMap::from([(step.map(str::to_owned), Fates { stays, moves, leaves, would_go_now })]))
}

fn move_it(stage: &mut Stage, new: &Arc<Version>) {
    let (id, now): (RunId, Timestamp) = (stage.run().id, stage.now);
    move_run(&mut stage.world, id, new, now);
}

fn moved(stage: &Stage) -> usize {
    stage.told(|what| matches!(what, Happening::Moved { from: 1, to: 2, .. })).len()
}

#[test]
fn s28_a_run_whose_step_is_still_there_moves_and_waits_as_the_new_version_says() {
    let mut stage = waiting(old());
    let new = next_version(&mut stage, with_wait("wait", delay("24h")));
    assert_eq!(counts(&stage, &new), one(Some("wait"), [0, 1, 0, 0]));
    move_it(&mut stage, &new);
    assert_eq!((stage.run().version, stage.run().due_at, moved(&stage)), (new.id, Some(at(11 + 24, 0)), 1));
    stage.wait_until(at(100, 0));
    assert_eq!(stage.sent_at(), [at(11 + 24, 0)]);
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s28_a_run_whose_wait_would_be_over_goes_now_and_is_not_late_for_it() {
    let mut stage = waiting(old());
    stage.wait_until(at(24, 0));
    // Over at 11:30 already, which is far longer ago than the lateness of an hour.
    let new = next_version(&mut stage, with_wait("wait", delay("30m")));
    assert_eq!(counts(&stage, &new), one(Some("wait"), [0, 1, 0, 1]));
    move_it(&mut stage, &new);
    stage.settle();
    assert_eq!(stage.sent_at(), [at(24, 0)]);
    let mut stage = waiting(with_wait("wait", listen("48h")));
    stage.wait_until(at(24, 0));
    let new = next_version(&mut stage, with_wait("wait", listen("2h")));
    assert_eq!(counts(&stage, &new), one(Some("wait"), [0, 1, 0, 1]));
    move_it(&mut stage, &new);
    stage.settle();
    assert_eq!(stage.sent_at(), [at(24, 0)]);
}

fn listen(timeout: &str) -> Value {
    let custom = json!({ "event": "custom", "type": "shop.call", "next": "done" });
    json!({ "kind": "wait", "for": { "call": custom }, "timeout": timeout, "otherwise": "remind" })
}

#[test]
fn s28_a_run_whose_step_is_gone_leaves() {
    let mut stage = waiting(old());
    let new = next_version(&mut stage, with_wait("pause", delay("24h")));
    assert_eq!(counts(&stage, &new), one(Some("wait"), [0, 0, 1, 0]));
    move_it(&mut stage, &new);
    assert_eq!((stage.ends(), moved(&stage)), (vec![EndReason::StepGone], 0));
    stage.wait_until(at(100, 0));
    assert_eq!(stage.sent().len(), 0);
}

#[test]
fn s28_a_run_whose_step_is_of_another_kind_stays_in_its_version() {
    let mut stage = waiting(old());
    let before = stage.run().clone();
    let new = next_version(&mut stage, with_wait("wait", listen("2h")));
    assert_eq!(counts(&stage, &new), one(Some("wait"), [1, 0, 0, 0]));
    move_it(&mut stage, &new);
    assert_eq!((stage.run(), moved(&stage)), (&before, 0));
    stage.wait_until(at(100, 0));
    assert_eq!(stage.sent_at(), [at(11 + 48, 0)]);
}

#[test]
fn s28_a_run_that_settles_settles_as_long_as_the_new_version_says() {
    let mut file = old();
    file["trigger"]["settle"] = json!("8h");
    let mut stage = waiting(file.clone());
    file["trigger"]["settle"] = json!("4h");
    let new = next_version(&mut stage, file.clone());
    assert_eq!(counts(&stage, &new), one(None, [0, 1, 0, 0]));
    file["trigger"]["settle"] = json!("1h");
    let sooner = next_version(&mut stage, file.clone());
    assert_eq!(counts(&stage, &sooner), one(None, [0, 1, 0, 1]));
    file["trigger"]["on"] = json!("checkout");
    let other = next_version(&mut stage, file);
    assert_eq!(counts(&stage, &other), one(None, [1, 0, 0, 0]), "no checkout began it");
    move_it(&mut stage, &new);
    assert_eq!((&stage.run().position, stage.run().due_at), (&Position::Settling, Some(at(14, 0))));
}

#[test]
fn s28_a_message_that_is_on_its_way_keeps_the_words_and_the_figures_of_its_version() {
    let at_once = with_wait("wait", delay("90m"));
    let mut stage = waiting(at_once.clone());
    stage.provider_is_up = false;
    stage.wait_until(at(13, 0));
    let kept = stage.run().version;
    funnel::count(&mut stage.world);
    // The content goes by another name there, and the way goes on to another step.
    let mut other = at_once;
    other["contents"] = json!([{ "name": "other", "variants": [{ "channel": "inbox", "body": { "text": "Hello" } }] }]);
    other["steps"]["remind"]["content"] = json!("other");
    other["steps"]["remind"]["next"] = json!("again");
    other["steps"]["again"] = json!({ "kind": "delay", "for": "2h", "next": "done" });
    let new = next_version(&mut stage, other);
    assert_eq!(counts(&stage, &new), one(Some("remind"), [0, 1, 0, 0]));
    move_it(&mut stage, &new);
    stage.provider_is_up = true;
    stage.settle();
    assert_eq!((stage.sent().len(), stage.message().version), (1, Some(kept)));
    assert_eq!(stage.run().step(), Some("again"));
    let counted: BTreeMap<_, _> = funnel::count(&mut stage.world).into_iter().filter(|(_, sum)| *sum > 0).collect();
    assert!(!counted.is_empty() && counted.keys().all(|cell| cell.version == kept), "{counted:?}");
    let run = stage.run();
    let sums = funnel::sums(stage.world.messages_of(run.id).map(|message| (message, run.strategy, run.version)));
    assert_eq!(check_figures(&sums, &counted), []);
}

#[test]
fn s28_s08_a_moved_run_leaves_for_an_order_that_only_the_new_version_watches_for() {
    let mut file = old();
    file["exits"] = json!([]);
    let mut stage = waiting(file);
    stage.event(at(12, 30), &order("o1", at(12, 30)));
    assert!(stage.run().is_active());
    let new = next_version(&mut stage, old());
    move_it(&mut stage, &new);
    assert_eq!(stage.ends(), [EndReason::Converted]);
}

#[test]
fn s28_only_waiting_runs_of_other_versions_move() {
    let mut stage = waiting(old());
    let version = stage.world.versions[&stage.run().version].clone();
    let (id, now) = (stage.run().id, stage.now);
    assert_eq!(move_run(&mut stage.world, id, &version, now), None, "it is in it already");
    stage.wait_until(at(100, 0));
    let new = next_version(&mut stage, old());
    assert_eq!(move_run(&mut stage.world, id, &new, at(200, 0)), None, "it is over");
}
