//! Contents: saved as immutable revisions, after their templates and bodies were found to be sound.

use cartwright_domain::content::Content;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{PluginKind, PluginRecord, active_plugin};
use cartwright_domain::publish::{FaultCode, StrategyFault, content_faults};
use cartwright_domain::said::Said;
use cartwright_domain::shop::{Connection, PluginRef};
use cartwright_domain::template::{Known, TemplateBooks, TemplateState};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Value, json};

use crate::Engine;
use crate::holdings::{Holdings, plugin_call};
use crate::mjml::make_all;
use crate::ports::StoreError;
use crate::publish::list;
use crate::render::{RENDERER, parts_of};
use crate::unsubscribe::UNSUBSCRIBE_URL;

/// What [`crate::data_of`] gives every message, as far as it is known.
const VARIABLES: [&str; 11] = [
    "user_name",
    "user_phone",
    "user_email",
    "shop",
    "customer",
    "orders",
    "cart",
    "product",
    "recovery_link",
    "step",
    UNSUBSCRIBE_URL,
];

/// Why a content was not saved.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// These are wrong.
    #[error("{}", list(.0))]
    Faults(Vec<StrategyFault>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A content that was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedContent {
    /// Its revision: 1, 2, 3 …
    pub revision: u32,
    /// What is worth a look and was let pass.
    pub warnings: Vec<StrategyFault>,
}

impl Engine {
    /// Everything that is wrong with a content.
    pub async fn check_content(&self, shop: ShopId, content: &Content) -> Result<Vec<StrategyFault>, StoreError> {
        let holdings = self.holdings(shop).await?;
        let mut faults = Vec::new();
        content_faults(content, "", &mut faults);
        self.body_faults(&holdings, content, "", &mut faults).await;
        Ok(faults)
    }

    /// Saves a content as its next revision. Published versions keep the revision they have.
    pub async fn save_content(&self, shop: ShopId, mut content: Content) -> Result<SavedContent, ContentError> {
        let faults = self.check_content(shop, &content).await?;
        if faults.iter().any(StrategyFault::refuses) {
            return Err(ContentError::Faults(faults));
        }
        // What was wrong with it was said above.
        make_all(&mut content, "").await;
        let revision = self.store.save_content(shop, &content, self.now()).await?;
        Ok(SavedContent { revision, warnings: faults })
    }

    /// What the renderer says against a content's templates, and the schemas of the shop's channels against its
    /// bodies; a channel that is not connected has no say.
    pub(crate) async fn body_faults(
        &self,
        holdings: &Holdings,
        content: &Content,
        path: &str,
        faults: &mut Vec<StrategyFault>,
    ) {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
        let path_of = |place: usize, field: &str| format!("{prefix}variants[{place}].body.{field}");
        template_faults(&holdings.templates, &holdings.connections, content, path_of, faults);
        let mut made = content.clone();
        faults.extend(make_all(&mut made, &prefix).await);
        for (place, variant) in made.variants.iter().enumerate() {
            let path = format!("{prefix}variants[{place}].body");
            let (is_mjml, known) = (variant.mjml().is_some(), faults.len());
            if is_mjml && variant.made.is_none() {
                continue;
            }
            if let Some(schema) = content_schema(holdings, &variant.channel) {
                schema_faults(schema, &variant.sent(), &path, faults);
            }
            self.rendering_faults(holdings, content, &variant.body, &path, faults).await;
            // What is sound as it is written has to be so as it is sent, too.
            if is_mjml && faults[known..].iter().all(|fault| !fault.refuses()) {
                let mut torn = Vec::new();
                self.rendering_faults(holdings, content, &variant.sent(), &path, &mut torn).await;
                let torn = torn.into_iter().filter(StrategyFault::refuses).map(|fault| {
                    let message = FaultCode::MjmlTorn.with([("why", &fault.message)]);
                    StrategyFault::error(format!("{path}.mjml"), message)
                });
                faults.extend(torn);
            }
        }
    }

    async fn rendering_faults(
        &self,
        holdings: &Holdings,
        content: &Content,
        body: &Value,
        path: &str,
        faults: &mut Vec<StrategyFault>,
    ) {
        let parts = parts_of(body);
        if parts.iter().all(|part| !is_template(&part.template)) {
            return;
        }
        let Some(renderer) = renderer(holdings) else {
            let message = FaultCode::NoRenderer.with([("plugin", &RENDERER)]);
            faults.push(StrategyFault::error(path, message));
            return;
        };
        let call = plugin_call(holdings, renderer, &json!({}), renderer.grants.clone());
        match self.plugins.check_templates(&call, &parts).await {
            Ok(report) => {
                faults.extend(
                    report
                        .errors
                        .into_iter()
                        .map(|(part, message)| StrategyFault::error(format!("{path}{}", dotted(&part)), message)),
                );
                let unknown = report.variables.iter().filter(|variable| !is_known(variable, content));
                faults.extend(unknown.map(|variable| StrategyFault::warning(path, unknown_variable(variable))));
            }
            Err(failure) => {
                let message = FaultCode::NotReadByRenderer.with([("plugin", &renderer.label()), ("failure", &failure)]);
                faults.push(StrategyFault::error(path, message));
            }
        }
    }
}

/// What the providers of a shop's channels say against the templates that a content names: it may be saved, and messages
/// wait. `path_of` says where a variant's field stands.
pub(crate) fn template_faults(
    books: &TemplateBooks,
    connections: &[Connection],
    content: &Content,
    path_of: impl Fn(usize, &str) -> String,
    faults: &mut Vec<StrategyFault>,
) {
    for channel in connections {
        let fields = channel.ability.as_ref().and_then(|ability| ability.templates.as_ref());
        let (Some(book), Some(fields)) = (books.get(&channel.id), fields) else { continue };
        for (place, known) in book.of_content(channel, content) {
            let channel = &channel.name;
            let message = match known {
                Known::Unknown => continue,
                Known::Missing(name) => FaultCode::TemplateUnknown.with([("channel", channel), ("name", &name)]),
                Known::As(template) => {
                    let code = match template.state {
                        TemplateState::Approved => continue,
                        TemplateState::Pending => FaultCode::TemplatePending,
                        TemplateState::Rejected => FaultCode::TemplateRejected,
                        TemplateState::Paused => FaultCode::TemplatePaused,
                    };
                    code.with([("channel", channel), ("said", &template.said())])
                }
            };
            faults.push(StrategyFault::warning(path_of(place, &fields.name), message));
        }
    }
}

/// Whether a message has a variable without a selector's help, or a default for it.
fn is_known(variable: &str, content: &Content) -> bool {
    let name = variable.split(['.', '[']).next().unwrap_or(variable);
    VARIABLES.contains(&name) || content.defaults.contains_key(name)
}

fn unknown_variable(variable: &str) -> Said<FaultCode> {
    FaultCode::UnknownVariable.with([("variable", &variable), ("known", &VARIABLES.join(", "))])
}

fn renderer(holdings: &Holdings) -> Option<&PluginRecord> {
    let wanted = PluginRef { name: RENDERER.to_owned(), major: None };
    active_plugin(&holdings.plugins, &wanted).filter(|record| record.kind == PluginKind::Renderer)
}

/// Whether a channel plugin takes all that these contents say on what it reaches, as it is written.
pub fn takes_contents(plugin: &PluginRecord, contents: &[Content]) -> bool {
    let (Some(ability), Some(schema)) = (&plugin.descriptor.ability, &plugin.descriptor.content_schema) else {
        return true;
    };
    let variants = contents.iter().flat_map(|content| &content.variants);
    let mut faults = Vec::new();
    for variant in variants.filter(|variant| variant.channel == ability.channel && variant.mjml().is_none()) {
        schema_faults(schema, &variant.sent(), "", &mut faults);
    }
    faults.is_empty()
}

/// The content schema of the first connected channel of a short name.
fn content_schema<'a>(holdings: &'a Holdings, channel: &str) -> Option<&'a Value> {
    let of_channel = |ability: &cartwright_domain::shop::ChannelAbility| ability.channel == channel;
    let connection = holdings.connections.iter().find(|known| known.ability.as_ref().is_some_and(of_channel))?;
    active_plugin(&holdings.plugins, &connection.plugin)?.descriptor.content_schema.as_ref()
}

