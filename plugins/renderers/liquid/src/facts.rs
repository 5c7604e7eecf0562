//! The recipient's data as Liquid sees it: whatever is absent is nil, however deep, so that `if` and `default` work
//! as their authors expect. (This Liquid otherwise fails on any name it does not know.)

use cartwright_sdk::serde_json::Value as Json;
use cartwright_sdk::types::Fault;
use liquid_core::model::ArrayView;
use liquid_core::model::{DisplayCow, KStringCow, ObjectView, ScalarCow, State, Value, ValueView};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An object that answers every name.
#[derive(Debug, Default)]
pub(crate) struct Facts(BTreeMap<String, Node>);

#[derive(Debug)]
enum Node {
    Nothing(Facts),
    Value(Value),
    List(Vec<Node>),
    Object(Facts),
}

static NOTHING: Node = Node::Nothing(Facts(BTreeMap::new()));

impl Facts {
    /// `fields` are the names that templates read from the items of lists: a loop copies its items, and a copy
    /// knows only what stands in it.
    pub(crate) fn new(data: Json, fields: &BTreeSet<String>) -> Result<Self, Fault> {
        match Node::new(data, fields) {
            Node::Object(facts) => Ok(facts),
            _ => Err(Fault::bad_input("the data of a recipient is a JSON object")),
        }
    }
}

impl Node {
    fn new(json: Json, fields: &BTreeSet<String>) -> Self {
        match json {
            Json::Null => Self::Nothing(Facts::default()),
            Json::Bool(bool) => Self::Value(Value::scalar(bool)),
            Json::Number(number) => Self::Value(match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::scalar(whole),
                (None, Some(float)) => Value::scalar(float),
                (None, None) => Value::scalar(number.to_string()),
            }),
            Json::String(text) => Self::Value(Value::scalar(text)),
            Json::Array(list) => Self::List(list.into_iter().map(|item| Self::item(item, fields)).collect()),
            Json::Object(object) => {
                let parts = object.into_iter().map(|(name, value)| (name, Self::new(value, fields)));
                Self::Object(Facts(parts.collect()))
            }
        }
    }

    fn item(json: Json, fields: &BTreeSet<String>) -> Self {
        let mut item = Self::new(json, fields);
        if let Self::Object(Facts(parts)) = &mut item {
            for field in fields {
                parts.entry(field.clone()).or_insert(Self::Nothing(Facts::default()));
            }
        }
        item
    }

    fn view(&self) -> &dyn ValueView {
        match self {
            Self::Nothing(_) => &Value::Nil,
            Self::Value(value) => value,
            Self::List(list) => list,
            Self::Object(facts) => facts,
        }
    }
}

impl ValueView for Node {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }
    fn render(&self) -> DisplayCow<'_> {
        self.view().render()
    }
    fn source(&self) -> DisplayCow<'_> {
        self.view().source()
    }
    fn type_name(&self) -> &'static str {
        self.view().type_name()
    }
    fn query_state(&self, state: State) -> bool {
        self.view().query_state(state)
    }
    fn to_kstr(&self) -> KStringCow<'_> {
        self.view().to_kstr()
    }
    fn to_value(&self) -> Value {
        self.view().to_value()
    }
    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        self.view().as_scalar()
    }
    fn as_array(&self) -> Option<&dyn ArrayView> {
        self.view().as_array()
    }
    fn as_object(&self) -> Option<&dyn ObjectView> {
        match self {
            // Nothing has parts, and each of them is nothing.
            Self::Nothing(facts) | Self::Object(facts) => Some(facts),
            Self::Value(_) | Self::List(_) => None,
        }
    }
    fn as_state(&self) -> Option<State> {
        self.view().as_state()
    }
    fn is_nil(&self) -> bool {
        self.view().is_nil()
    }
}

impl ValueView for Facts {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }
    fn render(&self) -> DisplayCow<'_> {
        self.0.render()
    }
    fn source(&self) -> DisplayCow<'_> {
        self.0.source()
    }
    fn type_name(&self) -> &'static str {
        "object"
    }
    fn query_state(&self, state: State) -> bool {
        self.0.query_state(state)
    }
    fn to_kstr(&self) -> KStringCow<'_> {
        self.0.to_kstr()
    }
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
    fn as_object(&self) -> Option<&dyn ObjectView> {
        Some(self)
    }
}

impl ObjectView for Facts {
    fn as_value(&self) -> &dyn ValueView {
        self
    }
    fn size(&self) -> i64 {
        self.0.len() as i64
    }
    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        ObjectView::keys(&self.0)
    }
    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        ObjectView::values(&self.0)
    }
    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        ObjectView::iter(&self.0)
    }
    fn contains_key(&self, _: &str) -> bool {
        true
    }
    fn get<'s>(&'s self, name: &str) -> Option<&'s dyn ValueView> {
        Some(self.0.get(name).unwrap_or(&NOTHING))
    }
}
