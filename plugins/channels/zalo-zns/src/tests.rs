use super::*;
use cartwright_sdk::serde_json::Value;
use cartwright_sdk::transport::{Action, Effect, Header};

/// 15:00 in Vietnam.
const NOW: Instant = 1_800_000_000_000;

fn config(more: Value) -> Config {
    let mut config = json!({"app_id": "7"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json::config(&config.to_string()).unwrap()
}

fn http(request: Request) -> HttpRequest {
    match request.action {
        Action::Http(request) => request,
        other => panic!("{other:?}"),
    }
}

fn response(status: u16, body: &Value) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn answered(status: u16, body: Value) -> Outcome {
    let response = response(status, &body);
    answer::refusal(&response, NOW).map_or_else(|| answer::to_send(&response), Outcome::Rejected)
}

#[test]
fn a_notice_names_template_phone_and_our_id() {
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Phone, value: "+84912345678".to_owned() },
        locale: "vi".to_owned(),
        content: json!({"template_id": "12345", "data": {"name": "Ánh"}}).to_string(),
        created_at: NOW,
    };
    let request = send(&config(json!({"development": true})), &message).unwrap();
    assert_eq!(request.effect, Effect::Send);
    let request = http(request);
    assert_eq!(request.url, "https://business.openapi.zalo.me/message/template");
    assert_eq!(
        (request.headers[0].name.as_str(), request.headers[0].value.as_str()),
        ("access_token", "{secret:access_token}")
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        json!({"phone": "84912345678", "template_id": "12345", "template_data": {"name": "Ánh"}, "tracking_id": "m-1", "mode": "development"})
    );
}

#[test]
fn s44_both_tokens_are_taken_out_of_the_answer() {
    let request = refresh(&config(json!({})));
    let captured: Vec<_> = request.captures.iter().map(|one| (one.pointer.as_str(), one.name.as_str())).collect();
    assert_eq!(captured, [("/access_token", "access_token"), ("/refresh_token", "refresh_token")]);
    assert_eq!(request.effect, Effect::Send, "a refresh token is good for one use");
    let request = http(request);
    assert_eq!(request.url, "https://oauth.zaloapp.com/v4/oa/access_token");
    assert_eq!(request.body, b"app_id=7&grant_type=refresh_token&refresh_token={secret:refresh_token:form}");
    let renewed = json!({"access_token": "{secret:access_token}", "refresh_token": "{secret:refresh_token}", "expires_in": "90000"});
    assert_eq!(answer::to_refresh(&response(200, &renewed)), Completion::Refreshed);
    assert!(matches!(answer::to_refresh(&response(200, &json!({}))), Completion::Failed(_)));
    let refused = json!({"error": -14014, "error_name": "invalid_grant", "error_description": "used"});
    assert_eq!(answer::refusal(&response(200, &refused), NOW).unwrap().details.text, "used");
}

#[test]
fn s23_a_200_with_an_error_is_a_refusal() {
    use RejectionClass::*;
    let taken = json!({"error": 0, "message": "Success", "data": {"msg_id": "a1", "quota": {"dailyQuota": "500", "remainingQuota": "499"}}});
    assert_eq!(answered(200, taken), Outcome::accepted("a1"));
    for (code, class) in [(-108, InvalidRecipient), (-118, NotOnChannel), (-141, OptOut), (-124, Auth), (-999, Unknown)]
    {
        let refused = Outcome::rejected(class, Some(code.to_string()), "no");
        assert_eq!(answered(200, json!({"error": code, "message": "no"})), refused);
    }
    for (status, body) in [(200, json!({})), (200, json!({"error": 0, "data": {}})), (502, json!("bad gateway"))] {
        assert!(matches!(answered(status, body.clone()), Outcome::Uncertain(_)), "{status} {body}");
    }
}

#[test]
fn s23_a_quota_of_the_day_is_there_again_the_next_day_in_vietnam() {
    let Outcome::Rejected(refused) = answered(200, json!({"error": -144, "message": "quota"})) else { panic!("taken") };
    assert_eq!(refused.class, RejectionClass::RateLimited(Some(NOW + 9 * 3_600_000)));
}

#[test]
fn a_probe_says_how_many_notices_are_left() {
    let quota = json!({"error": 0, "message": "Success", "data": {"dailyQuota": 500, "remainingQuota": "499"}});
    assert_eq!(
        answer::to_probe(&response(200, &quota)),
        Completion::Probed("499 of 500 notices left today".to_owned())
    );
    assert!(matches!(answer::to_probe(&response(502, &json!({}))), Completion::Failed(_)));
}

