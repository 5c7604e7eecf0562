//! A rendered content variant as Meta's template message, or as the text that answers a customer.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::{Value, json};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

use crate::Config;
use crate::bindings::{AddressKind, Fault, HttpRequest, Message, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    template: Option<String>,
    text: Option<String>,
    language: Option<String>,
    header: Option<Header>,
    body: Option<Body>,
    #[serde(default)]
    buttons: Vec<Button>,
    /// Only for the library: what Meta approves is not sent along.
    #[serde(rename = "definition")]
    _definition: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Header {
    Image { image: String },
    Video { video: String },
    Document { document: String, filename: Option<String> },
    Text { text: String, name: Option<String> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    ByPosition(Vec<String>),
    ByName(BTreeMap<String, String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Button {
    index: u8,
    #[serde(rename = "type")]
    kind: ButtonKind,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ButtonKind {
    Url,
    QuickReply,
    CopyCode,
}

pub(crate) fn request(config: &Config, message: Message) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let field = match message.to.kind {
        AddressKind::Handle => "recipient",
        _ => "to",
    };
    let (kind, said, route) = match (&content.template, &content.text) {
        (Some(template), None) => {
            let language = content.language.clone().unwrap_or_else(|| language(&message.locale));
            let said =
                json!({ "name": template, "language": { "code": language }, "components": content.components() });
            ("template", said, config.route.as_str())
        }
        // The marketing route takes templates alone.
        (None, Some(text)) => ("text", json!({ "body": text, "preview_url": true }), "messages"),
        _ => return Err(Fault::bad_input("name a template or write a text, one of the two")),
    };
    let body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        field: message.to.value,
        "type": kind,
        (kind): said,
        "biz_opaque_callback_data": message.id,
    });
    Ok(Request::sending(HttpRequest::post(format!("{}/{route}", config.number())).bearer("access_token").json(&body)))
}

impl Content {
    fn components(&self) -> Vec<Value> {
        let header = self.header.as_ref().and_then(Header::component);
        let body = self.body.as_ref().map(Body::component);
        header.into_iter().chain(body).chain(self.buttons.iter().map(Button::component)).collect()
    }
}

impl Header {
    /// A missing picture drops the header, never the message.
    fn component(&self) -> Option<Value> {
        let parameter = match self {
            Self::Image { image: link } | Self::Video { video: link } | Self::Document { document: link, .. }
                if link.trim().is_empty() =>
            {
                return None;
            }
            Self::Image { image } => json!({ "type": "image", "image": { "link": image } }),
            Self::Video { video } => json!({ "type": "video", "video": { "link": video } }),
            Self::Document { document, filename: None } => {
                json!({ "type": "document", "document": { "link": document } })
            }
            Self::Document { document, filename: Some(name) } => {
                json!({ "type": "document", "document": { "link": document, "filename": name } })
            }
            Self::Text { text, name } => text_parameter(text, name.as_deref()),
        };
        Some(json!({ "type": "header", "parameters": [parameter] }))
    }
}

impl Body {
    fn component(&self) -> Value {
        let parameters: Vec<Value> = match self {
            Self::ByPosition(texts) => texts.iter().map(|text| text_parameter(text, None)).collect(),
            Self::ByName(texts) => texts.iter().map(|(name, text)| text_parameter(text, Some(name))).collect(),
        };
        json!({ "type": "body", "parameters": parameters })
    }
}

impl Button {
    fn component(&self) -> Value {
        let (kind, parameter) = match self.kind {
            ButtonKind::Url => ("url", json!({ "type": "text", "text": self.value })),
            ButtonKind::QuickReply => ("quick_reply", json!({ "type": "payload", "payload": self.value })),
            ButtonKind::CopyCode => ("copy_code", json!({ "type": "coupon_code", "coupon_code": self.value })),
        };
        json!({ "type": "button", "sub_type": kind, "index": self.index.to_string(), "parameters": [parameter] })
    }
}

/// Meta refuses line breaks, tabs and long gaps in parameters.
fn text_parameter(text: &str, name: Option<&str>) -> Value {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name {
        Some(name) => json!({ "type": "text", "parameter_name": name, "text": text }),
        None => json!({ "type": "text", "text": text }),
    }
}

/// Meta writes `zh_TW`; scripts do not occur there.
pub(crate) fn language(locale: &str) -> String {
    let mut parts = locale.split('-');
    let language = parts.next().unwrap_or_default().to_owned();
    match parts.find(|part| part.len() == 2) {
        Some(region) => format!("{language}_{}", region.to_ascii_uppercase()),
        None => language,
    }
}
