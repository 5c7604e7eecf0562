//! What became of a test send, or of a code. It is handed over in a commit before the provider is called, once, and
//! never again: whoever wants another sends another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contact::Address;
use crate::ids::{CustomerId, MessageId};
use crate::message::{Details, Outcome, RejectionClass};
use crate::time::{Span, Timestamp};

/// What stands before the subject, or the text, of a test.
const MARK: &str = "[Test] ";
/// Where a mark fits, the first that is there.
const MARKED: [&str; 2] = ["subject", "text"];

/// One test send, or one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestSend {
    /// Ours, as the channel knows it.
    pub id: MessageId,
    /// Whether it is a content, a code or a sample of an alert.
    pub kind: TestKind,
    /// When it was handed over.
    pub at: Timestamp,
    /// Who sent it: a person, or the label of a key.
    pub by: String,
    /// The shop's channel connection, by name.
    pub channel: String,
    /// The shop's own address that it went to.
    pub to: Address,
    /// The content, by name; none for what is no content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// The locale of the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whose data it was made of; none for a made-up customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// What became of it.
    #[serde(flatten)]
    pub state: TestState,
    /// The provider's words, where it did not take it for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Details>,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestKind {
    /// A content.
    Content,
    /// The code that confirms an address.
    Code,
    /// A sample of an alert.
    Alert,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TestState {
    /// Committed before the provider is called.
    HandedOver {
        /// Afterwards nobody will come back with the answer.
        lease_until: Timestamp,
    },
    /// The provider has it.
    Accepted {
        /// The provider's id.
        provider_id: String,
    },
    /// The provider refused it for certain.
    Rejected {
        /// The class of the refusal (S23).
        #[serde(flatten)]
        class: RejectionClass,
    },
    /// The provider may or may not have it.
    Uncertain,
}

impl TestKind {
    /// The word in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Code => "code",
            Self::Alert => "alert",
        }
    }
}

impl TestSend {
    /// It is handed over, for so long.
    pub fn hand_over(&mut self, lease: Span, now: Timestamp) {
        self.at = now;
        self.state = TestState::HandedOver { lease_until: now + lease };
    }

    /// What the provider said.
    pub fn settle(&mut self, outcome: &Outcome) {
        (self.state, self.answer) = match outcome {
            Outcome::Accepted { provider_id, .. } => (TestState::Accepted { provider_id: provider_id.clone() }, None),
            Outcome::Rejected(no) => (TestState::Rejected { class: no.class }, Some(no.details.clone())),
            Outcome::Uncertain(details) => (TestState::Uncertain, Some(details.clone())),
        };
    }

    /// As it is to be seen at a moment: nobody comes back to one whose time is over (S22).
    #[must_use]
    pub fn seen(mut self, now: Timestamp) -> Self {
        if matches!(self.state, TestState::HandedOver { lease_until } if lease_until <= now) {
            let text = "the process stopped between the hand-over and the provider's answer".to_owned();
            (self.state, self.answer) = (TestState::Uncertain, Some(Details { code: None, text }));
        }
        self
    }

    /// What is to be done by whoever sent it; none where it went well, or is on its way.
    pub fn next_step(&self) -> Option<&'static str> {
        match &self.state {
            TestState::HandedOver { .. } | TestState::Accepted { .. } => None,
            TestState::Uncertain => Some("Look whether it arrived. It is not sent again by itself; send another."),
            TestState::Rejected { class } => Some(step_after(*class)),
        }
    }
}

fn step_after(class: RejectionClass) -> &'static str {
    match class {
        RejectionClass::InvalidRecipient => "There is no such address; remove it, and confirm another.",
        RejectionClass::NotOnChannel => "Nobody has this address on the channel; confirm another.",
        RejectionClass::OptOut => {
            "The address wants nothing from this sender; take that back from there, or use another."
        }
        RejectionClass::WindowClosed => "Write to the sender from this address first, or send an approved template.",
        RejectionClass::FrequencyCap => "The provider's own cap for this address is reached; try again tomorrow.",
        RejectionClass::RateLimited { .. } | RejectionClass::Transient => {
            "Nothing was sent; try again in some minutes."
        }
        RejectionClass::Template => "Have the template approved, or choose another.",
        RejectionClass::ContentPolicy => "Change what the content says.",
        RejectionClass::SenderPolicy => "Ask the provider why the sender is refused.",
        RejectionClass::Auth => "Store working credentials for the channel.",
        RejectionClass::Billing => "Top up the provider's account.",
        RejectionClass::TooLarge => "Make the content shorter or its pictures smaller.",
        RejectionClass::BadRequest | RejectionClass::Unknown => "See in the provider's words what it does not take.",
    }
}

