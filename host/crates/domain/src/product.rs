//! Products of the catalogue: what a cart line does not say itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::categories::Categories;
use crate::event::{DeletedProductBody, Line, ProductBody, Variant};
use crate::time::Timestamp;

/// A product as its source had it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// The platform's id, the key.
    pub product_id: String,
    /// What the customer sees.
    pub title: String,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Product page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_url: Option<String>,
    /// Product type, tags and collections.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub categories: Categories,
    /// All forms that it is sold in, as far as its source tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// It is sold no more. What is left of it is its id: carts still name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deleted: bool,
    /// By the source's clock: the newer record wins.
    pub updated_at: Timestamp,
}

impl Product {
    /// From an event.
    pub fn new(body: &ProductBody, occurred_at: Timestamp) -> Self {
        Self {
            product_id: body.product_id.clone(),
            title: body.title.clone(),
            image_url: body.image_url.clone(),
            product_url: body.product_url.clone(),
            categories: body.categories.clone(),
            variants: body.variants.clone(),
            is_deleted: false,
            updated_at: body.updated_at.unwrap_or(occurred_at),
        }
    }

    /// What is left of one that was deleted.
    pub fn deleted(body: &DeletedProductBody, occurred_at: Timestamp) -> Self {
        Self {
            product_id: body.product_id.clone(),
            title: String::new(),
            image_url: None,
            product_url: None,
            categories: Categories::default(),
            variants: Vec::new(),
            is_deleted: true,
            updated_at: occurred_at,
        }
    }

    /// Adds to a line what the line leaves out. What a platform says in the cart itself stands, but whether it can be
    /// bought: that is as of now.
    pub fn complete(&self, line: &mut Line) {
        let variant = self.variant_of(line);
        let is_gone = self.is_deleted || (variant.is_none() && !self.variants.is_empty() && line.variant_id.is_some());
        line.available = match is_gone {
            true => Some(false),
            false => variant.and_then(|variant| variant.available).or(line.available),
        };
        line.stock = match is_gone {
            true => None,
            false => variant.and_then(|variant| variant.stock).or(line.stock),
        };
        if line.image_url.is_none() {
            line.image_url = variant.and_then(|variant| variant.image_url.clone()).or_else(|| self.image_url.clone());
        }
        if line.product_url.is_none() {
            line.product_url.clone_from(&self.product_url);
        }
        line.categories.add(&self.categories);
    }

    /// By its id, else by its stock keeping unit; the only one where the line names neither.
    fn variant_of(&self, line: &Line) -> Option<&Variant> {
        let is_meant = |variant: &&Variant| match (&line.variant_id, &line.sku) {
            (Some(id), _) => variant.variant_id == *id,
            (None, Some(sku)) => variant.sku.as_ref() == Some(sku),
            (None, None) => self.variants.len() == 1,
        };
        self.variants.iter().find(is_meant)
    }
}
