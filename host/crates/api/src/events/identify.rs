//! `POST /v1/identify`: who is behind a browser, cart or checkout (S10).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::contact::{Email, Phone};
use cartwright_domain::event::{ConsentBody, CustomerBody, Subject};
use cartwright_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use super::post::{EventReceipt, take_one};
use crate::access::InShop;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Conflicting, FieldError, Invalid, Problem};
use crate::router::Api;

/// Who somebody is: at least one name (`anonymous`, `cart`, `checkout`, `customer`, `email`, `phone`), and whatever
/// else is known.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Introduction {
    /// An id of this statement; without one it is made of what it says and when.
    #[serde(skip_serializing)]
    id: Option<String>,
    /// When it was said; without, now.
    #[serde(skip_serializing)]
    occurred_at: Option<Timestamp>,
    /// Id of a browser.
    anonymous: Option<String>,
    /// Cart token.
    cart: Option<String>,
    /// Checkout token.
    checkout: Option<String>,
    /// The platform's customer id.
    customer: Option<String>,
    /// E-mail.
    email: Option<String>,
    /// Phone; in local form it is read with `country`, else with the shop's.
    phone: Option<String>,
    /// Given name.
    first_name: Option<String>,
    /// Family name.
    last_name: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    /// ISO 3166-2, with its country or without: `US-FL` or `FL`.
    province: Option<String>,
    /// City.
    city: Option<String>,
    /// BCP 47 tag.
    language: Option<String>,
    /// IANA time zone.
    time_zone: Option<String>,
    /// All tags.
    tags: Option<Vec<String>>,
    /// Attributes to set; `null` removes one.
    attributes: BTreeMap<String, Value>,
    /// Consent to marketing.
    consent: Option<ConsentBody>,
}

described!(Introduction);

/// Says who somebody is.
///
/// Carts and browsers of the same person are joined from now on. It becomes the event `customer.identified`.
#[utoipa::path(
    post, path = "/v1/identify", tag = "events", request_body = Introduction,
    responses((status = 202, description = "Durable.", body = EventReceipt), Invalid, Conflicting)
)]
pub(crate) async fn identify(
    State(api): State<Api>,
    shop: InShop,
    JsonBody(introduction): JsonBody<Introduction>,
) -> Result<(StatusCode, Json<EventReceipt>), Problem> {
    let event = event_of(introduction, shop.0.country.as_deref(), api.engine.now())?;
    Ok((StatusCode::ACCEPTED, Json(take_one(&api, shop.id(), event).await?)))
}

fn event_of(said: Introduction, country: Option<&str>, now: Timestamp) -> Result<Value, Problem> {
    check(&said, country)?;
    let occurred_at = said.occurred_at.unwrap_or(now);
    let id = match &said.id {
        Some(id) => id.clone(),
        None => {
            let text = json!({ "at": occurred_at, "said": said }).to_string();
            format!("identify-{}", &hex::encode(Sha256::digest(text))[..32])
        }
    };
    let subject = Subject {
        customer: said.customer,
        email: said.email.clone(),
        phone: said.phone.clone(),
        cart: said.cart,
        checkout: said.checkout,
        order: None,
        anonymous: said.anonymous,
    };
    let body = CustomerBody {
        first_name: said.first_name,
        last_name: said.last_name,
        email: said.email,
        phone: said.phone,
        country: said.country,
        province: said.province,
        city: said.city,
        language: said.language,
        time_zone: said.time_zone,
        registered_at: None,
        tags: said.tags,
        attributes: said.attributes,
        consent: said.consent,
    };
    Ok(json!({ "id": id, "type": "customer.identified", "occurred_at": occurred_at, "subject": subject, "body": body }))
}

/// Platforms may send an address that is none, and the rest of what they say still counts. Whoever writes against
/// this API wants to know.
fn check(said: &Introduction, country: Option<&str>) -> Result<(), Problem> {
    let names = [&said.anonymous, &said.cart, &said.checkout, &said.customer, &said.email, &said.phone];
    let mut errors = Vec::new();
    if names.into_iter().flatten().all(|name| name.trim().is_empty()) {
        errors.push(FieldError::new(
            "",
            "give at least one of `anonymous`, `cart`, `checkout`, `customer`, `email` and `phone`",
        ));
    }
    if let Some(Err(error)) = said.email.as_deref().map(Email::parse) {
        errors.push(FieldError::new("email", error.to_string()));
    }
    if let Some(Err(error)) =
        said.phone.as_deref().map(|phone| Phone::parse(phone, said.country.as_deref().or(country)))
    {
        errors.push(FieldError::new("phone", error.to_string()));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(crate::problem::Code::InvalidRequest, errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: Value) -> Introduction {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn s10_an_introduction_names_the_subject_and_tells_of_the_person() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let introduction = said(json!({ "cart": "c-1", "email": "ana@example.com", "first_name": "Ana" }));
        let event = event_of(introduction, None, now).unwrap();
        insta::assert_json_snapshot!(event);
    }

    #[test]
    fn s02_the_same_said_again_at_the_same_moment_is_one_event() {
        let event = |email: &str, at| {
            let introduction = said(json!({ "cart": "c-1", "email": email }));
            event_of(introduction, None, Timestamp::from_millis(at)).unwrap()["id"].clone()
        };
        assert_eq!(event("a@example.com", 1), event("a@example.com", 1));
        assert_ne!(event("a@example.com", 1), event("b@example.com", 1));
        assert_ne!(event("a@example.com", 1), event("a@example.com", 2));
    }

    #[test]
    fn addresses_that_are_none_and_introductions_of_nobody_are_named() {
        let fields = |value: Value| {
            let problem = event_of(said(value), Some("DE"), Timestamp::from_millis(0)).unwrap_err();
            problem.errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(json!({})), [""]);
        assert_eq!(fields(json!({ "cart": "c", "email": "ana", "phone": "5" })), ["email", "phone"]);
        let local = said(json!({ "phone": "0151 12345678" }));
        assert!(event_of(local, Some("DE"), Timestamp::from_millis(0)).is_ok());
    }
}
