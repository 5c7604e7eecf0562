//! Carts, checkouts and products.

use cartwright_sdk::Amount;
use cartwright_sdk::events::{self, Fact, Subject};
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::{Fault, Money};
use serde::{Deserialize, Deserializer};

use crate::people::{Buyer, tags};
use crate::topics::{Circumstances, News};

/// A line of a cart, checkout or order.
#[derive(Deserialize)]
pub(crate) struct Line {
    title: String,
    quantity: u32,
    product_id: Option<Id>,
    variant_id: Option<Id>,
    #[serde(default, deserialize_with = "json::text")]
    sku: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    price: Option<String>,
    price_set: Option<Prices>,
    line_price_set: Option<Prices>,
}

/// An amount in the shop's currency; the customer's stands beside it and is not read.
#[derive(Deserialize)]
pub(crate) struct Prices {
    shop_money: ShopMoney,
}

#[derive(Deserialize)]
struct ShopMoney {
    amount: String,
    currency_code: String,
}

impl Prices {
    pub(crate) fn read(&self) -> Amount {
        let ShopMoney { amount, currency_code } = &self.shop_money;
        Amount { amount: amount.clone(), currency: currency_code.clone() }
    }
}

impl Line {
    /// `currency` is that of the whole record; a cart has none and names it in `price_set` only.
    pub(crate) fn read(&self, currency: Option<&str>) -> events::Line {
        let bare = || Some(Amount { amount: self.price.clone()?, currency: currency?.to_owned() });
        events::Line {
            title: self.title.clone(),
            quantity: self.quantity,
            price: self.price_set.as_ref().map(Prices::read).or_else(bare),
            sku: self.sku.clone(),
            product_id: self.product_id.clone().map(|id| id.0),
            variant_id: self.variant_id.clone().map(|id| id.0),
        }
    }
}

pub(crate) fn cart(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct Cart {
        token: String,
        #[serde(default, deserialize_with = "json::list")]
        line_items: Vec<Line>,
        updated_at: Moment,
    }
    let cart: Cart = json::input(body)?;
    let fact = Fact::CartUpdated(events::Cart {
        lines: cart.line_items.iter().map(|line| line.read(None)).collect(),
        total: total(&cart.line_items),
        updated_at: Some(cart.updated_at),
        recovery_url: permalink(around, &cart.line_items),
        ..events::Cart::default()
    });
    let subject = Subject { cart: Some(cart.token), ..Subject::default() };
    Ok(Some(News { occurred_at: cart.updated_at.0, subject, fact: fact.into() }))
}

pub(crate) fn checkout(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct Checkout {
        token: String,
        #[serde(default, deserialize_with = "json::text")]
        cart_token: Option<String>,
        currency: String,
        #[serde(default, deserialize_with = "json::text")]
        total_price: Option<String>,
        #[serde(default, deserialize_with = "json::list")]
        line_items: Vec<Line>,
        updated_at: Moment,
        completed_at: Option<Moment>,
        /// Absent where the app was not granted the customer's protected fields.
        #[serde(default, deserialize_with = "json::text")]
        abandoned_checkout_url: Option<String>,
    }
    let checkout: Checkout = json::input(body)?;
    let (subject, customer) = json::input::<Buyer>(body)?.read();
    let fact = Fact::CheckoutUpdated(events::Cart {
        lines: checkout.line_items.iter().map(|line| line.read(Some(&checkout.currency))).collect(),
        total: checkout.total_price.map(|amount| Amount { amount, currency: checkout.currency }),
        updated_at: Some(checkout.updated_at),
        completed_at: checkout.completed_at,
        recovery_url: checkout.abandoned_checkout_url.or_else(|| permalink(around, &checkout.line_items)),
        customer: Some(customer),
        ..events::Cart::default()
    });
    let subject = Subject { cart: checkout.cart_token, checkout: Some(checkout.token), ..subject };
    let occurred_at = checkout.completed_at.unwrap_or(checkout.updated_at).0;
    Ok(Some(News { occurred_at, subject, fact: fact.into() }))
}

/// What is gone holds nothing any more. Only its cart is named.
pub(crate) fn checkout_deleted(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct Gone {
        #[serde(default, deserialize_with = "json::text")]
        token: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        cart_token: Option<String>,
    }
    let gone: Gone = json::input(body)?;
    if gone.token.is_none() && gone.cart_token.is_none() {
        return Ok(None);
    }
    let fact =
        Fact::CheckoutUpdated(events::Cart { updated_at: Some(Moment(around.told_at)), ..events::Cart::default() });
    let subject = Subject { cart: gone.cart_token, checkout: gone.token, ..Subject::default() };
    Ok(Some(News { occurred_at: around.told_at, subject, fact: fact.into() }))
}

/// The sum of the lines, where all have a price in one currency.
fn total(lines: &[Line]) -> Option<Amount> {
    let mut sum: Option<Money> = None;
    for line in lines {
        let price = Money::try_from(&line.line_price_set.as_ref()?.read()).ok()?;
        sum = Some(match sum {
            None => price,
            Some(sum) if sum.currency == price.currency => Money { minor: sum.minor.checked_add(price.minor)?, ..sum },
            Some(_) => return None,
        });
    }
    sum.as_ref().map(Amount::from)
}

