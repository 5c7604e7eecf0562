//! A plugin's life in a running service, by the commands that people type: what was decided can be made again after an
//! upgrade and after a power cut, and every change of who decides is one command.

use cartwright_testkit::present;
use hostile_guests::{Condition, with_metadata};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A customer with so many orders is a regular; every decision is logged.
fn regulars(version: &str, least: u32) -> Vec<u8> {
    // `ok`, the branch `no`, and no reason: a verdict as the canonical ABI lays it out, with its text behind it.
    let definitions =
        r#"(data (i32.const 0x200) "\00\00\00\00\18\02\00\00\02\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00no")"#;
    let evaluate = format!(
        "(call $decision.log (i32.const 0x1c0) (i32.const 5))
         (if (result i32) (i32.ge_u (call $orders.count) (i32.const {least}))
           (then (i32.const 0x100)) (else (i32.const 0x200)))"
    );
    let guest = Condition {
        name: None,
        facts: vec!["orders.count"],
        imports: vec![("decision", "log", "(param i32 i32)"), ("orders", "count", "(result i32)")],
        definitions,
        evaluate: evaluate.leak(),
        ..Condition::new("")
    };
    with_metadata(&guest.component(), "regular-customer", version, None)
}

/// A folder with two versions of a plugin and a strategy that asks it, and a service whose files are there too.
struct Desk {
    folder: PathBuf,
    service: Option<(Child, BufReader<ChildStdout>)>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.cut_the_power();
    }
}

