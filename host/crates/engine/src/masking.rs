//! What of a delivery nobody may read: it is kept to be looked at, and whoever looks needs no credentials.

use std::collections::BTreeMap;

use crate::ports::{Secret, Webhook};

/// What stands in their place.
const MASK: &str = "***";
/// Shorter ones would be found in every other word.
const SHORTEST: usize = 6;
/// Headers that hold nothing but credentials.
const HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// A delivery without what lets somebody in: headers with credentials, and the connection's own secrets wherever they
/// stand.
pub(crate) fn mask(webhook: &Webhook, secrets: &BTreeMap<String, Secret>) -> Webhook {
    let mut secrets: Vec<&[u8]> = secrets.values().map(|secret| secret.0.as_slice()).collect();
    secrets.retain(|secret| secret.len() >= SHORTEST);
    // One may be the beginning of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let masked = |bytes: &[u8]| secrets.iter().fold(bytes.to_vec(), |bytes, secret| replace(&bytes, secret));
    let text = |text: &str| String::from_utf8_lossy(&masked(text.as_bytes())).into_owned();
    let header = |(name, value): &(String, String)| {
        let is_credential = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
        (name.clone(), if is_credential { MASK.to_owned() } else { text(value) })
    };
    Webhook {
        method: webhook.method.clone(),
        path: text(&webhook.path),
        headers: webhook.headers.iter().map(header).collect(),
        body: masked(&webhook.body).into(),
    }
}

fn replace(bytes: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        match rest.strip_prefix(secret) {
            Some(behind) => {
                masked.extend_from_slice(MASK.as_bytes());
                rest = behind;
            }
            None => {
                masked.push(*first);
                rest = &rest[1..];
            }
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Webhook {
        Webhook {
            method: "POST".into(),
            path: "/in?token=hush-hush&x=1".into(),
            headers: vec![("Authorization".into(), "Basic YTpi".into()), ("x-token".into(), "hush-hush-more".into())],
            body: b"{\"key\":\"hush-hush\"}".to_vec().into(),
        }
    }

    #[test]
    fn no_secret_of_the_connection_is_kept_wherever_it_stood() {
        let secrets = ["hush-hush", "hush-hush-more", "x"].map(|secret| (secret.to_owned(), Secret::from(secret)));
        let masked = mask(&delivery(), &BTreeMap::from(secrets));
        assert_eq!(masked.path, "/in?token=***&x=1");
        assert_eq!(masked.headers, [("Authorization".into(), "***".into()), ("x-token".into(), "***".into())]);
        assert_eq!(masked.body.to_vec(), b"{\"key\":\"***\"}");
    }

    #[test]
    fn what_is_no_secret_stays_as_it_came() {
        let masked = mask(&delivery(), &BTreeMap::new());
        assert_eq!((masked.path, masked.body.to_vec()), (delivery().path, delivery().body.to_vec()));
        assert_eq!(masked.headers[1].1, "hush-hush-more");
    }
}
