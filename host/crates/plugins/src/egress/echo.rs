//! What repeats a secret: a server may send back what it was sent, and the plugin reads the answer; a merchant may
//! type a secret where none belongs, and the plugin logs it (S44).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwright_engine::ports::{EgressFailure, Response, Secret};

use super::placeholders::percent;

/// Shorter secrets would be found in texts that are none.
const LEAST: usize = 6;

/// The answer with every secret of the connection, in each way it can have been written, put back to its placeholder.
pub(super) fn masked(secrets: &BTreeMap<String, Secret>, response: Response) -> Response {
    let written = written(secrets);
    let text = |text: String| match replaced(text.as_bytes(), &written) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => text,
    };
    match response {
        Response::Http { status, headers, body } => Response::Http {
            status,
            headers: headers.into_iter().map(|(name, value)| (name, text(value))).collect(),
            body: replaced(&body, &written).unwrap_or(body),
        },
        Response::Mail { code, enhanced, text: words } => Response::Mail { code, enhanced, text: text(words) },
        Response::Failed(failure) => Response::Failed(match failure {
            EgressFailure::NotSent(why) => EgressFailure::NotSent(text(why)),
            EgressFailure::NoAnswer(why) => EgressFailure::NoAnswer(text(why)),
            EgressFailure::Refused(why) => EgressFailure::Refused(text(why)),
            other => other,
        }),
        other => other,
    }
}

/// A line with every secret put back to its placeholder in the same way.
pub(crate) fn masked_line(secrets: &BTreeMap<String, Secret>, line: Vec<u8>) -> Vec<u8> {
    if secrets.is_empty() { line } else { replaced(&line, &written(secrets)).unwrap_or(line) }
}

/// Each secret as it may stand in a text, with its placeholder; longest first, so that none hides another.
fn written(secrets: &BTreeMap<String, Secret>) -> Vec<(Vec<u8>, String)> {
    let mut written: Vec<(Vec<u8>, String)> = secrets
        .iter()
        .filter(|(_, secret)| secret.0.len() >= LEAST)
        .flat_map(|(name, secret)| {
            let raw = secret.0.to_vec();
            [STANDARD.encode(&raw).into_bytes(), percent(&raw).into_bytes(), raw]
                .map(|text| (text, format!("{{secret:{name}}}")))
        })
        .collect();
    written.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    written
}

fn replaced(text: &[u8], written: &[(Vec<u8>, String)]) -> Option<Vec<u8>> {
    let is_in = |secret: &[u8]| text.windows(secret.len()).any(|window| window == secret);
    if !written.iter().any(|(secret, _)| is_in(secret)) {
        return None;
    }
    let mut masked = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match written.iter().find(|(secret, _)| rest.starts_with(secret)) {
            Some((secret, placeholder)) => {
                masked.extend_from_slice(placeholder.as_bytes());
                rest = &rest[secret.len()..];
            }
            None => {
                masked.push(*first);
                rest = &rest[1..];
            }
        }
    }
    Some(masked)
}
