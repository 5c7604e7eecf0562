//! Fixtures of `cartwright plugin test`: what the shop has, what the plugin is asked, and what it should answer.
//!
//! An author writes what is true of a customer, not what the plugin will ask: the very getters of the service answer
//! from it. What a fixture leaves out is usual, empty or not compared.

pub(crate) mod body;
pub(crate) mod exchange;
pub(crate) mod expectation;
pub(crate) mod facts;
mod signing;
pub(crate) mod tasks;

use cartwright_domain::event::read_json;
use cartwright_domain::plugin::PluginKind;
use cartwright_domain::shop::Grants;
use cartwright_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::strategy_file::text_of;
use exchange::{ResponseDocument, WebhookDocument};
use expectation::Expectation;
use facts::ShopFacts;
use tasks::TaskDocument;

/// One call of a plugin with everything it may see, and what should come of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    /// What it shows, such as `five orders are enough`; without, the name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The configuration of the step or connection.
    #[serde(default = "empty", skip_serializing_if = "is_empty")]
    pub(crate) config: Value,
    /// The moment.
    #[serde(default = "usual_moment")]
    pub(crate) now: Timestamp,
    /// What the shop allows; without, all that the plugin asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grants: Option<Grants>,
    /// Conditions and selectors: what is true of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts: Option<ShopFacts>,
    /// Selectors: the contents to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) candidates: Vec<CandidateDocument>,
    /// Channels and sources: what the plugin is asked to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) task: Option<TaskDocument>,
    /// Channels and sources: what the other side answers, round by round, in the order of the requests. Where no
    /// more are there, the fixture ends with the requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) responses: Vec<Vec<ResponseDocument>>,
    /// Channels and sources: what arrives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook: Option<WebhookDocument>,
    /// Channels and sources: secrets by name, values for tests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) secrets: BTreeMap<String, String>,
    /// Renderers: the text leaves of a content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) templates: Vec<TemplateDocument>,
    /// Renderers: the data of one recipient; without, the templates are only checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Value>,
    /// What should come of it.
    #[serde(default)]
    pub(crate) expect: Expectation,
    /// What it may use at most, below the limits of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) budget: Option<Budget>,
}

/// A content that a selector may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CandidateDocument {
    /// Name of the content.
    pub(crate) name: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
}

/// A text leaf of a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateDocument {
    /// JSON pointer of the leaf, such as `/text`.
    pub(crate) name: String,
    /// The template.
    pub(crate) template: String,
    /// Whether values are escaped for HTML.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) html: bool,
}

/// What a fixture may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// Milliseconds of running, the median of five calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ms: Option<f64>,
    /// MiB of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mib: Option<f64>,
}

fn empty() -> Value {
    json!({})
}

fn is_empty(config: &Value) -> bool {
    config.as_object().is_some_and(serde_json::Map::is_empty)
}

/// 2026-01-15 12:00 UTC, a Thursday: the same on every machine and every day.
fn usual_moment() -> Timestamp {
    Timestamp::from_millis(1_768_478_400_000)
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            schema: None,
            name: None,
            config: empty(),
            now: usual_moment(),
            grants: None,
            facts: None,
            candidates: Vec::new(),
            task: None,
            responses: Vec::new(),
            webhook: None,
            secrets: BTreeMap::new(),
            templates: Vec::new(),
            data: None,
            expect: Expectation::default(),
            budget: None,
        }
    }
}

impl Fixture {
    /// Refuses parts that a kind of plugin has no use for: they would be believed to matter.
    pub(crate) fn fits(&self, kind: PluginKind) -> Result<(), String> {
        use PluginKind::{Channel, Condition, Renderer, Selector, Source};
        let parts: [(&str, bool, &[PluginKind]); 8] = [
            ("facts", self.facts.is_some(), &[Condition, Selector]),
            ("candidates", !self.candidates.is_empty(), &[Selector]),
            ("task", self.task.is_some(), &[Channel, Source]),
            ("responses", !self.responses.is_empty(), &[Channel, Source]),
            ("webhook", self.webhook.is_some(), &[Channel, Source]),
            ("secrets", !self.secrets.is_empty(), &[Channel, Source]),
            ("templates", !self.templates.is_empty(), &[Renderer]),
            ("data", self.data.is_some(), &[Renderer]),
        ];
        let stray = parts.iter().find(|(_, there, kinds)| *there && !kinds.contains(&kind));
        if let Some((part, _, kinds)) = stray {
            let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
            return Err(format!("`{part}` is for {}s, and this is a {kind}; leave it out", kinds.join("s and ")));
        }
        let missing = match kind {
            Condition => None,
            Selector => self.candidates.is_empty().then_some("`candidates`, the contents to choose from"),
            Channel | Source if self.task.is_some() && self.webhook.is_some() => {
                return Err("`task` and `webhook` are two calls; make a fixture of each".to_owned());
            }
            Channel | Source => {
                (self.task.is_none() && self.webhook.is_none()).then_some("`task` or `webhook`, what it is asked")
            }
            Renderer => self.templates.is_empty().then_some("`templates`, the texts to render"),
        };
        missing.map_or(Ok(()), |what| Err(format!("a fixture for a {kind} needs {what}")))
    }
}

