//! What the host asks this source to do: each task is one request.
//!
//! Checkouts are asked for by when they changed, page by page, and from a second before the newest that is known on:
//! what is told twice is one.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::json;
use cartwright_sdk::time;
use cartwright_sdk::types::Instant;
use serde::Deserialize;

use crate::Config;
use crate::bindings::{Completion, Event, Fault, HttpRequest, Page, Refusal, RefusalKind, Request, Response, Task};
use crate::records::{Checkout, Order};

/// Records of a page; Haravan gives no more.
const PAGE: usize = 50;
/// How far back orders are read before somebody is written to; what is older was told by webhook, or asked before.
const BACK: Instant = 24 * 60 * 60 * 1_000;
/// What Haravan tells by webhook.
const TOPICS: [&str; 10] = [
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "customers/create",
    "customers/update",
    "products/create",
    "products/update",
    "app/uninstalled",
];

/// Where a poll goes on: since when, which page of that, and the newest change seen on the pages before.
struct Place {
    since: Instant,
    page: u32,
    newest: Instant,
}

impl Place {
    fn read(cursor: Option<&str>, now: Instant) -> Result<Self, Fault> {
        let Some(cursor) = cursor else { return Ok(Self { since: now, page: 1, newest: now }) };
        let parts: Vec<i64> = cursor.split('/').map_while(|part| part.parse().ok()).collect();
        match parts[..] {
            [since, page, newest] => Ok(Self { since, page: u32::try_from(page).unwrap_or(1), newest }),
            _ => Err(Fault::bad_input("the cursor is of another version of this plugin")),
        }
    }

    fn write(&self) -> String {
        format!("{}/{}/{}", self.since, self.page, self.newest)
    }

    /// Behind a page of these.
    fn behind(&self, changes: impl Iterator<Item = Instant>) -> Self {
        let (mut count, mut newest) = (0, self.newest);
        for at in changes {
            count += 1;
            newest = newest.max(at);
        }
        match count >= PAGE {
            true => Self { page: self.page + 1, newest, ..*self },
            false => Self { since: newest - 1_000, page: 1, newest },
        }
    }
}

pub(crate) fn request(config: &Config, task: &Task, now: Instant) -> Result<Request, Fault> {
    if config.ask == Some(false) {
        return Err(Fault::bad_config("ask: the shop is not to be asked"));
    }
    let at = |usual: &str| config.endpoint.clone().unwrap_or_else(|| usual.to_owned());
    let get =
        |path: &str| HttpRequest::get(format!("{}/com/{path}", at("https://apis.haravan.com"))).bearer("access_token");
    let limit = PAGE.to_string();
    Ok(match task {
        Task::Poll(cursor) => {
            let place = Place::read(cursor.as_deref(), now)?;
            Request::asking(
                get("checkouts.json")
                    .query("updated_at_min", &time::format(place.since))
                    .query("limit", &limit)
                    .query("page", &place.page.to_string()),
            )
        }
        Task::OrdersOf(_) => Request::asking(
            get("orders.json")
                .query("status", "any")
                .query("updated_at_min", &time::format(now - BACK))
                .query("limit", &limit),
        ),
        Task::Probe => Request::asking(get("shop.json")),
        Task::Subscribe(_) => Request::sending(
            HttpRequest::post(format!("{}/api/subscribe", at("https://webhook.haravan.com")))
                .bearer("access_token")
                .json(&json!({})),
        ),
        Task::Backfill(_) => return Err(not_done()),
    })
}

pub(crate) fn answer(task: &Task, response: &Response, now: Instant) -> Result<Completion, Fault> {
    let response = response.http().ok_or_else(|| Fault::bad_input("an answer of another kind"))?;
    if let Some(refusal) = Refusal::http(response, now) {
        return Ok(Completion::Failed(refusal));
    }
    Ok(match task {
        Task::Poll(cursor) => {
            #[derive(Deserialize)]
            struct Answer {
                checkouts: Vec<Checkout>,
            }
            let Answer { checkouts } = json::input(&response.body)?;
            let place = Place::read(cursor.as_deref(), now)?.behind(checkouts.iter().map(|one| one.updated_at.0));
            let events = checkouts.iter().map(Checkout::event).collect();
            Completion::Page(Page { events, cursor: Some(place.write()) })
        }
        Task::OrdersOf(_) => {
            #[derive(Deserialize)]
            struct Answer {
                orders: Vec<Order>,
            }
            let Answer { orders } = json::input(&response.body)?;
            if orders.len() >= PAGE {
                // One page does not say whose orders stand on the next.
                let text = format!("more than {PAGE} orders changed within a day; their webhooks have to do");
                return Ok(Completion::Failed(Refusal { kind: RefusalKind::Transient, code: None, text }));
            }
            let events: Vec<Event> = orders.iter().flat_map(Order::events).collect();
            Completion::Orders(events)
        }
        Task::Probe => {
            #[derive(Deserialize)]
            struct Answer {
                shop: Shop,
            }
            #[derive(Deserialize)]
            struct Shop {
                name: String,
            }
            Completion::Probed(json::input::<Answer>(&response.body)?.shop.name)
        }
        Task::Subscribe(_) => Completion::Subscribed(TOPICS.map(str::to_owned).into()),
        Task::Backfill(_) => return Err(not_done()),
    })
}

fn not_done() -> Fault {
    Fault::not_supported("this source polls, reads orders, registers webhooks and probes")
}
