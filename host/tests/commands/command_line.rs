//! The binary as people meet it: what it prints, what it refuses, and with which exit code.

use cartwright_testkit::present;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

use crate::program::{self, folder};

fn cartwright(arguments: &[&str]) -> Command {
    let mut command = program::cartwright(arguments);
    command
        .current_dir(present::workspace())
        .env("CARTWRIGHT_PLUGINS_DIR", present::plugins_folder())
        .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"));
    command
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    program::printed(&mut cartwright(arguments))
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    program::refused(&mut cartwright(arguments))
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn example(file: &str) -> String {
    std::fs::read_to_string(present::workspace().join("examples").join(file)).unwrap()
}

/// The digest of a plugin changes with the compiler; everything else stands as it is printed.
fn without_digests(timeline: &str) -> String {
    let is_digest = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = timeline.split(" (");
    let mut cut = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((digest, rest)) if is_digest(digest) => cut.push_str(rest),
            _ => cut.push_str(&format!(" ({part}")),
        }
    }
    cut
}

/// Strategies with an event log.
const EXAMPLES: [&str; 8] = [
    "add-to-cart-reminder",
    "ask-first",
    "four-step-recovery",
    "high-value-first",
    "high-value-mms",
    "morning-after",
    "morning-after-zalo",
    "whatsapp-reminder",
];

#[test]
fn the_examples_come_out_as_their_readme_says() {
    for name in EXAMPLES {
        let (strategy, events) = (format!("examples/{name}.strategy.json"), format!("examples/{name}.events.jsonl"));
        let timeline = printed(&["simulate", "--strategy", &strategy, "--events", &events]);
        insta::assert_snapshot!(name, without_digests(&timeline));
    }
}

#[test]
fn plugins_are_compiled_once_and_for_good_unless_there_is_no_place_for_it() {
    let folder = folder("compiled");
    let simulate = ["simulate", "--strategy", "examples/ask-first.strategy.json", "--events"];
    let simulate = [&simulate[..], &["examples/ask-first.events.jsonl"]].concat();
    let with_cache_in = |place: &Path| {
        let mut command = cartwright(&simulate);
        command.env_remove("CARTWRIGHT_PLUGINS_CACHE").env("XDG_CACHE_HOME", place);
        program::printed(&mut command)
    };
    let timeline = with_cache_in(&folder);
    let kept = std::fs::read_dir(folder.join("cartwright/plugins")).unwrap().flatten();
    assert_ne!(kept.filter(|file| file.path().extension().is_some_and(|kind| kind == "cwasm")).count(), 0);
    let file = written(&folder, "file", "no folder");
    assert_eq!(with_cache_in(Path::new(&file)), timeline);
}

#[test]
fn a_simulation_prints_the_same_bytes_twice_and_for_shuffled_lines() {
    let folder = folder("shuffled");
    for name in EXAMPLES {
        let strategy = format!("examples/{name}.strategy.json");
        let log = example(&format!("{name}.events.jsonl"));
        let mut lines: Vec<&str> = log.lines().collect();
        let simulated = |lines: &[&str]| {
            let events = written(&folder, "events.jsonl", &lines.join("\n"));
            printed(&["simulate", "--json", "--strategy", &strategy, "--events", &events])
        };
        let first = simulated(&lines);
        assert_eq!(simulated(&lines), first, "{name} again");
        lines.reverse();
        assert_eq!(simulated(&lines), first, "{name} from the last line to the first");
        let (even, odd): (Vec<_>, Vec<_>) = lines.iter().enumerate().partition(|(place, _)| place % 2 == 0);
        let mixed: Vec<&str> = even.into_iter().chain(odd).map(|(_, line)| *line).collect();
        assert_eq!(simulated(&mixed), first, "{name} mixed");
    }
}

