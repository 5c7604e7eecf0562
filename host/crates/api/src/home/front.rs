//! `GET /`: what arrived in the inbox, and who is on which way.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use cartwright_domain::customer::Customer;
use cartwright_domain::ids::{CustomerId, ShopId, StrategyId};
use cartwright_domain::run::Run;
use cartwright_engine::ports::{InboxEntry, PageRequest, RunFilter};

use super::session::Visit;
use super::telling;
use crate::markup::{Page, escape};
use crate::problem::Problem;
use crate::router::Api;

const SHOWN: u32 = 50;

pub(super) async fn show(State(api): State<Api>, visit: Visit) -> Result<Response, Problem> {
    let shop = visit.shop.id;
    let page = PageRequest { after: None, limit: SHOWN };
    let inbox = api.engine.store.inbox(shop, &page).await?.items;
    let runs = api.engine.store.runs(shop, &RunFilter::default(), &page).await?.items;
    let strategies: BTreeMap<StrategyId, String> =
        api.engine.store.strategies(shop).await?.into_iter().map(|record| (record.id, record.name)).collect();

    let mut html = format!("<h1>{}</h1>\n<p class=\"quiet\">All times are UTC.</p>\n", escape(&visit.shop.name));
    html.push_str("<h2>Inbox</h2>\n");
    if inbox.is_empty() {
        html.push_str("<p class=\"quiet\">Nothing yet. Messages of the channel <code>inbox</code> appear here.</p>\n");
    } else {
        html.push_str("<ul class=\"cards\">\n");
        for entry in &inbox {
            html.push_str(&card(&api, shop, entry).await?);
        }
        html.push_str("</ul>\n");
    }
    html.push_str("<h2>Runs</h2>\n");
    if runs.is_empty() {
        html.push_str("<p class=\"quiet\">Nobody has entered a strategy yet.</p>\n");
    } else {
        html.push_str(
            "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Began</th><th scope=\"col\">Strategy</th>\
                       <th scope=\"col\">Customer</th><th scope=\"col\">Stands</th></tr></thead>\n<tbody>\n",
        );
        for run in &runs {
            html.push_str(&row(run, &strategies, &customer_name(&api, shop, run.customer).await?));
        }
        html.push_str("</tbody>\n</table></div>\n");
    }
    Ok(Html(Page::new(&visit.shop.name).navigation(navigation(&api, &visit)).body(&html)).into_response())
}

async fn card(api: &Api, shop: ShopId, entry: &InboxEntry) -> Result<String, Problem> {
    let message = api.engine.store.message(shop, entry.message).await?;
    let to = match &message {
        Some(message) => customer_name(api, shop, message.customer).await?,
        None => entry.to.clone(),
    };
    let text = entry.document["text"].as_str().map_or_else(|| entry.document.to_string(), str::to_owned);
    let mut html = format!(
        "<li><div>To {} · {}</div>\n<div class=\"words\">{}</div>\n",
        escape(&to),
        telling::time(entry.at),
        escape(&text)
    );
    if let Some(image) = entry.document["image"].as_str() {
        html.push_str(&format!("<div class=\"quiet\">Picture: {}</div>\n", link(image, image)));
    }
    for button in entry.document["buttons"].as_array().into_iter().flatten() {
        let title = button["title"].as_str().unwrap_or_default();
        let shown = button["url"].as_str().map_or_else(|| escape(title), |url| link(url, title));
        html.push_str(&format!("<div>Button: {shown}</div>\n"));
    }
    if let Some(message) = message {
        html.push_str(&format!("<div><a href=\"/runs/{}\">Why was this sent?</a></div>\n", message.run));
    }
    html.push_str("</li>\n");
    Ok(html)
}

/// A link only where it leads to a page: what plugins and templates made is not trusted further.
fn link(url: &str, title: &str) -> String {
    let leads_to_a_page = url.starts_with("https://") || url.starts_with("http://");
    if leads_to_a_page {
        format!("<a href=\"{}\" rel=\"noreferrer nofollow\">{}</a>", escape(url), escape(title))
    } else {
        escape(title)
    }
}

fn row(run: &Run, strategies: &BTreeMap<StrategyId, String>, customer: &str) -> String {
    let strategy = strategies.get(&run.strategy).map_or("", String::as_str);
    format!(
        "<tr><td><a href=\"/runs/{}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        run.id,
        telling::time(run.started_at),
        escape(strategy),
        escape(customer),
        escape(&telling::position(run))
    )
}

/// How a person is called on the page.
pub(super) async fn customer_name(api: &Api, shop: ShopId, id: CustomerId) -> Result<String, Problem> {
    let customer = api.engine.store.customer(shop, id).await?;
    Ok(customer.map_or_else(|| "somebody who is gone".to_owned(), |customer| name_of(&customer)))
}

fn name_of(customer: &Customer) -> String {
    let names: Vec<&str> =
        [&customer.first_name, &customer.last_name].into_iter().filter_map(|name| name.as_deref()).collect();
    if !names.is_empty() {
        return names.join(" ");
    }
    let email = customer.email.as_ref().map(ToString::to_string);
    email.or_else(|| customer.phone.as_ref().map(ToString::to_string)).unwrap_or_else(|| "somebody unknown".to_owned())
}

/// The demo's clock, and the way out.
pub(super) fn navigation(api: &Api, visit: &Visit) -> String {
    let mut html = String::from("<a href=\"/console/\">Console</a>");
    if let Some(demo) = &api.options.demo {
        let options: String = ["1h", "4h", "1d", "3d"].map(|span| format!("<option>{span}</option>")).concat();
        html.push_str(&format!(
            "<form method=\"post\" action=\"/skip\"><span>Demo clock: {}</span>\
             <label for=\"by\">Skip</label><select id=\"by\" name=\"by\">{options}</select><button>Go</button></form>",
            telling::time(demo.now())
        ));
    }
    if visit.signed_in {
        html.push_str("<form method=\"post\" action=\"/sign-out\"><button>Sign out</button></form>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn only_pages_become_links() {
        assert_eq!(
            link("https://shop.example/c?a=1&b=2", "Go <on>"),
            "<a href=\"https://shop.example/c?a=1&amp;b=2\" rel=\"noreferrer nofollow\">Go &lt;on&gt;</a>"
        );
        assert_eq!(link("javascript:alert(1)", "Go on"), "Go on");
    }
}
