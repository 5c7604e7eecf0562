//! One look over a source, without recursion, before it is converted: whether it is sound, not too deep, and names
//! nothing that would be loaded from elsewhere without the author's saying so; and its words.

use htmlparser::{ElementEnd, Token, Tokenizer};

use super::{Fault, line_at};

/// Elements within one another: the converter goes down by recursion.
const DEEPEST: usize = 48;
/// Elements in all.
const MOST: usize = 4_000;
/// They stand alone.
const VOID: [&str; 8] = ["br", "hr", "img", "input", "col", "wbr", "link", "meta"];
/// Words in these follow one another in a line.
const INLINE: [&str; 12] = ["a", "b", "i", "u", "em", "strong", "span", "small", "sup", "sub", "font", "s"];
/// What there is in MJML, but for what is refused.
const KNOWN: [&str; 28] = [
    "mjml",
    "mj-head",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-breakpoint",
    "mj-font",
    "mj-preview",
    "mj-style",
    "mj-title",
    "mj-html-attributes",
    "mj-body",
    "mj-wrapper",
    "mj-section",
    "mj-group",
    "mj-column",
    "mj-hero",
    "mj-text",
    "mj-button",
    "mj-image",
    "mj-divider",
    "mj-spacer",
    "mj-table",
    "mj-raw",
    "mj-navbar",
    "mj-navbar-link",
    "mj-social",
    "mj-social-element",
];
/// They hold elements of MJML, and neither words nor HTML.
const FRAMES: [&str; 7] = ["mjml", "mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"];
/// Their pictures are somebody else's, and loaded from there.
const FOREIGN: [&str; 2] = ["mj-carousel", "mj-accordion"];

/// Where words and HTML go.
const BELONGS: &str = "words and HTML belong into <mj-text>, template tags between sections into <mj-raw>";

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    start: usize,
    href: Option<&'a str>,
}

/// What a source says, as plain text with its template tags.
pub(super) fn text_of(source: &str) -> Result<String, Fault> {
    let at = |place: usize, words: String| Fault { line: line_at(source, place), words };
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut words = Words::default();
    let mut count = 0;
    let mut alt = None;
    let mut has_src = false;
    for token in Tokenizer::from(source) {
        let token = token.map_err(|error| {
            let line = usize::try_from(error.pos().row).unwrap_or(1);
            let hint = "close every tag; in a template tag write `b > a` for `a < b`";
            Fault { line, words: format!("it is no MJML: {error}; {hint}") }
        })?;
        match token {
            Token::ElementStart { local, span, .. } => {
                let name = local.as_str();
                (alt, has_src, count) = (None, false, count + 1);
                if open.len() >= DEEPEST || count > MOST {
                    let most = format!("it has more than {MOST} elements, or more than {DEEPEST} within one another");
                    return Err(at(span.start(), format!("{most}; make it simpler")));
                }
                if count == 1 && name != "mjml" {
                    return Err(at(span.start(), no_root()));
                }
                if name == "mj-include" {
                    return Err(at(span.start(), "nothing is included from elsewhere: write it here".to_owned()));
                }
                if FOREIGN.contains(&name) {
                    let why = "loads its pictures from somebody else's server: use sections and images";
                    return Err(at(span.start(), format!("<{name}> {why}")));
                }
                let is_mjml = name.starts_with("mj");
                if is_mjml && !KNOWN.contains(&name) {
                    return Err(at(span.start(), format!("there is no <{name}> in MJML")));
                }
                if !is_mjml && is_in_frame(&open) {
                    return Err(at(span.start(), format!("<{name}> is HTML; {BELONGS}")));
                }
                if !INLINE.contains(&name) {
                    words.new_line();
                }
                open.push(Open { name, start: span.start(), href: None });
            }
            Token::Attribute { local, value, .. } => {
                let value = value.map(|value| value.as_str());
                match local.as_str() {
                    "href" => open.last_mut().into_iter().for_each(|element| element.href = value),
                    "alt" => alt = value,
                    "src" => has_src = true,
                    _ => {}
                }
            }
            Token::ElementEnd { end, span } => {
                let ends = match end {
                    ElementEnd::Open => {
                        let Some(element) = open.last() else { continue };
                        if element.name == "mj-social-element" && !has_src {
                            return Err(at(element.start, no_icon()));
                        }
                        VOID.contains(&element.name)
                    }
                    ElementEnd::Empty => true,
                    ElementEnd::Close(_, name) => {
                        let fits = open.last().is_some_and(|element| element.name == name.as_str());
                        if !fits {
                            let inner = open.last().map_or("nothing".to_owned(), |last| format!("<{}>", last.name));
                            return Err(at(span.start(), format!("</{name}> closes {inner}: close each tag once")));
                        }
                        true
                    }
                };
                if !ends {
                    continue;
                }
                let Some(element) = open.pop() else { continue };
                if element.name == "mj-social-element" && matches!(end, ElementEnd::Empty) && !has_src {
                    return Err(at(element.start, no_icon()));
                }
                if !open.iter().any(|outer| outer.name == "mj-head") {
                    words.close(&element, alt.take());
                }
            }
            Token::Text { text } if is_in_frame(&open) && !text.as_str().trim().is_empty() => {
                let before = text.as_str().len() - text.as_str().trim_start().len();
                return Err(at(text.start() + before, format!("words may not stand here; {BELONGS}")));
            }
            Token::Text { text } if open.iter().all(|outer| outer.name != "mj-head") => words.say(text.as_str()),
            _ => {}
        }
    }
    match open.last() {
        Some(element) => Err(at(element.start, format!("<{}> is never closed", element.name))),
        None if count == 0 => Err(at(0, no_root())),
        None => Ok(words.finish()),
    }
}