#[test]
fn templates_are_listed_with_parameters_and_price() {
    let config = config(json!({}));
    let Step::Call(pending) = library::begin(&config) else { panic!("no request") };
    assert_eq!(
        http(pending.requests[0].clone()).url,
        "https://business.openapi.zalo.me/template/all?offset=0&limit=100"
    );
    let listed: Vec<_> = (1..=6)
        .map(|id| json!({"templateId": id, "templateName": format!("t{id}"), "status": if id == 6 { "REJECT" } else { "ENABLE" }}))
        .collect();
    let list = Response::Http(response(200, &json!({"error": 0, "data": listed})));
    let state = |state: &[u8]| serde_json::from_slice(state).unwrap();
    let Ok(Step::Call(first)) = library::resume(&config, state(&pending.state), &[list], NOW) else {
        panic!("no details")
    };
    assert_eq!(first.requests.len(), 4);
    assert_eq!(http(first.requests[3].clone()).url, "https://business.openapi.zalo.me/template/info/v2?template_id=4");
    let info = json!({"error": 0, "data": {"price": "300", "templateTag": "CUSTOMER_CARE", "listParams": [{"name": "order"}]}});
    let infos: Vec<_> = (0..4).map(|_| Response::Http(response(200, &info))).collect();
    let Ok(Step::Call(second)) = library::resume(&config, state(&first.state), &infos, NOW) else { panic!("no more") };
    assert_eq!(second.requests.len(), 2);
    let lost = || Response::Failed(Failure::NoAnswer("reset".to_owned()));
    let Ok(Step::Done(Completion::Templates(templates))) =
        library::resume(&config, state(&second.state), &[lost(), lost()], NOW)
    else {
        panic!("not done")
    };
    assert_eq!(templates.len(), 6);
    assert_eq!(templates[0].words.as_deref(), Some("300 VND, CUSTOMER_CARE"));
    assert_eq!(templates[0].content, r#"{"data":{"order":""},"template_id":"1"}"#);
    assert_eq!((templates[4].state, templates[5].state), (TemplateState::Approved, TemplateState::Rejected));
}

#[test]
fn a_signature_is_over_app_body_time_and_secret() {
    let body = r#"{"event_name":"user_received_message","timestamp":"1698266945000"}"#;
    let verify = |signature: Option<&str>| {
        let headers = signature.map(|value| Header { name: "X-ZEvent-Signature".to_owned(), value: value.to_owned() });
        let webhook = Webhook {
            method: "POST".to_owned(),
            path: String::new(),
            headers: headers.into_iter().collect(),
            body: body.as_bytes().to_vec(),
        };
        let expected = format!("7{body}1698266945000").into_bytes();
        events::verify(&webhook, "7", |data| (data == expected).then(|| b"0af1".to_vec()))
    };
    for signature in ["0af1", "mac=0af1", "0AF1"] {
        assert_eq!(verify(Some(signature)), Verification::Authentic, "{signature}");
    }
    for signature in [None, Some(""), Some("0af2"), Some("mac=")] {
        assert!(matches!(verify(signature), Verification::Refused(_)), "{signature:?}");
    }
}

#[test]
fn a_receipt_carries_both_ids_and_the_time_of_delivery() {
    let told = |name: &str| {
        let message = json!({"msg_id": "a1", "tracking_id": "m-1", "delivery_time": "1698266940000", "rate": 5});
        events::read(
            json!({"event_name": name, "timestamp": "1698266945000", "message": message}).to_string().as_bytes(),
        )
        .unwrap()
    };
    let receipt = &told("user_received_message")[0];
    assert_eq!(
        (receipt.id.as_str(), receipt.kind, receipt.at),
        ("a1:user_received_message", ReceiptKind::Delivered, 1_698_266_940_000)
    );
    assert_eq!((receipt.provider_id.as_deref(), receipt.message_id.as_deref()), (Some("a1"), Some("m-1")));
    assert_eq!(told("user_feedback")[0].text.as_deref(), Some("5"));
    assert_eq!(told("follow"), []);
}

#[test]
fn a_configuration_names_the_app() {
    let check = |config: Value| Zalo::check_config(config.to_string());
    assert!(check(json!({"app_id": "7"})).is_ok());
    for config in [json!({}), json!({"app_id": "seven"}), json!({"app_id": "7", "endpoint": "zalo.me"})] {
        assert!(check(config.clone()).is_err(), "{config}");
    }
}