#[test]
fn a_simulation_stops_where_it_is_told_to() {
    let arguments = ["simulate", "--strategy", "examples/add-to-cart-reminder.strategy.json", "--events"];
    let arguments =
        [&arguments[..], &["examples/add-to-cart-reminder.events.jsonl", "--until", "2026-11-02T13:00:00Z"]].concat();
    let timeline = printed(&arguments);
    assert!(
        timeline.starts_with("Add-to-cart reminder: ") && timeline.contains("until 2026-11-02T13:00:00.000Z"),
        "{timeline}"
    );
    assert!(!timeline.contains("sent"), "{timeline}");
}

#[test]
fn a_strategy_that_is_not_sound_is_refused_with_the_path_of_each_fault() {
    let folder = folder("unsound");
    let sound = example("high-value-first.strategy.json");
    let check = |change: fn(&mut Value)| {
        let mut strategy: Value = serde_json::from_str(&sound).unwrap();
        change(&mut strategy);
        refused(&["strategy", "check", &written(&folder, "changed.strategy.json", &strategy.to_string())])
    };
    let cycle = check(|strategy| strategy["steps"]["again"]["next"] = "a-day".into());
    assert!(cycle.contains("steps.a-day: goes round in a circle: a-day -> again -> a-day"), "{cycle}");
    let dangling = check(|strategy| strategy["steps"]["loyal"]["branches"]["yes"] = "nowhere".into());
    assert!(dangling.contains("steps.loyal.branches.yes: there is no step `nowhere`"), "{dangling}");
    let unknown = check(|strategy| strategy["steps"]["loyal"]["plugin"] = "low-value".into());
    assert!(unknown.contains("steps.loyal.plugin: there is no plugin `low-value`"), "{unknown}");
    let config = check(|strategy| strategy["steps"]["loyal"]["config"]["min_orders"] = "many".into());
    assert!(config.contains("steps.loyal.config: ") && config.contains("min_orders"), "{config}");
    let template = check(|strategy| strategy["contents"][0]["variants"][0]["body"]["text"] = "{{ user_name".into());
    assert!(template.contains("contents[0].variants[0].body.text: "), "{template}");
    let body = check(|strategy| strategy["contents"][0]["variants"][0]["body"]["txt"] = "x".into());
    assert!(body.contains("contents[0].variants[0].body: "), "{body}");
    for name in EXAMPLES {
        let output = cartwright(&["strategy", "check", &format!("examples/{name}.strategy.json")]).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("is sound"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "an example warns of something");
    }
}

#[test]
fn a_variable_that_no_message_has_is_warned_of_before_it_silences_them_all() {
    let folder = folder("variables");
    let misspelt = example("add-to-cart-reminder.strategy.json").replace("{{ user_name }}", "{{ usre_name }}");
    let output = cartwright(&["strategy", "check", &written(&folder, "misspelt.json", &misspelt)]).output().unwrap();
    assert!(output.status.success());
    let warned = String::from_utf8_lossy(&output.stderr);
    assert!(warned.contains("warning: contents[0].variants[0].body: `usre_name` is no variable"), "{warned}");
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let folder = folder("unreadable");
    let missing = refused(&["strategy", "check", "no-such-file.json"]);
    assert!(missing.starts_with("cartwright: no-such-file.json cannot be read: "), "{missing}");
    let no_json = refused(&["strategy", "check", &written(&folder, "a.json", "{\n  \"name\": }")]);
    assert!(no_json.contains("is no JSON") && no_json.contains("line 2"), "{no_json}");
    let misspelt = example("high-value-first.strategy.json").replacen("\"settle\"", "\"setle\"", 1);
    let misspelt = refused(&["strategy", "check", &written(&folder, "b.json", &misspelt)]);
    assert!(misspelt.contains("at trigger.setle: unknown field `setle`"), "{misspelt}");
    let rule = example("high-value-first.strategy.json").replacen(
        "\"plugin\": \"high-value@0\"",
        r#""rule": {"combinator": "and", "rules": [{"feild": "orders.count"}]}"#,
        1,
    );
    let rule = refused(&["strategy", "check", &written(&folder, "d.json", &rule)]);
    assert!(rule.contains("at steps.loyal: unknown field `feild`, expected one of `field`"), "{rule}");
    let strategy = "examples/add-to-cart-reminder.strategy.json";
    let log = example("add-to-cart-reminder.events.jsonl").replacen("64.50", "64.505", 1);
    let events = written(&folder, "c.jsonl", &log);
    let event = refused(&["simulate", "--strategy", strategy, "--events", &events]);
    assert!(event.contains("c.jsonl line ") && event.contains("body.lines[0].price"), "{event}");
}

