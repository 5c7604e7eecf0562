use super::*;
use cartwright_sdk::serde_json::{self, Value};
use cartwright_sdk::transport::{Action, Header};

const NOW: Instant = 1_800_000_000_000;

fn sent(config: Value, content: Value) -> HttpRequest {
    let config: Config = json::config(&config.to_string()).unwrap();
    let message = Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Handle, value: "C012".to_owned() },
        locale: "en".to_owned(),
        content: content.to_string(),
        created_at: NOW,
    };
    let request = send(&config, &message).unwrap_or_else(|fault| panic!("{}", fault.message));
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    request
}

fn response(status: u16, body: &str) -> HttpResponse {
    let headers = vec![Header { name: "retry-after".to_owned(), value: "30".to_owned() }];
    HttpResponse { status, headers, body: body.as_bytes().to_vec() }
}

fn answered(status: u16, body: &str) -> Outcome {
    outcome("m-1", &response(status, body), NOW)
}

#[test]
fn a_webhook_has_its_secret_in_the_address_and_a_bot_in_a_header() {
    let webhook = sent(json!({"webhook": "T1/B2"}), json!({"text": "Hi"}));
    assert_eq!(webhook.url, "https://hooks.slack.com/services/T1/B2/{secret:webhook_token}");
    assert_eq!(webhook.body, br#"{"text":"Hi"}"#);
    let bot = sent(json!({}), json!({"text": "Hi"}));
    assert_eq!(
        (bot.url.as_str(), bot.headers[0].value.as_str()),
        ("https://slack.com/api/chat.postMessage", "Bearer {secret:bot_token}")
    );
    assert_eq!(bot.body, b"channel=C012&text=Hi");
    assert_eq!(bot.headers[1].value, "application/x-www-form-urlencoded");
}

#[test]
fn what_a_customer_wrote_notifies_nobody() {
    let content =
        json!({"text": "<!channel> A & B", "link": {"url": "https://a.example/?a=1&b=2", "title": "Ana > Bo"}});
    let body: Value = serde_json::from_slice(&sent(json!({"webhook": "T1/B2"}), content).body).unwrap();
    assert_eq!(body["text"], "&lt;!channel&gt; A &amp; B\n<https://a.example/?a=1&amp;b=2|Ana &gt; Bo>");
    let without = json!({"text": "Hi", "link": {"url": " ", "title": "Ana"}});
    assert_eq!(sent(json!({}), without).body, b"channel=C012&text=Hi");
}

#[test]
fn s23_a_yes_with_a_no_inside_is_a_no() {
    use RejectionClass::*;
    assert_eq!(answered(200, "ok"), Outcome::accepted("m-1"));
    assert_eq!(answered(200, r#"{"ok": true, "channel": "C012", "ts": "1.2"}"#), Outcome::accepted("C012:1.2"));
    let refused = |class, word: &str| Outcome::rejected(class, Some(word.to_owned()), word);
    assert_eq!(answered(200, r#"{"ok": false, "error": "is_archived"}"#), refused(BadRequest, "is_archived"));
    assert_eq!(answered(404, "no_service"), refused(Auth, "no_service"));
    assert_eq!(
        answered(429, r#"{"ok": false, "error": "ratelimited"}"#),
        refused(RateLimited(Some(NOW + 30_000)), "ratelimited")
    );
    assert_eq!(answered(500, "rollup_error\n"), refused(Transient, "rollup_error"));
    let Outcome::Rejected(limited) = answered(429, "Slow down") else { panic!("not refused") };
    assert_eq!(limited.class, RateLimited(Some(NOW + 30_000)));
}

#[test]
fn s22_neither_yes_nor_no_is_uncertain() {
    for (status, body) in [(200, ""), (200, "OK?"), (502, "<html>"), (200, r#"{"ok": true}"#), (302, "")] {
        assert!(matches!(answered(status, body), Outcome::Uncertain(_)), "{status} {body}");
    }
}

#[test]
fn a_probe_shows_nothing_to_anybody() {
    let probe = |status, body: &str| probed(&response(status, body), NOW);
    assert_eq!(probe(400, "no_text"), Completion::Probed("the webhook is there".to_owned()));
    assert_eq!(
        probe(200, r#"{"ok": true, "team": "Acorn", "user": "cart"}"#),
        Completion::Probed("cart, Acorn".to_owned())
    );
    for (status, body) in [(404, "no_service"), (200, r#"{"ok": false, "error": "invalid_auth"}"#), (502, "<html>")] {
        assert!(matches!(probe(status, body), Completion::Failed(_)), "{body}");
    }
}

#[test]
fn a_configuration_names_the_webhook_without_its_secret() {
    assert!(Slack::check_config(r#"{"webhook": "T1/B2", "endpoint": "http://127.0.0.1:9"}"#.to_owned()).is_ok());
    assert!(Slack::check_config("{}".to_owned()).is_ok());
    for config in [r#"{"webhook": "https://hooks.slack.com/services/T1/B2/x"}"#, r#"{"endpoint": "slack.com"}"#] {
        assert!(Slack::check_config(config.to_owned()).is_err(), "{config}");
    }
}
