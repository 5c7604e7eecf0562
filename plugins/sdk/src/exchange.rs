//! Requests that a channel or source hands to the host, and reading what comes back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::{
    Action, Capture, Effect, Header, HttpRequest, HttpResponse, InboxEntry, Mail, Reply, Request, Response,
    Verification, Webhook,
};
use crate::types::Instant;

impl Request {
    /// This request sends the message, or changes something else: the host makes it at most once.
    pub fn sending(action: impl Into<Action>) -> Self {
        Self { effect: Effect::Send, action: action.into(), captures: Vec::new() }
    }

    /// This request changes nothing: the host may repeat it.
    pub fn asking(action: impl Into<Action>) -> Self {
        Self { effect: Effect::None, action: action.into(), captures: Vec::new() }
    }

    /// The host stores what stands at this pointer of the JSON answer as a secret; the plugin never sees it.
    pub fn capture(mut self, pointer: &str, name: &str, expires_in: Option<&str>) -> Self {
        let (pointer, name) = (pointer.to_owned(), name.to_owned());
        self.captures.push(Capture { pointer, name, expires_in: expires_in.map(str::to_owned) });
        self
    }
}

impl From<HttpRequest> for Action {
    fn from(request: HttpRequest) -> Self {
        Self::Http(request)
    }
}

impl From<Mail> for Action {
    fn from(mail: Mail) -> Self {
        Self::Mail(mail)
    }
}

impl From<InboxEntry> for Action {
    fn from(entry: InboxEntry) -> Self {
        Self::Inbox(entry)
    }
}

impl HttpRequest {
    /// A request without a body.
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: "GET".to_owned(), url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A request whose body is still to be given.
    pub fn post(url: impl Into<String>) -> Self {
        Self { method: "POST".to_owned(), ..Self::get(url) }
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(Header { name: name.to_owned(), value: value.into() });
        self
    }

    /// `Authorization: Bearer` with a secret that the host fills in.
    pub fn bearer(self, secret: &str) -> Self {
        self.header("authorization", format!("Bearer {{secret:{secret}}}"))
    }

    /// `Authorization: Basic` with a secret in the password's place.
    pub fn basic(self, user: &str, secret: &str) -> Self {
        self.header("authorization", format!("Basic {{secret:{secret}:base64:{user}:}}"))
    }

    /// A parameter of the query, percent-encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        self.url.push_str(&percent_encoded(name));
        self.url.push('=');
        self.url.push_str(&percent_encoded(value));
        self
    }

    /// A body as forms are sent, of fields in this order; a name may occur several times.
    pub fn form<'a>(mut self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pair = |(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value));
        self.body = fields.into_iter().map(pair).collect::<Vec<_>>().join("&").into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// A JSON body.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        // Text keys and no floats: there is nothing here that JSON cannot say.
        self.body = serde_json::to_vec(value).unwrap_or_default();
        self.header("content-type", "application/json")
    }
}

impl HttpResponse {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body, where it is JSON of this form.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The instant that `Retry-After` names in seconds from `now`.
    pub fn retry_after(&self, now: Instant) -> Option<Instant> {
        let seconds: u32 = self.header("retry-after")?.trim().parse().ok()?;
        Some(now + i64::from(seconds) * 1_000)
    }
}

impl Response {
    /// The answer over HTTP, if that is what came.
    pub fn http(&self) -> Option<&HttpResponse> {
        match self {
            Self::Http(response) => Some(response),
            _ => None,
        }
    }
}

impl Webhook {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.path.split_once('?')?;
        fields(query).into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The fields of a body that is a form, decoded, in their order.
    pub fn form(&self) -> Vec<(String, String)> {
        std::str::from_utf8(&self.body).map(fields).unwrap_or_default()
    }
}

impl Verification {
    /// The handshake of a provider that wants to read a text again.
    pub fn echo(text: impl Into<String>) -> Self {
        let (content_type, body) = ("text/plain".to_owned(), text.into().into_bytes());
        Self::Handshake(Reply { status: 200, content_type, body })
    }
}

fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let letters = text.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") });
    letters.collect()
}

/// Fields of a query or form; what cannot be decoded is left out.
fn fields(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter_map(|(name, value)| Some((percent_decoded(name)?, percent_decoded(value)?))).collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                (digit(rest.next())? << 4 | digit(rest.next())?) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(path: &str) -> Webhook {
        let headers = vec![Header { name: "x-topic".to_owned(), value: "carts/update".to_owned() }];
        Webhook { method: "GET".to_owned(), path: path.to_owned(), headers, body: Vec::new() }
    }

    #[test]
    fn query_parameters_are_decoded() {
        let webhook = webhook("/?hub.mode=subscribe&hub.verify%5Ftoken=a+b%2Bc&flag");
        assert_eq!(webhook.query("hub.mode").as_deref(), Some("subscribe"));
        assert_eq!(webhook.query("hub.verify_token").as_deref(), Some("a b+c"));
        assert_eq!(webhook.query("flag").as_deref(), Some(""));
        assert_eq!(webhook.query("absent"), None);
    }

    #[test]
    fn query_parameters_are_encoded() {
        let request = HttpRequest::get("https://example.com/a").query("after", "a b&c=ü").query("limit", "50");
        assert_eq!(request.url, "https://example.com/a?after=a%20b%26c%3D%C3%BC&limit=50");
    }

    #[test]
    fn forms_go_both_ways() {
        let request = HttpRequest::post("https://example.com/").form([("To", "+49 1"), ("Url", "a&b"), ("Url", "ü")]);
        assert_eq!(request.body, b"To=%2B49%201&Url=a%26b&Url=%C3%BC");
        let told = Webhook { body: request.body, ..webhook("/") }.form();
        let told: Vec<_> = told.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(told, [("To", "+49 1"), ("Url", "a&b"), ("Url", "ü")]);
    }

    #[test]
    fn header_names_have_no_case() {
        assert_eq!(webhook("/").header("X-Topic"), Some("carts/update"));
    }

    #[test]
    fn retry_after_counts_from_now() {
        let headers = vec![Header { name: "Retry-After".to_owned(), value: "30".to_owned() }];
        let response = HttpResponse { status: 429, headers, body: Vec::new() };
        assert_eq!(response.retry_after(1_000), Some(31_000));
    }

    #[test]
    fn a_bearer_secret_is_only_a_placeholder() {
        let request = HttpRequest::post("https://example.com/").bearer("token").json(&[1]);
        assert_eq!(request.headers[0].value, "Bearer {secret:token}");
        assert_eq!(request.body, b"[1]");
        let request = HttpRequest::get("https://example.com/").basic("AC1", "token");
        assert_eq!(request.headers[0].value, "Basic {secret:token:base64:AC1:}");
    }
}
