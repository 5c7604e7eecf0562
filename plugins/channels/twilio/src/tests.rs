use super::*;
use cartwright_sdk::encoding::to_base64;
use cartwright_sdk::serde_json::{Value, json};
use cartwright_sdk::transport::{Action, Effect, Header};

const NOW: Instant = 1_800_000_000_000;
const SID: &str = "AC0123456789abcdef0123456789abcdef";
const HOOK: &str = "https://carts.example/hooks/7";

fn config(more: Value) -> Config {
    let mut config = json!({"account_sid": SID, "sender": "+15005550006"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json::config(&config.to_string()).unwrap_or_else(|fault| panic!("{}", fault.message))
}

fn sent(config: &Config, content: Value) -> HttpRequest {
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Phone, value: "+4915112345678".to_owned() },
        locale: "de".to_owned(),
        content: content.to_string(),
        created_at: NOW,
    };
    let request = send(config, &message, HOOK).unwrap_or_else(|fault| panic!("{}", fault.message));
    assert_eq!(request.effect, Effect::Send);
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    request
}

fn fields(request: &HttpRequest) -> Vec<(String, String)> {
    webhook("", &String::from_utf8_lossy(&request.body), None).form()
}

fn webhook(query: &str, body: &str, signature: Option<&str>) -> Webhook {
    let signed = |value: &str| Header { name: "x-twilio-signature".to_owned(), value: value.to_owned() };
    let headers = signature.into_iter().map(signed).collect();
    Webhook { method: "POST".to_owned(), path: query.to_owned(), headers, body: body.as_bytes().to_vec() }
}

fn response(status: u16, body: Value) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn answered(status: u16, body: Value) -> Outcome {
    let response = response(status, body);
    answer::refusal(&response, NOW).map_or_else(|| answer::to_send(&response), Outcome::Rejected)
}

fn told(query: &str, body: &str) -> Option<Receipt> {
    callbacks::read(&webhook(query, body, None), NOW)
}

