//! Texts from outside as columns. PostgreSQL takes no NUL in a text, and SQLite loses what follows one inside JSON;
//! a cart token with one in it must not stop a shop. So a NUL is written as `\0`, and a backslash as two.

use std::borrow::Cow;

/// The text as a column has it.
pub(crate) fn column(text: &str) -> Cow<'_, str> {
    if text.contains(['\0', '\\']) {
        Cow::Owned(text.replace('\\', "\\\\").replace('\0', "\\0"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that a column stands for.
pub(crate) fn from_column(column: String) -> String {
    if !column.contains('\\') {
        return column;
    }
    let mut text = String::with_capacity(column.len());
    let mut letters = column.chars();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next() } else { None };
        text.push(if escaped == Some('0') { '\0' } else { letter });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back_and_no_column_has_a_nul() {
        for text in ["", "plain", "\0", "a\0b", "\\0", "\\\0\\\\0", "\\", "zwölf"] {
            let written = column(text).into_owned();
            assert!(!written.contains('\0'), "{text:?}");
            assert_eq!(from_column(written), text);
        }
        assert_ne!(column("\0"), column("\\0"));
    }
}
