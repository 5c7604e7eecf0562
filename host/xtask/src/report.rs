//! What was checked, what became of it, and what was not checked and why.

use std::fmt::Write as _;

/// One part of the suite.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Its name, as `--only` takes it.
    pub(crate) name: &'static str,
    /// What ran.
    pub(crate) ran: String,
    /// How many checks held.
    pub(crate) passed: u32,
    /// How many did not.
    pub(crate) failed: u32,
    /// Those that did not, with the end of what they said.
    pub(crate) failures: Vec<String>,
    /// How long it took.
    pub(crate) seconds: f64,
    /// What could not be checked, with the reason.
    pub(crate) skipped: Vec<String>,
}

/// How many lines of a failure are told again at the end.
const LAST_LINES: usize = 25;

impl Part {
    /// Counts a check that did not hold. The end of its message is told again under the table, for a log of which only
    /// the last page is kept.
    pub(crate) fn fail(&mut self, what: &str, message: &str) {
        eprintln!("{what}: {message}");
        let lines: Vec<&str> = message.lines().collect();
        let told = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n    ");
        self.failures.push(format!("{what}: {told}"));
        self.failed += 1;
    }
}

/// The sums under the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

/// A skip is excused where nobody demands completeness, or where a line of `optional` begins it.
pub(crate) fn demand_completeness(parts: &mut [Part], optional: &str) {
    let excused: Vec<&str> =
        optional.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    for part in parts {
        let (kept, missing): (Vec<String>, Vec<String>) = std::mem::take(&mut part.skipped)
            .into_iter()
            .partition(|skip| excused.iter().any(|line| skip.starts_with(line)));
        part.failed += missing.len() as u32;
        part.skipped = kept;
        part.skipped.extend(missing.into_iter().map(|skip| format!("{skip} (must not be skipped here: CI is set)")));
    }
}

pub(crate) fn sums(parts: &[Part]) -> Sums {
    parts.iter().fold(Sums::default(), |sums, part| Sums {
        passed: sums.passed + part.passed,
        failed: sums.failed + part.failed,
        skipped: sums.skipped + part.skipped.len() as u32,
    })
}

pub(crate) fn table(parts: &[Part]) -> String {
    let name_width = parts.iter().map(|part| part.name.len()).max().unwrap_or(0).max(4);
    let ran_width = parts.iter().map(|part| part.ran.chars().count()).max().unwrap_or(0).max(4);
    let mut text = format!("{:name_width$}  {:ran_width$}  passed  failed  seconds  skipped\n", "part", "what ran");
    for part in parts {
        let Part { name, ran, passed, failed, seconds, skipped, failures: _ } = part;
        let count = skipped.len();
        let _ = writeln!(
            text,
            "{name:name_width$}  {ran:ran_width$}  {passed:>6}  {failed:>6}  {seconds:>7.1}  {count:>7}"
        );
    }
    for part in parts {
        for failure in &part.failures {
            let _ = writeln!(text, "failed in {}: {failure}", part.name);
        }
        for skip in &part.skipped {
            let _ = writeln!(text, "skipped in {}: {skip}", part.name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(skips: &[&str]) -> Part {
        Part {
            name: "tests",
            passed: 3,
            skipped: skips.iter().map(|skip| (*skip).to_owned()).collect(),
            ..Part::default()
        }
    }

    #[test]
    fn a_skip_counts_as_a_failure_unless_it_is_listed() {
        let mut parts = [part(&["provider data: no folder", "PostgreSQL: no server"])];
        demand_completeness(&mut parts, "# what a clone lacks\nprovider data\n");
        assert_eq!(sums(&parts), Sums { passed: 3, failed: 1, skipped: 2 });
    }

    #[test]
    fn the_table_ends_with_the_last_lines_of_what_failed() {
        let mut part = part(&[]);
        let message: Vec<String> = (1..=40).map(|number| format!("line {number}")).collect();
        part.fail("examples/x", &message.join("\n"));
        let told = table(&[part]);
        assert!(told.contains("failed in tests: examples/x: line 16\n"), "{told}");
        assert!(told.ends_with("    line 40\n"), "{told}");
    }

    #[test]
    fn the_table_says_why_something_was_skipped() {
        assert!(table(&[part(&["npm: no node"])]).ends_with("skipped in tests: npm: no node\n"));
    }
}
