//! `GET /runs/{run}`: why a run went its way, fact by fact.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use cartwright_domain::ids::RunId;
use cartwright_domain::trace::TraceEntry;

use super::session::Visit;
use super::{front, telling};
use crate::extract::Params;
use crate::markup::{Page, escape};
use crate::problem::Problem;
use crate::router::Api;

pub(super) async fn show(State(api): State<Api>, visit: Visit, params: Params) -> Result<Response, Problem> {
    let id: RunId = params.id("run")?;
    let shop = visit.shop.id;
    let run = api.engine.store.run(shop, id).await?.ok_or_else(|| Problem::not_found("run", id))?;
    let trace = api.engine.store.trace(shop, id).await?;
    let strategies = api.engine.store.strategies(shop).await?;
    let strategy = strategies.iter().find(|record| record.id == run.strategy).map_or("", |record| record.name.as_str());
    let customer = front::customer_name(&api, shop, run.customer).await?;

    let mut html = format!(
        "<p><a href=\"/\">All runs</a></p>\n<h1>{} through {}</h1>\n<p>{}</p>\n<p class=\"id quiet\">{id}</p>\n<ol class=\"trace\">\n",
        escape(&customer),
        escape(strategy),
        escape(&telling::position(&run))
    );
    html.extend(trace.iter().map(line));
    html.push_str("</ol>\n");
    Ok(Html(Page::new("Run").navigation(front::navigation(&api, &visit)).body(&html)).into_response())
}

fn line(entry: &TraceEntry) -> String {
    let step = entry.step.as_deref().map_or(String::new(), |step| format!(" · <code>{}</code>", escape(step)));
    let mut html = format!(
        "<li><div class=\"quiet\">{}{step}</div>\n<div>{}</div>\n",
        telling::time(entry.at),
        escape(&telling::sentence(entry))
    );
    if !entry.facts.is_empty() {
        html.push_str("<ul class=\"facts\" aria-label=\"Facts that were read\">\n");
        for read in &entry.facts {
            html.push_str(&format!(
                "<li><code>{}</code> = {}</li>\n",
                escape(&read.fact()),
                escape(&read.value.to_string())
            ));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</li>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::fact::FactRead;
    use cartwright_domain::time::Timestamp;
    use cartwright_domain::trace::Happening;

    #[test]
    fn a_decision_stands_with_the_facts_it_was_made_on() {
        let what = Happening::Branched { branch: "yes".into(), by: "rule".into(), digest: None, reason: None };
        let has_sku = FactRead { about: vec!["<A1>".into()], ..FactRead::new("cart.has-sku", true) };
        let facts = vec![FactRead::new("orders.count", 7u32), has_sku];
        let shown = line(&TraceEntry { at: Timestamp::from_millis(0), step: Some("loyal".into()), what, facts });
        insta::assert_snapshot!(shown);
    }
}
