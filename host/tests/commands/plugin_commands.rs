//! `cartwright plugin …` as authors meet it: on the plugins that we ship.

use cartwright_testkit::present;
use hostile_guests::kit::{self, Meets};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::program;

fn cartwright(folder: &Path, arguments: &[&str]) -> Output {
    program::cartwright(&["plugin"])
        .args(arguments)
        .current_dir(folder)
        .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"))
        .output()
        .unwrap()
}

/// An empty folder of the test's own, where commands run.
struct Desk(PathBuf);

impl Desk {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-commands").join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        name.to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    #[track_caller]
    fn printed(&self, arguments: &[&str]) -> String {
        let output = cartwright(&self.0, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is said where it ends with an exit code.
    #[track_caller]
    fn ended(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = cartwright(&self.0, arguments);
        let (out, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}{out}");
        (out, said)
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        self.ended(2, arguments).1
    }
}

fn shipped(name: &str) -> String {
    present::plugins_folder().join(format!("{name}.wasm")).canonicalize().unwrap().display().to_string()
}

fn orders(count: usize) -> Value {
    json!(vec![json!({"total": {"amount": "100.00", "currency": "EUR"}}); count])
}

#[test]
fn a_condition_is_tested_on_what_the_shop_has() {
    let desk = Desk::new("condition");
    let fixture = |count, branch| {
        json!({"config": {"min_orders": 5}, "facts": {"orders": orders(count)}, "expect": {"branch": branch}})
            .to_string()
    };
    desk.write("fixtures/five.json", fixture(5, "yes"));
    desk.write("fixtures/four.json", fixture(4, "no"));
    let said = desk.printed(&["test", &shipped("high_value")]);
    assert!(said.contains("ok      five") && said.contains("2 fixtures, all as expected"), "{said}");

    desk.write("fixtures/four.json", fixture(4, "yes"));
    let (out, said) = desk.ended(1, &["test", &shipped("high_value")]);
    assert!(out.contains(r#"expect.branch: expected "yes", got "no""#), "{out}");
    assert!(out.contains("it read orders.count = 4"), "{out}");
    assert!(said.contains("1 of 2 fixtures not as expected"), "{said}");

    desk.printed(&["test", &shipped("high_value"), "--update"]);
    let updated: Value = serde_json::from_str(&desk.read("fixtures/four.json")).unwrap();
    assert_eq!(
        updated["expect"],
        json!({"branch": "no", "reason": "4 orders, fewer than 5", "facts": {"orders.count": "4"}})
    );
    assert_eq!(updated["facts"]["orders"], orders(4));
    desk.printed(&["test", &shipped("high_value")]);
}

#[test]
fn a_configuration_that_does_not_fit_is_an_answer_too() {
    let desk = Desk::new("configuration");
    let fixture = json!({"config": {"min_orders": "five"}, "expect": {"failure": {"problem": "bad_config"}}});
    desk.write("fixtures/words.json", fixture.to_string());
    desk.printed(&["test", &shipped("high_value")]);
}

#[test]
fn s41_a_fixture_grants_no_more_than_it_says() {
    let desk = Desk::new("grants");
    let fixture = json!({"config": {"min_orders": 5}, "grants": {}, "expect": {"failure": {"problem": "not_granted"}}});
    desk.write("fixtures/nothing-granted.json", fixture.to_string());
    desk.printed(&["test", &shipped("high_value")]);
}

#[test]
fn a_selector_is_tested_on_what_there_is_to_choose_from() {
    let desk = Desk::new("selector");
    let fixture = json!({
        "config": {"customer": "language"},
        "candidates": [{"name": "plain"}, {"name": "german", "labels": ["de"]}],
        "facts": {"customer": {"language": "de-AT"}},
        "expect": {"content": "german", "variables": {}},
    });
    desk.write("fixtures/language.json", fixture.to_string());
    desk.printed(&["test", &shipped("by_label")]);
}

#[test]
fn a_channel_is_tested_without_its_provider() {
    let desk = Desk::new("channel");
    let probe = |status: u16, expect: Value| {
        json!({
            "config": {"phone_number_id": "10001"},
            "secrets": {"access_token": "t0ken"},
            "task": "probe",
            "responses": [[{"http": {"status": status, "body": {"id": "10001"}}}]],
            "expect": expect,
        })
    };
    let asks = json!([[{"effect": "none", "http": {
        "method": "GET",
        "url": "https://graph.facebook.com/v23.0/10001?fields=display_phone_number%2Cverified_name",
        "headers": {"authorization": "Bearer {secret:access_token}"},
    }}]]);
    desk.write("fixtures/probe.json", json!([probe(200, json!({"requests": asks}))]).to_string());
    desk.printed(&["test", &shipped("whatsapp_cloud")]);

    desk.write("fixtures/probe.json", probe(200, json!({"requests": []})).to_string());
    let (out, _) = desk.ended(1, &["test", &shipped("whatsapp_cloud")]);
    assert!(out.contains("expect.requests: expected [], got [["), "{out}");
}

#[test]
fn a_source_is_tested_with_webhooks_that_are_signed() {
    let desk = Desk::new("source");
    let webhook = |signature: &str| {
        json!({
            "secrets": {"client_secret": "s3cret"},
            "webhook": {
                "headers": {"X-Shopify-Topic": "unheard/of", "X-Shopify-Hmac-Sha256": signature},
                "body": {"id": 7},
            },
        })
    };
    let mut authentic = webhook("{sign:client_secret:hmac-sha256:base64}");
    authentic["expect"] = json!({"verification": "authentic", "unknown_topic": "unheard/of"});
    let mut forged = webhook("AAAA");
    forged["expect"] = json!({"verification": {"refused": "X-Shopify-Hmac-Sha256 does not fit the client secret"}});
    desk.write("fixtures/webhooks.json", json!([authentic, forged]).to_string());
    desk.printed(&["test", &shipped("shopify")]);
}

#[test]
fn a_renderer_is_tested_on_data() {
    let desk = Desk::new("renderer");
    let fixture = json!({
        "templates": [{"name": "/text", "template": "Dear {{ name }}"}],
        "data": {"name": "Ana"},
        "expect": {"texts": {"/text": "Dear Ana"}},
    });
    desk.write("fixtures/greeting.json", fixture.to_string());
    desk.printed(&["test", &shipped("liquid_renderer")]);
}

#[test]
fn s42_a_budget_is_held_against_what_was_used() {
    let desk = Desk::new("budget");
    let fixture = json!({"config": {"min_orders": 1}, "expect": {"branch": "no"}, "budget": {"ms": 0.0}});
    desk.write("fixtures/impossible.json", fixture.to_string());
    let (out, _) = desk.ended(1, &["test", &shipped("high_value")]);
    assert!(out.contains("budget.ms: it took ") && out.contains("the budget is 0"), "{out}");
}

#[test]
fn a_fixture_that_cannot_be_read_is_named_with_its_field() {
    let desk = Desk::new("unreadable");
    let refused = |fixture: &str| {
        desk.write("fixtures/one.json", fixture);
        desk.refused(&["test", &shipped("high_value")])
    };
    let said = refused(r#"{"facts": {"orders": [{"total": "100 EUR"}]}}"#);
    assert!(said.contains("one.json is no fixture, at facts.orders[0].total"), "{said}");
    assert!(refused(r#"{"fact": {}}"#).contains("unknown field `fact`"));
    let said = refused(r#"{"task": "probe"}"#);
    assert!(said.contains("fixture `one`: `task` is for channels and sources, and this is a condition"), "{said}");
    let said = refused(r#"{"facts": {"customer": {"email": "nobody"}}, "config": {"min_orders": 1}}"#);
    assert!(said.contains("facts.customer.email: `nobody` is not an e-mail address"), "{said}");
    assert!(Desk::new("bare").refused(&["test", &shipped("first")]).contains("--fixtures"));
}

#[test]
fn a_call_is_shown_with_all_that_it_read_and_used() {
    let desk = Desk::new("run");
    let fixture = desk.write("one.json", json!({"facts": {"orders": orders(3)}}).to_string());
    let config = r#"{"min_orders": 2}"#;
    let said = desk.printed(&["run", &shipped("high_value"), "--fixture", &fixture, "--config", config]);
    for part in ["(condition)", "branch       yes", "read         orders.count = 3", " ms of 50 ms, 5 slices"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_, said) = desk.ended(1, &["run", &shipped("high_value"), "--config", r#"{"min_orders": "x"}"#]);
    assert!(said.contains("high-value gave no answer: bad config: /min_orders"), "{said}");
    assert!(desk.refused(&["run", &shipped("high_value"), "--config", "five"]).contains("--config is no JSON"));
}

#[test]
fn what_a_toolchain_built_is_packed_with_what_its_package_says() {
    let desk = Desk::new("pack");
    let package = json!({"name": "vip", "version": "2.1.0", "license": "MIT", "author": "Ana", "description": "VIPs."});
    desk.write("package.json", package.to_string());
    let said = desk.printed(&["pack", &shipped("high_value"), "--from", "package.json"]);
    assert!(said.contains("vip.wasm: vip 2.1.0, "), "{said}");
    let record: Value = serde_json::from_str(&desk.printed(&["inspect", "--json", "vip.wasm"])).unwrap();
    let told = [&record["name"], &record["version"], &record["licence"], &record["authors"]];
    assert_eq!(told, ["vip", "2.1.0", "MIT", "Ana"]);

    let said = desk.refused(&["pack", &shipped("high_value"), "--name", "two words", "--version", "1.0.0"]);
    assert!(said.contains("`two words` is no plugin name"), "{said}");
    let said = desk.refused(&["pack", &shipped("high_value"), "--name", "vip", "--version", "1.0"]);
    assert!(said.contains("the version `1.0` is not of the form 1.2.3"), "{said}");
    let core = desk.write("core.wasm", b"\0asm\x01\0\0\0");
    let (_, said) = desk.ended(1, &["pack", &core, "--name", "vip", "--version", "1.0.0"]);
    assert!(said.contains("core.wasm is a core module that does not say which world it is for"), "{said}");
}

#[test]
fn a_component_that_is_refused_ends_with_1_and_its_stage() {
    let desk = Desk::new("check");
    let text = desk.write("text.wasm", "not a component");
    let (_, said) = desk.ended(1, &["check", &text]);
    assert!(said.contains("text.wasm is refused at file: "), "{said}");
    assert!(desk.refused(&["check", "nothing.wasm"]).contains("nothing.wasm cannot be read"));
}

#[test]
fn a_project_is_never_written_over_another() {
    let desk = Desk::new("new");
    desk.write("vip/README.md", "mine");
    let said = desk.refused(&["new", "condition", "vip", "--lang", "rust"]);
    assert!(said.contains("vip exists already; name another folder with --dir"), "{said}");
    let said = desk.refused(&["new", "condition", "Vip Customer", "--lang", "rust"]);
    assert!(said.contains("`Vip Customer` is no name for a plugin"), "{said}");
    assert_eq!(desk.read("vip/README.md"), "mine");
}

/// Decisions of the high-value condition, as traces record them: one for each number of orders.
fn decisions(desk: &Desk, plugin: &str, counts: &[u64]) -> Vec<Value> {
    let about: Value = serde_json::from_str(&desk.printed(&["inspect", "--json", plugin])).unwrap();
    let record = |(place, count): (usize, &u64)| {
        let branch = if *count >= 5 { "yes" } else { "no" };
        let reason = if *count >= 5 { "enough" } else { "fewer than 5" };
        let reason = if *count >= 5 { format!("{count} orders") } else { format!("{count} orders, {reason}") };
        json!({
            "plugin": about["name"], "version": about["version"], "digest": about["digest"], "kind": "condition",
            "config": {"min_orders": 5}, "run": format!("00000000-0000-7000-8000-{place:012}"), "step": "valuable",
            "now": "2026-01-15T12:00:00.000Z",
            "facts": [{"fact": "orders.count", "value": count.to_string()}],
            "answer": {"decided": {"branch": {"branch": branch, "reason": reason}}},
        })
    };
    counts.iter().enumerate().map(record).collect()
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

#[test]
fn a_past_decision_is_made_again_bit_for_bit() {
    let desk = Desk::new("replay");
    let plugin = shipped("high_value");
    let mut records = decisions(&desk, &plugin, &[4, 3]);
    desk.write("decisions.jsonl", lines(&records));
    let folder = present::plugins_folder().canonicalize().unwrap().display().to_string();
    let said = desk.printed(&["replay", "decisions.jsonl", "--plugins", &folder]);
    assert_eq!(said.matches("the same").count(), 2, "{said}");

    records[1]["answer"]["decided"]["branch"]["branch"] = "yes".into();
    desk.write("one.json", records[1].to_string());
    let (out, said) = desk.ended(1, &["replay", "one.json", "--component", &plugin]);
    assert!(out.contains("recorded   yes") && out.contains("again      no"), "{out}");
    assert!(out.contains("DIFFERENT: the decision") && out.contains("read       orders.count = 3"), "{out}");
    assert!(said.contains("1 of 1 decision came out another way"), "{said}");

    records[1]["digest"] = "0".repeat(64).into();
    desk.write("one.json", records[1].to_string());
    let said = desk.refused(&["replay", "one.json", "--plugins", &folder]);
    assert!(said.contains("there is no component of digest 000") && said.contains("--component"), "{said}");
    desk.write("odd.json", r#"{"plugin": "vip"}"#);
    let said = desk.refused(&["replay", "odd.json", "--component", &plugin]);
    assert!(said.contains("odd.json is no record of a decision: missing field `version`"), "{said}");
}

#[test]
fn two_versions_are_compared_on_what_was_decided() {
    let desk = Desk::new("diff");
    let old = shipped("high_value");
    let mut records = decisions(&desk, &old, &[4, 3, 7]);
    // What the new version reads for this one, nobody read then.
    records[2]["config"] = json!({"min_orders": 5, "min_spent": {"amount": "1", "currency": "EUR"}});
    let other = json!({"plugin": "other", "version": "1.0.0"});
    let mut stray = records[0].clone();
    stray["plugin"] = other["plugin"].clone();
    records.push(stray);
    desk.write("traces/decisions.json", Value::from(records).to_string());
    let diff = ["diff", &old, &old, "--traces", "traces"];
    let said = desk.printed(&diff);
    assert!(said.contains("2  the same") && said.contains("1  of other plugins, left out"), "{said}");
    assert!(said.contains("not comparable: the old version read `orders.spent`"), "{said}");
    let told: Value =
        serde_json::from_str(&desk.printed(&[&diff[..], &["--json", "--deny-changes"]].concat())).unwrap();
    assert_eq!((&told["decisions"], &told["same"], &told["changed"]), (&json!(3), &json!(2), &json!([])));
}

/// Those of the hostile kit that are told by looking, and a few that take their time; `cargo xtask hostile` takes all.
#[test]
fn s42_one_host_examines_the_hostile_kit_and_names_what_is_wrong_with_each() {
    let desk = Desk::new("hostile");
    let slow = ["an endless loop", "a memory bomb", "endless recursion", "nothing wrong"];
    let mut kit = kit::all();
    kit.retain(|hostile| matches!(hostile.meets, Meets::Refused(_)) || slow.contains(&hostile.name));
    for hostile in &kit {
        desk.write(&format!("kit/{}", hostile.file()), (hostile.make)());
    }
    let (told, said) = desk.ended(1, &["conformance", "kit", "--json"]);
    assert!(said.contains(&format!("{} components of {} would not be installed", kit.len() - 1, kit.len())), "{said}");
    let told: Vec<Value> = serde_json::from_str(&told).unwrap();
    let fault = |hostile: &kit::Hostile| {
        let row = told.iter().find(|row| row["file"] == format!("kit/{}", hostile.file())).unwrap();
        row["fault"].as_str().unwrap_or_default().to_owned()
    };
    for hostile in &kit {
        let (fault, words): (String, &[&str]) = match hostile.meets {
            Meets::Refused(words) | Meets::Fails(_, words) => (fault(hostile), words),
            _ => (fault(hostile), &[]),
        };
        assert!(words.iter().all(|word| fault.contains(word)), "{}: {fault}", hostile.name);
        assert_eq!(fault.is_empty(), hostile.name == "nothing wrong", "{}: {fault}", hostile.name);
    }
}
