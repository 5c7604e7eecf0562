//! Words that people answer to hear no more, or to hear again (S18).
//!
//! All languages are looked at, whatever the shop's are: a person answers in their own. Only an answer that is nothing
//! but such a word counts, so that "please do not stop" stops nothing.

/// What an answer means for what may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// No more.
    Stop,
    /// This address may be used again; whether the customer wants marketing is another matter.
    Start,
}

/// The words of each language, in lower case.
const STOP: [(&str, &[&str]); 16] = [
    ("en", &["stop", "stop all", "stopall", "unsubscribe", "cancel", "end", "quit", "opt out", "optout", "revoke"]),
    ("ro", &["dezabonare", "dezaboneaza", "dezabonează", "opreste", "oprește", "renunt", "renunț"]),
    ("de", &["stopp", "abmelden", "abbestellen", "austragen", "beenden"]),
    ("fr", &["arret", "arrêt", "arreter", "arrêter", "desabonner", "désabonner", "desinscrire", "désinscrire"]),
    ("es", &["alto", "baja", "parar", "cancelar", "detener", "darme de baja"]),
    ("pt", &["parar", "cancelar", "sair", "remover"]),
    ("it", &["basta", "annulla", "cancellami", "disiscrivi", "disiscrivimi"]),
    ("nl", &["afmelden", "uitschrijven", "stoppen"]),
    ("pl", &["wypisz", "rezygnuje", "rezygnuję", "zatrzymaj"]),
    ("tr", &["dur", "iptal", "ret", "abonelikten çık", "abonelikten cik"]),
    ("ru", &["стоп", "отписаться", "отписка", "отмена"]),
    ("vi", &["dừng", "dung lai", "dừng lại", "hủy", "huy dang ky", "hủy đăng ký", "ngừng", "tu choi", "từ chối", "tc"]),
    ("id", &["berhenti", "hentikan", "batal"]),
    ("zh", &["停止", "退订", "退訂", "取消", "取消订阅", "取消訂閱", "td"]),
    ("ja", &["停止", "配信停止", "解除"]),
    ("ar", &["توقف", "إيقاف", "ايقاف", "إلغاء", "الغاء", "إلغاء الاشتراك", "الغاء الاشتراك"]),
];
const START: [(&str, &[&str]); 9] = [
    ("en", &["start", "unstop", "subscribe", "resume", "opt in", "optin"]),
    ("ro", &["abonare", "aboneaza", "abonează"]),
    ("de", &["anmelden", "fortsetzen"]),
    ("fr", &["reprendre", "commencer", "abonner"]),
    ("es", &["alta", "comenzar", "iniciar"]),
    ("vi", &["bat dau", "bắt đầu", "dang ky", "đăng ký"]),
    ("zh", &["开始", "開始", "订阅", "訂閱"]),
    ("ru", &["старт", "подписаться"]),
    ("ar", &["ابدأ", "ابدا", "اشتراك"]),
];

/// What an answer means, if it is such a word.
pub fn word_of(text: &str) -> Option<Word> {
    let said = folded(text);
    let among = |words: &[(&str, &[&str])]| words.iter().any(|(_, words)| words.contains(&said.as_str()));
    if among(&STOP) {
        Some(Word::Stop)
    } else if among(&START) {
        Some(Word::Start)
    } else {
        None
    }
}

/// In lower case, with what is neither letter nor digit as one space between words.
fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !is_of_word(c)).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Letters, digits, and the marks that some scripts write above and below them.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s18_a_stop_word_is_known_in_any_language_and_however_it_is_written() {
        let said = ["STOP", " stop. ", "Stop!!!", "«Stop»", "Dezabonare", "ABMELDEN", "arrêt", "Baja", "Dừng", "退订"];
        for text in said.into_iter().chain(["إلغاء الاشتراك", "Opt-Out", "STOP ALL", "отписаться"])
        {
            assert_eq!(word_of(text), Some(Word::Stop), "{text}");
        }
        for text in ["START", "unstop", "Đăng ký", "开始"] {
            assert_eq!(word_of(text), Some(Word::Start), "{text}");
        }
    }

    #[test]
    fn s18_a_sentence_that_holds_such_a_word_is_none() {
        for text in ["", "please do not stop", "stop by the shop", "Start with the red one", "cancel my order", "👍"]
        {
            assert_eq!(word_of(text), None, "{text}");
        }
    }

    #[test]
    fn s18_no_word_means_both_and_each_is_written_as_it_is_compared() {
        for (language, words) in STOP.iter().chain(&START) {
            for word in *words {
                assert_eq!(folded(word), *word, "{language}");
            }
        }
        let stops = |word: &&str| STOP.iter().any(|(_, words)| words.contains(word));
        assert_eq!(START.iter().flat_map(|(_, words)| *words).find(|word| stops(word)), None);
    }
}
