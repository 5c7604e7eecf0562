//! What the host asks this source to do: each task is one request.
//!
//! Orders are polled by when they changed, a second before the last one that is known: WooCommerce counts in seconds,
//! and what is told twice is one.

use cartwright_sdk::json;
use cartwright_sdk::time;
use cartwright_sdk::types::Instant;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Config;
use crate::bindings::{
    Backfill, BackfillKind, Completion, Event, Fault, HttpRequest, HttpResponse, Page, Refusal, Request, Response, Task,
};
use crate::records::{Customer, Order, Product};

/// Records of a page.
const PAGE: usize = 50;
/// What is read of an order; all of it may be more than an answer can hold.
const ORDER: &str = "id,number,status,currency,total,date_created_gmt,date_modified_gmt,created_via,customer_id,billing,\
                     line_items";

pub(crate) fn request(config: &Config, task: &Task) -> Result<Request, Fault> {
    let (Some(shop), Some(key)) = (&config.shop_url, &config.consumer_key) else {
        return Err(Fault::bad_config("shop_url: the shop can only be asked where its address is known"));
    };
    let get = |path: &str| {
        HttpRequest::get(format!("{shop}/wp-json/wc/v3/{path}"))
            .header("authorization", format!("Basic {{secret:consumer_secret:base64:{key}:}}"))
    };
    let page = |path: &str, cursor: &Option<String>| {
        get(path)
            .query("per_page", &PAGE.to_string())
            .query("page", cursor.as_deref().unwrap_or("1"))
            .query("orderby", "id")
            .query("order", "asc")
    };
    Ok(Request::asking(match task {
        Task::Poll(None) => orders(get("orders")).query("order", "desc").query("per_page", "1"),
        Task::Poll(Some(cursor)) => orders(get("orders"))
            .query("order", "asc")
            .query("per_page", &PAGE.to_string())
            .query("modified_after", cursor)
            .query("dates_are_gmt", "true"),
        Task::Backfill(Backfill { kind: BackfillKind::Customers, cursor }) => page("customers", cursor),
        Task::Backfill(Backfill { kind: BackfillKind::Orders, cursor }) => {
            page("orders", cursor).query("_fields", ORDER)
        }
        Task::Backfill(Backfill { kind: BackfillKind::Products, cursor }) => {
            page("products", cursor).query("_fields", "id,name,permalink,date_modified_gmt,images,categories,tags")
        }
        Task::Probe => get("data/currencies/current"),
        Task::OrdersOf(_) | Task::Subscribe(_) => return Err(not_done()),
    }))
}

fn orders(request: HttpRequest) -> HttpRequest {
    request.query("_fields", ORDER).query("status", "any").query("orderby", "modified")
}

pub(crate) fn answer(task: &Task, response: &Response, now: Instant) -> Result<Completion, Fault> {
    let response = response.http().ok_or_else(|| Fault::bad_input("an answer of another kind"))?;
    if let Some(refusal) = Refusal::http(response, now) {
        return Ok(Completion::Failed(refusal));
    }
    Ok(match task {
        Task::Poll(None) => {
            let newest: Vec<Order> = records(response)?;
            Completion::Page(Page {
                events: Vec::new(),
                cursor: Some(behind(&newest).unwrap_or_else(|| time::format(now))),
            })
        }
        Task::Poll(Some(cursor)) => {
            let changed: Vec<Order> = records(response)?;
            let cursor = behind(&changed).unwrap_or_else(|| cursor.clone());
            let events = changed.iter().flat_map(Order::events).collect();
            Completion::Page(Page { events, cursor: Some(cursor) })
        }
        Task::Backfill(Backfill { kind, cursor }) => Completion::Page(past(*kind, cursor.as_deref(), response)?),
        Task::Probe => {
            #[derive(Deserialize)]
            struct Currency {
                code: String,
            }
            let currency: Currency = json::input(&response.body)?;
            Completion::Probed(format!("a shop that sells in {}", currency.code))
        }
        Task::OrdersOf(_) | Task::Subscribe(_) => return Err(not_done()),
    })
}

/// A page of what is there already; the last one is not full.
fn past(kind: BackfillKind, cursor: Option<&str>, response: &HttpResponse) -> Result<Page, Fault> {
    let (events, count): (Vec<Event>, usize) = match kind {
        BackfillKind::Customers => {
            let all: Vec<Customer> = records(response)?;
            (all.iter().map(Customer::event).collect(), all.len())
        }
        BackfillKind::Orders => {
            let all: Vec<Order> = records(response)?;
            (all.iter().filter_map(Order::past).collect(), all.len())
        }
        BackfillKind::Products => {
            let all: Vec<Product> = records(response)?;
            (all.iter().map(Product::event).collect(), all.len())
        }
    };
    let number: u32 = match cursor {
        Some(cursor) => {
            cursor.parse().map_err(|_| Fault::bad_input("the cursor is of another version of this plugin"))?
        }
        None => 1,
    };
    Ok(Page { events, cursor: (count == PAGE).then(|| (number + 1).to_string()) })
}

/// Where to go on behind these orders.
fn behind(orders: &[Order]) -> Option<String> {
    let last = orders.iter().map(|order| order.modified_at().0).max()?;
    Some(time::format(last - 1_000))
}

fn records<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, Fault> {
    json::input(&response.body)
}

fn not_done() -> Fault {
    Fault::not_supported("this source polls, reads the past and probes")
}
