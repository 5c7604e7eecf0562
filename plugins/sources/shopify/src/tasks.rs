//! What the host asks this source to do: each task is one request to the Admin API; only to register webhooks takes two.
//!
//! Orders of some customers are searched for by GraphQL, which alone can search by cart. All else is read page by page
//! over REST, whose records are those of the webhooks, so they are read by the same code.

use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::{Value, json};
use cartwright_sdk::types::Instant;
use cartwright_sdk::{state, time};
use serde::Deserialize;

use crate::bindings::{
    Backfill, BackfillKind, Completion, Event, Fault, HttpRequest, HttpResponse, Key, Page, Pending, Refusal,
    RefusalKind, Request, Response, Step, Task,
};
use crate::subscriptions;
use crate::topics::{self, Circumstances};

/// The state of a subscription once what the shop has was put right.
pub(crate) const REGISTERING: &str = "registering";
const VERSION: &str = "2026-07";
/// Records of a page.
const PAGE: usize = 50;
/// Orders of a search, newest first, and how old they may be.
const FOUND: u32 = 20;
const LATELY: i64 = 14 * 86_400_000;
/// What is read of an order: all of it would be too much for a page.
const ORDER: &str = "id,name,currency,total_price,total_price_set,created_at,processed_at,updated_at,cancelled_at,\
                     financial_status,source_name,test,cart_token,checkout_token,line_items,email,contact_email,phone,\
                     customer,shipping_address,billing_address,customer_locale";
/// What is read of a product.
const PRODUCT: &str = "id,title,handle,product_type,tags,image,images,variants,variant_gids,status,updated_at";
/// An order as GraphQL has it; what stands in it is what S08 needs.
const SEARCH: &str = "query($search: String!, $first: Int!) { orders(first: $first, query: $search, \
     sortKey: CREATED_AT, reverse: true) { nodes { legacyResourceId name createdAt processedAt updatedAt cancelledAt \
     displayFinancialStatus sourceName test cartToken email phone currencyCode \
     totalPriceSet { shopMoney { amount currencyCode } } customer { legacyResourceId } \
     lineItems(first: 10) { nodes { title quantity sku variant { legacyResourceId } \
     originalUnitPriceSet { shopMoney { amount currencyCode } } } } } } }";

pub(crate) fn request(shop: &str, task: &Task, now: Instant) -> Request {
    let at = |path: &str| format!("https://{shop}/admin/api/{VERSION}/{path}");
    let get = |path: &str| signed(HttpRequest::get(at(path)));
    let graphql = |body: Value| signed(HttpRequest::post(at("graphql.json"))).json(&body);
    let behind = |path: &str, cursor: &Option<String>| {
        get(path).query("limit", &PAGE.to_string()).query("since_id", cursor.as_deref().unwrap_or("0"))
    };
    Request::asking(match task {
        Task::Poll(None) | Task::Probe => get("shop.json").query("fields", "name"),
        Task::Poll(Some(cursor)) => get("orders.json")
            .query("status", "any")
            .query("order", "updated_at asc")
            .query("limit", &PAGE.to_string())
            .query("updated_at_min", cursor)
            .query("fields", ORDER),
        Task::Backfill(Backfill { kind: BackfillKind::Customers, cursor }) => behind("customers.json", cursor),
        Task::Backfill(Backfill { kind: BackfillKind::Orders, cursor }) => {
            behind("orders.json", cursor).query("status", "any").query("fields", ORDER)
        }
        Task::Backfill(Backfill { kind: BackfillKind::Products, cursor }) => {
            behind("products.json", cursor).query("fields", PRODUCT)
        }
        Task::OrdersOf(keys) => {
            graphql(json!({ "query": SEARCH, "variables": { "search": search(keys, now), "first": FOUND } }))
        }
        Task::Subscribe(_) => graphql(subscriptions::listing()),
    })
}