impl Desk {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-life").join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("one.wasm"), regulars("1.0.0", 1)).unwrap();
        std::fs::write(folder.join("two.wasm"), regulars("1.1.0", 2)).unwrap();
        let strategy = std::fs::read_to_string(present::workspace().join("examples/regulars.strategy.json")).unwrap();
        std::fs::write(folder.join("strategy.json"), strategy.replace("regular-customer@0", "regular-customer@1"))
            .unwrap();
        Self { folder, service: None }
    }

    /// Starts a service; the line in which it says this.
    fn start(&mut self, arguments: &[&str], words: &str) -> String {
        let mut service = self
            .command("sh")
            .args(["-c", "exec \"$0\" \"$@\" 2>&1", env!("CARGO_BIN_EXE_cartwright")])
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(service.stdout.take().unwrap());
        let (_, lines) = self.service.insert((service, lines));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended and said: {said}");
            if line.contains(words) {
                return line;
            }
            said.push_str(&line);
        }
    }

    fn cut_the_power(&mut self) {
        if let Some((mut service, _lines)) = self.service.take() {
            service.kill().unwrap();
            service.wait().unwrap();
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env("CARTWRIGHT_PLUGINS_DIR", present::plugins_folder().canonicalize().unwrap())
            .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"));
        command
    }

    /// What these lines print.
    #[track_caller]
    fn typed(&self, lines: &str) -> String {
        let bin = Path::new(env!("CARGO_BIN_EXE_cartwright")).parent().unwrap().display();
        let script = format!(
            "PATH={bin}:$PATH
             if [ -f data/try.sh ]; then . data/try.sh; fi
             if [ -f address ]; then URL=$(cat address); fi
             export CARTWRIGHT_URL=$URL CARTWRIGHT_KEY=$KEY\n{lines}"
        );
        let output = self.command("bash").args(["-e", "-o", "pipefail", "-c", &script]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{lines}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

#[test]
fn what_was_decided_is_made_again_after_an_upgrade_and_a_power_cut() {
    let mut desk = Desk::new("upgrade");
    desk.start(&["demo", "--still", "--data", "data"], "try.sh");
    let said = desk.typed("cartwright plugin install one.wasm --grant-asked");
    assert!(said.contains("regular-customer 1.0.0 is active") && said.contains("granted: 1 facts"), "{said}");
    desk.typed(
        r#"curl -sS --fail-with-body "$URL/v1/strategies" -H "Authorization: Bearer $KEY" \
             -H 'Content-Type: application/json' --data-binary @strategy.json
           order ana; skip 1h; checkout ana; checkout ben; skip 2h"#,
    );
    let inbox = desk.typed("get inbox");
    assert!(inbox.contains("Good to see you again, ana") && inbox.contains("Welcome, ben"), "{inbox}");
    let decided = desk.typed("cartwright plugin decisions regular-customer | tee decided.jsonl");
    assert_eq!(decided.lines().count(), 2, "{decided}");
    let log = desk.typed("cartwright plugin logs regular-customer");
    assert_eq!(log.matches("hello").count(), 2, "{log}");

    // The upgrade decides the next one otherwise, and nothing of what was decided.
    desk.typed("cartwright plugin install two.wasm --grant-asked");
    let list = desk.typed("cartwright plugin list | grep regular");
    assert!(list.contains("1.1.0") && list.lines().count() == 2, "{list}");
    assert_eq!(desk.typed("cartwright plugin decisions regular-customer@1.0.0"), decided);
    let replayed = desk.typed("cartwright plugin replay decided.jsonl --component one.wasm");
    assert_eq!(replayed.matches("the same").count(), 2, "{replayed}");

    desk.cut_the_power();
    let serve = ["serve", "--database-url", "sqlite:data/demo.db", "--secret-key-file", "data/secret.key"];
    let said = desk.start(&serve, "http://");
    let (_, rest) = said.split_once("http://").unwrap();
    let end = rest.find(|c: char| !c.is_ascii_digit() && !".:".contains(c)).unwrap_or(rest.len());
    std::fs::write(desk.folder.join("address"), format!("http://{}", &rest[..end])).unwrap();
    assert_eq!(desk.typed("cartwright plugin decisions regular-customer@1.0.0"), decided);
    let replayed = desk.typed("cartwright plugin replay decided.jsonl --component one.wasm");
    assert_eq!(replayed.matches("the same").count(), 2, "{replayed}");
    let diff = desk.typed("cartwright plugin diff one.wasm two.wasm --traces decided.jsonl");
    assert!(diff.contains("1  CHANGED from yes to no") && diff.contains("1  the same"), "{diff}");

    // Who decides is changed by one command each, and all of it is on record.
    let back = desk.typed("cartwright plugin rollback regular-customer --why 'two orders are too many'");
    assert!(back.contains("regular-customer 1.0.0 is active again"), "{back}");
    let canary = desk.typed("cartwright plugin promote regular-customer@1.1.0 --to canary:10");
    assert!(canary.contains("regular-customer 1.1.0 is a canary for 10"), "{canary}");
    desk.typed("cartwright plugin kill regular-customer --why 'let us see'");
    let list = desk.typed("cartwright plugin list --json");
    assert!(list.contains("let us see"), "{list}");
    desk.typed("cartwright plugin revive regular-customer");
    let audit = desk.typed("get plugins/regular-customer/audit");
    for done in ["two orders are too many", "let us see", "canary"] {
        assert!(audit.contains(done), "{done}: {audit}");
    }
}

#[test]
fn every_decision_of_ten_thousand_that_a_new_version_changes_is_named() {
    let desk = Desk::new("diff");
    let about: Value = serde_json::from_str(&desk.typed("cartwright plugin inspect --json one.wasm")).unwrap();
    let (run, decided) = (|number: u32| format!("00000000-0000-7000-8000-{number:012}"), ["no", "yes", "yes", "yes"]);
    let record = |number: u32| {
        let orders = number % 4;
        json!({
            "plugin": about["name"], "version": about["version"], "digest": about["digest"], "kind": "condition",
            "config": {}, "run": run(number), "step": "regular", "now": "2026-01-15T12:00:00.000Z",
            "facts": [{"fact": "orders.count", "value": orders.to_string()}],
            "answer": {"decided": {"branch": {"branch": decided[orders as usize], "reason": null}}},
        })
    };
    let records: String = (0..10_000).map(|number| format!("{}\n", record(number))).collect();
    std::fs::write(desk.folder.join("decided.jsonl"), records).unwrap();
    let told = desk.typed("cartwright plugin diff --json one.wasm two.wasm --traces decided.jsonl");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["decisions"], &told["same"]), (&json!(10_000), &json!(7_500)));
    let changed = told["changed"].as_array().unwrap().iter().map(|change| change["run"].as_str().unwrap().to_owned());
    let expected = (0..10_000).filter(|number| number % 4 == 1).map(run);
    assert_eq!(changed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}
