//! How a value stands in a trace, and the value again from what stands there.

use cartwright_domain::contact::ConsentState;
use cartwright_domain::fact::FactValue;
use cartwright_domain::money::Money;
use cartwright_domain::time::Timestamp;
use cartwright_plugins_bindings::v0_2::imports::{cart, local_time, types};
use serde_json::{Value, json};

/// A value of a fact.
pub(super) trait Told: Sized {
    fn told(&self) -> FactValue;
    fn heard(value: &FactValue) -> Option<Self>;
}

macro_rules! told {
    ($($type:ty: $case:ident,)+) => {$(
        impl Told for $type {
            fn told(&self) -> FactValue {
                FactValue::$case(self.clone().into())
            }

            fn heard(value: &FactValue) -> Option<Self> {
                match value {
                    FactValue::$case(value) => value.clone().try_into().ok(),
                    _ => None,
                }
            }
        }
    )+};
}
told! {
    bool: Truth,
    u8: Number,
    u32: Number,
    String: Text,
    Money: Money,
    Timestamp: Instant,
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> FactValue {
        self.as_ref().map_or(FactValue::None, Told::told)
    }

    fn heard(value: &FactValue) -> Option<Self> {
        match value {
            FactValue::None => Some(None),
            value => T::heard(value).map(Some),
        }
    }
}

impl Told for Vec<String> {
    fn told(&self) -> FactValue {
        FactValue::Document(self.clone().into())
    }

    fn heard(value: &FactValue) -> Option<Self> {
        match value {
            FactValue::Document(list) => serde_json::from_value(list.clone()).ok(),
            _ => None,
        }
    }
}

macro_rules! told_by_name {
    ($type:ty: $($case:ident $name:literal,)+) => {
        impl Told for $type {
            fn told(&self) -> FactValue {
                match self {
                    $(Self::$case => $name,)+
                }
                .into()
            }

            fn heard(value: &FactValue) -> Option<Self> {
                match value {
                    $(FactValue::Text(text) if text == $name => Some(Self::$case),)+
                    _ => None,
                }
            }
        }
    };
}
told_by_name! {
    ConsentState:
    Unknown "unknown",
    Subscribed "subscribed",
    Unsubscribed "unsubscribed",
}
told_by_name! {
    local_time::Day:
    Monday "monday",
    Tuesday "tuesday",
    Wednesday "wednesday",
    Thursday "thursday",
    Friday "friday",
    Saturday "saturday",
    Sunday "sunday",
}

impl Told for cart::CartLine {
    fn told(&self) -> FactValue {
        let price = self.price.as_ref().map(|price| json!({"minor": price.minor, "currency": price.currency}));
        FactValue::Document(json!({
            "title": self.title,
            "sku": self.sku,
            "variant-id": self.variant_id,
            "quantity": self.quantity,
            "price": price,
            "image-url": self.image_url,
            "product-url": self.product_url,
        }))
    }

    fn heard(value: &FactValue) -> Option<Self> {
        let FactValue::Document(line) = value else { return None };
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let price = |price: &Value| {
            Some(types::Money { minor: price["minor"].as_i64()?, currency: price["currency"].as_str()?.to_owned() })
        };
        Some(Self {
            title: text("title")?,
            sku: text("sku"),
            variant_id: text("variant-id"),
            quantity: line["quantity"].as_u64()?.try_into().ok()?,
            price: price(&line["price"]),
            image_url: text("image-url"),
            product_url: text("product-url"),
        })
    }
}
