//! `GET /v1/reports/messages`

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use cartwright_domain::funnel::Funnel;
use cartwright_domain::ids::{StrategyId, VersionId};
use cartwright_domain::local::Day;
use cartwright_engine::{Dimension, ReportError, ReportLine, ReportQuery};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::openapi::described;
use crate::problem::{Code, FieldError, Problem};
use crate::router::Api;

/// What is reported.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageReportQuery {
    /// The first day in the shop's zone, such as `2026-11-01`; 30 days if nothing is said.
    from: Option<String>,
    /// The last day; today if nothing is said.
    to: Option<String>,
    /// Of one strategy.
    #[param(value_type = Option<uuid::Uuid>)]
    strategy: Option<StrategyId>,
    /// What it is cut by, with commas between: `day`, `strategy`, `version`, `step`, `channel`, `content`.
    by: Option<String>,
}

/// A report on messages. Shares are between 0 and 1, each of the step before; `null` stands for what the channels
/// cannot report and for a share of nothing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MessageReport {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    /// Everything together.
    total: Funnel,
    /// Cut as asked.
    lines: Vec<ReportLineView>,
}

/// A line of a report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReportLineView {
    /// The day.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// The strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<StrategyId>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<VersionId>,
    /// The number of the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    /// The step.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// The channel, by the name of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// The content, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// What was counted.
    #[serde(flatten)]
    funnel: Funnel,
}

described!(MessageReport);

/// Reports what became of messages: considered, skipped, held, targeted, accepted, delivered, read, clicked, with the
/// reasons of skips, holds and losses.
///
/// All figures of a message fall on the day it became targeted, skips on the day of the skip, in the shop's zone.
/// Hold-outs, test sends and messages to the shop's own people are outside.
#[utoipa::path(
    get, path = "/v1/reports/messages", tag = "reports", params(MessageReportQuery),
    responses((status = 200, description = "The report.", body = MessageReport))
)]
pub(crate) async fn report_messages(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<MessageReportQuery>,
) -> Result<Json<MessageReport>, Problem> {
    let mut faults = Vec::new();
    let query = ReportQuery {
        from: day("from", query.from.as_deref(), &mut faults),
        to: day("to", query.to.as_deref(), &mut faults),
        strategy: query.strategy,
        by: dimensions(query.by.as_deref(), &mut faults),
    };
    if !faults.is_empty() {
        return Err(Problem::fields(Code::InvalidQuery, faults));
    }
    let report = match api.engine.report_messages(shop.id(), &query).await {
        Ok(Some(report)) => report,
        Ok(None) => return Err(Problem::not_found("shop", shop.id())),
        Err(ReportError::Range(words)) => {
            return Err(Problem::fields(Code::InvalidQuery, vec![FieldError::new("from", words)]));
        }
        Err(ReportError::Store(error)) => return Err(error.into()),
    };
    let versions: Vec<VersionId> = report.lines.iter().filter_map(|line| line.version).collect();
    let versions = match versions.is_empty() {
        true => Vec::new(),
        false => api.engine.store.versions(shop.id(), &versions).await?,
    };
    let numbers: BTreeMap<VersionId, u32> = versions.into_iter().map(|version| (version.id, version.number)).collect();
    let line = |line: ReportLine| ReportLineView {
        day: line.day.map(|day| day.to_string()),
        strategy: line.strategy,
        number: line.version.and_then(|version| numbers.get(&version).copied()),
        version: line.version,
        step: line.step,
        channel: line.channel,
        content: line.content,
        funnel: line.funnel,
    };
    Ok(Json(MessageReport {
        from: report.from.to_string(),
        to: report.to.to_string(),
        total: report.total,
        lines: report.lines.into_iter().map(line).collect(),
    }))
}

fn day(field: &str, text: Option<&str>, faults: &mut Vec<FieldError>) -> Option<Day> {
    let day: Result<Day, _> = text?.parse();
    day.map_err(|error| faults.push(FieldError::new(field, error.to_string()))).ok()
}

fn dimensions(text: Option<&str>, faults: &mut Vec<FieldError>) -> BTreeSet<Dimension> {
    let mut asked = BTreeSet::new();
    for name in text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match Dimension::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, dimension)) => drop(asked.insert(*dimension)),
            None => {
                let names: Vec<&str> = Dimension::ALL.iter().map(|(known, _)| *known).collect();
                faults.push(FieldError::new("by", format!("`{name}` is none of {}", names.join(", "))));
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_cut_by_what_is_named_and_tells_what_is_not() {
        let mut faults = Vec::new();
        let asked = dimensions(Some("step, version,,step"), &mut faults);
        assert_eq!(asked.into_iter().collect::<Vec<_>>(), [Dimension::Version, Dimension::Step]);
        assert!(faults.is_empty());
        dimensions(Some("week"), &mut faults);
        day("from", Some("1.11.2026"), &mut faults);
        assert_eq!(faults.len(), 2);
    }
}
