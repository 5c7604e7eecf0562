//! The part of Liquid that templates may use: no includes, no counters that outlive a part, nothing that runs for
//! long. A few filters are ours.

use cartwright_sdk::types::Fault;
use liquid_core::model::{ScalarCow, ValueView};
use liquid_core::parser::{FilterArguments, ParameterReflection};
use liquid_core::{Error, Filter, FilterReflection, ParseFilter, Runtime, Value};
use liquid_lib::stdlib;
use std::collections::BTreeSet;
use std::fmt;

/// Opens the error that says which fact is missing.
const MISSING: &str = "missing fact ";

pub(crate) fn parser() -> liquid::Parser {
    let parser = liquid::ParserBuilder::new()
        .tag(stdlib::AssignTag)
        .tag(stdlib::BreakTag)
        .tag(stdlib::ContinueTag)
        .block(stdlib::CaptureBlock)
        .block(stdlib::CaseBlock)
        .block(stdlib::CommentBlock)
        .block(stdlib::ForBlock)
        .block(stdlib::IfBlock)
        .block(stdlib::RawBlock)
        .block(stdlib::UnlessBlock)
        .filter(stdlib::Abs)
        .filter(stdlib::Append)
        .filter(stdlib::AtLeast)
        .filter(stdlib::AtMost)
        .filter(stdlib::Capitalize)
        .filter(stdlib::Ceil)
        .filter(stdlib::Date)
        .filter(stdlib::Default)
        .filter(stdlib::DividedBy)
        .filter(stdlib::Downcase)
        .filter(stdlib::Escape)
        .filter(stdlib::EscapeOnce)
        .filter(stdlib::First)
        .filter(stdlib::Floor)
        .filter(stdlib::Join)
        .filter(stdlib::Last)
        .filter(stdlib::Lstrip)
        .filter(stdlib::Map)
        .filter(stdlib::Minus)
        .filter(stdlib::Modulo)
        .filter(stdlib::NewlineToBr)
        .filter(stdlib::Plus)
        .filter(stdlib::Prepend)
        .filter(stdlib::Remove)
        .filter(stdlib::Replace)
        .filter(stdlib::Round)
        .filter(stdlib::Rstrip)
        .filter(stdlib::Size)
        .filter(stdlib::Slice)
        .filter(stdlib::Split)
        .filter(stdlib::Strip)
        .filter(stdlib::StripNewlines)
        .filter(stdlib::Times)
        .filter(stdlib::Truncate)
        .filter(stdlib::TruncateWords)
        .filter(stdlib::Uniq)
        .filter(stdlib::Upcase)
        .filter(stdlib::UrlEncode)
        .filter(Ours::Raw)
        .filter(Ours::ShortLink(None))
        .filter(Ours::Fetch(None))
        .filter(Ours::Need(String::new()))
        .filter(Ours::Nothing)
        .filter(Ours::Html(None))
        .filter(Ours::Escaped)
        .filter(Ours::Unescaped);
    // Building fails only where a partial template does not parse, and there are none.
    #[allow(clippy::expect_used)]
    parser.build().expect("a language without partials")
}

/// A missing fact by its dotted path, or Liquid's own words.
pub(crate) fn fault(error: &Error) -> Fault {
    let text = error.to_string();
    let named = |key: &str| text.lines().find_map(|line| line.trim_start().strip_prefix(key));
    if let Some((_, path)) = text.lines().find_map(|line| line.split_once(MISSING)) {
        return Fault::missing_fact(path);
    }
    // Reached through a computed index, or through a copy that `assign` made.
    match (named("variable="), named("requested index="), named("requested variable=")) {
        (Some(variable), Some(index), _) => Fault::missing_fact(format!("{variable}.{index}")),
        (_, _, Some(variable)) => Fault::missing_fact(variable),
        _ => Fault::bad_input(words(error)),
    }
}

/// What Liquid says, in one line, without the data it quotes.
pub(crate) fn words(error: &Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(|line| line.trim().trim_start_matches("liquid: "));
    let lines: Vec<_> = lines.take_while(|line| !line.starts_with("from:") && *line != "with:").collect();
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Filters of our own. All but `raw` and `short_link` are written by `template`, not by people.
#[derive(Debug, Clone)]
enum Ours {
    /// Shows HTML as it is: its absence escapes.
    Raw,
    /// Marks an address as one that the host shortens, and says what the link is called.
    ShortLink(Option<String>),
    /// The fact whose path is the input, else nil; with the path's full name it must have a value. (Reading it
    /// directly would fail before any filter.)
    Fetch(Option<String>),
    /// Fails where the fact of this name has no value.
    Need(String),
    /// Shows nothing.
    Nothing,
    /// Escapes for HTML, unless this variable was escaped already.
    Html(Option<String>),
    /// From now on, the variable with this name is escaped already; shows nothing.
    Escaped,
    /// From now on, it is not.
    Unescaped,
}

/// Variables whose text was escaped when it was made.
type EscapedVariables = BTreeSet<String>;

impl Filter for Ours {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value, Error> {
        let registers = runtime.registers();
        let value = match self {
            Self::Fetch(_) => {
                let path = input.to_kstr();
                let path: Vec<_> = path.split('.').map(|name| ScalarCow::new(name.to_owned())).collect();
                runtime.try_get(&path).map_or(Value::Nil, |value| value.into_owned())
            }
            Self::Html(Some(name)) if registers.get_mut::<EscapedVariables>().contains(name) => input.to_value(),
            Self::Html(_) => Value::scalar(escaped(&input.to_kstr())),
            Self::Need(_) | Self::Raw => input.to_value(),
            Self::ShortLink(_) if input.is_nil() => Value::Nil,
            Self::ShortLink(name) => {
                let called = name.as_ref().map(|name| format!("\u{1f}{name}")).unwrap_or_default();
                Value::scalar(format!("\u{2}{}{called}\u{3}", input.to_kstr()))
            }
            Self::Nothing => Value::Nil,
            Self::Escaped => {
                registers.get_mut::<EscapedVariables>().insert(input.to_kstr().into_string());
                Value::Nil
            }
            Self::Unescaped => {
                registers.get_mut::<EscapedVariables>().remove(input.to_kstr().as_str());
                Value::Nil
            }
        };
        match self {
            Self::Fetch(Some(name)) | Self::Need(name) if value.is_nil() => {
                Err(Error::with_msg(format!("{MISSING}{name}")))
            }
            _ => Ok(value),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter => html.push(letter),
        }
    }
    html
}

impl ParseFilter for Ours {
    fn parse(&self, mut arguments: FilterArguments) -> Result<Box<dyn Filter>, Error> {
        let name = arguments.positional.next().and_then(|name| name.into_literal());
        let name = name.map(|name| name.to_kstr().into_string());
        Ok(Box::new(match self {
            Self::Fetch(_) => Self::Fetch(name),
            Self::ShortLink(_) => Self::ShortLink(name),
            Self::Html(_) => Self::Html(name),
            Self::Need(_) => Self::Need(name.unwrap_or_default()),
            other => other.clone(),
        }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl FilterReflection for Ours {
    fn name(&self) -> &str {
        match self {
            Self::Raw => "raw",
            Self::ShortLink(_) => "short_link",
            Self::Fetch(_) => "fetch",
            Self::Need(_) => "need",
            Self::Nothing => "nothing",
            Self::Html(_) => "html",
            Self::Escaped => "escaped",
            Self::Unescaped => "unescaped",
        }
    }

    fn description(&self) -> &str {
        "a filter of Cartwright"
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl fmt::Display for Ours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
