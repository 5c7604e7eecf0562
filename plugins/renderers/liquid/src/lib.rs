//! Liquid templates, with merge tags such as `*|COUPON|*` as another way to write `{{ coupon }}`.
//!
//! `template` reads and prepares a template, `facts` is the recipient's data as Liquid sees it, `language` is the part
//! of Liquid we offer. Two rules are ours: what is shown without a value (and without `default`) is a missing fact,
//! never a gap in the text; and HTML is escaped unless the template says `raw`.

// The package cannot be called like the library it stands on.
cartwright_sdk::renderer_plugin!(Liquid, name: "liquid");

mod facts;
mod language;
mod template;

use bindings::*;
use cartwright_sdk::json;
use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::template::Prepared;

/// The renderer.
pub struct Liquid;

thread_local! {
    static PARSER: liquid::Parser = language::parser();
    static LOADED: RefCell<Loaded> = RefCell::default();
}

#[derive(Default)]
struct Loaded {
    /// Each part's name with its template.
    templates: Vec<(String, liquid::Template)>,
    /// Names that the templates read from the items of lists.
    fields: BTreeSet<String>,
}

impl Renderer for Liquid {
    fn describe() -> Descriptor {
        Descriptor::new("Liquid", "Liquid templates and merge tags; HTML is escaped.")
            .translations(include_str!("../translations.json"))
    }

    fn check(parts: Vec<Part>) -> CheckReport {
        let errors = parts.iter().filter_map(|part| parse(part).err()).collect();
        let variables: BTreeSet<String> = parts.iter().flat_map(|part| prepare(part).variables).collect();
        CheckReport { variables: variables.into_iter().collect(), errors }
    }

    fn load(parts: Vec<Part>) -> Result<(), TemplateError> {
        let mut loaded = Loaded::default();
        for part in parts {
            let (prepared, template) = parse(&part)?;
            loaded.fields.extend(prepared.fields);
            loaded.templates.push((part.name, template));
        }
        LOADED.replace(loaded);
        Ok(())
    }

    fn render(data: Json) -> Result<Vec<Text>, Fault> {
        LOADED.with_borrow(|loaded| {
            let facts = Facts::new(json::input(data.as_bytes())?, &loaded.fields)?;
            let texts = loaded.templates.iter().map(|(name, template)| {
                let value = template.render(&facts).map_err(|error| language::fault(&error))?;
                Ok(Text { name: name.clone(), value })
            });
            texts.collect()
        })
    }
}

fn prepare(part: &Part) -> Prepared {
    template::prepare(&part.template, part.escape == Escape::Html)
}

fn parse(part: &Part) -> Result<(Prepared, liquid::Template), TemplateError> {
    let prepared = prepare(part);
    match PARSER.with(|parser| parser.parse(&prepared.text)) {
        Ok(template) => Ok((prepared, template)),
        Err(error) => Err(TemplateError { name: part.name.clone(), message: language::words(&error) }),
    }
}

#[cfg(test)]
mod tests;
