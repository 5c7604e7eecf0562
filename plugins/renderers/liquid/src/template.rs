//! Reads a template for the variables it shows, and prepares it: merge tags become Liquid, what is shown must have a
//! value, and HTML is escaped.

use std::collections::BTreeSet;

/// A template made ready for the parser.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) text: String,
    /// Dotted paths that it reads from the recipient's data.
    pub(crate) variables: BTreeSet<String>,
    /// Names that it reads from the items of lists.
    pub(crate) fields: BTreeSet<String>,
}

/// Words of the language that stand where a variable could.
const WORDS: [&str; 14] = [
    "true", "false", "nil", "null", "empty", "blank", "and", "or", "contains", "in", "reversed", "limit", "offset",
    "forloop",
];

pub(crate) fn prepare(source: &str, escapes: bool) -> Prepared {
    let source = merge_tags(source);
    let mut reader = Reader { escapes, ..Reader::default() };
    let mut rest = source.as_str();
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let close = if rest[start..].starts_with("{{") { "}}" } else { "%}" };
        let Some(end) = unquoted(&rest[start + 2..], close).map(|end| start + 2 + end) else { break };
        reader.text.push_str(&rest[..start]);
        let inner = &rest[start + 2..end];
        rest = &rest[end + 2..];
        if close == "}}" {
            reader.show(inner);
        } else if let Some(block @ ("raw" | "comment")) = words(trimmed(inner)).first().copied() {
            let verbatim = end_of(rest, block);
            reader.text.push_str(&format!("{{%{inner}%}}{}", &rest[..verbatim]));
            rest = &rest[verbatim..];
        } else {
            reader.tag(inner);
        }
    }
    reader.text.push_str(rest);
    Prepared { text: reader.text, variables: reader.variables, fields: reader.fields }
}

#[derive(Default)]
struct Reader {
    escapes: bool,
    text: String,
    variables: BTreeSet<String>,
    fields: BTreeSet<String>,
    /// Set by `assign`.
    assigned: BTreeSet<String>,
    /// Set by `capture`.
    captured: BTreeSet<String>,
    /// The variable of the open `capture`.
    capturing: Option<String>,
    /// The variable of each open loop, and what it runs over.
    loops: Vec<(String, String)>,
}

impl Reader {
    /// `{{ inner }}`
    fn show(&mut self, inner: &str) {
        let code = trimmed(inner);
        let mut chain = self.chain(code);
        let last = split(code, '|').pop().unwrap_or_default();
        if self.escapes && !matches!(last, "raw" | "escape" | "escape_once") {
            // What `capture` made was escaped when it was made. Whether it did is known only when it runs.
            let captured = self.captured.contains(code) && !self.is_of_loop(code);
            chain += &if captured { format!(" | html: \"{code}\"") } else { " | html".to_owned() };
        }
        let (before, after) = dashes(inner);
        self.text.push_str(&format!("{{{{{before} {chain} {after}}}}}"));
    }