/// What follows upon the list of the webhooks that a shop has.
pub(crate) fn subscribe(shop: &str, address: &str, response: &Response, now: Instant) -> Result<Step, Fault> {
    let data = match asked(response, now)? {
        Ok(data) => data,
        Err(refusal) => return Ok(Step::Done(Completion::Failed(refusal))),
    };
    Ok(match subscriptions::putting_right(&data, address) {
        None => Step::Done(subscriptions::done()),
        Some(changes) => {
            let request = HttpRequest::post(format!("https://{shop}/admin/api/{VERSION}/graphql.json"));
            let requests = vec![Request::sending(signed(request).json(&changes))];
            Step::Call(Pending { requests, state: state::write(&[REGISTERING]) })
        }
    })
}

/// What the shop said to the changes.
pub(crate) fn registered(response: &Response, now: Instant) -> Result<Completion, Fault> {
    Ok(match asked(response, now)? {
        Ok(data) => subscriptions::put_right(&data),
        Err(refusal) => Completion::Failed(refusal),
    })
}

/// What GraphQL answered, or why it did not.
fn asked(response: &Response, now: Instant) -> Result<Result<Value, Refusal>, Fault> {
    if let Response::Failed(failure) = response {
        return Ok(Err(Refusal::unanswered(failure)));
    }
    let response = response.http().ok_or_else(|| Fault::bad_input("an answer of another kind"))?;
    match Refusal::http(response, now) {
        Some(refusal) => Ok(Err(refusal)),
        None => data(response),
    }
}

fn signed(request: HttpRequest) -> HttpRequest {
    request.header("x-shopify-access-token", "{secret:access_token}")
}

/// Orders of any of these names that were placed lately.
fn search(keys: &[Key], now: Instant) -> String {
    let term = |key: &Key| {
        let field = match key.kind.as_str() {
            "customer" => "customer_id",
            "cart" => "cart_token",
            "checkout" => "checkout_token",
            "email" => "email",
            _ => return None,
        };
        // Between quotes only these two are anything else than letters.
        let value = key.value.replace('\\', "\\\\").replace('"', "\\\"");
        Some(format!("{field}:\"{value}\""))
    };
    let terms: Vec<String> = keys.iter().filter_map(term).collect();
    // Nobody has this id: a search for nothing would find everything.
    let terms = if terms.is_empty() { "customer_id:0".to_owned() } else { terms.join(" OR ") };
    format!("({terms}) AND created_at:>=\"{}\"", time::format(now - LATELY))
}

pub(crate) fn answer(
    shop: Option<String>,
    task: &Task,
    response: &Response,
    now: Instant,
) -> Result<Completion, Fault> {
    let response = response.http().ok_or_else(|| Fault::bad_input("an answer of another kind"))?;
    if let Some(refusal) = Refusal::http(response, now) {
        return Ok(Completion::Failed(refusal));
    }
    let around = Circumstances { shop, told_at: now };
    Ok(match task {
        Task::Probe => Completion::Probed(shop_name(response)?),
        Task::Poll(None) => {
            shop_name(response)?;
            Completion::Page(Page { events: Vec::new(), cursor: Some(time::format(now)) })
        }
        Task::Poll(Some(cursor)) => {
            let (events, records) = read(response, "orders", "orders/updated", &around)?;
            // The last one is told again with the next page, and is known then.
            let last = records.iter().filter_map(|record| record["updated_at"].as_str()).next_back();
            let cursor = last.map_or_else(|| cursor.clone(), str::to_owned);
            Completion::Page(Page { events, cursor: Some(cursor) })
        }
        Task::Backfill(Backfill { kind, .. }) => {
            let (name, topic) = match kind {
                BackfillKind::Customers => ("customers", "customers/update"),
                BackfillKind::Orders => ("orders", "orders/updated"),
                BackfillKind::Products => ("products", "products/update"),
            };
            let (events, records) = read(response, name, topic, &around)?;
            let last = records.last().filter(|_| records.len() == PAGE);
            let last: Option<Id> = last.map(|record| json::input(record["id"].to_string().as_bytes())).transpose()?;
            Completion::Page(Page { events, cursor: last.map(|id| id.0) })
        }
        Task::OrdersOf(_) => match data(response)? {
            Ok(data) => {
                let nodes = data["orders"]["nodes"].as_array().cloned().unwrap_or_default();
                let records: Vec<Value> = nodes.iter().map(as_in_rest).collect();
                Completion::Orders(events_of(&records, "orders/updated", &around)?)
            }
            Err(refusal) => Completion::Failed(refusal),
        },
        Task::Subscribe(_) => return Err(Fault::bad_input("a subscription has steps of its own")),
    })
}

