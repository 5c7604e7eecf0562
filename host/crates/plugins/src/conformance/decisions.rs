//! Conditions and selectors: an answer is about its subject alone, wherever and whenever it is asked for.

use cartwright_domain::facts::Subject;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_engine::ports::{Answered, Plugins};
use serde_json::Value;

use super::report::Rule;
use super::{Depth, Kit, samples};

const SAME: Rule = Rule {
    name: "same-input-same-answer",
    statement: "the same subject gets the same answer, after the same facts",
    remedy: "decide from facts, configuration, `now` and `random` only",
};
const SINGLES: Rule = Rule {
    name: "batch-equals-singles",
    statement: "a batch decides as each of its subjects alone",
    remedy: "keep nothing between two calls: no globals, no caches that change an answer",
};
const ORDER: Rule = Rule {
    name: "order-irrelevant",
    statement: "the order of a batch changes no answer",
    remedy: "keep nothing between two calls: no globals, no caches that change an answer",
};
const EMPTY: Rule = Rule {
    name: "empty-batch",
    statement: "nobody asked about is nobody answered",
    remedy: "this is the host's: report it",
};
const MAXIMAL: Rule = Rule {
    name: "maximal-batch",
    statement: "a full batch is decided within its limits",
    remedy: "do less for each subject: see the limits in the guide; free what was allocated",
};
const ANYBODY: Rule = Rule {
    name: "anybody",
    statement: "every subject gets an answer: with nothing known, with very much, in any script",
    remedy: "treat `none` as an answer, and texts as bytes of UTF-8 that may be cut nowhere",
};
const DECLARED: Rule = Rule {
    name: "declared-branches",
    statement: "it takes only branches that it declares",
    remedy: "name every branch in `branches`, or answer `yes` and `no`",
};
const OFFERED: Rule = Rule {
    name: "offered-candidates",
    statement: "it chooses only among the candidates, however few there are",
    remedy: "look at `candidates.count` before choosing; with none, answer with a fault",
};
const ALL: &[Rule] = &[SAME, SINGLES, ORDER, EMPTY, MAXIMAL, ANYBODY];

/// Everything that is asked about decisions, under every configuration that is known.
pub(super) async fn examine(kit: &mut Kit<'_>, configs: &[Value]) {
    if configs.is_empty() {
        for rule in ALL {
            kit.report.leave_out(*rule, "no configuration is known to try it with");
        }
        return;
    }
    // What holds has to hold under every configuration; the first that speaks against it is told.
    let mut found: Vec<Result<(), String>> = vec![Ok(()); ALL.len() + 1];
    for config in configs {
        if !kit.goes_on() || found.iter().any(Result::is_err) {
            break;
        }
        found = under(kit, config).await;
    }
    let last = if kit.plugin.kind.name() == PluginKind::Selector { OFFERED } else { DECLARED };
    for (rule, seen) in ALL.iter().chain([&last]).zip(found) {
        kit.report.note(*rule, seen);
    }
}

async fn under(kit: &Kit<'_>, config: &Value) -> Vec<Result<(), String>> {
    let (few, many) = match kit.depth {
        Depth::Full => (24, 256),
        Depth::Upload => (8, 32),
    };
    let subjects = samples::subjects(few);
    let offered = samples::candidates(5);
    let ask = async |subjects: &[Subject]| decide(kit, config, &offered, subjects).await;
    let told = |config: &Value, why: String| format!("configured with {config}: {why}");

    let together = ask(&subjects).await;
    let again = ask(&subjects).await;
    let mut singles = Vec::with_capacity(few);
    for subject in &subjects {
        singles.extend(ask(std::slice::from_ref(subject)).await);
    }
    let mut backwards = subjects.clone();
    backwards.reverse();
    let mut backwards = ask(&backwards).await;
    backwards.reverse();
    let full = ask(&samples::subjects(many)).await;
    let all = together.iter().chain(&full);

    vec![
        same("asked again", &together, &again).map_err(|why| told(config, why)),
        same("asked alone", &together, &singles).map_err(|why| told(config, why)),
        same("asked in the other order", &together, &backwards).map_err(|why| told(config, why)),
        if ask(&[]).await.is_empty() { Ok(()) } else { Err("an answer about nobody".to_owned()) },
        if full.len() == many { broken(&full, of_the_limits) } else { Err("answers are missing".to_owned()) }
            .map_err(|why| told(config, why)),
        broken(&together, of_the_code).map_err(|why| told(config, why)),
        match kit.plugin.kind.name() {
            PluginKind::Selector => few_candidates(kit, config, &subjects[..4]).await,
            _ => broken(all, |problem| problem == Problem::InvalidAnswer),
        }
        .map_err(|why| told(config, why)),
    ]
}

