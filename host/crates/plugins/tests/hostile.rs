//! Whatever a guest does, it gets its clear error, and the runtime goes on.

mod support;

use std::time::Duration;

use cartwright_domain::plugin::Problem;
use cartwright_engine::ports::Plugins;
use cartwright_plugins::{BatchTime, Limits, Slices};
use hostile_guests::guests;
use serde_json::json;
use support::{host, host_with, subject};

macro_rules! refused {
    ($($(#[$meta:meta])* $name:ident: $component:expr => $words:literal;)+) => {$(
        $(#[$meta])*
        #[tokio::test]
        async fn $name() {
            let host = host();
            let refusal = host.refusal($component).await;
            assert!(refusal.contains($words), "{refusal}");
            host.still_serves().await;
        }
    )+};
}

refused! {
    a_core_module_is_refused: guests::core_module() => "file: this is a core module, not a component; build it for wasm32-wasip2";
    a_truncated_file_is_refused: guests::truncated() => "file: the file is cut off or damaged";
    an_empty_file_is_refused: Vec::new() => "file: the file is empty";
    a_text_is_refused: b"(component)".to_vec() => "file: this is no WebAssembly";
    precompiled_code_is_refused: b"\x7fELF and so on".to_vec() => "file: this is precompiled code, which is never taken from outside";
    a_component_without_a_name_is_refused: guests::nameless().component() => "metadata: the component has no name";
    a_component_of_no_kind_is_refused: guests::of_no_kind() => "world: it exports `test:other/thing@1.0.0`; a plugin exports one of cartwright:plugin/{condition";
    a_component_of_two_kinds_is_refused: guests::of_two_kinds() => "world: it exports condition and selector; a component exports exactly one kind";
    s41_a_socket_is_refused: guests::socket().component() => "imports: it imports the socket interface `wasi:sockets/network@0.2.6`; sockets are not offered";
    an_unknown_import_is_refused_by_name: guests::backdoor().component() => "imports: it imports `evil:host/backdoor@1.0.0`, which this host does not offer";
    an_import_of_another_kind_is_refused: guests::reading_candidates().component() => "world: a condition cannot import `cartwright:plugin/candidates@0.1.0`: it is for selectors";
    another_edition_is_refused: guests::next_edition().component() => "0.2.0, this host offers 0.1.0; rebuild with wit/v0.1";
    a_later_function_is_refused_by_name: guests::later_function().component() => "imports: it needs the function `returned`: built for `cartwright:plugin/orders` 0.1.1, this host offers 0.1.0; rebuild with wit/v0.1";
    an_unknown_fact_is_refused: guests::unknown_fact().component() => "describe: descriptor.facts: `weather.today` is no fact";
    a_config_schema_that_is_none_is_refused: guests::bad_schema().component() => "describe: descriptor.config-schema is no JSON Schema";
    a_descriptor_without_end_is_refused: guests::many_branches().component() => "describe: asked what it is: answer too large: it handed more than 256 KiB to the host in one call";
    an_endless_start_is_refused: guests::endless_start().component() => "describe: asked what it is: time-out: it ran longer than 100 ms for starting";
    a_component_that_needs_too_much_memory_is_refused: guests::memory_bomb_at_start().component() => "describe: asked what it is: memory limit: it asked for 125 MiB of memory in all; the limit is 64 MiB";
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_unread() {
    let host = host_with(Limits { component_bytes: 1024, ..Limits::default() }, Slices::Timed);
    let refusal = host.refusal(vec![0; 1025]).await;
    assert_eq!(refusal, "file: the file has 1025 bytes; the limit is 1 KiB");
}

#[tokio::test]
async fn a_later_patch_that_uses_only_what_there_is_runs() {
    assert_eq!(host().verdict(guests::later_patch().component()).await, Ok("yes".to_owned()));
}

macro_rules! failed {
    ($($(#[$meta:meta])* $name:ident: $guest:ident => $problem:ident, $words:literal;)+) => {$(
        $(#[$meta])*
        #[tokio::test]
        async fn $name() {
            let host = host();
            let (problem, message) = host.verdict(guests::$guest().component()).await.unwrap_err();
            assert_eq!(problem, Problem::$problem, "{message}");
            assert!(message.contains($words), "{message}");
            host.still_serves().await;
        }
    )+};
}

failed! {
    s42_an_endless_loop_times_out: endless_loop => TimeOut, "it ran longer than 50 ms for one subject";
    s42_an_endless_recursion_overflows: endless_recursion => Trap, "it called itself too deeply: the stack overflowed";
    s42_a_memory_bomb_is_stopped: memory_bomb => Memory, "the limit is 64 MiB";
    s42_memories_count_together: two_memories => Memory, "the limit is 64 MiB";
    s42_a_huge_answer_is_refused: huge_answer => TooLarge, "it handed more than 256 KiB to the host in one call";
    a_lying_pointer_is_no_answer: lying_pointer => InvalidAnswer, "out of bounds of memory";
    s12_an_undeclared_branch_is_no_answer: undeclared_branch => InvalidAnswer, "it took the branch `maybe`; declared are yes, no";
    a_fault_is_an_answer: faulty => Fault, "gave up";
    s41_a_socket_that_is_opened_all_the_same_ends_the_call: interpreter_with_socket => NotGranted, "it tried to open a TCP socket, but sockets are not offered";
    an_undeclared_fact_ends_the_call: undeclared_fact => FactNotDeclared, "it read `orders.count`, which its descriptor does not declare";
}

#[tokio::test]
async fn s42_a_log_flood_is_counted_and_dropped() {
    let answer = host().verdicts(guests::log_flood().component(), &[1]).await.remove(0);
    assert_eq!(answer.result.unwrap().branch, "yes");
    assert_eq!(answer.log.len(), 101);
    assert_eq!(answer.log[100], "(900 more lines dropped; the limit is 100 a call)");
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
    assert_eq!(answers[2].reads[0].value.to_string(), "3");
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
    let together = host.verdicts(component.clone(), &[1, 3, 5]).await;
    let mut backwards = host.verdicts(component.clone(), &[5, 3, 1]).await;
    backwards.reverse();
    assert_eq!(together, backwards);
    for (index, count) in [1, 3, 5].into_iter().enumerate() {
        assert_eq!(host.verdicts(component.clone(), &[count]).await[0], together[index]);
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
        let components = std::sync::Arc::new(support::Installed::default());
        let cache_dir = Some(folder.path().to_owned());
        let (limits, egress) = (Limits::default(), EgressPolicy::default());
        let options = RuntimeOptions { cache_dir, limits, slices: Slices::Timed, egress, components };
        Runtime::new(options).unwrap().check(component.clone().into(), support::now()).await.unwrap()
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
    let inspection = host.runtime.inspect(guests::endless_start().component().into()).await.unwrap();
    assert_eq!(inspection.name.as_deref(), Some("endless-start"));
    assert_eq!(inspection.exports, ["cartwright:plugin/condition@0.1.0"]);
    assert_eq!(inspection.built_for.as_deref(), Some("cartwright:plugin@0.1.0"));
}
