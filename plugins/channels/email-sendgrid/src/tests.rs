use super::*;
use cartwright_sdk::encoding::to_base64;
use cartwright_sdk::serde_json;
use cartwright_sdk::transport::{Action, Effect, Header};

const NOW: Instant = 1_800_000_000_000;

fn config() -> Config {
    let config =
        json!({"from": {"name": "Acorn & Oak", "address": "shop@acorn.example"}, "reply_to": "help@acorn.example"});
    json::config(&config.to_string()).unwrap()
}

fn sent(content: Value) -> Value {
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Email, value: "ana@example.ro".to_owned() },
        locale: "en".to_owned(),
        content: content.to_string(),
        created_at: NOW,
    };
    let request = send(&config(), &message).unwrap_or_else(|fault| panic!("{}", fault.message));
    assert_eq!(request.effect, Effect::Send);
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://api.sendgrid.com/v3/mail/send");
    assert_eq!(request.headers[0].value, "Bearer {secret:api_key}");
    serde_json::from_slice(&request.body).unwrap()
}

fn headers(headers: &[(&str, &str)]) -> Vec<Header> {
    headers.iter().map(|(name, value)| Header { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
}

fn answered(status: u16, body: Value, told: &[(&str, &str)]) -> Outcome {
    let response = HttpResponse { status, headers: headers(told), body: body.to_string().into_bytes() };
    answer::refusal(&response, NOW).map_or_else(|| answer::to_send(&response), Outcome::Rejected)
}

fn event(more: Value) -> Receipt {
    let mut event = json!({"sg_event_id": "e-1", "sg_message_id": "abc.filter01.1", "timestamp": 1_461_095_250,
        "email": "ana@example.ro", "cartwright_message": "m-1"});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let receipts = events::read(json!([7, {"event": "new"}, event]).to_string().as_bytes()).unwrap();
    receipts.into_iter().next().unwrap()
}

#[test]
fn a_mail_has_both_parts_and_one_click_unsubscription() {
    let content = json!({"subject": "Your cart", "text": "Hi", "html": "<p>Hi</p>", "unsubscribe_url": "https://acorn.example/u/1"});
    let wanted = json!({
        "personalizations": [{"to": [{"email": "ana@example.ro"}], "custom_args": {"cartwright_message": "m-1"}}],
        "from": {"email": "shop@acorn.example", "name": "Acorn & Oak"},
        "reply_to": {"email": "help@acorn.example"},
        "subject": "Your cart",
        "content": [{"type": "text/plain", "value": "Hi"}, {"type": "text/html", "value": "<p>Hi</p>"}],
        "headers": {"List-Unsubscribe": "<https://acorn.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    });
    assert_eq!(sent(content), wanted);
    let plain =
        sent(json!({"subject": "s", "text": "t", "html": " ", "unsubscribe_url": "https://a.example/\r\nBcc: x"}));
    assert_eq!((&plain["content"][1], &plain["headers"]), (&Value::Null, &Value::Null));
}

#[test]
fn s23_status_and_field_say_what_is_wrong() {
    use RejectionClass::*;
    let refused = |status, message: &str, field: &str| match answered(
        status,
        json!({"errors": [{"message": message, "field": field}]}),
        &[],
    ) {
        Outcome::Rejected(rejection) => rejection.class,
        other => panic!("{other:?}"),
    };
    assert_eq!(answered(202, json!(null), &[("X-Message-Id", "abc")]), Outcome::accepted("abc"));
    assert_eq!(refused(400, "Does not contain a valid address.", "personalizations.0.to.0.email"), InvalidRecipient);
    assert_eq!(refused(400, "The subject is required", "subject"), BadRequest);
    assert_eq!(refused(401, "Maximum credits exceeded", ""), Billing);
    assert_eq!(refused(403, "The from address does not match a verified Sender Identity", "from"), Auth);
    assert_eq!(refused(503, "try again", ""), Transient);
}

#[test]
fn s23_a_limit_is_kept_until_its_reset() {
    let until = |told: &[(&str, &str)]| match answered(429, json!({}), told) {
        Outcome::Rejected(rejection) => rejection.class,
        other => panic!("{other:?}"),
    };
    assert_eq!(until(&[("X-RateLimit-Reset", "1800000060")]), RejectionClass::RateLimited(Some(NOW + 60_000)));
    assert_eq!(
        until(&[("X-RateLimit-Reset", "1700000000"), ("retry-after", "5")]),
        RejectionClass::RateLimited(Some(NOW + 5_000))
    );
    assert_eq!(until(&[]), RejectionClass::RateLimited(None));
}

#[test]
fn s22_an_answer_without_id_and_without_error_is_uncertain() {
    for (status, body) in [(202, json!(null)), (500, json!("oops")), (502, json!({})), (302, json!(null))] {
        assert!(matches!(answered(status, body.clone(), &[]), Outcome::Uncertain(_)), "{status} {body}");
    }
}

#[test]
fn events_become_receipts_that_carry_both_ids() {
    use ReceiptKind::*;
    for (name, kind) in [
        ("processed", Accepted),
        ("delivered", Delivered),
        ("open", Read),
        ("click", Clicked),
        ("spamreport", OptedOut),
        ("unsubscribe", OptedOut),
        ("group_unsubscribe", OptedOut),
    ] {
        let receipt = event(json!({"event": name, "url": "https://acorn.example/"}));
        assert_eq!((receipt.id.as_str(), receipt.kind, receipt.at), ("e-1", kind, 1_461_095_250_000), "{name}");
        assert_eq!((receipt.provider_id.as_deref(), receipt.message_id.as_deref()), (Some("abc"), Some("m-1")));
    }
    for ignored in [json!({"event": "deferred"}), json!({"event": "open", "sg_machine_open": true})] {
        let mut ignored = ignored;
        ignored["sg_event_id"] = json!("e-2");
        ignored["timestamp"] = json!(1);
        assert_eq!(events::read(json!([ignored]).to_string().as_bytes()).unwrap(), []);
    }
}

#[test]
fn s23_a_mail_that_failed_says_why() {
    use RejectionClass::*;
    for (told, class) in [
        (
            json!({"event": "bounce", "type": "bounce", "reason": "550 5.1.1 unknown", "status": "5.1.1"}),
            InvalidRecipient,
        ),
        (json!({"event": "bounce", "type": "blocked", "reason": "busy"}), Transient),
        (json!({"event": "dropped", "reason": "Bounced Address"}), InvalidRecipient),
        (json!({"event": "dropped", "reason": "Unsubscribed Address"}), OptOut),
        (json!({"event": "dropped", "reason": "Spam Reporting Address"}), OptOut),
        (json!({"event": "dropped", "reason": "Spam Content"}), ContentPolicy),
        (json!({"event": "dropped", "reason": "something new"}), Unknown),
    ] {
        assert_eq!(event(told.clone()).failure.unwrap().class, class, "{told}");
    }
}

#[test]
fn a_signature_is_over_its_time_and_the_body() {
    let verify = |told: &[(&str, &str)]| {
        let webhook =
            Webhook { method: "POST".to_owned(), path: String::new(), headers: headers(told), body: b"[]".to_vec() };
        events::verify(&webhook, NOW, |data, signature| data == b"1799999999[]" && signature == b"sig")
    };
    let signature = to_base64(b"sig");
    let with = |at| {
        [("X-Twilio-Email-Event-Webhook-Signature", signature.as_str()), ("X-Twilio-Email-Event-Webhook-Timestamp", at)]
    };
    assert_eq!(verify(&with("1799999999")), Verification::Authentic);
    for told in [&with("1799999998")[..], &with("1799000000"), &with("soon"), &with("1799999999")[..1], &[]] {
        assert!(matches!(verify(told), Verification::Refused(_)), "{told:?}");
    }
}

#[test]
fn a_probe_asks_whether_the_key_may_send() {
    let probe = |status, body: Value| {
        answer::to_probe(&HttpResponse { status, headers: Vec::new(), body: body.to_string().into_bytes() })
    };
    assert!(matches!(probe(200, json!({"scopes": ["mail.send"]})), Completion::Probed(_)));
    assert!(matches!(probe(200, json!({"scopes": ["stats.read"]})), Completion::Failed(_)));
    assert!(matches!(probe(502, json!({})), Completion::Failed(_)));
}

#[test]
fn a_configuration_names_a_sender() {
    let with = |from: &str, endpoint: &str| {
        SendGrid::check_config(json!({"from": {"address": from}, "endpoint": endpoint}).to_string())
    };
    assert!(with("a@b.de", "http://127.0.0.1:9").is_ok());
    for (from, endpoint) in [("nobody", "https://x"), ("a@b.de", "api.sendgrid.com")] {
        assert!(with(from, endpoint).is_err(), "{from} {endpoint}");
    }
}
