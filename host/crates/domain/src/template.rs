//! Templates that a provider keeps and approves: what is known of a channel's, and what that means for a content.
//!
//! Pure: the engine asks the provider, or hears its webhooks, and tells here what was said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::alert::AlertCode;
use crate::content::Content;
use crate::ids::ConnectionId;
use crate::shop::Connection;
use crate::time::{Span, Timestamp};

/// A provider is asked for its templates so often.
pub const ASKED_EVERY: Span = Span::hours(1);
/// After a refusal it is asked again so much later.
const AGAIN_AFTER: Span = Span::minutes(15);
/// Nobody else asks while somebody does.
const LEASE: Span = Span::minutes(2);
/// The provider's clock may be as far behind ours, and tells whole seconds.
const SLACK: Span = Span::minutes(1);
/// The keyword in a channel's content schema by which a field says that it names a template.
const KEYWORD: &str = "x-template";

/// Where a template stands with its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateState {
    /// Not decided yet.
    Pending,
    /// It may be sent.
    Approved,
    /// It may not.
    Rejected,
    /// It may not for a while.
    Paused,
}

impl TemplateState {
    /// The word in JSON and in facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Paused => "paused",
        }
    }

    /// What a person can do about it; none where nothing has to be done.
    pub fn next_step(self) -> Option<&'static str> {
        self.step().map(AlertCode::english)
    }

    /// The sentence that says so.
    pub fn step(self) -> Option<AlertCode> {
        match self {
            Self::Approved => None,
            Self::Pending => Some(AlertCode::AwaitTemplate),
            Self::Rejected => Some(AlertCode::ChangeTemplate),
            Self::Paused => Some(AlertCode::AwaitPausedTemplate),
        }
    }
}

/// The fields of a content's body by which a channel's variants name a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateFields {
    /// The field that holds its name.
    pub name: String,
    /// The field that holds its language, where the provider tells templates apart by it; a body without one means the
    /// variant's locale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

impl TemplateFields {
    /// As a content schema says: properties with `"x-template": "name"` and `"x-template": "locale"`.
    pub fn of(schema: &Value) -> Option<Self> {
        let fields = schema.get("properties")?.as_object()?;
        let named = |what: &str| {
            let says = |field: &Value| field.get(KEYWORD).and_then(Value::as_str) == Some(what);
            fields.iter().find(|(_, field)| says(field)).map(|(name, _)| name.clone())
        };
        Some(Self { name: named("name")?, locale: named("locale") })
    }

    /// The name and language by which a body names a template; none where only rendering would tell.
    pub fn named<'a>(&self, body: &'a Value, locale: &'a str) -> Option<(&'a str, Option<&'a str>)> {
        let text = |field: &str| body.get(field).and_then(Value::as_str);
        let name = text(&self.name).filter(|name| !name.is_empty())?;
        let locale = self.locale.as_ref().map(|field| text(field).unwrap_or(locale));
        let is_open = |text: &str| text.contains("{{") || text.contains("{%");
        (!is_open(name) && !locale.is_some_and(is_open)).then_some((name, locale))
    }
}

/// A template as its provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Template {
    /// What contents name it by.
    pub name: String,
    /// What people call it at the provider, where that is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// Where it stands.
    pub state: TemplateState,
    /// The provider's words on it, such as why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// As of when.
    pub told_at: Timestamp,
}

/// What a webhook tells of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateNews {
    /// What contents name it by.
    pub name: String,
    /// BCP 47; none where the provider tells templates apart by name alone.
    pub locale: Option<String>,
    /// Where it stands.
    pub state: TemplateState,
    /// The provider's words on it.
    pub words: Option<String>,
    /// When, by the provider's clock.
    pub at: Timestamp,
}

/// What is known of the templates of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateBook {
    /// Whose.
    pub connection: ConnectionId,
    /// When the provider is asked next; none while its plugin cannot ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it last told all of them; none until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<Timestamp>,
    /// Why it did not the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// By name and locale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Template>,
}

/// The books of a shop's channels.
pub type TemplateBooks = BTreeMap<ConnectionId, TemplateBook>;