/// A fixture and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The file.
    pub(crate) file: PathBuf,
    /// Its place in a file with several.
    pub(crate) place: Option<usize>,
    pub(crate) fixture: Fixture,
}

impl Placed {
    /// What it is called.
    pub(crate) fn name(&self) -> String {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        match (&self.fixture.name, self.place) {
            (Some(name), _) => name.clone(),
            (None, Some(place)) => format!("{stem}[{place}]"),
            (None, None) => stem.into_owned(),
        }
    }
}

/// The fixtures of a file, or of every `.json` file of a folder in the order of their names.
pub(crate) fn read(path: &Path) -> Result<Vec<Placed>, Failure> {
    if !path.is_dir() {
        return read_file(path);
    }
    let entries = std::fs::read_dir(path)
        .map_err(|error| Failure::bad_input(format!("{} cannot be read: {error}", path.display())))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    let mut found = Vec::new();
    for file in &files {
        found.extend(read_file(file)?);
    }
    if found.is_empty() {
        return Err(Failure::bad_input(format!(
            "{} holds no fixture; write one as a .json file (`cartwright plugin schema` prints its form)",
            path.display()
        )));
    }
    Ok(found)
}

fn read_file(path: &Path) -> Result<Vec<Placed>, Failure> {
    let file = path.display();
    let value: Value = serde_json::from_str(&text_of(path)?)
        .map_err(|error| Failure::bad_input(format!("{file} is no JSON: {error}; correct that place")))?;
    let parsed = |place: Option<usize>, value: Value| {
        let root = place.map_or_else(String::new, |place| format!("[{place}]"));
        let fixture: Fixture = read_json(&root, value).map_err(|fault| {
            let place = if fault.field.is_empty() { String::new() } else { format!(", at {}", fault.field) };
            let hint = "`cartwright plugin schema` prints what is";
            Failure::bad_input(format!("{file} is no fixture{place}: {}; {hint}", fault.message))
        })?;
        Ok(Placed { file: path.to_owned(), place, fixture })
    };
    match value {
        Value::Array(list) => list.into_iter().enumerate().map(|(place, value)| parsed(Some(place), value)).collect(),
        one => parsed(None, one).map(|fixture| vec![fixture]),
    }
}

/// Writes fixtures back into their files, each file in the form it had.
pub(crate) fn write(fixtures: &[Placed]) -> Result<(), Failure> {
    for group in fixtures.chunk_by(|one, next| one.file == next.file) {
        let documents: Vec<&Fixture> = group.iter().map(|placed| &placed.fixture).collect();
        let written = match group {
            [Placed { place: None, fixture, .. }] => serde_json::to_string_pretty(fixture),
            _ => serde_json::to_string_pretty(&documents),
        };
        let file = &group[0].file;
        let text = written.map_err(|error| Failure::failed(format!("{} as JSON: {error}", file.display())))?;
        std::fs::write(file, text + "\n")
            .map_err(|error| Failure::bad_input(format!("{} cannot be written: {error}", file.display())))?;
    }
    Ok(())
}

/// What a fixture file may be.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum FixtureFile {
    One(Box<Fixture>),
    Several(Vec<Fixture>),
}

/// The JSON Schema of fixture files.
pub(crate) fn schema() -> Value {
    schemars::schema_for!(FixtureFile).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `host/docs/plugins/fixture.schema.json` is what editors are pointed at.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "how a person asks for the file to be written")]
    fn the_published_schema_is_that_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plugins/fixture.schema.json");
        let now = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_FIXTURE_SCHEMA").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == now, "run UPDATE_FIXTURE_SCHEMA=1 cargo test -p cartwright fixture");
    }

    /// Every fixture of the scaffolds and examples, read as `plugin test` does.
    #[test]
    fn the_fixtures_that_come_along_can_be_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("scaffolds"), root.join("../examples")];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            if folder.ends_with("fixtures") {
                count += read(&folder).unwrap_or_else(|failure| panic!("{failure:?}")).len();
                continue;
            }
            let unwanted = ["node_modules", "target", ".venv"];
            let entries = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
            folders.extend(entries.filter(|path| path.is_dir() && !unwanted.iter().any(|name| path.ends_with(name))));
        }
        assert!(count > 20, "only {count} fixtures were found");
    }

    #[test]
    fn what_a_kind_has_no_use_for_is_refused() {
        let fixture = Fixture { data: Some(json!({})), ..Fixture::default() };
        let refused = fixture.fits(PluginKind::Condition).unwrap_err();
        assert_eq!(refused, "`data` is for renderers, and this is a condition; leave it out");
        let missing = Fixture::default().fits(PluginKind::Channel).unwrap_err();
        assert_eq!(missing, "a fixture for a channel needs `task` or `webhook`, what it is asked");
        assert_eq!(Fixture::default().fits(PluginKind::Condition), Ok(()));
    }
}
