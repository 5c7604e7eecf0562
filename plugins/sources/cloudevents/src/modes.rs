//! The three ways in which CloudEvents come over HTTP.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::{self, Value};
use cartwright_sdk::time;
use cartwright_sdk::types::Fault;

use crate::CloudEvent;
use crate::bindings::Webhook;
use cartwright_sdk::time::Moment;

/// The events of a webhook, and whether they are a batch.
pub(crate) fn read(webhook: &Webhook) -> Result<(bool, Vec<CloudEvent>), Fault> {
    let media = webhook.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
    match media.trim().to_ascii_lowercase().as_str() {
        "application/cloudevents+json" => Ok((false, vec![json::input(&webhook.body)?])),
        "application/cloudevents-batch+json" => Ok((true, json::input(&webhook.body)?)),
        other if other.starts_with("application/cloudevents") => {
            Err(Fault::bad_input(format!("content-type: `{other}` is not read; send application/cloudevents+json")))
        }
        other => Ok((false, vec![binary(webhook, other)?])),
    }
}

/// The attributes are headers, and the body is the data.
fn binary(webhook: &Webhook, media: &str) -> Result<CloudEvent, Fault> {
    let maybe = |name: &str| webhook.header(&format!("ce-{name}")).map(decoded);
    let attribute = |name: &str| maybe(name).ok_or_else(|| Fault::bad_input(format!("ce-{name}: is missing")));
    let time = match maybe("time") {
        Some(text) => {
            let moment = time::parse(&text);
            Some(Moment(moment.ok_or_else(|| Fault::bad_input(format!("ce-time: `{text}` is no date and time")))?))
        }
        None => None,
    };
    let is_json = media == "application/json" || media.ends_with("+json");
    let data = match webhook.body.is_empty() {
        true => None,
        false if is_json => Some(json::input::<Value>(&webhook.body)?),
        false => {
            let text = std::str::from_utf8(&webhook.body);
            let text =
                text.map_err(|_| Fault::bad_input(format!("content-type: `{media}` is neither JSON nor text")))?;
            // Without a type it may be JSON all the same.
            Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
        }
    };
    Ok(CloudEvent {
        specversion: attribute("specversion")?,
        id: attribute("id")?,
        source: attribute("source")?,
        kind: attribute("type")?,
        subject: maybe("subject"),
        time,
        data,
        data_base64: None,
    })
}

/// Values of headers are percent-encoded; what is not is left as it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |place: usize| after.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}
