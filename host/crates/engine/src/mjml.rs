//! MJML, which people write mails in, as the HTML that mail programs show: made once, when a content is saved, and
//! filled in for each recipient afterwards. Nothing is loaded for it, and nothing that it makes loads anything that the
//! author did not name.

use cartwright_domain::content::{Content, Made};
use cartwright_domain::publish::{FaultCode, StrategyFault};
use mrml::prelude::parser::Error;
use mrml::prelude::render::RenderOptions;
use std::collections::HashMap;

mod walk;

/// Longest source, in bytes.
pub(crate) const LONGEST: usize = 128 * 1024;

/// What is wrong with a source, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {words}")]
pub(crate) struct Fault {
    /// From 1.
    line: usize,
    words: String,
}

/// The HTML of a source, and what it says without its looks. Converting takes milliseconds for a usual mail; whatever
/// the converter stumbles over ends with its thread.
pub(crate) async fn made(source: &str) -> Result<Made, Fault> {
    let source = source.to_owned();
    let making = tokio::task::spawn_blocking(move || make(&source));
    let stumbled = |_| Fault { line: 1, words: "it cannot be converted; take parts out until it can".to_owned() };
    making.await.map_err(stumbled)?
}

/// Makes the HTML of every variant that is written in MJML anew, whatever it came with; what is wrong with the others.
pub(crate) async fn make_all(content: &mut Content, path: &str) -> Vec<StrategyFault> {
    let mut faults = Vec::new();
    for (place, variant) in content.variants.iter_mut().enumerate() {
        variant.made = None;
        let Some(source) = variant.mjml() else { continue };
        let path = format!("{path}variants[{place}].body.mjml");
        if variant.body.get("html").is_some() {
            faults.push(StrategyFault::error(path, FaultCode::MjmlBesideHtml));
            continue;
        }
        match made(source).await {
            Ok(made) if made.text.is_empty() && variant.body.get("text").is_none() => {
                faults.push(StrategyFault::error(path, FaultCode::MjmlWithoutWords));
            }
            Ok(made) => variant.made = Some(made),
            Err(fault) => faults.push(StrategyFault::error(path, fault.to_string())),
        }
    }
    faults
}

fn make(source: &str) -> Result<Made, Fault> {
    if source.len() > LONGEST {
        let words =
            format!("has {} bytes and may have {LONGEST}; keep pictures out of it, and link them", source.len());
        return Err(Fault { line: 1, words });
    }
    let text = walk::text_of(source)?;
    let at = |error: Error| Fault { line: line_of(source, &error), words: words_of(&error) };
    let parsed = mrml::parse(source).map_err(at)?;
    // The converter knows some fonts by name and would have them loaded from their maker.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|error| Fault { line: 1, words: error.to_string() })?;
    Ok(Made { html, text })
}

/// The line of a place, from 1.
fn line_at(source: &str, place: usize) -> usize {
    1 + source.bytes().take(place).filter(|byte| *byte == b'\n').count()
}

fn line_of(source: &str, error: &Error) -> usize {
    match error {
        Error::UnexpectedElement { position, .. }
        | Error::UnexpectedToken { position, .. }
        | Error::MissingAttribute { position, .. }
        | Error::InvalidAttribute { position, .. }
        | Error::InvalidFormat { position, .. }
        | Error::IncludeLoaderError { position, .. } => line_at(source, position.start),
        Error::ParserError { source, .. } => usize::try_from(source.pos().row).unwrap_or(1),
        Error::EndOfStream { .. } => line_at(source, source.len()),
        Error::SizeLimit { .. } | Error::NoRootNode => 1,
    }
}

fn words_of(error: &Error) -> String {
    let words = match error {
        Error::UnexpectedElement { .. } => "this element may not stand here; HTML belongs into <mj-text> or <mj-raw>",
        Error::UnexpectedToken { .. } => {
            "this may not stand here; put words into <mj-text>, template tags into <mj-raw>"
        }
        Error::MissingAttribute { name, .. } => return format!("this element needs the attribute `{name}`"),
        Error::InvalidAttribute { .. } => "an attribute has a value that it cannot have",
        Error::InvalidFormat { .. } | Error::ParserError { .. } => "it is no MJML; close every tag",
        Error::EndOfStream { .. } => "it ends too early; close every tag",
        Error::NoRootNode => "it needs <mjml> around everything, with <mj-body> in it",
        Error::SizeLimit { .. } | Error::IncludeLoaderError { .. } => "it cannot be read; write everything here",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests;
