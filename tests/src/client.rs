//! A client of the HTTP service: requests and answers as JSON, nothing interpreted.

use cartwright_testkit::provider::Received;
use cartwright_testkit::shopify::Delivery;
use reqwest::Method;
use serde_json::Value;

/// Speaks to one service with one key, about one shop.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
    shop: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Body; `null` if it is no JSON.
    pub body: Value,
}

impl Reply {
    /// The body of an answer that says yes.
    ///
    /// # Panics
    /// If it says no.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {:#}", self.status, self.body);
        self.body
    }

    /// The stable code of an answer that says no.
    pub fn problem(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// A client of the service at `base`.
    pub fn new(base: impl Into<String>, key: impl Into<String>) -> Self {
        // One TLS for the whole process; a second test that installs it again changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: base.into(), key: key.into(), shop: None }
    }

    /// The same, about a shop.
    pub fn of_shop(&self, shop: &str) -> Self {
        Self { shop: Some(shop.to_owned()), ..self.clone() }
    }

    /// The shop it speaks about.
    pub fn shop(&self) -> Option<&str> {
        self.shop.as_deref()
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// `POST` of a JSON document.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(("application/json", body.to_string().into_bytes()))).await
    }

    /// `POST` of a JSON text that was written before; the status of the answer.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn post_text(&self, path: &str, body: Vec<u8>) -> u16 {
        self.send(Method::POST, path, Some(("application/json", body))).await.status
    }

    /// `POST` of a table.
    pub async fn post_csv(&self, path: &str, table: &str) -> Reply {
        self.send(Method::POST, path, Some(("text/csv", table.as_bytes().to_vec()))).await
    }

    /// The same where the service may have died.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<Reply> {
        self.try_send(Method::POST, path, Some(("application/json", body.to_string().into_bytes()))).await
    }

    /// `PUT` of a JSON document.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(("application/json", body.to_string().into_bytes()))).await
    }

    /// `PATCH` with a JSON document.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(("application/json", body.to_string().into_bytes()))).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// `POST` of a component.
    pub async fn upload(&self, path: &str, component: Vec<u8>) -> Reply {
        self.send(Method::POST, path, Some(("application/wasm", component))).await
    }

    /// The same with a signature beside it.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn upload_signed(&self, path: &str, component: Vec<u8>, signature: Option<&str>) -> Reply {
        let mut request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(shop) = &self.shop {
            request = request.header("cartwright-shop", shop);
        }
        if let Some(signature) = signature {
            request = request.header("cartwright-signature", signature);
        }
        let answer = request.header("content-type", "application/wasm").body(component).send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        Reply { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// The items of a list.
    ///
    /// # Panics
    /// If there is no such list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await.ok()["items"].as_array().unwrap().clone()
    }

    /// Posts a webhook to its whole address.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn deliver(&self, address: &str, delivery: &Delivery) -> u16 {
        self.try_deliver(address, delivery).await.unwrap()
    }

    /// The same for an address where the service may have died.
    pub async fn try_deliver(&self, address: &str, delivery: &Delivery) -> Option<u16> {
        let mut request = self.http.post(address).body(delivery.body.clone());
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// Calls a whole address with `GET`, as a provider does: the status, and the text of the answer.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn fetch(&self, address: &str) -> (u16, String) {
        let answer = self.http.get(address).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends a request that came elsewhere once more, with its credentials; the status of the answer.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn repeat(&self, request: &Received) -> u16 {
        let method = Method::from_bytes(request.method.as_bytes()).unwrap();
        let mut again = self.http.request(method, format!("{}{}", self.base, request.path)).body(request.body.clone());
        for name in ["authorization", "content-type", "access_token", "token"] {
            if let Some(value) = request.header(name) {
                again = again.header(name, value);
            }
        }
        again.send().await.unwrap().status().as_u16()
    }

    async fn send(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Reply {
        self.try_send(method, path, body).await.unwrap()
    }

    async fn try_send(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Option<Reply> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(shop) = &self.shop {
            request = request.header("cartwright-shop", shop);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.ok()?;
        Some(Reply { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }
}
