//! What a content would say, before anybody gets it: rendered by the shop's renderer for a customer who was chosen, or
//! for made-up ones. Nothing is sent and nothing is kept.

use std::sync::Arc;

use cartwright_domain::cart::{Cart, Side};
use cartwright_domain::categories::Categories;
use cartwright_domain::content::Content;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::Line;
use cartwright_domain::facts::{Own, Subject};
use cartwright_domain::ids::{CartId, CustomerId, MessageId, RunId, ShopId, StrategyId, VersionId};
use cartwright_domain::money::Money;
use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::run::{Run, Trigger};
use cartwright_domain::shop::Shop;
use cartwright_domain::sms;
use cartwright_domain::template::{Known, Template};
use cartwright_domain::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::Engine;
use crate::mjml::make_all;
use crate::ports::{StoreError, Wanted};
use crate::render::{Addresses, Rendering, data_of};
use crate::settings::ShopSettings;
use crate::shorten::Shortener;

/// A content as one customer would get it.
#[derive(Debug)]
pub struct ContentPreview {
    /// The locale of the variant that was chosen.
    pub locale: String,
    /// What it says.
    pub document: Value,
    /// What the providers of the channels that it could go out over say of the template that it names.
    pub templates: Vec<TemplateStanding>,
    /// The length of its text, as a text message.
    pub length: Option<sms::Length>,
    /// The same with long names and titles (S25).
    pub longest: Option<sms::Length>,
}

/// What a channel's provider says of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateStanding {
    /// The channel, by its name in the shop.
    pub channel: String,
    /// What the content names it by.
    pub name: String,
    /// The template; none where the provider told all of its own, and it is not among them.
    pub template: Option<Template>,
}

/// Why there is nothing to be seen.
#[derive(Debug, thiserror::Error)]
pub enum NoPreview {
    /// The shop or the customer is not there.
    #[error("there is no such customer")]
    NoCustomer,
    /// No variant for the channel.
    #[error("it has no variant for this channel: add one")]
    NoVariant,
    /// A variant is written in MJML, and wrongly.
    #[error("{0}")]
    Fault(StrategyFault),
    /// The renderer said no.
    #[error("{0}")]
    Failed(PluginFailure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Renders a content, which need not be saved, on a channel: for a customer, or for a made-up one of a language.
    pub async fn preview_content(
        &self,
        shop: ShopId,
        content: &Content,
        channel: &str,
        language: Option<&str>,
        customer: Option<CustomerId>,
    ) -> Result<ContentPreview, NoPreview> {
        let settings = self.settings(shop).await?.ok_or(NoPreview::NoCustomer)?;
        let now = self.now();
        let subject = self.shown_subject(&settings, customer).await?.ok_or(NoPreview::NoCustomer)?;
        let longest = made_up(
            &settings.shop,
            "Maximiliane-Charlotte",
            "von Hohenstein-Sonnenberg",
            "Hand-hammered copper teapot with walnut handle, 1.2 litres, gift box",
            now,
        );
        let language = language.or(subject.customer.language.as_deref());
        let mut content = content.clone();
        if let Some(fault) = make_all(&mut content, "content.").await.into_iter().next() {
            return Err(NoPreview::Fault(fault));
        }
        let (variant, locale) = content.variant(channel, language).ok_or(NoPreview::NoVariant)?;
        let body = variant.sent();
        let mut wanted = Vec::with_capacity(2);
        for subject in [&subject, &longest] {
            let addresses = self.sample_addresses(&body, subject).await?;
            wanted.push(Rendering { body: &body, data: data_of(subject, &content, &[], &addresses) });
        }
        let mut rendered = self.render_all(&settings, &wanted).await.into_iter();
        let mut document = rendered.next().transpose().map_err(NoPreview::Failed)?.unwrap_or_default();
        let mut longest = rendered.next().and_then(Result::ok);
        for document in [&mut document].into_iter().chain(&mut longest) {
            self.shorten_sample(&settings.shop, document);
        }
        let length = |document: &Value| document.get("text").and_then(Value::as_str).map(sms::length);
        Ok(ContentPreview {
            locale: locale.to_owned(),
            templates: standings(&settings, channel, &variant.body, locale),
            length: length(&document),
            longest: longest.as_ref().and_then(length),
            document,
        })
    }

    /// As long as in a real message, and leading nowhere.
    fn shorten_sample(&self, shop: &Shop, document: &mut Value) {
        let (utm, message) = (shop.utm.clone(), MessageId(Uuid::nil()));
        let (key, public_url) = (Some([0; 32]), &*self.public_url);
        Shortener { shop, utm, message, key, public_url, links: Vec::new() }.shorten(document);
    }

    /// Whose data is shown: a customer's, or a made-up one's with a cart.
    pub(crate) async fn shown_subject(
        &self,
        settings: &ShopSettings,
        customer: Option<CustomerId>,
    ) -> Result<Option<Subject>, StoreError> {
        let now = self.now();
        match customer {
            Some(customer) => self.subject_of(settings.shop.id, customer, now).await,
            None => Ok(Some(made_up(&settings.shop, "Ana", "Lindqvist", "Copper teapot", now))),
        }
    }

    /// What a content that is tried says. Nobody unsubscribes there, and the link is as long as a real one: whoever
    /// tries it takes nothing from the customer.
    pub(crate) async fn sample_addresses(&self, body: &Value, subject: &Subject) -> Result<Addresses, StoreError> {
        let unsubscribe_url = Some(format!("{}/u/{}", self.public_url, "x".repeat(64)));
        Ok(Addresses { unsubscribe_url, image_grid: self.image_grid_url(body, subject).await? })
    }

    async fn subject_of(
        &self,
        shop: ShopId,
        customer: CustomerId,
        now: Timestamp,
    ) -> Result<Option<Subject>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        let Some(known) = self.store.customer(shop, customer).await? else { return Ok(None) };
        let wanted = Wanted { customers: vec![known.id], ..Wanted::default() };
        let world = self.load_world(&settings, &wanted).await?;
        Ok(world.subject(&nobodys_run(known.id, now), now))
    }
}

