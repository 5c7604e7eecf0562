//! What rules can be about.

use crate::webhook;

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A text that may be absent.
    Text,
    /// Only whether it is known.
    Known,
    /// A whole number, always known.
    Count,
    /// An amount of money that may be absent.
    Amount,
    /// A moment that may be absent.
    Instant,
    /// Several texts, always known.
    Many,
    /// An attribute: whatever it holds.
    Attribute,
    /// What a server of the shop's own answered: whatever that is.
    Answer,
}

/// The fields with their kinds; `customer.attributes.NAME` is one more for each attribute, and `step.NAME.PATH` for each
/// place of the answer to a webhook step.
pub const FIELDS: &[(&str, FieldKind)] = &[
    ("customer.country", FieldKind::Text),
    ("customer.province", FieldKind::Text),
    ("customer.city", FieldKind::Text),
    ("customer.language", FieldKind::Text),
    ("customer.time_zone", FieldKind::Text),
    ("customer.consent", FieldKind::Text),
    ("customer.email", FieldKind::Known),
    ("customer.phone", FieldKind::Known),
    ("customer.registered_at", FieldKind::Instant),
    ("customer.tags", FieldKind::Many),
    ("customer.lists", FieldKind::Many),
    ("orders.count", FieldKind::Count),
    ("orders.count_since_start", FieldKind::Count),
    ("orders.spent", FieldKind::Amount),
    ("orders.average", FieldKind::Amount),
    ("orders.first_at", FieldKind::Instant),
    ("orders.last_at", FieldKind::Instant),
    ("cart.total", FieldKind::Amount),
    ("cart.pieces", FieldKind::Count),
    ("cart.lines", FieldKind::Count),
    ("cart.available", FieldKind::Count),
    ("cart.sold_out", FieldKind::Count),
    ("cart.skus", FieldKind::Many),
    ("cart.product_types", FieldKind::Many),
    ("cart.tags", FieldKind::Many),
    ("cart.collections", FieldKind::Many),
    ("cart.categories", FieldKind::Many),
    ("cart.updated_at", FieldKind::Instant),
    ("messages.sent", FieldKind::Count),
    ("messages.delivered", FieldKind::Count),
    ("messages.read", FieldKind::Count),
    ("messages.clicked", FieldKind::Count),
    ("messages.replied", FieldKind::Count),
    ("messages.last_at", FieldKind::Instant),
    ("run.messages_sent", FieldKind::Count),
    ("run.started_at", FieldKind::Instant),
    ("local_time.weekday", FieldKind::Text),
    ("local_time.hour", FieldKind::Count),
];

/// The kind of a field, if there is such a field.
pub fn field_kind(field: &str) -> Option<FieldKind> {
    if field.strip_prefix("customer.attributes.").is_some_and(|name| !name.is_empty()) {
        return Some(FieldKind::Attribute);
    }
    if webhook::field(field).is_some() {
        return Some(FieldKind::Answer);
    }
    FIELDS.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind)
}

/// Whether a field counts or adds up what happened at several moments, so that a range can choose among them.
pub(super) fn takes_range(field: &str) -> bool {
    let counted = ["orders.count", "orders.spent", "orders.average"].contains(&field);
    counted || (field.starts_with("messages.") && field_kind(field) == Some(FieldKind::Count))
}

/// Whether a field is about goods, so that some can be meant.
pub(super) fn is_of_goods(field: &str) -> bool {
    (field.starts_with("orders.") && field != "orders.count_since_start")
        || ["cart.pieces", "cart.lines", "cart.available", "cart.sold_out"].contains(&field)
}

/// Whether a field is about messages of any run.
pub(super) fn is_of_messages(field: &str) -> bool {
    field.starts_with("messages.")
}

/// Whether a field is not known where no source of orders is connected (S11).
pub(super) fn is_of_orders(field: &str) -> bool {
    field.starts_with("orders.")
}
