//! A back-test as text: versions of a strategy beside what really happened, and who would have got something else.

use cartwright_engine::{Difference, Fate, Period, Recorded, Tally};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use crate::failure::counted;
use crate::output;

/// One kind of figure, by name.
type Figures = fn(&Tally) -> &BTreeMap<String, u64>;

/// Everything that was found.
pub(crate) struct Comparison {
    pub(crate) strategy: String,
    pub(crate) recorded: Recorded,
    pub(crate) period: Period,
    pub(crate) real: Tally,
    pub(crate) tried: Vec<Tried>,
}

/// What one version came to.
pub(crate) struct Tried {
    pub(crate) label: String,
    /// Events that were not taken.
    pub(crate) not_taken: usize,
    pub(crate) tally: Tally,
    pub(crate) differences: Vec<Difference>,
}

/// JSON Lines: what is recorded, what really happened, then each version with its differences.
pub(crate) fn json_lines(found: &Comparison) -> Vec<String> {
    let mut lines = vec![
        json!({ "what": "recorded", "strategy": found.strategy, "recorded": found.recorded, "period": found.period }),
        json!({ "what": "real", "tally": found.real }),
    ];
    for Tried { label, not_taken, tally, differences } in &found.tried {
        lines.push(json!({ "what": "tried", "as": label, "not_taken": not_taken, "tally": tally }));
        let told = |one: &Difference| json!({ "what": "difference", "as": label, "gain": one.gain(), "of": one });
        lines.extend(differences.iter().map(told));
    }
    lines.iter().map(Value::to_string).collect()
}

/// For people.
pub(crate) fn print(found: &Comparison, most: usize) {
    let Recorded { events, first, last } = found.recorded;
    let events = counted(usize::try_from(events).unwrap_or(usize::MAX), "event");
    output::say(format_args!("{}: {events}, from {first} until {last}", found.strategy));
    let figures: [(&str, Figures); 3] =
        [("runs", |tally| &tally.runs), ("messages", |tally| &tally.messages), ("skipped for", |tally| &tally.skips)];
    for (title, of) in figures {
        let tallies: Vec<&Tally> =
            std::iter::once(&found.real).chain(found.tried.iter().map(|one| &one.tally)).collect();
        let names: BTreeSet<&String> = tallies.iter().flat_map(|tally| of(tally).keys()).collect();
        if names.is_empty() {
            continue;
        }
        let row = |name: &&String| {
            let figure = |tally: &&Tally| of(tally).get(*name).copied().unwrap_or(0).to_string();
            std::iter::once(name.replace('_', " ")).chain(tallies.iter().map(figure)).collect()
        };
        let labels = found.tried.iter().map(|one| one.label.as_str());
        let head: Vec<&str> = [title, "really"].into_iter().chain(labels).collect();
        output::say("");
        output::say_table(&head, &names.iter().map(row).collect::<Vec<Vec<String>>>());
    }
    for tried in &found.tried {
        print_differences(tried, most);
    }
}

fn print_differences(tried: &Tried, most: usize) {
    let gains = |sign: i64| tried.differences.iter().filter(|one| one.gain().signum() == sign).count();
    output::say("");
    output::say(format_args!(
        "{}: {} would have got what they did not, {} would not have got what they did",
        tried.label,
        counted(gains(1), "customer"),
        counted(gains(-1), "customer"),
    ));
    for one in tried.differences.iter().take(most) {
        output::say(format_args!(
            "  {:+}  {}  `{}` over {}: {}; really: {}",
            one.gain(),
            one.who,
            one.content,
            one.channel,
            told(&one.tried),
            told(&one.real)
        ));
    }
    let more = tried.differences.len().saturating_sub(most);
    if more > 0 {
        output::say(format_args!("  and {more} more; --most shows them, --json all"));
    }
}

fn told(fates: &[Fate]) -> String {
    let one = |fate: &Fate| format!("{} at {}", fate.state.replace('_', " "), fate.at);
    if fates.is_empty() { "nothing".to_owned() } else { fates.iter().map(one).collect::<Vec<_>>().join(", ") }
}
