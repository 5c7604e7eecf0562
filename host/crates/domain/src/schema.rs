//! JSON Schemas of the texts that have their own grammar.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! text_schema {
    ($($type:ty, $name:literal, { $($json:tt)+ };)+) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ $($json)+ })
            }
        }
    )+};
}

text_schema! {
    crate::time::Timestamp, "Timestamp", {
        "type": ["string", "integer"], "format": "date-time",
        "description": "RFC 3339, such as 2026-11-02T10:00:00Z; or milliseconds since 1970."
    };
    crate::time::Span, "Span", {
        "type": "string", "pattern": "^( *[0-9]+ *(ms|s|m|h|d|w))+ *$",
        "description": "A length of time, such as 30m, 4h or 1d 12h."
    };
    crate::local::TimeOfDay, "TimeOfDay", {
        "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$",
        "description": "A time of day, such as 08:00; 24:00 only as an end."
    };
    crate::local::Day, "Day", {
        "type": "string", "format": "date", "description": "A date, such as 2026-12-24."
    };
    crate::local::Weekday, "Weekday", {
        "type": "string", "enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "description": "A day of the week."
    };
    crate::money::Currency, "Currency", {
        "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code."
    };
    crate::contact::Phone, "Phone", {
        "type": "string", "pattern": "^\\+[1-9][0-9]{4,14}$", "description": "E.164 phone number."
    };
    crate::contact::Email, "Email", {
        "type": "string", "format": "email"
    };
}

impl JsonSchema for crate::money::Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        crate::money::MoneyText::json_schema(generator)
    }
}
