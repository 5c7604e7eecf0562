//! Which locale of several a customer gets (S15).

use icu_locale::{LanguageIdentifier, LocaleExpander};

/// The place of the best of `offered` for `wanted`; else that of `default`; none if that is not offered either.
///
/// Tags are completed by likely subtags and then cut: `zh-TW` is `zh-Hant-TW`, then `zh-Hant`, and never `zh-Hans`.
pub fn choose(offered: &[&str], wanted: Option<&str>, default: &str) -> Option<usize> {
    wanted
        .and_then(|tag| fitting(offered, tag))
        .or_else(|| fitting(offered, default))
        .or_else(|| offered.iter().position(|tag| tag.eq_ignore_ascii_case(default)))
}

/// Whether a text is a language tag at all.
pub fn is_tag(text: &str) -> bool {
    completed(text).is_some()
}

fn fitting(offered: &[&str], wanted: &str) -> Option<usize> {
    let wanted = completed(wanted)?;
    let offered: Vec<Option<LanguageIdentifier>> = offered.iter().map(|tag| completed(tag)).collect();
    let same = |one: &LanguageIdentifier, other: &LanguageIdentifier| {
        one.language == other.language && one.script == other.script
    };
    let exact = offered.iter().position(|tag| tag.as_ref() == Some(&wanted));
    // Without the region: a plain `pt` before `pt-BR` for somebody from Portugal, as completed tags say.
    exact
        .or_else(|| {
            let mut likely = LanguageIdentifier { region: None, ..wanted.clone() };
            EXPANDER.with(|expander| expander.maximize(&mut likely));
            offered.iter().position(|tag| tag.as_ref() == Some(&likely))
        })
        .or_else(|| offered.iter().position(|tag| tag.as_ref().is_some_and(|tag| same(tag, &wanted))))
}

thread_local! {
    static EXPANDER: LocaleExpander = const { LocaleExpander::new_common() };
}

fn completed(tag: &str) -> Option<LanguageIdentifier> {
    let mut language: LanguageIdentifier = tag.replace('_', "-").parse().ok()?;
    language.variants.clear();
    EXPANDER.with(|expander| expander.maximize(&mut language));
    Some(language)
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn s15_tags_are_completed_then_cut_and_scripts_never_mixed() {
        assert_eq!(choose(&["en", "zh-Hant"], Some("zh-TW"), "en"), Some(1));
        assert_eq!(choose(&["en", "zh-Hans"], Some("zh-TW"), "en"), Some(0));
        assert_eq!(choose(&["en", "zh"], Some("zh-CN"), "en"), Some(1));
        assert_eq!(choose(&["en", "zh"], Some("zh-Hant"), "en"), Some(0));
        assert_eq!(choose(&["en-GB", "en"], Some("en-AU"), "de"), Some(1));
        assert_eq!(choose(&["de", "ro"], Some("ro_RO"), "de"), Some(1));
        assert_eq!(choose(&["de", "ro"], Some("not a tag!"), "de"), Some(0));
        assert_eq!(choose(&["de"], None, "de"), Some(0));
        assert_eq!(choose(&["de"], Some("fr"), "en"), None);
    }
}