/// With no candidate there is nothing to choose, and that is no reason to fall over.
async fn few_candidates(kit: &Kit<'_>, config: &Value, subjects: &[Subject]) -> Result<(), String> {
    for count in [0, 1, 2, 40] {
        let seen = decide(kit, config, &samples::candidates(count), subjects).await;
        // Of none, whatever number it gives is beyond the last.
        let wrong = |problem| problem == Problem::Trap || (count > 0 && problem == Problem::InvalidAnswer);
        broken(&seen, wrong).map_err(|why| format!("of {count} candidates: {why}"))?;
    }
    Ok(())
}

/// An answer as it is compared and shown.
struct Seen {
    answer: Result<String, PluginFailure>,
    facts: String,
}

async fn decide(kit: &Kit<'_>, config: &Value, offered: &[Offered], subjects: &[Subject]) -> Vec<Seen> {
    let call = kit.call(config);
    match kit.plugin.kind.name() {
        PluginKind::Selector => kit.runtime.select(&call, offered, subjects).await.into_iter().map(seen).collect(),
        _ => kit.runtime.evaluate(&call, subjects).await.into_iter().map(seen).collect(),
    }
}

fn seen<T: std::fmt::Debug>(answered: Answered<T>) -> Seen {
    let facts: Vec<String> = answered.reads.iter().map(ToString::to_string).collect();
    Seen { answer: answered.result.map(|answer| format!("{answer:?}")), facts: facts.join(", ") }
}

impl Seen {
    fn text(&self) -> String {
        let answer = match &self.answer {
            Ok(answer) => answer.clone(),
            Err(failure) => failure.to_string(),
        };
        format!("{answer} after [{}]", self.facts)
    }
}

fn same(how: &str, first: &[Seen], second: &[Seen]) -> Result<(), String> {
    let differs = first.iter().zip(second).enumerate().find(|(_, (first, second))| first.text() != second.text());
    match differs {
        None if first.len() == second.len() => Ok(()),
        None => Err(format!("{} answers, {how} {}", first.len(), second.len())),
        Some((place, (first, second))) => Err(format!("subject {place} got {}, {how} {}", first.text(), second.text())),
    }
}

fn broken<'s>(seen: impl IntoIterator<Item = &'s Seen>, is_broken: impl Fn(Problem) -> bool) -> Result<(), String> {
    for (place, one) in seen.into_iter().enumerate() {
        match &one.answer {
            Err(failure) if is_broken(failure.problem) => return Err(format!("subject {place}: {failure}")),
            _ => {}
        }
    }
    Ok(())
}

/// A failure that speaks against what the guest uses.
fn of_the_limits(problem: Problem) -> bool {
    matches!(problem, Problem::TimeOut | Problem::Memory | Problem::TooLarge | Problem::Busy)
}

/// A failure that speaks against what the guest does.
fn of_the_code(problem: Problem) -> bool {
    matches!(problem, Problem::Trap | Problem::FactNotDeclared | Problem::NotGranted | Problem::NotInstalled)
}
