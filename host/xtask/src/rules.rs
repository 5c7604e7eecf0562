//! Which test proves which rule: tests carry the number of the rule in their names (`s22_a_crash_…`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) fn run() -> Result<(), String> {
    let rules = proofs()?;
    for (rule, tests) in &rules {
        println!("{rule}");
        for (test, file) in tests {
            println!("    {test}  ({file})");
        }
    }
    let tests: usize = rules.values().map(Vec::len).sum();
    println!("{tests} tests prove {} rules", rules.len());
    Ok(())
}

type Proofs = BTreeMap<String, Vec<(String, String)>>;

fn proofs() -> Result<Proofs, String> {
    let mut files = Vec::new();
    for folder in ["host/src", "host/crates", "plugins", "tests", "examples"] {
        sources(Path::new(folder), &mut files);
    }
    files.sort();
    let mut proofs = Proofs::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        for name in tests_of_rules(&text) {
            proofs.entry(name[..3].to_uppercase()).or_default().push((name.to_owned(), file.display().to_string()));
        }
    }
    Ok(proofs)
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
}
