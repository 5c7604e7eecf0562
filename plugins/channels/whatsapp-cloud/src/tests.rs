use super::*;
use cartwright_sdk::serde_json::{self, Value, json};
use cartwright_sdk::transport::{Action, Effect, Header};

const NOW: Instant = 1_800_000_000_000;

fn config() -> Config {
    json::config(r#"{"phone_number_id": "10655"}"#).unwrap()
}

fn sent(content: Value, locale: &str) -> Value {
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Phone, value: "+4915112345678".to_owned() },
        locale: locale.to_owned(),
        content: content.to_string(),
        created_at: NOW,
    };
    let request = template::request(&config(), message).unwrap_or_else(|fault| panic!("{}", fault.message));
    assert_eq!(request.effect, Effect::Send);
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/10655/messages");
    assert_eq!(request.headers[0].value, "Bearer {secret:access_token}");
    serde_json::from_slice(&request.body).unwrap()
}

fn answered(status: u16, body: &str, headers: &[(&str, &str)]) -> Outcome {
    let header = |(name, value): &(&str, &str)| Header { name: (*name).to_owned(), value: (*value).to_owned() };
    let headers = headers.iter().map(header).collect();
    let response = HttpResponse { status, headers, body: body.as_bytes().to_vec() };
    answer::refusal(&response, NOW).map_or_else(|| answer::to_send(&response), Outcome::Rejected)
}

fn error(code: i64) -> String {
    json!({"error": {"message": "(#1) no", "code": code, "error_data": {"details": "the reason"}}}).to_string()
}

fn refused(status: u16, body: &str) -> RejectionClass {
    match answered(status, body, &[]) {
        Outcome::Rejected(rejection) => rejection.class,
        other => panic!("{other:?}"),
    }
}

fn received(value: Value) -> Vec<Receipt> {
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value}]}]});
    receipts::read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn a_template_has_header_body_and_buttons_as_meta_writes_them() {
    let content = json!({
        "template": "cart_reminder",
        "header": {"image": "https://cdn.example/a.png"},
        "body": ["Ana\n", "Lamp"],
        "buttons": [
            {"index": 0, "type": "url", "value": "r/abc"},
            {"index": 1, "type": "quick_reply", "value": "STOP"},
            {"index": 2, "type": "copy_code", "value": "SAVE10"},
        ],
    });
    assert_eq!(
        sent(content, "zh-Hant-TW"),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+4915112345678",
            "type": "template", "biz_opaque_callback_data": "m-1",
            "template": {"name": "cart_reminder", "language": {"code": "zh_TW"}, "components": [
                {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://cdn.example/a.png"}}]},
                {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "Lamp"}]},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "r/abc"}]},
                {"type": "button", "sub_type": "quick_reply", "index": "1",
                 "parameters": [{"type": "payload", "payload": "STOP"}]},
                {"type": "button", "sub_type": "copy_code", "index": "2",
                 "parameters": [{"type": "coupon_code", "coupon_code": "SAVE10"}]},
            ]},
        })
    );
}

#[test]
fn named_parameters_carry_their_names_and_a_missing_picture_drops_the_header() {
    let content =
        json!({"template": "t", "language": "en_US", "header": {"image": " "}, "body": {"first_name": "Ana"}});
    let template = sent(content, "de")["template"].clone();
    assert_eq!(template["language"]["code"], "en_US");
    let parameter = json!({"type": "text", "parameter_name": "first_name", "text": "Ana"});
    assert_eq!(template["components"], json!([{"type": "body", "parameters": [parameter]}]));
}

