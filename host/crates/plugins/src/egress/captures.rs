//! Secrets that the other side gives in its answer are taken out before the plugin sees it, and what only looks like
//! one of our placeholders is made harmless (S44).

use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{Capture, Captured, EgressFailure, Performed, Request, Response, Secret};
use serde_json::Value;

use super::refused;
use crate::guest::Rights;

/// The longest that a secret is believed to live.
const LONGEST: i64 = 10 * 365 * 86_400;
/// Shorter texts stand in a body by chance.
const MASKED_EVERYWHERE: usize = 8;

/// Refuses a request whose captures could not be stored, before it leaves.
pub(super) fn check(rights: &Rights, request: &Request) -> Result<(), EgressFailure> {
    for capture in &request.captures {
        rights.secret(&capture.name).map_err(|stopped| refused(stopped.to_string()))?;
        for pointer in std::iter::once(&capture.pointer).chain(&capture.expires_in) {
            if !pointer.starts_with('/') {
                return Err(refused(format!("capture: `{pointer}` is no JSON pointer into an object")));
            }
        }
    }
    Ok(())
}

/// The answer as the plugin may see it, and what was taken out of it.
pub(super) fn take_out(response: Response, captures: &[Capture], now: Timestamp) -> Performed {
    let (status, mut headers, mut body) = match response {
        Response::Http { status, headers, body } => (status, headers, body),
        Response::Mail { code, enhanced, text } => {
            return Response::Mail { code, enhanced, text: harmless(&text).unwrap_or(text) }.into();
        }
        other => return other.into(),
    };
    for (_, value) in &mut headers {
        if let Some(text) = harmless(value) {
            *value = text;
        }
    }
    body = harmless_body(body);
    if captures.is_empty() || !(200..300).contains(&status) {
        return Response::Http { status, headers, body }.into();
    }
    let Ok(mut document) = serde_json::from_slice::<Value>(&body) else {
        let why = "the answer should hold a secret, and it is no JSON";
        return Response::Failed(EgressFailure::NoAnswer(why.to_owned())).into();
    };
    let mut captured = Vec::new();
    for capture in captures {
        let seconds = capture.expires_in.as_ref().and_then(|pointer| seconds(document.pointer(pointer)?));
        let Some(found) = document.pointer_mut(&capture.pointer) else { continue };
        let text = match found {
            Value::String(text) if !text.is_empty() => std::mem::take(text),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::String(_) => continue,
            _ => {
                let why = format!("the answer has something else than a text at `{}`", capture.pointer);
                return Response::Failed(EgressFailure::NoAnswer(why)).into();
            }
        };
        let placeholder = placeholder(&capture.name);
        *found = Value::from(placeholder.as_str());
        if text.len() >= MASKED_EVERYWHERE {
            replace(&mut document, &text, &placeholder);
            for (_, value) in &mut headers {
                *value = value.replace(&text, &placeholder);
            }
        }
        captured.push(Captured {
            name: capture.name.clone(),
            secret: Secret::from(text.as_str()),
            expires_at: seconds.map(|seconds| now + Span::seconds(seconds)),
        });
        zeroize::Zeroize::zeroize(&mut { text });
    }
    Performed { response: Response::Http { status, headers, body: document.to_string().into_bytes() }, captured }
}

fn placeholder(name: &str) -> String {
    format!("{{secret:{name}}}")
}

/// A number of seconds, whichever way it is written.
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Some(seconds.clamp(0, LONGEST))
}

/// Replaces a text wherever it stands in a document.
fn replace(document: &mut Value, text: &str, by: &str) {
    change(document, &|one| one.contains(text).then(|| one.replace(text, by)));
}

/// A body in which nothing is a placeholder, in whichever way JSON writes one.
fn harmless_body(body: Vec<u8>) -> Vec<u8> {
    if let Ok(mut document) = serde_json::from_slice::<Value>(&body) {
        return if change(&mut document, &harmless) { document.to_string().into_bytes() } else { body };
    }
    match std::str::from_utf8(&body).ok().and_then(harmless) {
        Some(text) => text.into_bytes(),
        None => body,
    }
}

/// The text without what looks like a placeholder, if it had any: the host would fill in what a plugin echoes.
fn harmless(text: &str) -> Option<String> {
    text.contains("{secret:").then(|| text.replace("{secret:", "(secret:"))
}

