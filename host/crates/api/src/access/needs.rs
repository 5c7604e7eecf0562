//! What each operation takes. Whatever only looks is everybody's in the shop; what changes something stands here, and
//! what somebody forgot to put here is the owner's.

use axum::http::Method;
use cartwright_domain::user::Power;

/// Operations that change something, or that look and are not for everybody, with the power that they take.
const NEEDS: &[(&str, &str, Power)] = &[
    ("POST", "/v1/shops", Power::Operate),
    ("PATCH", "/v1/shops/{shop}", Power::Own),
    ("PUT", "/v1/shops/{shop}/trust", Power::Own),
    ("GET", "/v1/shops/{shop}/keys", Power::Own),
    ("POST", "/v1/shops/{shop}/keys", Power::Own),
    ("DELETE", "/v1/shops/{shop}/keys/{key}", Power::Own),
    ("GET", "/v1/audit", Power::Own),
    ("GET", "/v1/people", Power::Own),
    ("POST", "/v1/people/invitations", Power::Own),
    ("PUT", "/v1/people/{user}", Power::Own),
    ("DELETE", "/v1/people/{user}", Power::Own),
    ("POST", "/v1/strategies", Power::Edit),
    // Neither changes anything, whatever its method.
    ("POST", "/v1/strategies/check", Power::See),
    ("POST", "/v1/strategies/preview", Power::See),
    ("PUT", "/v1/strategies/{strategy}", Power::Edit),
    ("DELETE", "/v1/strategies/{strategy}", Power::Edit),
    ("POST", "/v1/strategies/{strategy}/state", Power::Edit),
    ("POST", "/v1/strategies/{strategy}/versions/{number}/move-runs", Power::Edit),
    ("PUT", "/v1/contents/{name}", Power::Edit),
    ("POST", "/v1/contents/{name}/replace", Power::Edit),
    // Looking at what is not saved yet changes nothing.
    ("POST", "/v1/contents/preview", Power::See),
    ("POST", "/v1/contents/{name}/test-send", Power::Edit),
    ("POST", "/v1/test-addresses", Power::Edit),
    ("POST", "/v1/test-addresses/confirm", Power::Edit),
    ("DELETE", "/v1/test-addresses/{kind}/{value}", Power::Edit),
    ("PUT", "/v1/channels/{name}", Power::Integrate),
    ("DELETE", "/v1/channels/{name}", Power::Integrate),
    ("POST", "/v1/channels/{name}/release", Power::Integrate),
    ("POST", "/v1/channels/{name}/senders/{sender}/release", Power::Integrate),
    ("POST", "/v1/channels/{name}/probe", Power::Integrate),
    ("POST", "/v1/channels/{name}/templates", Power::Edit),
    ("POST", "/v1/channels/{name}/templates/sync", Power::Integrate),
    ("PUT", "/v1/chat-links/{name}", Power::Edit),
    ("DELETE", "/v1/chat-links/{name}", Power::Edit),
    ("PUT", "/v1/sources/{name}", Power::Integrate),
    ("DELETE", "/v1/sources/{name}", Power::Integrate),
    ("POST", "/v1/sources/{name}/probe", Power::Integrate),
    ("POST", "/v1/sources/{name}/backfill", Power::Integrate),
    ("POST", "/v1/plugins", Power::Integrate),
    ("POST", "/v1/plugins/{digest}/grants", Power::Integrate),
    ("PUT", "/v1/plugins/{digest}/limits", Power::Operate),
    ("POST", "/v1/plugins/{digest}/promote", Power::Integrate),
    ("POST", "/v1/plugins/{name}/kill", Power::Integrate),
    ("POST", "/v1/plugins/{name}/revive", Power::Integrate),
    ("POST", "/v1/plugins/{name}/rollback", Power::Integrate),
    ("POST", "/v1/events", Power::Integrate),
    ("POST", "/v1/asides/{aside}/take-in", Power::Integrate),
    ("POST", "/v1/identify", Power::Integrate),
    ("GET", "/v1/metrics", Power::Operate),
    ("POST", "/v1/alerts/test", Power::Own),
    ("POST", "/v1/replies/{reply}/answer", Power::Edit),
    ("POST", "/v1/customers/import", Power::Integrate),
    ("DELETE", "/v1/customers/{customer}", Power::Own),
    ("POST", "/v1/demo/skip", Power::Edit),
    // Whoever signs out changes only what is theirs.
    ("DELETE", "/v1/session", Power::See),
];

/// What comes in by the thousand, only tries, or is about no shop that was there, stands in no audit.
const UNAUDITED: &[(&str, &str)] = &[
    ("POST", "/v1/events"),
    ("POST", "/v1/identify"),
    ("POST", "/v1/channels/{name}/probe"),
    ("POST", "/v1/channels/{name}/templates/sync"),
    ("POST", "/v1/sources/{name}/probe"),
    ("POST", "/v1/demo/skip"),
    ("POST", "/v1/shops"),
];

/// Whether the audit of the shop tells of an operation once it is done (S46): whatever changes something and is not
/// listed above.
pub(super) fn is_audited(method: &Method, path: &str) -> bool {
    let is_listed = UNAUDITED.iter().any(|(of, at)| *of == method.as_str() && *at == path);
    !method.is_safe() && !is_listed && power_of(method, path) != Power::See
}

/// What an operation takes.
pub(crate) fn power_of(method: &Method, path: &str) -> Power {
    let known = NEEDS.iter().find(|(of, at, _)| *of == method.as_str() && *at == path);
    match known {
        Some((_, _, power)) => *power,
        None if method == Method::GET || method == Method::HEAD => Power::See,
        None => Power::Own,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    /// Every operation that needs somebody, as `METHOD path`.
    fn closed() -> BTreeSet<String> {
        let document: Value = serde_json::from_str(&crate::document()).unwrap();
        let mut found = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation["security"] != json!([]) {
                    found.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
        found
    }

    #[test]
    fn every_operation_that_changes_something_says_what_it_takes() {
        let listed: BTreeSet<String> = NEEDS.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        let closed = closed();
        let forgotten: Vec<&String> =
            closed.iter().filter(|operation| !operation.starts_with("GET ") && !listed.contains(*operation)).collect();
        assert!(forgotten.is_empty(), "say in access/needs.rs what these take: {forgotten:?}");
        let gone: Vec<&String> = listed.difference(&closed).collect();
        assert!(gone.is_empty(), "these are no operations: {gone:?}");
        assert_eq!(listed.len(), NEEDS.len(), "an operation stands here twice");
    }

    #[test]
    fn whatever_changes_something_is_audited_unless_it_is_listed() {
        let audited = |method: Method, path: &str| is_audited(&method, path);
        assert!(audited(Method::PUT, "/v1/contents/{name}") && audited(Method::POST, "/v1/new"));
        assert!(!audited(Method::GET, "/v1/people") && !audited(Method::POST, "/v1/strategies/check"));
        for (method, path) in UNAUDITED {
            assert!(NEEDS.iter().any(|(of, at, _)| (of, at) == (method, path)), "{method} {path} is no operation");
        }
    }

    #[test]
    fn what_was_forgotten_is_the_owners() {
        assert_eq!(power_of(&Method::POST, "/v1/new"), Power::Own);
        assert_eq!(power_of(&Method::GET, "/v1/new"), Power::See);
        assert_eq!(power_of(&Method::GET, "/v1/people"), Power::Own);
    }
}