#[test]
fn a_text_without_a_template_is_an_answer_and_never_marketing() {
    assert_eq!(
        sent(json!({"text": "It is red."}), "en"),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+4915112345678",
            "type": "text", "text": {"body": "It is red.", "preview_url": true}, "biz_opaque_callback_data": "m-1",
        })
    );
    let config: Config = json::config(r#"{"phone_number_id": "1", "route": "marketing_messages"}"#).unwrap();
    let message = |content: &str| Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Phone, value: "+49151".to_owned() },
        locale: "en".to_owned(),
        content: content.to_owned(),
        created_at: NOW,
    };
    let request = template::request(&config, message(r#"{"text": "It is."}"#)).unwrap();
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/1/messages");
    for wrong in ["{}", r#"{"text": "It is.", "template": "t"}"#] {
        assert!(template::request(&config, message(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_header_is_a_picture_a_video_or_a_document() {
    let header =
        |header: Value| sent(json!({"template": "t", "header": header}), "de")["template"]["components"].clone();
    let shown = |parameter: Value| json!([{"type": "header", "parameters": [parameter]}]);
    let (video, document) = ("https://a.example/b.mp4", "https://a.example/c.pdf");
    assert_eq!(header(json!({"video": video})), shown(json!({"type": "video", "video": {"link": video}})));
    assert_eq!(
        header(json!({"document": document, "filename": "Cart.pdf"})),
        shown(json!({"type": "document", "document": {"link": document, "filename": "Cart.pdf"}}))
    );
    assert_eq!(
        header(json!({"document": document})),
        shown(json!({"type": "document", "document": {"link": document}}))
    );
    assert_eq!(header(json!({"video": ""})), json!([]));
}

#[test]
fn marketing_goes_by_its_own_route_where_that_is_configured() {
    let config: Config = json::config(r#"{"phone_number_id": "1", "route": "marketing_messages"}"#).unwrap();
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Phone, value: "+49151".to_owned() },
        locale: "en".to_owned(),
        content: r#"{"template": "t"}"#.to_owned(),
        created_at: NOW,
    };
    let Action::Http(request) = template::request(&config, message).unwrap().action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/1/marketing_messages");
    assert!(WhatsApp::check_config(r#"{"phone_number_id": "1", "route": "media"}"#.into()).is_err());
}

#[test]
fn s23_an_answer_has_the_class_of_its_own_error() {
    let accepted = answered(200, r#"{"messages": [{"id": "wamid.1", "message_status": "accepted"}]}"#, &[]);
    assert_eq!(accepted, Outcome::accepted("wamid.1"));
    use RejectionClass::*;
    for (code, class) in [(190, Auth), (131026, NotOnChannel), (131050, OptOut), (132001, Template), (131042, Billing)]
    {
        assert_eq!(refused(400, &error(code)), class, "{code}");
    }
    assert_eq!(refused(500, &error(131049)), FrequencyCap, "also with a 5xx");
    assert_eq!(refused(400, &error(999_999)), Unknown);
    let Outcome::Rejected(rejection) = answered(400, &error(100), &[]) else { panic!("not refused") };
    assert_eq!(rejection.details, Details { code: Some("100".to_owned()), text: "the reason".to_owned() });
}

#[test]
fn s23_a_limit_is_kept_until_retry_after() {
    let until = |status, body: &str, headers: &[(&str, &str)]| match answered(status, body, headers) {
        Outcome::Rejected(Rejection { class: RejectionClass::RateLimited(until), .. }) => until,
        other => panic!("{other:?}"),
    };
    assert_eq!(until(429, "", &[("Retry-After", "30")]), Some(NOW + 30_000));
    assert_eq!(until(429, "", &[]), None);
    assert_eq!(until(400, &error(130429), &[("retry-after", "2")]), Some(NOW + 2_000));
}

#[test]
fn s22_an_answer_without_id_and_without_error_is_uncertain() {
    for (status, body) in [(200, "{}"), (200, "<html>"), (200, r#"{"messages": []}"#), (502, "bad gateway"), (302, "")]
    {
        assert!(matches!(answered(status, body, &[]), Outcome::Uncertain(_)), "{status} {body}");
    }
    assert!(matches!(Outcome::unanswered(&Failure::NoAnswer("reset".into())), Outcome::Uncertain(_)));
    let Outcome::Rejected(rejection) = Outcome::unanswered(&Failure::NotSent("DNS".into())) else { panic!("sent") };
    assert_eq!(rejection.class, RejectionClass::Transient);
}

#[test]
fn a_probe_says_whose_number_it_is() {
    let probed = |status, body: &str| {
        answer::to_probe(&HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    };
    let number = r#"{"id": "10655", "display_phone_number": "+49 151 12345678", "verified_name": "Acorn"}"#;
    assert_eq!(probed(200, number), Completion::Probed("Acorn, +49 151 12345678".to_owned()));
    assert!(matches!(probed(502, "bad gateway"), Completion::Failed(_)));
}

fn template(content: Value) -> Template {
    Template {
        name: "cart_reminder".to_owned(),
        locale: "zh-TW".to_owned(),
        content: content.to_string(),
        state: TemplateState::Pending,
        words: None,
    }
}

#[test]
fn a_template_is_created_in_the_words_of_meta() {
    let config: Config = json::config(r#"{"phone_number_id": "1", "business_account_id": "77"}"#).unwrap();
    let body = json!({"type": "BODY", "text": "Hi {{1}}", "example": {"body_text": [["Ana"]]}});
    let definition = json!({"category": "MARKETING", "components": [body]});
    let wanted = template(json!({"template": "cart_reminder", "definition": definition}));
    let Action::Http(request) = library::create(&config, &wanted).unwrap().action else { panic!("not HTTP") };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/77/message_templates");
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        sent,
        json!({"name": "cart_reminder", "language": "zh_TW", "category": "MARKETING", "components": [body]})
    );
    let answer = br#"{"id": "5", "status": "PENDING", "category": "MARKETING"}"#.to_vec();
    let answer = HttpResponse { status: 200, headers: Vec::new(), body: answer };
    assert_eq!(library::created(wanted.clone(), &answer), Completion::Created(wanted.clone()));

    let unnamed = Config { business_account_id: None, ..config };
    assert!(library::create(&unnamed, &wanted).unwrap_err().message.starts_with("business_account_id: "));
    let undefined = template(json!({"template": "cart_reminder"}));
    assert!(library::create(&unnamed, &undefined).unwrap_err().message.starts_with("definition: "));
}

#[test]
fn templates_are_listed_with_their_states_and_can_be_created_again() {
    let known = |status: &str, reason: &str| {
        json!({"id": "1", "name": "cart_reminder", "language": "zh_TW", "status": status, "category": "UTILITY",
        "rejected_reason": reason, "components": [{"type": "BODY", "text": "Hi"}]})
    };
    let list = json!({"data": [known("APPROVED", "NONE"), known("REJECTED", "PROMOTIONAL"), known("PAUSED", "NONE"),
        known("IN_APPEAL", "NONE"), known("DISABLED", "NONE")], "paging": {"cursors": {"after": "x"}}});
    let response = HttpResponse { status: 200, headers: Vec::new(), body: list.to_string().into_bytes() };
    let config: Config = json::config(r#"{"phone_number_id": "1", "business_account_id": "77"}"#).unwrap();
    let step = library::listed(&config, library::Listing::default(), &response).unwrap();
    let Step::Done(Completion::Templates(templates)) = step else { panic!("no list") };
    use TemplateState::*;
    let told: Vec<_> = templates.iter().map(|template| (template.state, template.words.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Approved, None),
            (Rejected, Some("PROMOTIONAL")),
            (Paused, None),
            (Pending, Some("IN_APPEAL")),
            (Rejected, Some("DISABLED"))
        ]
    );
    assert_eq!(templates[0].locale, "zh-TW");
    assert!(library::create(&config, &templates[0]).is_ok());
}

#[test]
fn states_become_receipts_named_after_what_they_say() {
    let status = |status: &str| {
        json!({"id": "wamid.1", "status": status, "timestamp": "1698266945",
        "recipient_id": "49151", "biz_opaque_callback_data": "m-1",
        "errors": [{"code": 131026, "title": "Undeliverable"}]})
    };
    let receipts = received(json!({"statuses":
        [status("sent"), status("delivered"), status("read"), status("failed"), status("warehoused"), 7]}));
    use ReceiptKind::*;
    assert_eq!(receipts.iter().map(|receipt| receipt.kind).collect::<Vec<_>>(), [Accepted, Delivered, Read, Failed]);
    assert_eq!(receipts[1].id, "wamid.1:delivered:1698266945");
    assert_eq!((receipts[0].at, receipts[0].message_id.as_deref()), (1_698_266_945_000, Some("m-1")));
    assert_eq!(receipts[0].failure, None);
    assert_eq!(receipts[3].failure.as_ref().unwrap().class, RejectionClass::NotOnChannel);
}

#[test]
fn what_meta_decides_on_a_template_is_told_with_its_reason() {
    let told = |value: Value| {
        let change = json!({ "field": "message_template_status_update", "value": value });
        let body = json!({ "entry": [{ "id": "1", "time": 1_751_247_548, "changes": [change] }] }).to_string();
        assert_eq!(receipts::read(body.as_bytes()).unwrap(), []);
        receipts::templates(body.as_bytes(), NOW).unwrap()
    };
    let decided = |event: &str, reason: &str| {
        let explained = json!({ "reason": "Two parameters touch.", "recommendation": "Put words between them." });
        told(json!({
            "event": event, "message_template_name": "cart", "message_template_language": "en_US",
            "message_template_id": 7, "reason": reason, "rejection_info": explained,
        }))
    };
    let [news] = &decided("REJECTED", "INVALID_FORMAT")[..] else { panic!("no news") };
    assert_eq!((news.name.as_str(), news.locale.as_deref()), ("cart", Some("en-US")));
    assert_eq!(news.state, templates::State::Rejected);
    assert_eq!(news.words.as_deref(), Some("INVALID_FORMAT Two parameters touch. Put words between them."));
    assert_eq!(news.at, 1_751_247_548_000);
    let plain = json!({
        "event": "APPROVED", "message_template_name": "cart", "message_template_language": "en", "reason": "NONE",
    });
    let [news] = &told(plain)[..] else { panic!("no news") };
    assert_eq!((news.state, news.words.as_deref()), (templates::State::Approved, None));
    for (event, state) in [("PAUSED", templates::State::Paused), ("DISABLED", templates::State::Rejected)] {
        assert_eq!(decided(event, "NONE")[0].state, state, "{event}");
    }
    assert_eq!(told(json!({ "event": "APPROVED" })), [], "which one is not said");
}

#[test]
fn replies_clicks_and_stops_name_the_sender_and_our_message() {
    let receipts = received(json!({
        "messages": [
            {"from": "49151", "id": "wamid.a", "timestamp": "1", "type": "text", "text": {"body": "Is it red?"}},
            {"from": "49151", "id": "wamid.b", "timestamp": "2", "type": "button", "context": {"id": "wamid.1"},
             "button": {"payload": "buy", "text": "Buy"}},
            {"from_user_id": "US.1", "id": "wamid.c", "timestamp": "3", "type": "interactive",
             "context": {"id": "wamid.2"}, "interactive": {"type": "list_reply", "list_reply": {"id": "size-m"}}},
            {"from": "49151", "id": "wamid.d", "timestamp": "4", "type": "reaction"},
        ],
        "user_preferences": [
            {"wa_id": "49151", "category": "marketing_messages", "value": "stop", "timestamp": 5},
            {"user_id": "US.1", "category": "marketing_messages", "value": "resume", "timestamp": 6},
            {"wa_id": "49151", "category": "something_new", "value": "stop", "timestamp": 7},
        ],
    }));
    let told: Vec<_> = receipts.iter().map(|receipt| (receipt.kind, receipt.text.as_deref())).collect();
    use ReceiptKind::*;
    assert_eq!(
        told,
        [
            (Replied, Some("Is it red?")),
            (Clicked, Some("buy")),
            (Clicked, Some("size-m")),
            (OptedOut, None),
            (Replied, Some("START"))
        ]
    );
    assert_eq!(receipts[4].sender, Some(Address { kind: AddressKind::Handle, value: "US.1".to_owned() }));
    assert_eq!(receipts[1].provider_id.as_deref(), Some("wamid.1"));
    assert_eq!(receipts[0].sender, Some(Address { kind: AddressKind::Phone, value: "+49151".to_owned() }));
    assert_eq!(receipts[2].sender, Some(Address { kind: AddressKind::Handle, value: "US.1".to_owned() }));
    assert_eq!(receipts[3].at, 5_000);
}

#[test]
fn whoever_hides_the_number_is_known_by_the_id_behind_it_and_both_are_told_together() {
    let contacts = json!([{"wa_id": "49151", "user_id": "US.1"}, {"user_id": "US.2"}]);
    let text = json!({"body": "Hi"});
    let receipts = received(json!({
        "contacts": contacts,
        "messages": [
            {"from": "49151", "id": "wamid.a", "timestamp": "1", "type": "text", "text": text},
            {"from_user_id": "US.2", "id": "wamid.b", "timestamp": "2", "type": "text", "text": text},
            {"from": "49160", "id": "wamid.c", "timestamp": "3", "type": "text", "text": text},
        ],
        "user_preferences": [
            {"user_id": "US.1", "category": "marketing_messages", "value": "stop", "timestamp": 4},
            {"user_id": "US.2", "category": "marketing_messages", "value": "stop", "timestamp": 5},
        ],
    }));
    let who = |receipt: &Receipt| receipt.sender.clone().map(|sender| (sender.kind, sender.value));
    let handle = |value: &str| Some((AddressKind::Handle, value.to_owned()));
    let told: Vec<_> = receipts.iter().map(who).collect();
    let phone = Some((AddressKind::Phone, "+49160".to_owned()));
    let both = handle("US.1#+49151");
    assert_eq!(told, [both.clone(), handle("US.2"), phone, both.clone(), handle("US.2")]);

    let status = |status: &str, to: Value| {
        let status = json!({"id": "wamid.1", "status": status, "timestamp": "5", "recipient_id": to});
        who(&received(json!({ "contacts": contacts, "statuses": [status] }))[0])
    };
    assert_eq!(status("delivered", json!("49151")), both);
    assert_eq!(status("read", json!("49151")), None, "it is told once");
    assert_eq!(status("delivered", json!("49160")), None, "what others know them by anyway is not news");
    assert_eq!(status("delivered", Value::Null), None);
}

#[test]
fn a_message_to_whoever_hides_the_number_names_the_id() {
    let to = Address { kind: AddressKind::Handle, value: "US.1".to_owned() };
    let content = json!({"template": "cart"}).to_string();
    let message = Message { id: "m-1".to_owned(), to, locale: "en".to_owned(), content, created_at: 0 };
    let Ok(request) = template::request(&config(), message) else { panic!("no request") };
    let cartwright_sdk::transport::Action::Http(request) = request.action else { panic!("not HTTP") };
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["recipient"], body.get("to")), (&json!("US.1"), None));
}

#[test]
fn the_handshake_echoes_the_challenge_only_to_who_knows_the_token() {
    let ask = |path: &str| {
        let webhook = Webhook { method: "GET".into(), path: path.into(), headers: Vec::new(), body: Vec::new() };
        handshake(&webhook, |token| token == "ours")
    };
    assert_eq!(ask("/?hub.mode=subscribe&hub.verify_token=ours&hub.challenge=42"), Verification::echo("42"));
    for path in ["/", "/?hub.mode=subscribe&hub.verify_token=theirs&hub.challenge=42", "/?hub.verify_token=ours"] {
        assert!(matches!(ask(path), Verification::Refused(_)), "{path}");
    }
}

#[test]
fn a_configuration_names_the_number_by_its_id() {
    assert!(WhatsApp::check_config(r#"{"phone_number_id": "10655", "endpoint": "http://127.0.0.1:9"}"#.into()).is_ok());
    for config in ["{}", r#"{"phone_number_id": "+49 151"}"#, r#"{"phone_number_id": "1", "token": "x"}"#] {
        assert!(WhatsApp::check_config(config.into()).is_err(), "{config}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the samples lie beside the project")]
fn samples_of_meta_are_read() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let data = std::env::var("CARTWRIGHT_PROVIDER_DATA").unwrap_or_else(|_| beside.to_owned());
    let Ok(samples) = std::fs::read(format!("{data}/whatsapp/pywa_message_status.json")) else {
        println!("not present: {data}/whatsapp");
        return;
    };
    let samples: Value = serde_json::from_slice(&samples).unwrap();
    for (name, kind) in [("sent", ReceiptKind::Accepted), ("read", ReceiptKind::Read), ("failed", ReceiptKind::Failed)]
    {
        let receipts = receipts::read(samples[name].to_string().as_bytes()).unwrap();
        assert_eq!(receipts.iter().map(|receipt| receipt.kind).collect::<Vec<_>>(), [kind], "{name}");
    }
}
