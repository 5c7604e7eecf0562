//! What a message says: the data that templates see, and the variant's text leaves filled in by the renderer plugin.

use cartwright_domain::content::Content;
use cartwright_domain::facts::Subject;
use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_domain::shop::PluginRef;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use crate::Engine;
use crate::image_grid::IMAGE_GRID;
use crate::ports::{Escape, PluginCall, TemplatePart};
use crate::settings::ShopSettings;
use crate::shorten::without_marks;
use crate::unsubscribe::UNSUBSCRIBE_URL;

/// The renderer that every shop has.
pub const RENDERER: &str = "liquid";

/// One message to be rendered.
pub(crate) struct Rendering<'a> {
    pub(crate) body: &'a Value,
    pub(crate) data: Value,
}

impl Engine {
    /// Renders each, in order. Those of the same variant go in one batch.
    pub(crate) async fn render_all(
        &self,
        settings: &ShopSettings,
        wanted: &[Rendering<'_>],
    ) -> Vec<Result<Value, PluginFailure>> {
        let Some(call) = renderer_call(settings) else {
            let failure =
                PluginFailure::new(Problem::NotInstalled, format!("no active renderer `{RENDERER}`; install it"));
            return wanted.iter().map(|_| Err(failure.clone())).collect();
        };
        let mut rendered: Vec<Option<Result<Value, PluginFailure>>> = wanted.iter().map(|_| None).collect();
        for place in 0..wanted.len() {
            if rendered[place].is_some() {
                continue;
            }
            let body = wanted[place].body;
            let parts = parts_of(body);
            let same: Vec<usize> = (place..wanted.len())
                .filter(|other| rendered[*other].is_none() && wanted[*other].body == body)
                .collect();
            let data: Vec<Value> = same.iter().map(|other| wanted[*other].data.clone()).collect();
            let texts = self.plugins.render(&call, &parts, &data).await;
            for (other, texts) in same.into_iter().zip(texts) {
                rendered[other] = Some(texts.map(|texts| filled(body, &texts)));
            }
        }
        let missing = || PluginFailure::new(Problem::InvalidAnswer, "the renderer left a message out");
        rendered.into_iter().map(|one| one.unwrap_or_else(|| Err(missing()))).collect()
    }
}

/// How the shop's renderer is called.
pub(crate) fn renderer_call(settings: &ShopSettings) -> Option<PluginCall> {
    let wanted = PluginRef { name: RENDERER.to_owned(), major: None };
    let plugin = settings.plugin(PluginKind::Renderer, &wanted)?;
    Some(PluginCall {
        shop: settings.shop.id,
        digest: plugin.digest.clone(),
        config: json!({}),
        grants: Arc::new(plugin.grants.clone()),
        limits: plugin.limits,
    })
}

/// The text leaves of a variant, by JSON pointer. A leaf called `html` is escaped for HTML.
pub(crate) fn parts_of(body: &Value) -> Vec<TemplatePart> {
    let mut parts = Vec::new();
    collect(body, String::new(), &mut parts);
    parts
}

fn collect(value: &Value, pointer: String, parts: &mut Vec<TemplatePart>) {
    match value {
        Value::String(template) => {
            let escape = if pointer.ends_with("/html") { Escape::Html } else { Escape::None };
            parts.push(TemplatePart { name: pointer, template: template.clone(), escape });
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{place}"), parts);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                collect(field, format!("{pointer}/{escaped}"), parts);
            }
        }
        _ => {}
    }
}

fn filled(body: &Value, texts: &[(String, String)]) -> Value {
    let mut document = body.clone();
    for (pointer, text) in texts {
        if let Some(leaf) = document.pointer_mut(pointer) {
            *leaf = Value::String(text.clone());
        }
    }
    document
}

/// Addresses of this service that a message may say.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// Where the customer unsubscribes.
    pub unsubscribe_url: Option<String>,
    /// The picture of the cart; empty where none of its lines has one.
    pub image_grid: Option<String>,
}

/// What templates see. The names are those of the author's guide.
pub fn data_of(subject: &Subject, content: &Content, variables: &[(String, String)], addresses: &Addresses) -> Value {
    let customer = &subject.customer;
    let mut data = Map::new();
    for (name, value) in &content.defaults {
        data.insert(name.clone(), json!(value));
    }
    let mut set = |name: &str, value: Value| {
        // What is not known is left to the content's default.
        if !value.is_null() {
            data.insert(name.to_owned(), value);
        }
    };
    set("user_name", json!(customer.first_name));
    set("user_phone", json!(customer.phone));
    set("user_email", json!(customer.email));
    set("shop", json!({ "name": subject.shop.name, "currency": subject.shop.currency }));
    set(
        "customer",
        json!({
            "first_name": customer.first_name, "last_name": customer.last_name, "country": customer.country,
            "province": customer.province, "city": customer.city,
            "language": customer.language, "tags": customer.tags, "attributes": customer.attributes,
        }),
    );
    set("orders", json!({ "count": subject.orders().count(), "spent": subject.orders().spent(subject.shop.currency) }));
    if let Some(cart) = &subject.cart {
        let (lines, total, recovery_url) = (cart.lines(), cart.total(), cart.recovery_url());
        let grid = &addresses.image_grid;
        set("cart", json!({ "lines": lines, "total": total, "recovery_url": recovery_url, IMAGE_GRID: grid }));
        // Nobody is reminded of what is sold out, as long as there is something else.
        set("product", json!(lines.iter().find(|line| !line.is_sold_out()).or(lines.first())));
        set("recovery_link", json!(cart.recovery_url()));
    }
    if !subject.own.answers.is_empty() {
        set("step", json!(subject.own.answers));
    }
    for (name, value) in variables {
        set(name, json!(value));
    }
    set(UNSUBSCRIBE_URL, json!(addresses.unsubscribe_url));
    let mut data = Value::Object(data);
    without_marks(&mut data);
    data
}
