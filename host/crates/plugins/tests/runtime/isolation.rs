//! What isolates one subject, one batch and one shop from the next, and what a component may do unpunished.

use std::time::Duration;

use crate::support::{Installed, host, host_with, now, subject};
use cartwright_domain::plugin::Problem;
use cartwright_engine::ports::Plugins;
use cartwright_plugins::{BatchTime, Limits, Slices};
use hostile_guests::{EDITION, guests, loading};
use serde_json::json;

#[tokio::test]
async fn a_later_patch_that_uses_only_what_there_is_runs() {
    assert_eq!(host().verdict(loading::later_patch().component()).await, Ok("yes".to_owned()));
}

#[tokio::test]
async fn a_trap_names_its_subject_and_no_other() {
    let host = host();
    let answers = host.verdicts(guests::trap_on_three().component(), &[1, 2, 3, 4, 3, 5]).await;
    let told: Vec<_> = answers
        .iter()
        .map(|answer| answer.result.as_ref().map(|verdict| verdict.branch.as_str()).map_err(|failure| failure.problem))
        .collect();
    let trap = Err(Problem::Trap);
    assert_eq!(told, [Ok("yes"), Ok("yes"), trap, Ok("yes"), trap, Ok("yes")]);
    assert_eq!(answers[2].reads[0].to_string(), "orders.count = 3");
    host.still_serves().await;
}

#[tokio::test]
async fn an_instance_that_trapped_is_never_used_again() {
    let answers = host().verdicts(guests::remembering().component(), &[1, 2, 3]).await;
    let sound: Vec<bool> = answers.iter().map(|answer| answer.result.is_ok()).collect();
    // The second call of an instance crashes, so the third subject met a new one.
    assert_eq!(sound, [true, false, true]);
}

#[tokio::test]
async fn s42_who_is_cut_off_by_the_batch_is_decided_in_the_next() {
    let time = BatchTime { each: Duration::from_millis(200), more: Duration::ZERO };
    // Each subject uses at least ten slices of its twenty, so a batch has room for one and a part of the next.
    let host = host_with(Limits { decision: time, ..Limits::default() }, Slices::Counted);
    let answers = host.verdicts(guests::slow().component(), &[1, 2, 3, 4, 5]).await;
    assert!(answers.iter().all(|answer| answer.result.is_ok()), "{answers:?}");
}

#[tokio::test]
async fn s42_a_subject_that_needs_more_than_its_own_time_fails_alone() {
    let time = BatchTime { each: Duration::from_millis(50), more: Duration::from_millis(1) };
    let host = host_with(Limits { decision: time, ..Limits::default() }, Slices::Counted);
    let answers = host.verdicts(guests::slow().component(), &[1, 2]).await;
    let problems: Vec<_> = answers.iter().map(|answer| answer.result.as_ref().unwrap_err().problem).collect();
    assert_eq!(problems, [Problem::TimeOut, Problem::TimeOut]);
}

#[tokio::test]
async fn wasi_shows_the_moment_of_the_decision_and_its_own_chance() {
    let host = host();
    let component = guests::looking_around().component();
    let together = host.verdicts(component.clone(), &[1, 2, 3]).await;
    assert!(together.iter().all(|answer| answer.result.as_ref().unwrap().branch == "yes"), "{together:?}");
    let chances: std::collections::BTreeSet<_> = together.iter().map(|answer| &answer.log[0]).collect();
    assert_eq!(chances.len(), 3);
    // The same customer sees the same chance, wherever it stands in a batch.
    let alone = host.verdicts(component, &[3]).await;
    assert_eq!(alone[0].log, together[2].log);
}

#[tokio::test]
async fn n_together_decide_as_n_alone_in_any_order() {
    let host = host();
    let component = guests::trap_on_three().component();
    // What a call used is of this machine at this moment.
    let told = async |orders: &[usize]| -> Vec<_> {
        let answers = host.verdicts(component.clone(), orders).await;
        answers.into_iter().map(|answer| (answer.result, answer.reads)).collect()
    };
    let together = told(&[1, 3, 5]).await;
    let mut backwards = told(&[5, 3, 1]).await;
    backwards.reverse();
    assert_eq!(together, backwards);
    for (index, count) in [1, 3, 5].into_iter().enumerate() {
        assert_eq!(told(&[count]).await[0], together[index]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_shop_is_served_while_one_never_comes_back() {
    let host = std::sync::Arc::new(host());
    let stuck = host.call(guests::endless_loop().component(), json!({}));
    let busy = {
        let host = host.clone();
        tokio::spawn(async move { host.runtime.evaluate(&stuck, &[subject(1), subject(2), subject(3)]).await })
    };
    host.still_serves().await;
    let answers = busy.await.unwrap();
    assert!(answers.iter().all(|answer| answer.result.as_ref().unwrap_err().problem == Problem::TimeOut));
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_the_schema_names_its_path() {
    let host = host();
    let component = guests::with_schema().component();
    let check = async |config| host.runtime.check_config(&host.call(component.clone(), config)).await;
    assert_eq!(check(json!({"limit": 3})).await, Ok(()));
    assert!(check(json!({"limit": "x"})).await.unwrap_err().message.starts_with("/limit: "));
    assert!(check(json!({"size": 1})).await.unwrap_err().message.starts_with("the configuration: "));
}

#[tokio::test]
async fn a_damaged_cache_costs_a_compilation_and_nothing_else() {
    use cartwright_plugins::{EgressPolicy, Runtime, RuntimeOptions};
    let folder = tempfile::tempdir().unwrap();
    let component = guests::tame().component();
    let load = async || {
        let components = std::sync::Arc::new(Installed::default());
        let cache_dir = Some(folder.path().to_owned());
        let (limits, egress) = (Limits::default(), EgressPolicy::default());
        let options = RuntimeOptions { cache_dir, limits, slices: Slices::Timed, egress, components };
        Runtime::new(options).unwrap().check(component.clone().into(), now()).await.unwrap()
    };
    let first = load().await;
    let kept: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 2);
    for damage in [&b""[..], b"\x7fELF but not really"] {
        for path in &kept {
            std::fs::write(path, damage).unwrap();
        }
        assert_eq!(load().await, first);
    }
    assert_eq!(load().await, first);
}

#[tokio::test]
async fn a_component_can_be_inspected_without_being_run() {
    let host = host();
    let inspection = host.runtime.inspect(loading::endless_start().component().into()).await.unwrap();
    assert_eq!(inspection.name.as_deref(), Some("endless-start"));
    assert_eq!(inspection.exports, [format!("cartwright:plugin/condition@{EDITION}")]);
    assert_eq!(inspection.built_for.as_deref(), Some(format!("cartwright:plugin@{EDITION}").as_str()));
}