    /// `{% inner %}`
    fn tag(&mut self, inner: &str) {
        let code = trimmed(inner);
        let (name, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
        let (before, after) = dashes(inner);
        match (name, rest.split_once('=')) {
            ("assign", Some((variable, value))) => {
                let (variable, chain) = (variable.trim(), self.chain(value.trim()));
                self.assigned.insert(variable.to_owned());
                let assign = format!("{{%{before} assign {variable} = {chain} %}}");
                self.text.push_str(&format!("{assign}{{{{ \"{variable}\" | unescaped {after}}}}}"));
                return;
            }
            ("capture", _) => self.capturing = Some(rest.trim().to_owned()),
            ("endcapture", _) => {
                if let Some(variable) = self.capturing.take() {
                    let end = format!("{{%{before} endcapture %}}");
                    self.text.push_str(&format!("{end}{{{{ \"{variable}\" | escaped {after}}}}}"));
                    self.captured.insert(variable);
                    return;
                }
            }
            ("for", _) => self.open_loop(rest, before),
            ("endfor", _) => _ = self.loops.pop(),
            _ => self.reads(rest),
        }
        self.text.push_str(&format!("{{%{inner}%}}"));
    }

    fn open_loop(&mut self, rest: &str, before: &str) {
        let [variable, "in", list, ..] = words(rest)[..] else { return };
        if is_variable(list) && !self.is_local(list) {
            // A list without a value is missing too; an empty one is not.
            let full = self.full(list);
            self.text.push_str(&format!("{{{{{before} {list} | need: \"{full}\" | nothing }}}}"));
        }
        self.reads(rest.split_once(" in ").map_or("", |(_, list)| list));
        self.loops.push((variable.to_owned(), self.full(list)));
    }

    /// A value with its filters.
    fn chain(&mut self, code: &str) -> String {
        let mut parts = split(code, '|');
        let value = parts.remove(0);
        self.reads(value);
        for filter in &parts {
            self.reads(filter.split_once(':').map_or("", |(_, arguments)| arguments));
        }
        let may_be_absent =
            parts.iter().any(|filter| filter.split(':').next().is_some_and(|name| name.trim() == "default"));
        let mut chain = if !is_variable(value) || self.is_local(value) {
            value.to_owned()
        } else if value.contains('[') {
            format!("{value} | need: \"{}\"", self.full(value))
        } else if may_be_absent {
            format!("\"{value}\" | fetch")
        } else {
            format!("\"{value}\" | fetch: \"{}\"", self.full(value))
        };
        for filter in &parts {
            chain += &format!(" | {filter}");
        }
        chain
    }

    /// Notes the variables in a piece of Liquid.
    fn reads(&mut self, code: &str) {
        for word in words(code).into_iter().filter(|word| is_variable(word)) {
            if self.is_of_loop(word) {
                self.fields.extend(word.split('.').nth(1).map(str::to_owned));
            } else if !self.is_local(word) {
                let path = word.trim_end_matches(".size").trim_end_matches(".first").trim_end_matches(".last");
                self.variables.insert(path.to_owned());
            }
        }
    }

    fn is_local(&self, path: &str) -> bool {
        let root = root(path);
        !self.is_of_loop(path) && (self.assigned.contains(root) || self.captured.contains(root))
    }

    fn is_of_loop(&self, path: &str) -> bool {
        self.loops.iter().any(|(name, _)| name == root(path))
    }

    /// The path from the root of the data: the variable of a loop stands for what the loop runs over.
    fn full(&self, path: &str) -> String {
        let quoteless = path.replace(['"', '\''], "");
        match self.loops.iter().rev().find(|(name, _)| name == root(path)) {
            Some((name, list)) => format!("{list}{}", &quoteless[name.len()..]),
            None => quoteless,
        }
    }
}

/// `*|USER_NAME|*` is another way to write `{{ user_name }}`.
fn merge_tags(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("*|") {
        let tag = after.split_once("|*").filter(|(name, _)| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
        });
        match tag {
            Some((name, behind)) => {
                text.push_str(&format!("{before}{{{{ {} }}}}", name.to_ascii_lowercase()));
                rest = behind;
            }
            None => {
                text.push_str(&format!("{before}*|"));
                rest = after;
            }
        }
    }
    text + rest
}

/// The marks that trim white space before and after.
fn dashes(inner: &str) -> (&'static str, &'static str) {
    let dash = |present| if present { "-" } else { "" };
    (dash(inner.starts_with('-')), dash(inner.ends_with('-')))
}

fn trimmed(inner: &str) -> &str {
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    inner.strip_suffix('-').unwrap_or(inner).trim()
}

fn root(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

fn is_variable(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !WORDS.contains(&root(word))
        && !word.contains(char::is_whitespace)
}

/// Where `needle` starts outside of quotes.
fn unquoted(text: &str, needle: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, letter)| {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if text[at..].starts_with(needle) => return Some(at),
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None => {}
        }
        None
    })
}

/// The pieces between separators outside of quotes, trimmed; at least one.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = unquoted(rest, separator.encode_utf8(&mut [0; 4])) {
        parts.push(rest[..at].trim());
        rest = &rest[at + separator.len_utf8()..];
    }
    parts.push(rest.trim());
    parts
}

/// Names and dotted paths outside of quotes; the name of a keyword argument (`limit: 3`) is none.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '"' | '\'' => rest[1..].find(letter).map_or(rest.len(), |end| end + 2),
            letter if letter.is_ascii_alphanumeric() || "_.-".contains(letter) => {
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_.-".contains(c)).unwrap_or(rest.len());
                let is_keyword = rest[length..].trim_start().starts_with(':');
                if !is_keyword && (letter.is_ascii_alphabetic() || letter == '_') {
                    words.push(&rest[..length]);
                }
                length
            }
            letter => letter.len_utf8(),
        };
        rest = &rest[length..];
    }
    words
}

/// Where the block's end tag starts, or the end of the text.
fn end_of(text: &str, block: &str) -> usize {
    let end = format!("end{block}");
    text.match_indices("{%")
        .map(|(at, _)| at)
        .find(|at| words(&text[at + 2..]).first() == Some(&end.as_str()))
        .unwrap_or(text.len())
}