fn is_in_frame(open: &[Open<'_>]) -> bool {
    open.last().is_some_and(|outer| FRAMES.contains(&outer.name))
}

fn no_root() -> String {
    "it needs <mjml> around everything, with <mj-body> in it".to_owned()
}

fn no_icon() -> String {
    "<mj-social-element> needs a `src`: without one its icon is loaded from somebody else's server".to_owned()
}

/// Lines of text.
#[derive(Default)]
struct Words {
    text: String,
}

impl Words {
    fn new_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Words as a reader sees them: whatever stands between them is one space.
    fn say(&mut self, text: &str) {
        let spaced =
            text.starts_with(char::is_whitespace) && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']);
        let words: Vec<&str> = text.split_whitespace().collect();
        if spaced {
            self.text.push(' ');
        }
        if words.is_empty() {
            return;
        }
        self.text.push_str(&plain(&words.join(" ")));
        if text.ends_with(char::is_whitespace) {
            self.text.push(' ');
        }
    }

    fn close(&mut self, element: &Open<'_>, alt: Option<&str>) {
        match element.name {
            "mj-divider" | "hr" => self.text.push_str("---"),
            "mj-image" | "img" => self.text.push_str(&plain(alt.unwrap_or_default())),
            _ => {}
        }
        if let Some(href) = element.href.filter(|href| !href.is_empty() && !self.text.ends_with(*href)) {
            let between = if self.text.is_empty() || self.text.ends_with(['\n', ' ']) { "" } else { " " };
            self.text.push_str(&format!("{between}{}", plain(href)));
        }
        if !INLINE.contains(&element.name) {
            self.new_line();
            // Between paragraphs and blocks, not between the rows of a table.
            if matches!(element.name, "p" | "mj-text" | "mj-button" | "mj-section" | "mj-table") {
                self.text.push('\n');
            }
        }
    }

    fn finish(self) -> String {
        let mut text = String::new();
        let mut blank = 0;
        for line in self.text.lines().map(str::trim) {
            blank = if line.is_empty() { blank + 1 } else { 0 };
            if blank < 2 {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.trim().to_owned()
    }
}

/// A text with the characters that its entities stand for.
fn plain(text: &str) -> String {
    let known = [("&nbsp;", "\u{a0}"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    known.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}
