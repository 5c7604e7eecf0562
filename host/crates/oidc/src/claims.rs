//! Reads what a provider says of somebody.

use serde_json::{Map, Value};

/// What is said of somebody.
pub(crate) type Claims = Map<String, Value>;

/// Their e-mail address, if the provider says that it is theirs. Some say so in a text.
pub(crate) fn verified_email(claims: &Claims) -> Option<String> {
    let is_verified = match claims.get("email_verified")? {
        Value::Bool(is_verified) => *is_verified,
        Value::String(text) => text == "true",
        _ => false,
    };
    let email = claims.get("email")?.as_str()?;
    is_verified.then(|| email.to_owned())
}

/// What a claim says: one text, or several. A claim that begins with `/` is a JSON pointer into the claims.
pub(crate) fn groups(claims: &Claims, claim: &str) -> Vec<String> {
    match value(claims, claim) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn value<'a>(claims: &'a Claims, claim: &str) -> Option<&'a Value> {
    let Some(pointer) = claim.strip_prefix('/') else { return claims.get(claim) };
    let (first, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
    let inner = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    if rest.is_empty() { Some(inner) } else { inner.pointer(&format!("/{rest}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(json: Value) -> Claims {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn an_address_counts_only_if_the_provider_says_that_it_is_theirs() {
        let of = |verified: Value| verified_email(&claims(json!({ "email": "a@b", "email_verified": verified })));
        assert_eq!((of(json!(true)), of(json!("true"))), (Some("a@b".to_owned()), Some("a@b".to_owned())));
        for doubtful in [json!(false), json!("false"), json!("yes"), json!(1), json!(null)] {
            assert_eq!(of(doubtful), None);
        }
        assert_eq!(verified_email(&claims(json!({ "email": "a@b" }))), None);
        assert_eq!(verified_email(&claims(json!({ "email_verified": true }))), None);
    }

    #[test]
    fn groups_are_one_or_several_at_the_top_or_further_in() {
        let said = claims(json!({
            "group": "one", "groups": ["a", 2, "b"], "realm": { "roles": ["c"] }, "https://x/roles": ["d"]
        }));
        assert_eq!(groups(&said, "group"), ["one"]);
        assert_eq!(groups(&said, "groups"), ["a", "b"]);
        assert_eq!(groups(&said, "/realm/roles"), ["c"]);
        assert_eq!(groups(&said, "https://x/roles"), ["d"]);
        assert_eq!(groups(&said, "/realm/other"), Vec::<String>::new());
        assert_eq!(groups(&said, "realm"), Vec::<String>::new());
    }
}