/// A document with the mark of a test, and whether there was a place for one: in its subject, else in its text.
pub fn marked(mut document: Value) -> (Value, bool) {
    let field = MARKED.into_iter().find(|field| document.get(*field).is_some_and(Value::is_string));
    let text = field.and_then(|field| document.get_mut(field));
    match text {
        Some(Value::String(text)) => {
            text.insert_str(0, MARK);
            (document, true)
        }
        _ => (document, false),
    }
}

/// What brings a code, for contents of a channel.
pub fn code_document(shop: &str, digits: &str, channel: &str) -> Value {
    let text = format!("{digits} confirms this address for test messages of {shop}. It is good for 15 minutes.");
    match channel {
        "email" => serde_json::json!({ "subject": format!("{shop}: {digits} confirms this address"), "text": text }),
        _ => serde_json::json!({ "text": text }),
    }
}

/// What shows that alerts arrive, for contents of a channel.
pub fn alert_document(shop: &str, channel: &str, now: Timestamp) -> Value {
    let (headline, rest) = ("Alerts arrive here", "This is a test: nothing is wrong, and nothing has to be done.");
    let subject = format!("{MARK}{shop}: {headline}");
    match channel {
        "email" => serde_json::json!({ "subject": subject, "text": format!("{headline}.\n\n{rest}\n") }),
        "webhook" => serde_json::json!({
            "type": "alert.test", "timestamp": now, "data": { "headline": headline, "words": rest },
        }),
        // A text message is short.
        "sms" => serde_json::json!({ "text": subject }),
        _ => serde_json::json!({ "text": format!("{subject}\n{rest}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::AddressKind;
    use crate::ids::Mint;
    use crate::message::Rejection;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        Timestamp::default() + Span::minutes(minute)
    }

    fn test() -> TestSend {
        let mut test = TestSend {
            id: Mint::new(at(0), [1; 32]).next(),
            kind: TestKind::Content,
            at: at(0),
            by: "mia".into(),
            channel: "mail".into(),
            to: Address { kind: AddressKind::Email, value: "mia@acorn.example".into() },
            content: Some("reminder".into()),
            revision: Some(3),
            locale: Some("en".into()),
            customer: None,
            state: TestState::Uncertain,
            answer: None,
        };
        test.hand_over(Span::minutes(1), at(0));
        test
    }

    #[test]
    fn s26_a_test_says_that_it_is_one_where_the_channel_has_room_for_it() {
        let mail = marked(json!({ "subject": "Your cart", "text": "Hello" }));
        assert_eq!(mail, (json!({ "subject": "[Test] Your cart", "text": "Hello" }), true));
        assert_eq!(marked(json!({ "text": "Hello" })), (json!({ "text": "[Test] Hello" }), true));
        let template = json!({ "template": { "name": "cart" } });
        assert_eq!(marked(template.clone()), (template, false));
    }

    #[test]
    fn s22_a_test_that_nobody_came_back_from_is_uncertain_and_says_what_to_do() {
        assert_eq!((test().seen(at(0)), test().next_step()), (test(), None));
        let lost = test().seen(at(1));
        assert_eq!(lost.state, TestState::Uncertain);
        assert!(lost.next_step().unwrap().contains("not sent again"));
    }

    #[test]
    fn s26_a_refusal_is_told_in_full_with_the_next_step() {
        let details = Details { code: Some("550".into()), text: "no such user".into() };
        let mut refused = test();
        refused.settle(&Outcome::Rejected(Rejection { class: RejectionClass::InvalidRecipient, details }));
        let told = serde_json::to_value(&refused).unwrap();
        assert_eq!((&told["state"], &told["class"]), (&json!("rejected"), &json!("invalid_recipient")));
        assert_eq!(told["answer"], json!({ "code": "550", "text": "no such user" }));
        assert!(refused.next_step().unwrap().contains("confirm another"));
        assert_eq!(serde_json::from_value::<TestSend>(told).unwrap(), refused);
    }

    #[test]
    fn a_sample_of_an_alert_says_on_each_channel_that_it_is_one() {
        for channel in ["slack", "inbox", "sms"] {
            let text = alert_document("Acorn", channel, at(0))["text"].as_str().unwrap().to_owned();
            assert!(text.starts_with("[Test] Acorn: Alerts arrive here"), "{text}");
        }
        assert_eq!(alert_document("Acorn", "email", at(0))["subject"], "[Test] Acorn: Alerts arrive here");
        let told = alert_document("Acorn", "webhook", at(0));
        assert_eq!((&told["type"], &told["timestamp"]), (&json!("alert.test"), &json!(at(0))));
    }

    #[test]
    fn a_code_is_told_as_the_channel_takes_it() {
        assert!(code_document("Acorn", "000042", "email")["subject"].as_str().unwrap().contains("000042"));
        assert_eq!(code_document("Acorn", "000042", "sms")["subject"], Value::Null);
    }
}