/// What a provider says of the template that a variant names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// Nobody has asked yet, or only rendering tells which it is.
    Unknown,
    /// The provider told all its templates, and it is not among them.
    Missing(&'a str),
    /// It is this one.
    As(&'a Template),
}

impl TemplateBook {
    /// A channel whose templates nobody has asked for.
    pub fn new(connection: ConnectionId) -> Self {
        Self { connection, due_at: None, listed_at: None, trouble: None, templates: Vec::new() }
    }

    /// Whether somebody has to ask, or nobody can any more.
    pub fn plan(&mut self, can_list: bool, now: Timestamp) {
        self.due_at = if can_list { self.due_at.or(Some(now)) } else { None };
    }

    /// Whether the provider is to be asked by now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }

    /// Somebody asks.
    pub fn begin(&mut self, now: Timestamp) {
        self.due_at = Some(now + LEASE);
    }

    /// The provider told all its templates, when it was asked at a moment. What a webhook told later stands.
    pub fn list(&mut self, told: Vec<Template>, asked_at: Timestamp, now: Timestamp) {
        let later = |known: &&Template| known.told_at > asked_at;
        let later: Vec<Template> = self.templates.iter().filter(later).cloned().collect();
        let kept: BTreeSet<_> = later.iter().map(|known| (known.name.clone(), key_of(&known.locale))).collect();
        let fresh = told.into_iter().filter(|one| !kept.contains(&(one.name.clone(), key_of(&one.locale))));
        self.templates = later.iter().cloned().chain(fresh).collect();
        self.sort();
        self.listed_at = Some(asked_at);
        self.trouble = None;
        self.due_at = Some(now + ASKED_EVERY);
    }

    /// The provider did not tell.
    pub fn fail(&mut self, why: String, now: Timestamp) {
        self.trouble = Some(why);
        self.due_at = Some(now + AGAIN_AFTER);
    }

    /// A webhook told of one; what is older than what is known changes nothing.
    pub fn tell(&mut self, news: &TemplateNews, now: Timestamp) {
        let TemplateNews { name, locale, state, words, at } = news.clone();
        let known = self.templates.iter_mut().find(|known| {
            known.name == name && locale.as_ref().is_none_or(|locale| key_of(locale) == key_of(&known.locale))
        });
        match known {
            Some(known) if at + SLACK < known.told_at => {}
            Some(known) => {
                (known.state, known.words) = (state, words);
                known.told_at = now.max(known.told_at);
            }
            None => {
                let locale = locale.unwrap_or_default();
                self.templates.push(Template { name, title: None, locale, state, words, told_at: now });
                self.sort();
            }
        }
    }

    /// A template was made, or made anew.
    pub fn put(&mut self, template: Template) {
        let is_it = |known: &Template| known.name == template.name && key_of(&known.locale) == key_of(&template.locale);
        self.templates.retain(|known| !is_it(known));
        self.templates.push(template);
        self.sort();
    }

    fn sort(&mut self) {
        self.templates.sort_by(|one, other| (&one.name, &one.locale).cmp(&(&other.name, &other.locale)));
    }

    fn find(&self, name: &str, locale: Option<&str>) -> Option<&Template> {
        let fits = |known: &&Template| {
            known.name == name && locale.is_none_or(|locale| key_of(locale) == key_of(&known.locale))
        };
        self.templates.iter().find(fits)
    }

    /// What the provider says of the template that a body names.
    pub fn of_body<'a>(&'a self, fields: &TemplateFields, body: &'a Value, locale: &'a str) -> Known<'a> {
        let Some((name, locale)) = fields.named(body, locale) else { return Known::Unknown };
        match self.find(name, locale) {
            Some(template) => Known::As(template),
            None if self.listed_at.is_some() => Known::Missing(name),
            None => Known::Unknown,
        }
    }

    /// What the provider says of the templates that a content names on a channel, whatever its language.
    pub fn of_content<'a>(&'a self, channel: &Connection, content: &'a Content) -> Vec<(usize, Known<'a>)> {
        let Some(ability) = &channel.ability else { return Vec::new() };
        let Some(fields) = &ability.templates else { return Vec::new() };
        let variants = content.variants.iter().enumerate().filter(|(_, variant)| variant.channel == ability.channel);
        let locale = |locale: &'a Option<String>| locale.as_deref().unwrap_or(&content.default_locale);
        variants.map(|(place, variant)| (place, self.of_body(fields, &variant.body, locale(&variant.locale)))).collect()
    }

    /// Whether a template that a content names on a channel is refused.
    pub fn refuses(&self, channel: &Connection, content: &Content) -> bool {
        let is_refused = |known: &Known<'_>| matches!(known, Known::As(template) if template.is_refused());
        self.of_content(channel, content).iter().any(|(_, known)| is_refused(known))
    }

    /// The template that keeps a content from going out over a channel to somebody of a language.
    pub fn obstacle(&self, channel: &Connection, content: &Content, language: Option<&str>) -> Option<&Template> {
        let ability = channel.ability.as_ref()?;
        let (variant, locale) = content.variant(&ability.channel, language)?;
        let (name, locale) = ability.templates.as_ref()?.named(&variant.body, locale)?;
        self.find(name, locale).filter(|template| template.state != TemplateState::Approved)
    }
}

impl Template {
    /// Whether only people can put it right: waiting does not.
    pub fn is_refused(&self) -> bool {
        matches!(self.state, TemplateState::Rejected | TemplateState::Paused)
    }

    /// Where it stands, in the provider's words, for people and traces.
    pub fn said(&self) -> String {
        let language = if self.locale.is_empty() { String::new() } else { format!(" ({})", self.locale) };
        match &self.words {
            Some(words) => format!("{}{language} is {}: {words}", self.name, self.state.name()),
            None => format!("{}{language} is {}", self.name, self.state.name()),
        }
    }
}

/// Language and region: scripts are no part of how providers write them.
fn key_of(locale: &str) -> (String, Option<String>) {
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().unwrap_or_default().to_ascii_lowercase();
    (language, parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase))
}

#[cfg(test)]
mod tests;
