//! Values of header fields: one line of ASCII each, whatever people wrote.

use cartwright_sdk::encoding::to_base64;

/// A text such as a subject; other alphabets become encoded words (RFC 2047).
pub(crate) fn text(text: &str) -> String {
    let line = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.is_ascii() && !line.contains("=?") { line } else { encoded_words(&line) }
}

/// `Name <address>`.
pub(crate) fn mailbox(name: Option<&str>, address: &str) -> String {
    let Some(name) = name.map(text).filter(|name| !name.is_empty()) else { return address.to_owned() };
    if name.starts_with("=?") {
        return format!("{name} <{address}>");
    }
    format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Nothing that could end the field, the mailbox or the list of recipients.
pub(crate) fn is_address(address: &str) -> bool {
    let printable = address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,;:\"\\()".contains(&byte));
    let parts = address.split_once('@');
    printable && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

/// Labels with dots between them: a domain, or the selector of a key.
pub(crate) fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// An https address that can stand in angle brackets.
pub(crate) fn is_link(url: &str) -> bool {
    url.starts_with("https://") && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>')
}

/// Words of at most 75 characters, each a whole number of characters.
fn encoded_words(line: &str) -> String {
    let mut words = vec![String::new()];
    for letter in line.chars() {
        if words.last().is_some_and(|word| word.len() + letter.len_utf8() > 45) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let words = words.iter().map(|word| format!("=?utf-8?B?{}?=", to_base64(word.as_bytes())));
    words.collect::<Vec<_>>().join(" ")
}