#[test]
fn the_schema_that_is_printed_is_the_published_one() {
    let published = std::fs::read_to_string(present::workspace().join("host/docs/strategy.schema.json")).unwrap();
    assert_eq!(printed(&["strategy", "schema"]), published);
    let schema: Value = serde_json::from_str(&published).unwrap();
    for name in EXAMPLES {
        let strategy = serde_json::from_str(&example(&format!("{name}.strategy.json"))).unwrap();
        assert!(jsonschema::is_valid(&schema, &strategy), "{name}");
    }
}

#[test]
fn the_logs_of_the_examples_fit_the_published_schema_of_events() {
    let text = std::fs::read_to_string(present::workspace().join("wit/v0.2/events.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    for name in EXAMPLES {
        for line in example(&format!("{name}.events.jsonl")).lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            assert!(event.get("hook").is_some() || schema.is_valid(&event), "{line}");
        }
    }
    let wrong = r#"{"id": "1", "type": "cart.updated", "occurred_at": 0, "body": {"lines": 5}}"#;
    assert!(!schema.is_valid(&serde_json::from_str(wrong).unwrap()));
}

#[test]
fn a_plugin_is_checked_and_described_as_the_service_would() {
    let file = present::plugins_folder().join("high_value.wasm").display().to_string();
    assert!(printed(&["plugin", "check", &file]).contains("is sound: condition high-value"));
    let described = printed(&["plugin", "inspect", &file]);
    assert!(described.contains("asks: reads orders.count (To compare it"), "{described}");
    let record: Value = serde_json::from_str(&printed(&["plugin", "inspect", "--json", &file])).unwrap();
    assert_eq!(record["kind"], "condition");
}

#[test]
fn an_installation_is_begun_on_the_command_line_and_looked_at_by_the_doctor() {
    let folder = folder("installation");
    let database = format!("sqlite:{}", folder.join("shop.db").display());
    let on = |arguments: &[&str]| printed(&[arguments, &["--database-url", &database]].concat());
    let shop = on(&["shop", "add", "Acorn and Oak", "--currency", "EUR", "--time-zone", "Europe/Berlin"]);
    assert!(on(&["shop", "list"]).contains("Acorn and Oak"));
    assert!(on(&["key", "add", "--shop", shop.trim()]).starts_with("cw_"));
    assert!(on(&["doctor"]).contains("well   database: it opens"));
    let wrong =
        refused(&["shop", "add", "X", "--currency", "EUR", "--time-zone", "Mars/Base", "--database-url", &database]);
    assert!(wrong.contains("time_zone: `Mars/Base` is no time zone"), "{wrong}");
    let nobody = "00000000-0000-7000-8000-000000000000";
    assert!(refused(&["key", "add", "--shop", nobody, "--database-url", &database]).contains("there is no shop"));
}

#[test]
fn the_doctor_ends_as_failed_where_something_is_wrong_and_makes_nothing() {
    let folder = folder("doctor");
    let file = folder.join("missing.db");
    let output = cartwright(&["doctor", "--database-url", &format!("sqlite:{}", file.display())]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("WRONG  database: "));
    assert!(!file.exists());
    let key = written(&folder, "bad.key", "no key at all");
    let output = cartwright(&["doctor", "--secret-key-file", &key]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("WRONG  secret keys: line 1"));
}

#[test]
fn a_new_secret_key_is_a_line_of_a_key_file_and_never_the_same() {
    let (one, other) = (printed(&["key", "new"]), printed(&["key", "new"]));
    assert_ne!(one, other);
    assert!(cartwright_store::SecretKeys::parse(&format!("{one}{other}")).is_ok());
}
