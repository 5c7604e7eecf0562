//! What requests carry, read so that whatever is wrong with it becomes a problem and never a 500.

mod body;
mod params;
mod query;

pub(crate) use body::{JsonBody, JsonValue, limited, read_json, say_missing};
pub(crate) use params::{Params, check_name};
pub(crate) use query::QueryOf;
