//! What a provider publishes of itself.

use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use cartwright_engine::ports::ProviderError;

use crate::key::{Key, keys};
use crate::web;

/// A provider as it describes itself, with its keys.
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) user_info: Option<Url>,
    /// Whether it takes the client's secret in the form only, and not as HTTP Basic.
    pub(crate) secret_in_form: bool,
    pub(crate) keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// Asks the provider for it (OpenID Connect Discovery).
    pub(crate) async fn fetch(http: &Client, issuer: &str) -> Result<Self, ProviderError> {
        let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document = get(http, &at).await?;
        let document: Document = serde_json::from_value(document)
            .map_err(|error| ProviderError::Unreachable(format!("{at} describes no OpenID provider: {error}")))?;
        if document.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
            let why = format!("{at} describes `{}`; give its address as it writes it", document.issuer);
            return Err(ProviderError::Unreachable(why));
        }
        let address = |text: &str| web::address(text).map_err(ProviderError::Unreachable);
        let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
        let takes = |method: &str| methods.iter().any(|one| one == method);
        Ok(Self {
            authorization: address(&document.authorization_endpoint)?,
            token: address(&document.token_endpoint)?,
            user_info: document.userinfo_endpoint.as_deref().map(address).transpose()?,
            secret_in_form: takes("client_secret_post") && !takes("client_secret_basic"),
            keys: keys(&get(http, &document.jwks_uri).await?),
            issuer: document.issuer,
        })
    }
}

async fn get(http: &Client, at: &str) -> Result<serde_json::Value, ProviderError> {
    let url = web::address(at).map_err(ProviderError::Unreachable)?;
    match web::json(http.get(url)).await? {
        (StatusCode::OK, json) => Ok(json),
        (status, _) => Err(ProviderError::Unreachable(format!("{at} answers {status}"))),
    }
}
