use super::*;
use cartwright_sdk::serde_json::{self, Value};
use cartwright_sdk::transport::{Action, Effect};

const NOW: Instant = 1_800_000_000_000;

fn sent(config: Value, callback: Option<&str>) -> (HttpRequest, Value) {
    let config: Config = json::config(&config.to_string()).unwrap();
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Phone, value: "+48500000000".to_owned() },
        locale: "pl".to_owned(),
        content: json!({"text": "Twój koszyk"}).to_string(),
        created_at: NOW,
    };
    let request = send(&config, &message, callback.map(str::to_owned)).unwrap();
    assert_eq!(request.effect, Effect::Send);
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    let body = serde_json::from_slice(&request.body).unwrap();
    (request, body)
}

fn answered(status: u16, body: Value) -> Outcome {
    let response = HttpResponse { status, headers: Vec::new(), body: body.to_string().into_bytes() };
    let point = Amount { amount: "0.07".to_owned(), currency: "EUR".to_owned() };
    answer::to_send("m-1", &response, Some(&point), NOW)
}

fn told(path: &str, body: &str) -> Vec<Receipt> {
    let webhook = Webhook {
        method: "GET".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    reports::read(&webhook, NOW)
}

#[test]
fn a_message_goes_out_under_our_id_which_is_checked() {
    let (request, body) = sent(json!({"sender": "Acorn", "quiet_hours": "follow"}), Some("https://c.example/hooks/1"));
    assert_eq!(
        (request.url.as_str(), request.headers[0].value.as_str()),
        ("https://api.smsapi.com/sms.do", "Bearer {secret:token}")
    );
    let wanted = json!({
        "to": "48500000000", "message": "Twój koszyk", "from": "Acorn", "encoding": "utf-8", "format": "json",
        "details": true, "idx": "m-1", "check_idx": true, "max_parts": 6, "time_restriction": "follow",
        "notify_url": "https://c.example/hooks/1?key={secret:callback_key:json}",
    });
    assert_eq!(body, wanted);
    assert_eq!(sent(json!({}), None).1["notify_url"], Value::Null);
}

#[test]
fn s22_an_id_that_is_known_went_out_before() {
    let known = json!({"error": 53, "message": "Not unique idx parameter"});
    assert_eq!(answered(200, known), Outcome::accepted("m-1"));
}

#[test]
fn s23_a_200_with_an_error_is_a_refusal() {
    use RejectionClass::*;
    for (code, class) in [(13, InvalidRecipient), (101, Auth), (103, Billing), (203, RateLimited(None)), (12, TooLarge)]
    {
        let refused = Outcome::rejected(class, Some(code.to_string()), "no");
        assert_eq!(answered(200, json!({"error": code, "message": "no"})), refused);
    }
    let of_number = json!({"count": 1, "list": [{"id": "1", "error": 13}]});
    assert!(matches!(answered(200, of_number), Outcome::Rejected(Rejection { class: InvalidRecipient, .. })));
    for (status, body) in [(200, json!({})), (200, json!({"list": []})), (502, json!("bad gateway"))] {
        let again = matches!(answered(status, body.clone()), Outcome::Rejected(Rejection { class: Transient, .. }));
        assert!(again, "{status} {body}");
    }
}

#[test]
fn points_become_money_where_a_point_has_a_price() {
    for points in [json!(0.165), json!("0.165")] {
        let taken = json!({"count": 1, "list": [{"id": "1460969715572091219", "points": points, "error": null}]});
        let price = Some(Price { micros: 11_550, currency: "EUR".to_owned() });
        assert_eq!(
            answered(200, taken),
            Outcome::Accepted(Acceptance { provider_id: "1460969715572091219".to_owned(), price })
        );
    }
}

#[test]
fn reports_come_several_at_once() {
    let receipts = told(
        "?key=k&MsgId=1,2,3&status_name=DELIVERED,UNDELIVERED,QUEUE&idx=m-1,,m-3&donedate=1698266945,1698266946,0",
        "",
    );
    use ReceiptKind::*;
    let seen: Vec<_> =
        receipts.iter().map(|one| (one.id.as_str(), one.kind, one.message_id.as_deref(), one.at)).collect();
    assert_eq!(
        seen,
        [
            ("1:DELIVERED", Delivered, Some("m-1"), 1_698_266_945_000),
            ("2:UNDELIVERED", Failed, None, 1_698_266_946_000)
        ]
    );
    assert_eq!(receipts[1].failure.as_ref().unwrap().class, RejectionClass::Unknown);
    assert_eq!(told("?key=k", ""), []);
}

#[test]
fn a_reply_names_its_sender() {
    let replies = told("?key=k", "sms_from=48500000000&sms_to=664400100&sms_text=STOP&sms_date=1698266945");
    assert_eq!(
        (replies[0].kind, replies[0].text.as_deref(), replies[0].at),
        (ReceiptKind::Replied, Some("STOP"), 1_698_266_945_000)
    );
    assert_eq!(replies[0].sender.as_ref().unwrap().value, "+48500000000");
}

#[test]
fn a_probe_says_how_many_points_are_left() {
    let probe = |status, body: &str| {
        answer::to_probe(&HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() }, NOW)
    };
    assert_eq!(
        probe(200, r#"{"username": "acorn", "points": 102.5}"#),
        Completion::Probed("acorn, 102.5 points left".to_owned())
    );
    for (status, body) in [(401, "{}"), (200, r#"{"error": 101, "message": "no"}"#), (200, "{}"), (502, "<html>")] {
        assert!(matches!(probe(status, body), Completion::Failed(_)), "{status} {body}");
    }
}

#[test]
fn a_configuration_is_checked_beyond_its_schema() {
    let check = |config: Value| SmsApi::check_config(config.to_string());
    assert!(check(json!({})).is_ok());
    let price = json!({"amount": "0,07", "currency": "EUR"});
    for config in [
        json!({"max_parts": 11}),
        json!({"quiet_hours": "night"}),
        json!({"point_price": price}),
        json!({"endpoint": "x"}),
    ] {
        assert!(check(config.clone()).is_err(), "{config}");
    }
}
