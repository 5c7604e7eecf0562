//! `cargo xtask test`: everything there is to check, one part after the other, all of them whatever fails.

use std::process::Command;
use std::time::Instant;

use crate::console;
use crate::languages;
use crate::machine;
use crate::plugins;
use crate::postgres::Postgres;
use crate::process::{ask, cargo, find, in_ci, run as run_shown, watch};
use crate::report::{self, Part};

/// Tests say this of what they could not check, followed by what is missing.
const NOT_PRESENT: &str = "not present: ";
/// The npm packages that Rust tests run.
const TEST_PACKAGES: &str = "tests/npm";
/// Where nextest leaves what every test printed (`.config/nextest.toml`).
const JUNIT: &str = "target/nextest/default/junit.xml";

type Check = fn(&Suite, &mut Part);
const PARTS: [(&str, Check); 10] = [
    ("format", format),
    ("lints", lints),
    ("plugins", guests),
    ("packages", packages),
    ("console", |_, part| console::check(part)),
    ("build", build),
    ("languages", languages),
    ("tests", tests),
    ("browser", |_, part| console::browse(part)),
    ("doc-tests", doc_tests),
];

struct Suite {
    postgres: Result<Postgres, String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let wanted = wanted(arguments)?;
    machine::say_what_is_free();
    let needs_database = wanted.iter().any(|(name, _)| name.contains("tests"));
    let postgres = if needs_database { Postgres::start() } else { Err("not asked for".to_owned()) };
    let suite = Suite { postgres };
    let mut parts = Vec::new();
    for (name, check) in wanted {
        println!("\n== {name}");
        let mut part = Part { name, ..Part::default() };
        let started = Instant::now();
        check(&suite, &mut part);
        part.seconds = started.elapsed().as_secs_f64();
        parts.push(part);
    }
    // The server goes before the verdict, so that nothing follows the last line.
    drop(suite);
    if in_ci() {
        let optional = std::fs::read_to_string("tests/optional.txt").unwrap_or_default();
        report::demand_completeness(&mut parts, &optional);
    }
    println!("\n{}", report::table(&parts));
    machine::say_what_is_free();
    let sums = report::sums(&parts);
    println!("{} passed, {} failed, {} skipped", sums.passed, sums.failed, sums.skipped);
    if sums.failed == 0 { Ok(()) } else { std::process::exit(1) }
}

fn wanted(arguments: &[String]) -> Result<Vec<(&'static str, Check)>, String> {
    let names = || PARTS.map(|(name, _)| name).join(", ");
    let mut only = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--only", Some(part)) if PARTS.iter().any(|(name, _)| name == part) => only.push(part.as_str()),
            ("--only", _) => return Err(format!("--only takes one of: {}", names())),
            (other, _) => return Err(format!("`{other}` is unknown; there is --only PART with one of: {}", names())),
        }
    }
    Ok(PARTS.into_iter().filter(|(name, _)| only.is_empty() || only.contains(name)).collect())
}

impl Part {
    /// A part that is one check.
    fn count(&mut self, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(message) => self.fail(self.name, &message),
        }
    }
}

impl Suite {
    /// Cargo, told where the tests find what was set up for them.
    fn cargo(&self) -> Command {
        let mut command = cargo();
        command.env("CARTWRIGHT_PLUGINS_DIR", crate::root().join(plugins::FOLDER));
        if let Ok(postgres) = &self.postgres {
            command.env("CARTWRIGHT_TEST_POSTGRES", postgres.url());
        }
        command
    }

    fn databases(&self) -> &'static str {
        if self.postgres.is_ok() { "SQLite and PostgreSQL" } else { "SQLite only" }
    }
}

fn format(_: &Suite, part: &mut Part) {
    part.ran = "cargo fmt --check".into();
    if ask(cargo().args(["fmt", "--version"])).is_err() {
        part.skipped.push("rustfmt: not installed; rustup component add rustfmt".into());
        return;
    }
    part.count(run_shown(cargo().args(["fmt", "--all", "--check"])));
}

fn lints(_: &Suite, part: &mut Part) {
    part.ran = "cargo clippy, warnings denied".into();
    if ask(cargo().args(["clippy", "--version"])).is_err() {
        part.skipped.push("clippy: not installed; rustup component add clippy".into());
        return;
    }
    part.count(run_shown(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])));
}

fn guests(_: &Suite, part: &mut Part) {
    part.ran = "components for wasm32-wasip2".into();
    match plugins::build() {
        Ok(components) => {
            for (component, bytes) in &components {
                println!("{bytes:>9} bytes  {component}");
            }
            part.passed += components.len() as u32;
        }
        Err(message) => part.count(Err(message)),
    }
}

fn packages(_: &Suite, part: &mut Part) {
    part.ran = "npm packages of the tests".into();
    match machine::npm_packages(TEST_PACKAGES) {
        Ok(()) => part.passed += 1,
        Err(message) => part.skipped.push(format!("npm packages: {message}")),
    }
}

fn build(suite: &Suite, part: &mut Part) {
    part.ran = "the binary and all tests".into();
    // One feature set for both, or the tests would build everything again.
    part.count(run_shown(suite.cargo().args(["build", "--workspace", "--bins", "--tests", "--quiet"])));
}

