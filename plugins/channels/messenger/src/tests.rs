use super::*;
use cartwright_sdk::serde_json::{self, Value, json};
use cartwright_sdk::transport::{Action, Effect};

const NOW: Instant = 1_800_000_000_000;

fn asked(to: &str, content: &Value) -> Result<Request, Fault> {
    let config = json::config(r#"{"page_id": "106"}"#).unwrap();
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Handle, value: to.to_owned() },
        locale: "vi-VN".to_owned(),
        content: content.to_string(),
        created_at: NOW,
    };
    message::request(&config, &message)
}

fn sent(content: Value) -> Value {
    sent_to("5010", content)
}

fn sent_to(to: &str, content: Value) -> Value {
    let request = asked(to, &content).unwrap_or_else(|fault| panic!("{}", fault.message));
    assert_eq!(request.effect, Effect::Send);
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/106/messages");
    assert_eq!(request.headers[0].value, "Bearer {secret:page_token}");
    serde_json::from_slice(&request.body).unwrap()
}

fn answered(status: u16, body: Value) -> Outcome {
    let response = HttpResponse { status, headers: Vec::new(), body: body.to_string().into_bytes() };
    answer::refusal(&response, NOW).map_or_else(|| answer::to_send(&response), Outcome::Rejected)
}

fn told(event: Value) -> Vec<Receipt> {
    let body = json!({"object": "page", "entry": [{"id": "106", "messaging": [7, event]}]});
    events::read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn an_answer_goes_to_the_person_within_the_window() {
    let answer = json!({"recipient": {"id": "5010"}, "messaging_type": "RESPONSE", "message": {"text": "Hi"}});
    assert_eq!(sent(json!({"text": "Hi", "image": " "})), answer);
    let buttons = json!([{"type": "url", "title": "Look", "value": "https://a.example/"}, {"type": "postback", "title": "Stop", "value": "STOP"}]);
    let shown = json!([{"type": "web_url", "title": "Look", "url": "https://a.example/"}, {"type": "postback", "title": "Stop", "payload": "STOP"}]);
    let payload = |content: Value| sent(content)["message"]["attachment"]["payload"].clone();
    assert_eq!(
        payload(json!({"text": "Hi", "buttons": buttons})),
        json!({"template_type": "button", "text": "Hi", "buttons": shown})
    );
    let element = json!({"title": "Hi", "image_url": "https://a.example/b.png", "buttons": shown});
    assert_eq!(
        payload(json!({"text": "Hi", "image": "https://a.example/b.png", "buttons": buttons})),
        json!({"template_type": "generic", "elements": [element]})
    );
}

#[test]
fn later_only_a_utility_template_or_who_opted_in() {
    let template = json!({"name": "order_sent", "language": {"code": "vi_VN"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}]});
    assert_eq!(
        sent(json!({"template": {"name": "order_sent", "body": ["Ana"]}})),
        json!({"recipient": {"id": "5010"}, "messaging_type": "UTILITY", "message": {"template": template}})
    );
    let marketing = json!({"text": "Hi", "opted_in": true});
    let goes = json!({"recipient": {"notification_messages_token": "t-1"}, "message": {"text": "Hi"}});
    for to in ["5010#t-1", "#t-1"] {
        assert_eq!(sent_to(to, marketing.clone()), goes);
    }
    assert_eq!(sent_to("5010#t-1", json!({"text": "Hi"}))["recipient"], json!({"id": "5010"}));
    let refused = asked("5010", &marketing).err();
    assert!(refused.is_some(), "who has not opted in");
}

#[test]
fn s23_a_subcode_says_more_than_its_code() {
    use RejectionClass::*;
    assert_eq!(answered(200, json!({"recipient_id": "5010", "message_id": "m_1"})), Outcome::accepted("m_1"));
    for (code, subcode, class) in [
        (10, Some(2018278), WindowClosed),
        (10, None, Auth),
        (100, Some(2018001), InvalidRecipient),
        (100, None, BadRequest),
    ] {
        let body = json!({"error": {"code": code, "error_subcode": subcode, "message": "no"}});
        let told = subcode.map_or(code.to_string(), |subcode| format!("{code}/{subcode}"));
        assert_eq!(answered(400, body), Outcome::rejected(class, Some(told), "no"));
    }
}

