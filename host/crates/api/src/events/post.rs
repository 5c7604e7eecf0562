//! `POST /v1/events`: one event, or a batch with an answer for each. The answer comes once they are durable (S02).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::event::{Event, EventError, EventText, Origin, read_json};
use cartwright_domain::ids::ShopId;
use cartwright_domain::time::Timestamp;
use cartwright_engine::EventAnswer;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::access::InShop;
use crate::extract::{JsonValue, say_missing};
use crate::openapi::described;
use crate::problem::{Code, Conflicting, FieldError, Invalid, Problem};
use crate::router::Api;

const MOST: usize = 500;

/// One event, or up to 500.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(
    dead_code,
    reason = "only its schema is used: events are read one by one, so that one bad item refuses no other"
)]
pub(crate) enum EventsBody {
    /// One; what is wrong with it refuses the request.
    One(Box<EventText>),
    /// Several; each has an answer of its own.
    Batch(#[schemars(length(min = 1, max = 500))] Vec<EventText>),
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct EventReceipt {
    /// The event's own id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What became of it.
    status: EventStatus,
    /// If it was refused: the fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    errors: Vec<FieldError>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventStatus {
    /// It is durable.
    Accepted,
    /// It was known; nothing changed.
    AlreadyKnown,
    /// Its id is known with other content; nothing changed.
    Conflict,
    /// It does not fit.
    Refused,
}

/// Answers of a batch, in order.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventReceipts {
    /// One for each event.
    items: Vec<EventReceipt>,
}

/// The answer to one event or a batch.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum EventsAnswer {
    /// To one event.
    One(EventReceipt),
    /// To a batch.
    Batch(EventReceipts),
}

described!(EventsBody, EventReceipt, EventsAnswer);

/// Tells what happened.
///
/// The same event may be sent again and changes nothing. A single event that does not fit is a problem that names the
/// field; in a batch each item has its own answer, and good ones are taken whatever the others are. `received_at`, as
/// event logs have it, is let pass and not used: here the moment of arrival counts.
#[utoipa::path(
    post, path = "/v1/events", tag = "events", request_body = EventsBody,
    responses((status = 202, description = "Durable, or answered item by item.", body = EventsAnswer), Invalid, Conflicting)
)]
pub(crate) async fn post_events(
    State(api): State<Api>,
    shop: InShop,
    JsonValue(body): JsonValue,
) -> Result<(StatusCode, Json<EventsAnswer>), Problem> {
    let answer = match body {
        Value::Array(items) if items.is_empty() || items.len() > MOST => {
            let message = format!("a batch holds 1 to {MOST} events, not {}", items.len());
            return Err(Problem::field("", message));
        }
        Value::Array(items) => EventsAnswer::Batch(EventReceipts { items: take(&api, shop.id(), items).await? }),
        one => EventsAnswer::One(take_one(&api, shop.id(), one).await?),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Takes one event; a refusal or conflict is a problem.
pub(super) async fn take_one(api: &Api, shop: ShopId, event: Value) -> Result<EventReceipt, Problem> {
    let receipts = take(api, shop, vec![event]).await?;
    let receipt = receipts.into_iter().next().ok_or_else(|| Problem::internal("one event got no answer"))?;
    match receipt.status {
        EventStatus::Accepted | EventStatus::AlreadyKnown => Ok(receipt),
        EventStatus::Refused => Err(Problem::fields(Code::InvalidRequest, receipt.errors)),
        EventStatus::Conflict => {
            let id = receipt.id.unwrap_or_default();
            let detail =
                format!("The event `{id}` is known with other content; give the corrected fact an id of its own.");
            Err(Problem::new(Code::EventConflict, detail))
        }
    }
}

async fn take(api: &Api, shop: ShopId, items: Vec<Value>) -> Result<Vec<EventReceipt>, Problem> {
    let ids: Vec<Option<String>> = items.iter().map(|item| item["id"].as_str().map(str::to_owned)).collect();
    let read: Vec<Result<Event, EventError>> = items.into_iter().map(read_event).collect();
    let events = read.iter().filter_map(|read| read.as_ref().ok().cloned()).collect();
    let mut answers = api.engine.ingest(shop, Origin::Api, events).await?.into_iter();
    let answered = read.into_iter().map(|read| match read {
        Ok(_) => answers.next().ok_or_else(|| Problem::internal("an event got no answer")),
        Err(error) => Ok(EventAnswer::Refused(error)),
    });
    ids.into_iter().zip(answered).map(|(id, answer)| Ok(receipt(id, answer?))).collect()
}

fn receipt(id: Option<String>, answer: EventAnswer) -> EventReceipt {
    let (status, errors) = match answer {
        EventAnswer::Accepted => (EventStatus::Accepted, Vec::new()),
        EventAnswer::AlreadyKnown => (EventStatus::AlreadyKnown, Vec::new()),
        EventAnswer::Conflict => (EventStatus::Conflict, Vec::new()),
        EventAnswer::Refused(error) => (EventStatus::Refused, vec![error.into()]),
    };
    EventReceipt { id, status, errors }
}

fn read_event(mut item: Value) -> Result<Event, EventError> {
    let Some(event) = item.as_object_mut() else {
        return Err(EventError { field: String::new(), message: "an event is a JSON object".to_owned() });
    };
    if let Some(received_at) = event.remove("received_at") {
        read_json::<Timestamp>("received_at", received_at)?;
    }
    read_json::<EventText>("", item).and_then(Event::try_from).map_err(say_missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(item: Value) -> (String, String) {
        let error = read_event(item).unwrap_err();
        (error.field, error.message)
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        let event = |body: Value| json!({ "id": "1", "type": "cart.updated", "occurred_at": "2026-11-02T10:00:00Z", "body": body });
        let line = |price: Value| event(json!({ "lines": [{ "title": "Tea", "quantity": 1, "price": price }] }));
        let faults = [
            fault(line(json!({ "amount": "12.345", "currency": "EUR" }))),
            fault(line(json!({ "amount": "a lot", "currency": "EUR" }))),
            fault(event(json!({ "lines": [{ "title": "Tea", "quantity": -1 }] }))),
            fault(event(json!({ "lines": [], "colour": "red" }))),
            fault(json!({ "id": "1", "type": "cart", "occurred_at": "2026-11-02T10:00:00Z" })),
            fault(json!({ "id": "1", "type": "cart.updated", "occurred_at": "2026-13-45T10:00:00Z" })),
            fault(
                json!({ "id": "1", "type": "cart.updated", "occurred_at": "2026-11-02T10:00:00Z", "received_at": "soon" }),
            ),
            fault(json!({ "id": "", "type": "cart.updated", "occurred_at": 0 })),
            fault(json!({ "id": 9007199254740993u64, "type": "cart.updated", "occurred_at": 0 })),
            fault(json!({ "type": "cart.updated", "occurred_at": 0 })),
            fault(json!("an event")),
            fault(json!(null)),
        ];
        insta::assert_json_snapshot!(faults);
    }

    #[test]
    fn a_line_of_an_event_log_is_an_event() {
        let line = json!({
            "id": "1", "type": "shop.visited", "occurred_at": "2026-11-02T10:00:00Z",
            "received_at": "2026-11-02T10:00:01Z", "subject": { "customer": "9007199254740993" }, "body": { "page": "/" }
        });
        assert_eq!(read_event(line).unwrap().subject.customer.as_deref(), Some("9007199254740993"));
    }
}