#[test]
fn a_message_is_a_form_with_the_address_that_is_called_back() {
    let request =
        sent(&config(json!({})), json!({"text": "Ihr Korb & mehr", "media": ["https://a.example/b.png", " "]}));
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"));
    assert_eq!(request.headers[0].value, format!("Basic {{secret:auth_token:base64:{SID}:}}"));
    let callback = format!("{HOOK}?message=m-1");
    let wanted = [
        ("To", "+4915112345678"),
        ("From", "+15005550006"),
        ("Body", "Ihr Korb & mehr"),
        ("StatusCallback", &callback),
        ("MediaUrl", "https://a.example/b.png"),
    ];
    assert_eq!(fields(&request), wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_messaging_service_and_a_key_take_the_place_of_number_and_token() {
    let (service, key) = (format!("MG{}", "1".repeat(32)), format!("SK{}", "2".repeat(32)));
    let request = sent(&config(json!({"sender": service, "api_key_sid": key})), json!({"text": "Hi"}));
    assert!(fields(&request).contains(&("MessagingServiceSid".to_owned(), service)));
    assert_eq!(request.headers[0].value, format!("Basic {{secret:api_key_secret:base64:{key}:}}"));
}

#[test]
fn s23_an_answer_has_the_class_of_its_own_error() {
    use RejectionClass::*;
    assert_eq!(answered(201, json!({"sid": "SM1", "status": "queued", "error_code": null})), Outcome::accepted("SM1"));
    for (status, code, class) in
        [(401, 20003, Auth), (400, 21211, InvalidRecipient), (400, 21610, OptOut), (429, 20429, RateLimited(None))]
    {
        let body = json!({"code": code, "message": "no", "status": status});
        assert_eq!(answered(status, body), Outcome::rejected(class, Some(code.to_string()), "no"));
    }
    let taken = json!({"sid": "SM1", "status": "failed", "error_code": 30007, "error_message": "filtered"});
    assert_eq!(answered(201, taken), Outcome::rejected(ContentPolicy, Some("30007".to_owned()), "filtered"));
    assert_eq!(answered(400, json!({"code": 99_999})), Outcome::rejected(Unknown, Some("99999".to_owned()), ""));
}

#[test]
fn s22_an_answer_without_sid_and_without_a_known_error_is_uncertain() {
    for (status, body) in [
        (200, json!({})),
        (500, json!({"code": 20_500, "message": "oops"})),
        (502, json!("bad gateway")),
        (302, json!(null)),
    ] {
        assert!(matches!(answered(status, body.clone()), Outcome::Uncertain(_)), "{status} {body}");
    }
}

#[test]
fn a_price_is_known_once_twilio_names_it() {
    let price = |price: Value, unit: Value| {
        answer::to_price(&response(200, json!({"sid": "SM1", "price": price, "price_unit": unit})))
    };
    let cost = |micros| Completion::Priced(Some(Price { micros, currency: "USD".to_owned() }));
    assert_eq!(price(json!("-0.00750"), json!("USD")), cost(7_500));
    assert_eq!(price(json!("-1"), json!("USD")), cost(1_000_000));
    assert_eq!(price(json!(null), json!("USD")), Completion::Priced(None));
    assert!(matches!(price(json!("cheap"), json!("USD")), Completion::Failed(_)));
}

#[test]
fn a_signature_is_over_the_address_and_the_sorted_fields() {
    let body = "To=%2B1&From=%2B49&MessageSid=SM1&MessageStatus=sent";
    let verify = |signed: &str| {
        let expected = signed.as_bytes().to_vec();
        let webhook = webhook("?message=m-1", body, Some(&to_base64(b"sig")));
        callbacks::verify(&webhook, HOOK, |data, signature| data == expected && signature == b"sig")
    };
    let fields = "From+49MessageSidSM1MessageStatussentTo+1";
    assert_eq!(verify(&format!("{HOOK}?message=m-1{fields}")), Verification::Authentic);
    assert_eq!(verify(&format!("https://carts.example:443/hooks/7?message=m-1{fields}")), Verification::Authentic);
    assert!(matches!(verify(&format!("{HOOK}{fields}")), Verification::Refused(_)));
    for signature in [None, Some(""), Some("%")] {
        let unsigned = webhook("", body, signature);
        assert!(matches!(callbacks::verify(&unsigned, HOOK, |_, _| true), Verification::Refused(_)), "{signature:?}");
    }
}

#[test]
fn states_become_receipts_that_carry_our_id() {
    let state = |status: &str| told("?message=m-1", &format!("MessageSid=SM1&MessageStatus={status}&ErrorCode=30005"));
    use ReceiptKind::*;
    for (status, kind) in [("sent", Accepted), ("delivered", Delivered), ("read", Read), ("undelivered", Failed)] {
        let receipt = state(status).unwrap();
        assert_eq!((receipt.id, receipt.kind, receipt.at), (format!("SM1:{status}"), kind, NOW));
        assert_eq!((receipt.provider_id.as_deref(), receipt.message_id.as_deref()), (Some("SM1"), Some("m-1")));
        let class = receipt.failure.map(|failure| failure.class);
        assert_eq!(class, (kind == Failed).then_some(RejectionClass::InvalidRecipient), "{status}");
    }
    assert_eq!(state("queued"), None);
    let nothing = told("", "MessageSid=SM1&MessageStatus=failed").unwrap().failure.unwrap();
    assert_eq!(nothing.class, RejectionClass::Unknown);
}

#[test]
fn s18_the_word_that_twilio_understood_counts() {
    let inbound = |body: &str, kind: &str| {
        told("", &format!("MessageSid=SM2&From=%2B4915&Body={body}&OptOutType={kind}")).unwrap()
    };
    let sender = Some(Address { kind: AddressKind::Phone, value: "+4915".to_owned() });
    for (body, kind, means, text) in [
        ("Schluss", "STOP", ReceiptKind::OptedOut, "Schluss"),
        ("Weiter", "START", ReceiptKind::Replied, "START"),
        ("stop", "", ReceiptKind::Replied, "stop"),
        ("What+is+this%3F", "HELP", ReceiptKind::Replied, "What is this?"),
    ] {
        let receipt = inbound(body, kind);
        assert_eq!((receipt.kind, receipt.text.as_deref(), &receipt.sender), (means, Some(text), &sender), "{body}");
    }
    assert_eq!(told("", "{}"), None);
}

#[test]
fn a_configuration_names_account_and_sender() {
    let with = |account: &str, sender: &str, endpoint: &str| {
        Twilio::check_config(json!({"account_sid": account, "sender": sender, "endpoint": endpoint}).to_string())
    };
    assert!(with(SID, "Acorn", "http://127.0.0.1:9").is_ok());
    for (account, sender, endpoint) in
        [("AC1", "Acorn", "https://x"), (SID, " ", "https://x"), (SID, "Acorn", "api.twilio.com")]
    {
        assert!(with(account, sender, endpoint).is_err(), "{account} {sender} {endpoint}");
    }
}