/// Changes texts of a document, names of fields too; whether any was changed.
fn change(document: &mut Value, to: &impl Fn(&str) -> Option<String>) -> bool {
    match document {
        Value::String(text) => match to(text) {
            Some(other) => {
                *text = other;
                true
            }
            None => false,
        },
        Value::Array(items) => items.iter_mut().fold(false, |any, item| change(item, to) | any),
        Value::Object(fields) => {
            let mut any = fields.values_mut().fold(false, |any, value| change(value, to) | any);
            let renamed: Vec<_> = fields.keys().filter_map(|name| Some((name.clone(), to(name)?))).collect();
            for (name, other) in renamed {
                if let Some(value) = fields.remove(&name) {
                    fields.insert(other, value);
                    any = true;
                }
            }
            any
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn http(status: u16, body: &str) -> Response {
        let headers = vec![("x-echo".to_owned(), "token tok-12345678 {secret:other}".to_owned())];
        Response::Http { status, headers, body: body.as_bytes().to_vec() }
    }

    fn capture(pointer: &str, name: &str) -> Capture {
        Capture { pointer: pointer.to_owned(), name: name.to_owned(), expires_in: Some("/expires_in".to_owned()) }
    }

    fn seen(performed: &Performed) -> (Value, String) {
        let Response::Http { headers, body, .. } = &performed.response else { panic!("{performed:?}") };
        (serde_json::from_slice(body).unwrap(), headers[0].1.clone())
    }

    #[test]
    fn s44_a_captured_secret_is_taken_out_wherever_it_stands() {
        let body = r#"{"access_token": "tok-12345678", "expires_in": "3600", "scope": "all tok-12345678"}"#;
        let performed = take_out(http(200, body), &[capture("/access_token", "token")], NOW);
        let (body, header) = seen(&performed);
        assert_eq!(
            body,
            json!({"access_token": "{secret:token}", "expires_in": "3600", "scope": "all {secret:token}"})
        );
        assert_eq!(header, "token {secret:token} (secret:other}");
        let expires_at = Some(NOW + Span::seconds(3600));
        let secret = Secret::from("tok-12345678");
        assert_eq!(performed.captured, [Captured { name: "token".to_owned(), secret, expires_at }]);
        assert!(!format!("{performed:?}").contains("tok-"));
    }

    #[test]
    fn s44_what_comes_from_outside_is_never_a_placeholder() {
        let escaped = r#"{"text": "\u007bsecret:token}", "{secret:k}": [{"a": "x{secret:token:json}"}]}"#;
        let (body, _) = seen(&take_out(http(200, escaped), &[], NOW));
        assert_eq!(body, json!({"text": "(secret:token}", "(secret:k}": [{"a": "x(secret:token:json}"}]}));
        let plain = take_out(http(200, "Dear {secret:token}"), &[], NOW);
        assert!(matches!(plain.response, Response::Http { body, .. } if body == b"Dear (secret:token}"));
        let mail = Response::Mail { code: 550, enhanced: None, text: "no {secret:token}".to_owned() };
        assert!(
            matches!(take_out(mail, &[], NOW).response, Response::Mail { text, .. } if text == "no (secret:token}")
        );
    }

    #[test]
    fn a_body_without_anything_of_that_kind_stays_as_it_is() {
        let body = "{ \"number\": 1.50,  \"big\": 12345678901234567890123 }";
        let performed = take_out(http(200, body), &[], NOW);
        assert!(matches!(performed.response, Response::Http { body: seen, .. } if seen == body.as_bytes()));
    }

    #[test]
    fn s44_only_a_good_json_answer_gives_a_secret() {
        let captures = [capture("/access_token", "token")];
        let refused = take_out(http(400, r#"{"access_token": "tok-12345678"}"#), &captures, NOW);
        assert!(refused.captured.is_empty());
        let form = take_out(http(200, "access_token=tok-12345678"), &captures, NOW);
        let text = format!("{form:?}");
        assert!(text.contains("it is no JSON") && !text.contains("tok-"), "{text}");
        let list = take_out(http(200, r#"{"access_token": ["tok-12345678"]}"#), &captures, NOW);
        let text = format!("{list:?}");
        assert!(text.contains("something else than a text") && !text.contains("tok-"), "{text}");
        assert!(take_out(http(200, "{}"), &captures, NOW).captured.is_empty());
    }
}