fn shop_name(response: &HttpResponse) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Answer {
        shop: Shop,
    }
    #[derive(Deserialize)]
    struct Shop {
        name: String,
    }
    Ok(json::input::<Answer>(&response.body)?.shop.name)
}

/// The records of a page, and what they say.
fn read(
    response: &HttpResponse,
    name: &str,
    topic: &str,
    around: &Circumstances,
) -> Result<(Vec<Event>, Vec<Value>), Fault> {
    let body: Value = json::input(&response.body)?;
    let records = body[name].as_array().cloned();
    let records = records.ok_or_else(|| Fault::bad_input(format!("{name}: there is no such list in the answer")))?;
    Ok((events_of(&records, topic, around)?, records))
}

/// Records as their webhooks tell them, by an id of record and moment.
fn events_of(records: &[Value], topic: &str, around: &Circumstances) -> Result<Vec<Event>, Fault> {
    let Some(reading) = topics::reading(topic) else { return Ok(Vec::new()) };
    let mut events = Vec::with_capacity(records.len());
    for record in records {
        let bytes = record.to_string().into_bytes();
        if let Some(news) = reading(&bytes, around)? {
            events.push(news.event(crate::id(topic, &bytes)));
        }
    }
    Ok(events)
}

/// What GraphQL answers; it refuses with the status of a success.
fn data(response: &HttpResponse) -> Result<Result<Value, Refusal>, Fault> {
    #[derive(Deserialize)]
    struct Answer {
        data: Option<Value>,
        #[serde(default)]
        errors: Vec<Wrong>,
    }
    #[derive(Deserialize)]
    struct Wrong {
        message: String,
        extensions: Option<Extensions>,
    }
    #[derive(Deserialize)]
    struct Extensions {
        code: Option<String>,
    }
    let answer: Answer = json::input(&response.body)?;
    let Some(wrong) = answer.errors.into_iter().next() else {
        return answer.data.map(Ok).ok_or_else(|| Fault::bad_input("data: the answer holds none"));
    };
    let code = wrong.extensions.and_then(|extensions| extensions.code);
    let kind = match code.as_deref() {
        Some("THROTTLED") => RefusalKind::RateLimited(None),
        Some("ACCESS_DENIED") => RefusalKind::Auth,
        Some("INTERNAL_SERVER_ERROR") => RefusalKind::Transient,
        _ => RefusalKind::Permanent,
    };
    Ok(Err(Refusal { kind, code, text: wrong.message }))
}

/// An order of GraphQL in the words of REST and of webhooks.
fn as_in_rest(order: &Value) -> Value {
    let money = |set: &Value| {
        let money = &set["shopMoney"];
        json!({ "shop_money": { "amount": money["amount"], "currency_code": money["currencyCode"] } })
    };
    let lines = order["lineItems"]["nodes"].as_array().cloned().unwrap_or_default();
    let line = |line: &Value| {
        json!({
            "title": line["title"], "quantity": line["quantity"], "sku": line["sku"],
            "variant_id": line["variant"]["legacyResourceId"], "price_set": money(&line["originalUnitPriceSet"]),
        })
    };
    let customer = &order["customer"]["legacyResourceId"];
    json!({
        "id": order["legacyResourceId"], "name": order["name"], "currency": order["currencyCode"],
        "total_price_set": money(&order["totalPriceSet"]), "created_at": order["createdAt"],
        "processed_at": order["processedAt"], "updated_at": order["updatedAt"], "cancelled_at": order["cancelledAt"],
        "financial_status": order["displayFinancialStatus"].as_str().map(str::to_lowercase),
        "source_name": order["sourceName"], "test": order["test"], "cart_token": order["cartToken"],
        "email": order["email"], "phone": order["phone"],
        "customer": if customer.is_null() { Value::Null } else { json!({ "id": customer }) },
        "line_items": lines.iter().map(line).collect::<Vec<_>>(),
    })
}
