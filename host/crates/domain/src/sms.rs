//! The length of an SMS (S25): in which alphabet it goes, how much of it that takes, and in how many parts.
//!
//! While a text is edited and after it was rendered, it is counted by the same few lines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The alphabet of GSM 03.38, each character of which takes one septet.
const BASIC: &str = concat!(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
);
/// Those behind an escape, which take two.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How a text is written on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// Septets of GSM 03.38.
    Gsm7,
    /// UTF-16, for the whole text, as soon as it holds one character that GSM 03.38 has not.
    Ucs2,
}

impl Alphabet {
    /// The alphabet that a text needs.
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| BASIC.contains(c) || EXTENSION.contains(c)) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// What fits into a text of one part.
    pub fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// What fits into each of several parts, beside the header that joins them.
    pub fn each(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// What a character takes: septets or UTF-16 units.
    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 if EXTENSION.contains(c) => 2,
            Self::Gsm7 => 1,
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// How long a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Length {
    /// Its alphabet.
    pub alphabet: Alphabet,
    /// Septets or UTF-16 units.
    pub units: usize,
    /// Messages that are paid for.
    pub parts: usize,
}

/// The length of a text.
pub fn length(text: &str) -> Length {
    let alphabet = Alphabet::of(text);
    Length { alphabet, units: text.chars().map(|c| alphabet.units(c)).sum(), parts: parts(text).len() }
}

/// The parts that a text goes out in. A character is never divided, neither an escape pair nor a surrogate pair; so a
/// part may stay one unit short.
pub fn parts(text: &str) -> Vec<&str> {
    let alphabet = Alphabet::of(text);
    if text.chars().map(|c| alphabet.units(c)).sum::<usize>() <= alphabet.alone() {
        return vec![text];
    }
    let (mut parts, mut begin, mut used) = (Vec::new(), 0, 0);
    for (place, c) in text.char_indices() {
        let units = alphabet.units(c);
        if used + units > alphabet.each() {
            parts.push(&text[begin..place]);
            (begin, used) = (place, 0);
        }
        used += units;
    }
    parts.push(&text[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn is(text: &str, alphabet: Alphabet, units: usize, parts: usize) {
        assert_eq!(length(text), Length { alphabet, units, parts });
    }

    #[test]
    fn s25_a_part_holds_160_septets_and_each_of_several_153() {
        is("", Alphabet::Gsm7, 0, 1);
        for (count, parts) in [(1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
            is(&"a".repeat(count), Alphabet::Gsm7, count, parts);
        }
    }

    #[test]
    fn s25_extension_characters_count_two_and_are_never_divided() {
        is("€{}[]~|^\\\u{c}", Alphabet::Gsm7, 20, 1);
        is(&"€".repeat(80), Alphabet::Gsm7, 160, 1);
        // 76 of them fill 152 of 153 septets; the 77th goes to the next part.
        is(&"€".repeat(153), Alphabet::Gsm7, 306, 3);
        assert_eq!(parts(&"€".repeat(81)), ["€".repeat(76), "€".repeat(5)]);
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(10));
        assert_eq!(parts(&text), ["a".repeat(152), format!("€{}", "b".repeat(10))]);
    }

    #[test]
    fn s25_one_other_character_makes_the_whole_text_ucs2() {
        is("ñäÄöÖüÜàÇßøå", Alphabet::Gsm7, 12, 1);
        for other in ["ç", "á", "ê", "ș", "đ", "ă", "中", "\u{2019}", "\u{a0}", "\t", "`"] {
            is(&format!("abc{other}"), Alphabet::Ucs2, 4, 1);
        }
        for (count, parts) in [(70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
            is(&"ç".repeat(count), Alphabet::Ucs2, count, parts);
        }
        is(&format!("ç{}", "€".repeat(69)), Alphabet::Ucs2, 70, 1);
    }

    #[test]
    fn s25_a_surrogate_pair_is_never_divided() {
        is(&"😀".repeat(35), Alphabet::Ucs2, 70, 1);
        // 33 of them fill 66 of 67 units.
        assert_eq!(parts(&"😀".repeat(36)), ["😀".repeat(33), "😀".repeat(3)]);
        is(&"😀".repeat(67), Alphabet::Ucs2, 134, 3);
        is(&format!("{}😀", "ç".repeat(66)), Alphabet::Ucs2, 68, 1);
        assert_eq!(parts(&format!("{}😀ççç", "ç".repeat(66))), ["ç".repeat(66), "😀ççç".to_owned()]);
    }

    #[test]
    fn s25_the_alphabet_is_the_one_of_the_standard() {
        // 128 places, less the escape.
        assert_eq!((BASIC.chars().count(), EXTENSION.chars().count()), (127, 10));
        assert!(EXTENSION.chars().all(|c| !BASIC.contains(c)));
    }

    proptest! {
        #[test]
        fn s25_parts_are_the_text_and_none_is_too_long(text in "([a-zA-Z€{}ß ]|\\PC){0,400}") {
            let (alphabet, parts) = (Alphabet::of(&text), parts(&text));
            prop_assert_eq!(parts.concat(), text.as_str());
            let most = if parts.len() == 1 { alphabet.alone() } else { alphabet.each() };
            for part in parts {
                prop_assert!(part.chars().map(|c| alphabet.units(c)).sum::<usize>() <= most);
            }
        }
    }
}