/// A link that fills a cart with the same goods.
fn permalink(around: &Circumstances, lines: &[Line]) -> Option<String> {
    let shop = around.shop.as_ref()?;
    let goods: Option<Vec<String>> =
        lines.iter().map(|line| Some(format!("{}:{}", line.variant_id.as_ref()?.0, line.quantity))).collect();
    goods.filter(|goods| !goods.is_empty()).map(|goods| format!("https://{shop}/cart/{}", goods.join(",")))
}

pub(crate) fn product(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    struct Product {
        id: Id,
        title: String,
        #[serde(default, deserialize_with = "json::text")]
        handle: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        product_type: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        tags: Option<String>,
        image: Option<Image>,
        #[serde(default, deserialize_with = "json::list")]
        images: Vec<Image>,
        #[serde(default, deserialize_with = "json::list")]
        variants: Vec<Variant>,
        #[serde(default, deserialize_with = "json::list")]
        variant_gids: Vec<Gid>,
        #[serde(default, deserialize_with = "json::text")]
        status: Option<String>,
        updated_at: Option<Moment>,
    }
    let product: Product = json::input(body)?;
    let categories = events::Categories {
        product_types: product.product_type.into_iter().collect(),
        tags: product.tags.as_deref().map(tags).unwrap_or_default(),
        collections: Vec::new(),
    };
    let page = |handle: &String| Some(format!("https://{}/products/{handle}", around.shop.as_ref()?));
    let is_sold = product.status.as_deref().is_none_or(|status| status == "active");
    let fact = Fact::ProductUpdated(events::Product {
        variants: forms(&product.variants, &product.variant_gids, is_sold, &product.images),
        product_id: product.id.0,
        title: product.title,
        image_url: product.image.and_then(|image| image.src),
        product_url: product.handle.as_ref().and_then(page),
        categories,
        updated_at: product.updated_at,
    });
    let occurred_at = product.updated_at.map_or(around.told_at, |moment| moment.0);
    Ok(Some(News { occurred_at, subject: Subject::default(), fact: fact.into() }))
}

#[derive(Deserialize)]
struct Image {
    id: Option<Id>,
    #[serde(default, deserialize_with = "json::text")]
    src: Option<String>,
}

#[derive(Deserialize)]
struct Variant {
    id: Id,
    #[serde(default, deserialize_with = "json::text")]
    sku: Option<String>,
    image_id: Option<Id>,
    /// Of all places together; what is sold beyond the stock is below 0.
    inventory_quantity: Option<i64>,
    /// `continue`: sold beyond the stock.
    #[serde(default, deserialize_with = "json::text")]
    inventory_policy: Option<String>,
    /// Who counts, and `null` where nobody does. Webhooks of the versions in service leave it out.
    #[serde(default, deserialize_with = "told")]
    inventory_management: Option<Option<String>>,
}

/// Of each variant, also of those that are not told whole.
#[derive(Deserialize)]
struct Gid {
    admin_graphql_api_id: String,
}

/// So many variants are told whole; of the others webhooks tell the ids.
const WHOLE: usize = 100;

/// What is there is told, be it `null`.
fn told<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// All forms that a product is sold in; none where those beyond the hundredth are not told at all.
fn forms(whole: &[Variant], gids: &[Gid], is_sold: bool, images: &[Image]) -> Vec<events::Variant> {
    if whole.len() >= WHOLE && gids.is_empty() {
        return Vec::new();
    }
    let ids = gids.iter().filter_map(|gid| gid.admin_graphql_api_id.rsplit('/').next());
    let others = ids.filter(|id| whole.iter().all(|variant| variant.id.0 != **id)).map(|id| events::Variant {
        variant_id: id.to_owned(),
        available: (!is_sold).then_some(false),
        ..events::Variant::default()
    });
    whole.iter().map(|variant| variant.read(is_sold, images)).chain(others).collect()
}

impl Variant {
    fn read(&self, is_sold: bool, images: &[Image]) -> events::Variant {
        let own = |image: &&Image| image.id.is_some() && image.id == self.image_id;
        // Where nobody says who counts: 0 also stands where nobody does, and any other number is counted.
        let is_counted = match (&self.inventory_management, self.inventory_quantity) {
            (Some(by), _) => Some(by.is_some()),
            (None, quantity) => quantity.filter(|quantity| *quantity != 0).map(|_| true),
        };
        let counted = self.inventory_quantity.filter(|_| is_counted == Some(true));
        let is_endless = self.inventory_policy.as_deref() == Some("continue");
        let can_be_bought = match is_counted {
            _ if is_endless => Some(true),
            Some(true) => Some(counted.is_none_or(|pieces| pieces > 0)),
            Some(false) => Some(true),
            None => None,
        };
        events::Variant {
            variant_id: self.id.0.clone(),
            sku: self.sku.clone(),
            image_url: images.iter().find(own).and_then(|image| image.src.clone()),
            available: if is_sold { can_be_bought } else { Some(false) },
            stock: counted.map(|pieces| u32::try_from(pieces.max(0)).unwrap_or(u32::MAX)),
        }
    }
}

/// Only its id is told; a longer body is another topic's, because topics are not signed.
pub(crate) fn product_deleted(body: &[u8], around: &Circumstances) -> Result<Option<News>, Fault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Gone {
        id: Id,
    }
    let gone: Gone = json::input(body)?;
    let fact = Fact::ProductDeleted(events::DeletedProduct { product_id: gone.id.0 });
    Ok(Some(News { occurred_at: around.told_at, subject: Subject::default(), fact: fact.into() }))
}
