//! From schemars to OpenAPI. OpenAPI 3.1 takes JSON Schema 2020-12 as it is, but utoipa has its own narrower model;
//! so each schema travels through it in an extension, and is unpacked once the document is JSON.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, extensions::Extensions};
use utoipa::{PartialSchema, ToSchema};

const TRAVELLING: &str = "x-json-schema";

/// A type whose schema schemars knows, as utoipa wants to see it.
pub(crate) struct Described<T>(PhantomData<T>);

impl<T: JsonSchema> PartialSchema for Described<T> {
    fn schema() -> RefOr<Schema> {
        let packed = Extensions::from_iter([(TRAVELLING, definitions_of::<T>())]);
        ObjectBuilder::new().extensions(Some(packed)).build().into()
    }
}

impl<T: JsonSchema> ToSchema for Described<T> {
    fn name() -> Cow<'static, str> {
        T::schema_name()
    }
}

/// Makes types of this crate known to utoipa by their schemars schema.
macro_rules! described {
    ($($type:ty),+ $(,)?) => {$(
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                <$crate::openapi::Described<$type> as utoipa::PartialSchema>::schema()
            }
        }
        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                <$crate::openapi::Described<$type> as utoipa::ToSchema>::name()
            }
        }
    )+};
}
pub(crate) use described;

/// Every schema that a type needs, its own among them, by name.
fn definitions_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = Cow::Borrowed("/components/schemas");
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let own = generator.subschema_for::<T>();
    let mut definitions = generator.take_definitions(true);
    if !definitions.contains_key(T::schema_name().as_ref()) {
        definitions.insert(T::schema_name().into_owned(), own.to_value());
    }
    Value::Object(definitions)
}

/// Adds the schemas of a type that no operation names.
pub(crate) fn define<T: JsonSchema>(document: &mut Value) {
    if let (Value::Object(definitions), Some(schemas)) = (definitions_of::<T>(), schemas(document)) {
        for (name, schema) in definitions {
            add(schemas, name, schema);
        }
    }
}

/// Unpacks the schemas that travelled through utoipa.
pub(crate) fn put_in(document: &mut Value) {
    let Some(schemas) = schemas(document) else { return };
    let packed: Vec<String> = schemas.keys().filter(|name| schemas[*name].get(TRAVELLING).is_some()).cloned().collect();
    let parcels: Vec<Value> = packed.iter().filter_map(|name| schemas.remove(name)).collect();
    for parcel in parcels {
        if let Some(Value::Object(definitions)) = parcel.get(TRAVELLING) {
            for (name, schema) in definitions {
                add(schemas, name.clone(), schema.clone());
            }
        }
    }
}

fn schemas(document: &mut Value) -> Option<&mut Map<String, Value>> {
    let schemas = &mut document["components"]["schemas"];
    if schemas.is_null() {
        *schemas = json!({});
    }
    schemas.as_object_mut()
}

/// Two types of one name would make the document lie about one of them; the second stays visible under another name,
/// and a test refuses it.
fn add(schemas: &mut Map<String, Value>, name: String, schema: Value) {
    match schemas.get(&name) {
        Some(known) if *known != schema => schemas.insert(format!("{name}.clash"), schema),
        _ => schemas.insert(name, schema),
    };
}
