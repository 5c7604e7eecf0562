//! A rendered content variant as Messenger takes it: an answer within 24 hours, a utility template, or a marketing
//! message to who opted in.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::{Value, json};
use serde::Deserialize;

use crate::Config;
use crate::bindings::{Fault, HttpRequest, Message, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    text: Option<String>,
    image: Option<String>,
    #[serde(default)]
    buttons: Vec<Button>,
    #[serde(default)]
    opted_in: bool,
    template: Option<Template>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Button {
    #[serde(rename = "type")]
    kind: ButtonKind,
    title: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ButtonKind {
    Url,
    Postback,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    name: String,
    language: Option<String>,
    #[serde(default)]
    body: Vec<String>,
}

pub(crate) fn request(config: &Config, message: &Message) -> Result<Request, Fault> {
    let content: Content = json::input(message.content.as_bytes())?;
    let (person, token) = match message.to.value.split_once('#') {
        Some((person, token)) => (person, Some(token)),
        None => (message.to.value.as_str(), None),
    };
    let recipient = match (content.opted_in, token) {
        (false, _) => json!({ "id": person }),
        (true, Some(token)) => json!({ "notification_messages_token": token }),
        (true, None) => return Err(Fault::missing_fact("the customer has not opted in to marketing on Messenger")),
    };
    let mut body = json!({ "recipient": recipient });
    match (&content.template, &content.text) {
        (Some(template), _) => {
            body["messaging_type"] = json!("UTILITY");
            body["message"] = json!({ "template": template.as_meta_writes(&message.locale) });
        }
        (None, Some(text)) => {
            if !content.opted_in {
                body["messaging_type"] = json!("RESPONSE");
            }
            body["message"] = content.shown(text);
        }
        (None, None) => return Err(Fault::bad_input("text: is missing; a message has a text or a template")),
    }
    Ok(Request::sending(HttpRequest::post(config.page("/messages")).bearer("page_token").json(&body)))
}

impl Content {
    fn shown(&self, text: &str) -> Value {
        let buttons: Vec<Value> = self.buttons.iter().map(Button::as_meta_writes).collect();
        // A missing picture is left out, and never stops the message.
        let payload = match self.image.as_deref().map(str::trim).filter(|image| !image.is_empty()) {
            None if buttons.is_empty() => return json!({ "text": text }),
            None => json!({ "template_type": "button", "text": text, "buttons": buttons }),
            Some(image) => {
                let mut element = json!({ "title": text, "image_url": image });
                if !buttons.is_empty() {
                    element["buttons"] = json!(buttons);
                }
                json!({ "template_type": "generic", "elements": [element] })
            }
        };
        json!({ "attachment": { "type": "template", "payload": payload } })
    }
}

impl Button {
    fn as_meta_writes(&self) -> Value {
        match self.kind {
            ButtonKind::Url => json!({ "type": "web_url", "title": self.title, "url": self.value }),
            ButtonKind::Postback => json!({ "type": "postback", "title": self.title, "payload": self.value }),
        }
    }
}

impl Template {
    fn as_meta_writes(&self, locale: &str) -> Value {
        let language = self.language.clone().unwrap_or_else(|| locale.replace('-', "_"));
        let mut template = json!({ "name": self.name, "language": { "code": language } });
        if !self.body.is_empty() {
            let parameters: Vec<Value> = self.body.iter().map(|text| json!({ "type": "text", "text": text })).collect();
            template["components"] = json!([{ "type": "body", "parameters": parameters }]);
        }
        template
    }
}
