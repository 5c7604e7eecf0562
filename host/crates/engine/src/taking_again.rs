//! A delivery that was put aside is tried once more (S02): after its plugin was upgraded, its configuration corrected, or
//! the time has come that it spoke of. It was authentic when it came, and is kept without the credentials that showed
//! it, so its signature is not asked for again; whatever of it was taken in before is known by its id, and stays as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::ids::ShopId;
use serde::Deserialize;
use serde_json::Value;

use crate::Engine;
use crate::ports::{KeptAside, StoreError, Webhook};

/// A delivery as it is kept.
#[derive(Deserialize)]
struct Raw {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Text(String),
    Base64(String),
}

impl Engine {
    /// Tries a delivery that was put aside once more; how it stands afterwards, or none where there is no such one. One
    /// that was taken in stays as it is.
    pub async fn take_again(&self, shop: ShopId, number: i64) -> Result<Option<KeptAside>, StoreError> {
        let Some(kept) = self.store.aside(shop, number).await? else { return Ok(None) };
        if kept.taken_at.is_some() {
            return Ok(Some(kept));
        }
        let outcome = match self.try_again(shop, &kept).await? {
            Some(reason) => Err(reason),
            None => Ok(self.now()),
        };
        let settled = outcome.as_ref().map(|at| *at).map_err(String::as_str);
        self.store.settle_aside(shop, number, settled).await?;
        self.store.aside(shop, number).await
    }

    /// Why it could not be taken in, if it could not.
    async fn try_again(&self, shop: ShopId, kept: &KeptAside) -> Result<Option<String>, StoreError> {
        let because = |reason: &str| Ok(Some(reason.to_owned()));
        let known = match kept.aside.connection {
            Some(connection) => self.store.connection(connection).await?,
            None => None,
        };
        let Some((_, connection)) = known.filter(|(owner, _)| *owner == shop) else {
            return because("the channel or source that it came in at was removed");
        };
        let Some(call) = self.connection_call(shop, &connection).await? else {
            return because("no version of its plugin is active; install one, then try again");
        };
        let Some(webhook) = webhook_of(&kept.aside.raw) else {
            return because("it is not kept as a delivery any more");
        };
        Ok(self.take_in(shop, &connection, &call, &webhook).await?.reason)
    }
}

fn webhook_of(raw: &Value) -> Option<Webhook> {
    let Raw { method, path, headers, body } = Raw::deserialize(raw).ok()?;
    let body = match body {
        Body::Text(text) => text.into_bytes(),
        Body::Base64(text) => BASE64.decode(text).ok()?,
    };
    Some(Webhook { method, path, headers, body: body.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_delivery_is_read_as_it_came_whatever_its_bytes_are() {
        let raw = |body: Value| json!({ "method": "POST", "path": "/in?x=1", "headers": [["a", "b"]], "body": body });
        let text = webhook_of(&raw(json!({ "text": "{}" }))).unwrap();
        assert_eq!((text.path.as_str(), text.headers[0].1.as_str(), &text.body[..]), ("/in?x=1", "b", &b"{}"[..]));
        assert_eq!(&webhook_of(&raw(json!({ "base64": "/w==" }))).unwrap().body[..], [255]);
        for other in [json!(1), raw(json!({ "base64": "%" })), raw(json!({}))] {
            assert!(webhook_of(&other).is_none(), "{other}");
        }
    }
}
