//! The few words of the page, in the languages of the console. `{shop}` is the shop's name.

pub(super) struct Words {
    /// BCP 47 tag of the page.
    pub(super) language: &'static str,
    pub(super) asks: &'static str,
    pub(super) unsubscribe: &'static str,
    pub(super) done: &'static str,
    pub(super) subscribe: &'static str,
    pub(super) again: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    asks: "Do you want no more offers and reminders from {shop}?",
    unsubscribe: "Unsubscribe",
    done: "You are unsubscribed: {shop} sends you no more offers and reminders.",
    subscribe: "Subscribe again",
    again: "You are subscribed again to offers and reminders from {shop}.",
};

const OTHERS: [Words; 5] = [
    Words {
        language: "zh-Hant",
        asks: "您不想再收到 {shop} 的優惠和提醒嗎？",
        unsubscribe: "取消訂閱",
        done: "您已取消訂閱：{shop} 不會再向您發送優惠和提醒。",
        subscribe: "重新訂閱",
        again: "您已重新訂閱 {shop} 的優惠和提醒。",
    },
    Words {
        language: "zh",
        asks: "您不想再收到 {shop} 的优惠和提醒吗？",
        unsubscribe: "退订",
        done: "您已退订：{shop} 不会再向您发送优惠和提醒。",
        subscribe: "重新订阅",
        again: "您已重新订阅 {shop} 的优惠和提醒。",
    },
    Words {
        language: "ro",
        asks: "Nu mai doriți oferte și mementouri de la {shop}?",
        unsubscribe: "Dezabonare",
        done: "V-ați dezabonat: {shop} nu vă mai trimite oferte și mementouri.",
        subscribe: "Abonare din nou",
        again: "V-ați abonat din nou la ofertele și mementourile {shop}.",
    },
    Words {
        language: "ar",
        asks: "ألا تريد تلقي المزيد من العروض والتذكيرات من {shop}؟",
        unsubscribe: "إلغاء الاشتراك",
        done: "تم إلغاء اشتراكك: لن يرسل إليك {shop} عروضًا وتذكيرات بعد الآن.",
        subscribe: "الاشتراك من جديد",
        again: "تم اشتراكك من جديد في عروض وتذكيرات {shop}.",
    },
    Words {
        language: "vi",
        asks: "Bạn không muốn nhận thêm ưu đãi và lời nhắc từ {shop}?",
        unsubscribe: "Hủy đăng ký",
        done: "Bạn đã hủy đăng ký: {shop} sẽ không gửi ưu đãi và lời nhắc cho bạn nữa.",
        subscribe: "Đăng ký lại",
        again: "Bạn đã đăng ký lại ưu đãi và lời nhắc từ {shop}.",
    },
];

impl Words {
    /// In a customer's language, or English. Whoever reads traditional characters is not shown simplified ones.
    pub(super) fn of(language: Option<&str>) -> Self {
        let tag = language.unwrap_or_default().replace('_', "-").to_ascii_lowercase();
        let mut parts = tag.split('-');
        let mut base = parts.next().unwrap_or_default();
        if base == "zh" && parts.any(|part| ["hant", "tw", "hk", "mo"].contains(&part)) {
            base = "zh-hant";
        }
        OTHERS.into_iter().find(|words| words.language.eq_ignore_ascii_case(base)).unwrap_or(ENGLISH)
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn s15_the_page_speaks_the_customers_language_as_far_as_it_knows_it() {
        let shown =
            ["ro-RO", "zh_TW", "zh-CN", "zh-Hant-HK", "ar", "vi-VN", "fi", ""].map(|tag| Words::of(Some(tag)).language);
        assert_eq!(shown, ["ro", "zh-Hant", "zh", "zh-Hant", "ar", "vi", "en", "en"]);
        assert_eq!(Words::of(None).language, "en");
    }
}