fn languages(_: &Suite, part: &mut Part) {
    languages::check(part);
}

fn tests(suite: &Suite, part: &mut Part) {
    if let Err(reason) = &suite.postgres {
        part.skipped.push(format!("PostgreSQL: {reason}"));
    }
    if find("cargo-nextest").is_some() {
        part.ran = format!("cargo nextest, {}", suite.databases());
        with_nextest(suite, part);
    } else {
        part.ran = format!("cargo test, {}", suite.databases());
        with_cargo(suite, part, &["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
}

fn doc_tests(suite: &Suite, part: &mut Part) {
    part.ran = "cargo test --doc".into();
    with_cargo(suite, part, &["test", "--workspace", "--doc", "--no-fail-fast"]);
}

fn with_nextest(suite: &Suite, part: &mut Part) {
    let _ = std::fs::remove_file(JUNIT);
    let outcome = run_shown(suite.cargo().args(["nextest", "run", "--workspace", "--no-fail-fast"]));
    let told = std::fs::read_to_string(JUNIT).unwrap_or_default();
    let (tests, failed) = junit_counts(&told);
    part.passed += tests - failed;
    part.failed += failed;
    part.failures.extend(junit_failures(&told));
    for line in told.lines() {
        note_absence(part, line);
    }
    if let (Err(message), 0) = (outcome, failed) {
        part.count(Err(message));
    }
}

fn with_cargo(suite: &Suite, part: &mut Part, words: &[&str]) {
    let outcome = watch(suite.cargo().args(words).args(["--", "--show-output"]), |line| {
        if let Some((passed, failed)) = cargo_counts(line) {
            part.passed += passed;
            part.failed += failed;
        }
        note_absence(part, line);
    });
    if let (Err(message), 0) = (outcome, part.failed) {
        part.count(Err(message));
    }
}

fn note_absence(part: &mut Part, line: &str) {
    if let Some((_, what)) = line.split_once(NOT_PRESENT) {
        let what = what.trim().to_owned();
        if !part.skipped.contains(&what) {
            part.skipped.push(what);
        }
    }
}

/// Tests and failures, as the first line of nextest's report counts them.
fn junit_counts(text: &str) -> (u32, u32) {
    let head = text.split_once("<testsuites").and_then(|(_, rest)| rest.split_once('>')).map_or("", |(head, _)| head);
    let number = |name: &str| -> u32 {
        head.split_once(&format!(" {name}=\""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .and_then(|(number, _)| number.parse().ok())
            .unwrap_or(0)
    };
    (number("tests"), number("failures") + number("errors"))
}

/// The tests that failed, with what nextest says of each in a line or two.
fn junit_failures(text: &str) -> Vec<String> {
    let attribute = |tag: &str, name: &str| -> String {
        let value = tag.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
        value.map_or("", |(value, _)| value).replace("&#10;", " ").replace("&apos;", "'")
    };
    let cases = text.split("<testcase ").skip(1);
    cases
        .filter_map(|case| {
            let failure = case.find("<failure").or_else(|| case.find("<error"))?;
            let (name, suite) = (attribute(case, "name"), attribute(case, " classname"));
            Some(format!("{suite} {name}: {}", attribute(&case[failure..], " message")))
        })
        .collect()
}

/// Passed and failed of a line like `test result: ok. 5 passed; 0 failed; …`.
fn cargo_counts(line: &str) -> Option<(u32, u32)> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |word: &str| -> Option<u32> {
        let (before, _) = rest.split_once(word)?;
        before.split_whitespace().last()?.parse().ok()
    };
    Some((number(" passed")?, number(" failed")?))
}

#[cfg(test)]
mod tests_of_the_counting {
    use super::*;

    #[test]
    fn both_runners_are_counted() {
        let line = "test result: FAILED. 41 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.53s";
        assert_eq!(cargo_counts(line), Some((41, 2)));
        assert_eq!(cargo_counts("running 3 tests"), None);
        let text = "<?xml?>\n<testsuites name=\"nextest-run\" tests=\"43\" failures=\"2\" errors=\"1\" time=\"1\">";
        assert_eq!(junit_counts(text), (43, 3));
        assert_eq!(junit_counts(""), (0, 0));
        let text = "<testcase name=\"a\" classname=\"x\">\n</testcase><testcase name=\"b\" classname=\"x\"><failure message=\"m\"/>";
        assert_eq!(junit_failures(text), ["x b: m"]);
    }

    #[test]
    fn what_tests_missed_is_noted_once() {
        let mut part = Part::default();
        for line in ["<system-out>not present: provider data", "not present: provider data", "fine"] {
            note_absence(&mut part, line);
        }
        assert_eq!(part.skipped, ["provider data"]);
    }

    #[test]
    fn only_takes_parts_that_exist() {
        let of = |words: &[&str]| wanted(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]).map(|parts| parts.len()), Ok(PARTS.len()));
        assert_eq!(of(&["--only", "lints"]).map(|parts| parts.len()), Ok(1));
        assert!(of(&["--only", "everything"]).is_err_and(|message| message.contains("doc-tests")));
    }
}
