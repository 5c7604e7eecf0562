//! A running service, spoken to over its API.

use bytes::Bytes;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::failure::Failure;

/// Which service, and as whom.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServiceArgs {
    /// Address of the service
    #[arg(long, env = "CARTWRIGHT_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// API key of the shop; better in the environment, where others on the machine do not see it
    #[arg(long, env = "CARTWRIGHT_KEY", hide_env_values = true)]
    key: Option<String>,
    /// The shop by id, for an operator's key
    #[arg(long, value_name = "ID")]
    shop: Option<String>,
}

/// The service with a key.
pub(crate) struct Service {
    http: reqwest::Client,
    url: String,
    key: String,
    shop: Option<String>,
}

impl ServiceArgs {
    pub(crate) fn open(&self) -> Result<Service, Failure> {
        let Some(key) = &self.key else {
            return Err(Failure::bad_input(
                "no API key: put one into CARTWRIGHT_KEY, or name it with --key; `cartwright key add --shop ID` makes one",
            ));
        };
        cartwright_plugins::install_tls();
        let http = reqwest::Client::builder()
            .user_agent(concat!("cartwright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::failed(format!("there is no way to the service: {error}")))?;
        let url = self.url.trim_end_matches('/').to_owned();
        Ok(Service { http, url, key: key.clone(), shop: self.shop.clone() })
    }
}

impl Service {
    /// Asks for something.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.answer(self.request(Method::GET, path)).await
    }

    /// Asks for something that is no JSON document.
    pub(crate) async fn text(&self, path: &str) -> Result<String, Failure> {
        let bytes = self.bytes(self.request(Method::GET, path)).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Tells something.
    pub(crate) async fn post(&self, path: &str, document: &Value) -> Result<Value, Failure> {
        self.answer(self.request(Method::POST, path).json(document)).await
    }

    /// Sends a component, with the signature that lies beside it.
    pub(crate) async fn upload(
        &self,
        path: &str,
        component: Bytes,
        signature: Option<String>,
    ) -> Result<Value, Failure> {
        let mut request = self.request(Method::POST, path).header("content-type", "application/wasm").body(component);
        if let Some(signature) = signature {
            request = request.header("cartwright-signature", signature);
        }
        self.answer(request).await
    }

    /// Sends a text of some kind.
    pub(crate) async fn send(&self, path: &str, kind: &str, text: Vec<u8>) -> Result<Value, Failure> {
        self.answer(self.request(Method::POST, path).header("content-type", kind).body(text)).await
    }

    /// Every item of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = if after.is_empty() { path.to_owned() } else { format!("{path}{joint}after={after}") };
            let mut answer = self.get(&page).await?;
            if let Value::Array(found) = answer["items"].take() {
                items.extend(found);
            }
            match answer["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => return Ok(items),
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        match &self.shop {
            Some(shop) => request.header("cartwright-shop", shop),
            None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.bytes(request).await?).unwrap_or_default())
    }

    async fn bytes(&self, request: RequestBuilder) -> Result<Bytes, Failure> {
        let url = &self.url;
        let silent = |error: reqwest::Error| {
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Failure::failed(format!("{url} gives no answer: {why}; is the service there? name its address with --url"))
        };
        let response = request.send().await.map_err(silent)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(silent)?;
        if status.is_success() {
            return Ok(bytes);
        }
        let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        Err(refusal(url, status.as_u16(), &problem))
    }
}

/// What a problem document says, field by field.
fn refusal(url: &str, status: u16, problem: &Value) -> Failure {
    let Some(detail) = problem["detail"].as_str() else {
        return Failure::failed(format!("{url} answers {status} and nothing that could be read; is it Cartwright?"));
    };
    let mut lines = vec![detail.to_owned()];
    for error in problem["errors"].as_array().into_iter().flatten() {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        lines.push(format!("  {}: {}", text("field"), text("message")));
    }
    if let Some(page) = problem["type"].as_str().filter(|page| page.starts_with('/')) {
        lines.push(format!("more: {url}{page}"));
    }
    Failure::lines_of(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_is_told_with_its_fields_and_its_page() {
        let problem = json!({
            "type": "/errors/plugin_breaks_strategies", "title": "t", "status": 409, "code": "plugin_breaks_strategies",
            "detail": "It draws fewer branches.", "errors": [{"field": "steps.a", "message": "draws `maybe`"}],
        });
        let failure = refusal("http://host", 409, &problem);
        let lines: Vec<&str> = failure.lines().collect();
        let page = "more: http://host/errors/plugin_breaks_strategies";
        assert_eq!(lines, ["It draws fewer branches.", "  steps.a: draws `maybe`", page]);
        let odd = refusal("http://host", 502, &Value::Null);
        assert!(odd.lines().next().unwrap().contains("answers 502"));
    }
}
