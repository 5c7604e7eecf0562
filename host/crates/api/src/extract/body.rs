//! Bodies: limited before they are read, JSON checked before it is understood.

use axum::body::{self, Body};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use cartwright_domain::event::EventError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::problem::{Code, Problem};
use crate::router::Api;

/// How deep arrays and objects may be nested.
const DEEPEST: usize = 64;

/// A JSON body read as `T`; the field that does not fit is named.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        read(&json_bytes(request, api.options.limits.json).await?).map(Self)
    }
}

/// A JSON body of at most so many bytes, whatever the request says that it is: a page that tells something to another
/// site says `text/plain`, so that its browser asks nobody's leave first.
pub(crate) async fn read_json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, Problem> {
    let bytes = limited(request, limit).await?;
    check_keepable(&bytes)?;
    read(&bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = match error.path().to_string() {
            path if path == "." => String::new(),
            path => path,
        };
        unfit(field, error.into_inner())
    })?;
    reader.end().map_err(malformed)?;
    Ok(read)
}

/// A JSON body whose parts are looked at one by one, of at most `limits.events` bytes.
pub(crate) struct JsonValue(pub(crate) Value);

impl FromRequest<Api> for JsonValue {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let bytes = json_bytes(request, api.options.limits.events).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(malformed)
    }
}

async fn json_bytes(request: Request, limit: usize) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::new(Code::UnsupportedMediaType, "Send the header `content-type: application/json`."));
    }
    let bytes = limited(request, limit).await?;
    check_keepable(&bytes)?;
    Ok(bytes)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The whole body, or 413 as soon as it is known to be larger.
pub(crate) async fn limited(request: Request<Body>, limit: usize) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(Code::TooLarge, format!("This address takes at most {} in one body.", in_words(limit)));
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        // Either the limit was crossed or the client went away; in the second case nobody reads the answer.
        let _ = error;
        too_large()
    })
}

fn in_words(bytes: usize) -> String {
    if bytes >= 1024 * 1024 && bytes.is_multiple_of(1024 * 1024) {
        format!("{} MiB", bytes / (1024 * 1024))
    } else {
        format!("{bytes} bytes")
    }
}

fn unfit(field: String, error: serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => {
            let message = error.to_string();
            // The place in the text helps nobody who already knows the field.
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            let error = say_missing(EventError { field, message: message.to_owned() });
            Problem::field(error.field, error.message)
        }
        Category::Syntax | Category::Eof | Category::Io => malformed(error),
    }
}

/// Names the field that is missing, where serde names the one that it is missing from.
pub(crate) fn say_missing(error: EventError) -> EventError {
    let missing = error.message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    match missing {
        Some(name) if error.field.is_empty() => EventError { field: name.to_owned(), message: "is missing".to_owned() },
        Some(name) => EventError { field: format!("{}.{name}", error.field), message: "is missing".to_owned() },
        None => error,
    }
}

fn malformed(error: serde_json::Error) -> Problem {
    Problem::new(Code::MalformedJson, format!("Reading the body as JSON stopped: {error}."))
}

/// What would be taken here but could not be kept: U+0000, which no database holds in a text (in JSON it can only stand
/// as the escape), and nesting so deep that the document could not be read again as part of another.
fn check_keepable(bytes: &[u8]) -> Result<(), Problem> {
    let refuse = |what: String| Err(Problem::new(Code::MalformedJson, what));
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for (place, byte) in bytes.iter().enumerate() {
        if escaped {
            escaped = false;
            if bytes[place..].starts_with(b"u0000") {
                return refuse(format!("Texts must not hold the character U+0000; there is one at byte {place}."));
            }
            continue;
        }
        match byte {
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return refuse(format!(
                "Arrays and objects may be nested {DEEPEST} deep; at byte {place} they are deeper."
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_null_character_is_refused_and_a_written_backslash_is_not() {
        assert!(check_keepable(br#"{"a":"x\u0000y"}"#).is_err());
        assert!(check_keepable(br#"{"a":"\\\u0000"}"#).is_err());
        assert!(check_keepable(br#"{"a":"\\u0000"}"#).is_ok());
        assert!(check_keepable(br#"{"a":"\u0001"}"#).is_ok());
    }

    #[test]
    fn only_real_nesting_counts() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check_keepable(nested(DEEPEST).as_bytes()).is_ok());
        assert!(check_keepable(nested(DEEPEST + 1).as_bytes()).is_err());
        assert!(check_keepable(format!("[\"\\\"{}\"]", "[".repeat(1_000)).as_bytes()).is_ok());
        assert!(check_keepable(format!("[{}1]", "[],".repeat(1_000)).as_bytes()).is_ok());
    }

    #[test]
    fn json_is_taken_under_its_own_and_suffixed_names_only() {
        let named = |kind: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            is_json(&headers)
        };
        assert!(named("application/json"));
        assert!(named("Application/JSON; charset=utf-8"));
        assert!(named("application/merge-patch+json"));
        assert!(!named("text/plain"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
