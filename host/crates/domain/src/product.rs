//! Products of the catalogue: what a cart line does not say itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::categories::Categories;
use crate::event::{Line, ProductBody};
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
            updated_at: body.updated_at.unwrap_or(occurred_at),
        }
    }

    /// Adds to a line what the line leaves out. What a platform says in the cart itself stands.
    pub fn complete(&self, line: &mut Line) {
        if line.image_url.is_none() {
            line.image_url.clone_from(&self.image_url);
        }
        if line.product_url.is_none() {
            line.product_url.clone_from(&self.product_url);
        }
        line.categories.add(&self.categories);
    }
}