fn schema_faults(schema: &Value, body: &Value, path: &str, faults: &mut Vec<StrategyFault>) {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => {
            faults.push(StrategyFault::warning(path, FaultCode::SchemaBroken.with([("error", &error)])));
            return;
        }
    };
    for error in validator.iter_errors(body) {
        // What a template will say is known only when it is rendered; that it is a text is known now.
        let of_template = error.instance().as_str().is_some_and(is_template);
        if of_template && !matches!(error.kind(), ValidationErrorKind::Type { .. }) {
            continue;
        }
        let place = dotted(&error.instance_path().to_string());
        faults.push(StrategyFault::error(format!("{path}{place}"), said_of(&error)));
    }
}

/// What a schema says, and by which of our sentences it is said elsewhere; of the rarer keywords only the former.
fn said_of(error: &ValidationError<'_>) -> Said<FaultCode> {
    let sentence: Said<FaultCode> = match error.kind() {
        ValidationErrorKind::Required { property } => {
            FaultCode::FieldMissing.with([("field", &property.as_str().unwrap_or_default())])
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            FaultCode::FieldUnknown.with([("field", &unexpected.join("`, `"))])
        }
        ValidationErrorKind::MaxLength { limit } => FaultCode::TextTooLong.with([("n", limit)]),
        ValidationErrorKind::MinLength { limit } => FaultCode::TextTooShort.with([("n", limit)]),
        ValidationErrorKind::MaxItems { limit } => FaultCode::TooManyItems.with([("n", limit)]),
        ValidationErrorKind::MinItems { limit } => FaultCode::TooFewItems.with([("n", limit)]),
        _ => return error.to_string().into(),
    };
    sentence.worded(error.to_string())
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// A JSON pointer as paths of faults write it: `/buttons/0/title` is `.buttons[0].title`.
fn dotted(pointer: &str) -> String {
    pointer
        .split('/')
        .skip(1)
        .map(|part| match part.parse::<usize>() {
            Ok(place) => format!("[{place}]"),
            Err(_) => format!(".{}", part.replace("~1", "/").replace("~0", "~")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(body: Value) -> Vec<String> {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["text"],
            "properties": {
                "text": {"type": "string", "minLength": 3},
                "buttons": {"type": "array", "items": {
                    "type": "object", "properties": {"url": {"type": "string", "pattern": "^https://"}},
                }},
                "count": {"type": "integer"},
            },
        });
        let mut faults = Vec::new();
        schema_faults(&schema, &body, "variants[0].body", &mut faults);
        faults.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn a_body_that_does_not_fit_the_channel_is_named_by_its_place() {
        assert_eq!(faults(json!({"text": "Hello"})), [""; 0]);
        assert_eq!(
            faults(json!({"text": "x", "buttons": [{"url": "ftp://y"}]})),
            ["variants[0].body.buttons[0].url", "variants[0].body.text",]
        );
        assert_eq!(faults(json!({})), ["variants[0].body"]);
    }

    #[test]
    fn a_template_is_judged_by_what_it_will_be_only_where_that_is_known() {
        let body = json!({"text": "{{ user_name }}", "buttons": [{"url": "{{ recovery_link }}"}]});
        assert_eq!(faults(body), [""; 0]);
        assert_eq!(faults(json!({"text": "Hello", "count": "{{ cart.count }}"})), ["variants[0].body.count"]);
    }

    #[test]
    fn a_pointer_is_written_as_paths_of_faults_are() {
        assert_eq!(dotted("/buttons/0/title"), ".buttons[0].title");
        assert_eq!(dotted("/a~1b"), ".a/b");
    }
}
