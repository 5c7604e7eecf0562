//! How the API says no: RFC 9457 problems with a stable code, a page for each code, and the request's id.
//!
//! A handler returns a [`Problem`]; the [`envelope`](crate::envelope) around all routes writes it as JSON, because
//! only there the request's id is known. Internal text goes into the log, once, and never into the answer.

mod code;
mod pages;
mod responses;

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cartwright_domain::event::EventError;
use cartwright_domain::publish::{FaultCode, StrategyFault};
use cartwright_domain::said::Values;
use cartwright_engine::ports::StoreError;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use code::Code;
pub(crate) use pages::pages;
pub(crate) use responses::{Conflicting, Invalid, NotFound, OperatorOnly};

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    /// What to do about it, for this very request.
    pub(crate) detail: String,
    /// The fields that are wrong, if fields are.
    pub(crate) errors: Vec<FieldError>,
    /// For the log only.
    pub(crate) internal: Option<String>,
}

/// A problem as a client reads it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemDocument {
    /// The page that explains the code.
    #[serde(rename = "type")]
    #[schemars(example = "/errors/invalid_request")]
    pub(crate) kind: String,
    /// The same for every problem of the code.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What is wrong with this request, and what to do.
    pub(crate) detail: String,
    /// Stable: programs decide by it.
    pub(crate) code: String,
    /// The id under which the log knows the request; also in the header `x-request-id`.
    pub(crate) request_id: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) errors: Vec<FieldError>,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FieldError {
    /// Path of the field, such as `steps.remind.channel` or `body.lines[0].price.amount`.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
    /// Which sentence `message` is, where it is one of a closed list: for whoever says it in another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<FaultCode>,
    /// What stands in that sentence, by name.
    #[serde(skip_serializing_if = "Values::is_empty")]
    #[schemars(default)]
    pub(crate) values: Values,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), code: None, values: Values::new() }
    }
}

impl From<StrategyFault> for FieldError {
    fn from(fault: StrategyFault) -> Self {
        Self { field: fault.path, message: fault.message, code: fault.code, values: fault.values }
    }
}

impl Problem {
    /// A problem with what to do.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), internal: None }
    }

    /// A fault of ours: the client learns nothing but the request's id.
    pub(crate) fn internal(text: impl Into<String>) -> Self {
        let detail =
            "This is a fault of the service, not of the request. Its log names the cause under the request id.";
        Self { internal: Some(text.into()), ..Self::new(Code::Internal, detail) }
    }

    /// No such thing in this shop.
    pub(crate) fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("This shop has no {what} `{name}`."))
    }

    /// Fields that do not fit.
    pub(crate) fn fields(code: Code, errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.field.is_empty() => one.message.clone(),
            [one] => format!("{}: {}", one.field, one.message),
            more => format!("{} things are wrong; see `errors`.", more.len()),
        };
        Self { errors, ..Self::new(code, detail) }
    }

    /// One field that does not fit.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(Code::InvalidRequest, vec![FieldError::new(field, message)])
    }

    /// As a client reads it.
    pub(crate) fn document(self, request_id: &str) -> ProblemDocument {
        ProblemDocument {
            kind: format!("/errors/{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail,
            code: self.code.name().to_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors,
        }
    }
}

impl IntoResponse for Problem {
    /// Only the status and the problem itself, for the envelope to write out.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::Fenced => Self::new(
                Code::ChangedMeanwhile,
                "Somebody else changed it at the same time; read it again, then try again.",
            ),
            StoreError::Taken(name) => {
                Self::new(Code::NameTaken, format!("{name} is already taken; choose another name."))
            }
            StoreError::NoKey(what_to_do) => Self::new(Code::NoSecretKey, what_to_do),
            StoreError::Failed(text) => Self::internal(text),
        }
    }
}

impl From<EventError> for FieldError {
    fn from(error: EventError) -> Self {
        Self::new(error.field, error.message)
    }
}
