//! Which test proves which rule, and on which databases: tests carry the number of the rule in their names
//! (`s22_a_crash_…`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The rules of semantics.md.
const RULES: RangeInclusive<u32> = 1..=46;
/// Those that no issue has asked for yet: coupons, cost, attribution, figures by content, segments, broadcasts and
/// retention.
const TO_COME: [RangeInclusive<u32>; 4] = [24..=24, 32..=34, 35..=40, 46..=46];

pub(crate) fn run() -> Result<(), String> {
    let proofs = proofs()?;
    let mut tests = 0;
    for number in RULES {
        let rule = name(number);
        let of_rule = proofs.get(&rule).map(Vec::as_slice).unwrap_or_default();
        tests += of_rule.len();
        if of_rule.is_empty() {
            println!("{rule}  {}", if is_to_come(number) { "to come" } else { "NOTHING PROVES IT" });
            continue;
        }
        let databases: BTreeSet<&str> = of_rule.iter().flat_map(|proof| proof.databases).copied().collect();
        let databases: Vec<&str> = databases.into_iter().collect();
        let on = if databases.is_empty() { "no database needed".to_owned() } else { databases.join(", ") };
        println!("{rule}  {} tests, on {on}", of_rule.len());
        for Proof { test, file, .. } in of_rule {
            println!("       {test}  ({file})");
        }
    }
    println!("{tests} tests prove {} rules", proofs.len());
    match unproven(&proofs)[..] {
        [] => Ok(()),
        ref empty => Err(format!("nothing proves {}", empty.join(", "))),
    }
}

struct Proof {
    test: String,
    file: String,
    /// What it runs on; nothing for what needs no database.
    databases: &'static [&'static str],
}

type Proofs = BTreeMap<String, Vec<Proof>>;

fn name(number: u32) -> String {
    format!("S{number:02}")
}

fn is_to_come(number: u32) -> bool {
    TO_COME.iter().any(|rules| rules.contains(&number))
}

fn unproven(proofs: &Proofs) -> Vec<String> {
    RULES.filter(|number| !is_to_come(*number)).map(name).filter(|rule| !proofs.contains_key(rule)).collect()
}

fn proofs() -> Result<Proofs, String> {
    let mut files = Vec::new();
    for folder in ["host/src", "host/tests", "host/crates", "plugins", "tests", "examples"] {
        sources(Path::new(folder), &mut files);
    }
    files.sort();
    let mut proofs = Proofs::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let file = file.display().to_string();
        for test in tests_of_rules(&text) {
            let proof = Proof { test: test.to_owned(), file: file.clone(), databases: databases(&file, &text) };
            proofs.entry(test[..3].to_uppercase()).or_default().push(proof);
        }
    }
    Ok(proofs)
}

/// The databases that a file's tests run on, by the macros that make a test of each.
fn databases(file: &str, text: &str) -> &'static [&'static str] {
    if file.contains("store/tests/") && text.contains("contract! {") {
        &["memory", "postgres", "sqlite"]
    } else if text.contains("on_both_databases!") || file.contains("tests/faults") {
        &["postgres", "sqlite"]
    } else {
        &[]
    }
}

/// Names of functions that begin with `sNN_`.
fn tests_of_rules(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| {
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = &rest[..length];
        let bytes = name.as_bytes();
        let numbered = bytes.len() > 4
            && bytes[0] == b's'
            && bytes[1].is_ascii_digit()
            && bytes[2].is_ascii_digit()
            && bytes[3] == b'_';
        numbered.then_some(name)
    })
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "node_modules" {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_number_of_two_digits_count() {
        let text = "fn s04_windows() {} fn s4_no() {} async fn s22_never_twice() {} fn send() {} fn s22() {}";
        assert_eq!(tests_of_rules(text).collect::<Vec<_>>(), ["s04_windows", "s22_never_twice"]);
    }

    #[test]
    fn every_rule_that_was_asked_for_is_proven_by_a_test_with_its_number() {
        std::env::set_current_dir(crate::root()).unwrap();
        assert_eq!(unproven(&proofs().unwrap()), [""; 0]);
    }
}