/// A run that there is not: whoever is looked at need not be on any way.
fn nobodys_run(customer: CustomerId, now: Timestamp) -> Run {
    let nothing = (StrategyId(Uuid::nil()), VersionId(Uuid::nil()));
    Run::settling(RunId(Uuid::nil()), nothing, customer, Trigger::default(), now)
}

/// Somebody with a cart of two pieces.
fn made_up(shop: &Arc<Shop>, first: &str, last: &str, title: &str, now: Timestamp) -> Subject {
    let id = CustomerId(Uuid::nil());
    let money = |amount: &str| Money::parse(amount, shop.currency).ok();
    let line = Line {
        title: title.to_owned(),
        quantity: 2,
        price: money("64"),
        sku: Some("TEA-1".to_owned()),
        product_id: Some("8101".to_owned()),
        variant_id: None,
        categories: Categories::default(),
        image_url: None,
        product_url: Some("https://shop.example/products/teapot".to_owned()),
        available: Some(true),
        stock: Some(7),
    };
    let side = Side {
        updated_at: now,
        lines: vec![line],
        total: money("128"),
        recovery_url: Some("https://shop.example/cart/c/Z2NwLXVzLWVhc3QxOjAxSkY4".to_owned()),
        pieces: None,
    };
    let customer = Customer {
        first_name: Some(first.to_owned()),
        last_name: Some(last.to_owned()),
        ..Customer::anonymous(id, now)
    };
    Subject {
        shop: Arc::clone(shop),
        customer: Arc::new(customer),
        cart: Some(Arc::new(Cart { cart: Some(side), ..Cart::new(CartId(Uuid::nil()), id, now) })),
        orders: Arc::from([]),
        orders_known: true,
        contacts: Arc::from([]),
        run: RunId(Uuid::nil()),
        strategy: "".into(),
        started_at: now,
        step: "".into(),
        messages_sent: 0,
        own: Own::default(),
        now,
    }
}

/// What providers say of the template that a body names, one by one; one that was not asked yet says nothing.
fn standings(settings: &ShopSettings, kind: &str, body: &Value, locale: &str) -> Vec<TemplateStanding> {
    let channels = settings.channels.values().map(|entry| &entry.value);
    let said = channels.filter_map(|channel| {
        let ability = channel.ability.as_ref().filter(|ability| ability.channel == kind)?;
        let (fields, book) = (ability.templates.as_ref()?, settings.templates.get(&channel.id)?);
        let (name, template) = match book.of_body(fields, body, locale) {
            Known::Unknown => return None,
            Known::Missing(name) => (name.to_owned(), None),
            Known::As(template) => (template.name.clone(), Some(template.clone())),
        };
        Some(TemplateStanding { channel: channel.name.clone(), name, template })
    });
    said.collect()
}
