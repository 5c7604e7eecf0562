//! Many runs in a few lines: how they ended, and what became of their messages (S30, S31).

use cartwright_domain::funnel::{Funnel, ReasonCount, Share};
use cartwright_domain::ids::ShopId;
use cartwright_domain::run::Position;
use cartwright_engine::{Engine, Timeline};
use serde_json::json;
use std::collections::BTreeMap;

use crate::failure::{Failure, counted};
use crate::output::{self, Format};

/// Prints it.
pub(crate) async fn print(
    engine: &Engine,
    shop: ShopId,
    name: &str,
    timeline: &Timeline,
    format: Format,
) -> Result<(), Failure> {
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for run in &timeline.runs {
        if let Some(run) = engine.store.run(shop, *run).await? {
            *ends.entry(end_of(&run.position)).or_default() += 1;
        }
    }
    let funnel = engine.whole_funnel(shop).await?.unwrap_or_default();
    if format.json {
        let refused = timeline.refused.len();
        output::say_json(&json!({
            "strategy": name, "ended_at": timeline.ended_at, "not_taken": refused, "runs": ends, "messages": funnel
        }));
        return Ok(());
    }
    output::say(format_args!("{name}: {}, until {}", counted(timeline.runs.len(), "run"), timeline.ended_at));
    if !timeline.refused.is_empty() {
        output::say(format_args!("not taken: {}", counted(timeline.refused.len(), "line")));
    }
    let rows: Vec<Vec<String>> = ends.into_iter().map(|(end, runs)| vec![end, runs.to_string()]).collect();
    output::say("");
    output::say_table(&["runs", ""], &rows);
    output::say("");
    output::say_table(&["messages", "", "of the step before"], &steps(&funnel));
    for (title, reasons) in [("skipped for", &funnel.skips), ("held for", &funnel.holds), ("lost for", &funnel.losses)]
    {
        if !reasons.is_empty() {
            output::say("");
            output::say_table(&[title, "", "share"], &reasons.iter().map(row).collect::<Vec<_>>());
        }
    }
    Ok(())
}

fn end_of(position: &Position) -> String {
    match position {
        Position::Ended { reason, .. } => json!(reason).as_str().unwrap_or_default().replace('_', " "),
        _ => "still on their way".to_owned(),
    }
}

fn steps(funnel: &Funnel) -> Vec<Vec<String>> {
    let known = |figure: Option<u64>| figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string());
    let step = |name: &str, figure: String, share: Share| vec![name.to_owned(), figure, percent(share)];
    vec![
        step("considered", funnel.considered.to_string(), Share(None)),
        step("targeted", funnel.targeted.to_string(), funnel.targeted_share),
        step("accepted", funnel.accepted.to_string(), funnel.accepted_share),
        step("delivered", known(funnel.delivered), funnel.delivered_share),
        step("read", known(funnel.read), funnel.read_share),
        step("clicked", known(funnel.clicked), funnel.click_through),
    ]
}

fn row(counted: &ReasonCount) -> Vec<String> {
    vec![counted.reason.replace('_', " "), counted.messages.to_string(), percent(counted.share)]
}

fn percent(share: Share) -> String {
    share.0.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}