#[test]
fn s22_an_answer_without_id_and_without_error_is_uncertain() {
    for (status, body) in [(200, json!({})), (502, json!("bad gateway")), (302, json!(null))] {
        assert!(matches!(answered(status, body.clone()), Outcome::Uncertain(_)), "{status} {body}");
    }
}

#[test]
fn deliveries_name_their_messages_and_reading_names_the_reader() {
    use ReceiptKind::*;
    let delivered =
        told(json!({"sender": {"id": "5010"}, "timestamp": 9, "delivery": {"mids": ["m_1", "m_2"], "watermark": 7}}));
    let seen: Vec<_> = delivered.iter().map(|one| (one.kind, one.provider_id.as_deref(), one.at)).collect();
    assert_eq!(seen, [(Delivered, Some("m_1"), 7), (Delivered, Some("m_2"), 7)]);
    let all = told(json!({"sender": {"id": "5010"}, "timestamp": 9, "delivery": {"watermark": 7}}));
    let seen: Vec<_> = all.iter().map(|one| (one.id.as_str(), one.kind, one.provider_id.as_deref(), one.at)).collect();
    assert_eq!(seen, [("5010:delivered:7", Delivered, None, 7)], "a delivery need not name its messages");
    let read = &told(json!({"sender": {"id": "5010"}, "timestamp": 9, "read": {"watermark": 8}}))[0];
    assert_eq!((read.id.as_str(), read.kind, read.at, &read.provider_id), ("5010:read:8", Read, 8, &None));
    assert_eq!(read.sender, Some(Address { kind: AddressKind::Handle, value: "5010".to_owned() }));
}

#[test]
fn what_a_customer_says_taps_and_stops_is_told() {
    use ReceiptKind::*;
    let says = |more: Value| {
        let mut event = json!({"sender": {"id": "5010"}, "timestamp": 9});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told(event).into_iter().map(|one| (one.kind, one.text, one.sender.unwrap().value)).next()
    };
    let some = |kind, text: Option<&str>, who: &str| Some((kind, text.map(str::to_owned), who.to_owned()));
    assert_eq!(
        says(json!({"message": {"mid": "m_3", "text": "Is it red?"}})),
        some(Replied, Some("Is it red?"), "5010")
    );
    assert_eq!(
        says(json!({"message": {"mid": "m_3", "text": "Yes", "quick_reply": {"payload": "yes"}}})),
        some(Clicked, Some("yes"), "5010")
    );
    assert_eq!(says(json!({"postback": {"mid": "m_4", "payload": "buy"}})), some(Clicked, Some("buy"), "5010"));
    let came = json!({"ref": "SPRING", "source": "SHORTLINK", "type": "OPEN_THREAD"});
    assert_eq!(says(json!({"referral": came})), some(Clicked, Some("SPRING"), "5010"));
    let begins = json!({"postback": {"mid": "m_6", "payload": "start", "referral": came}});
    assert_eq!(says(begins), some(Clicked, Some("SPRING"), "5010"), "whoever writes for the first time");
    assert_eq!(says(json!({"referral": {"source": "ADS", "type": "OPEN_THREAD"}})), None);
    let optin = |status: &str| json!({"optin": {"type": "notification_messages", "notification_messages_token": "t-1", "notification_messages_status": status}});
    assert_eq!(says(optin("STOP NOTIFICATIONS")), some(OptedOut, None, "5010#t-1"));
    assert_eq!(says(optin("RESUME NOTIFICATIONS")), some(Replied, Some("START"), "5010#t-1"));
    assert_eq!(says(json!({"message": {"mid": "m_5", "text": "Hi", "is_echo": true}})), None);
}

#[test]
fn a_configuration_names_the_page_by_its_id() {
    assert!(Messenger::check_config(r#"{"page_id": "106", "endpoint": "http://127.0.0.1:9"}"#.to_owned()).is_ok());
    for config in ["{}", r#"{"page_id": "acorn"}"#, r#"{"page_id": "1", "endpoint": "graph.facebook.com"}"#] {
        assert!(Messenger::check_config(config.to_owned()).is_err(), "{config}");
    }
}
