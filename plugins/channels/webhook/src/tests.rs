//! What is asked and how it is signed, and what each answer means.

use super::*;
use cartwright_sdk::transport::Header;

const NOW: Instant = 1_674_087_231_999;

const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const BODY: &str = r#"{"test": 2432232314}"#;

/// Signs by writing down what it was given.
fn asked(stored: &[(&str, bool)]) -> Result<HttpRequest, Rejection> {
    asked_with(ID, BODY, stored)
}

fn asked_with(id: &str, body: &str, stored: &[(&str, bool)]) -> Result<HttpRequest, Rejection> {
    let config = Config { endpoint: "https://hooks.example.com/in?shop=7".to_owned() };
    ask(&config, id, body, NOW, |key, data| {
        let (_, is_key) = stored.iter().find(|(known, _)| *known == key)?;
        Some(is_key.then(|| [key.as_bytes(), b" ", data].concat()))
    })
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Vec<&'a str> {
    request.headers.iter().filter(|header: &&Header| header.name == name).map(|header| header.value.as_str()).collect()
}

#[test]
fn what_is_signed_is_id_moment_and_body_in_seconds() {
    let request = asked(&[("signing_key", true)]).unwrap();
    let content = "signing_key msg_p5jXN8AQM9LWM0D4loKWxJek.1674087231.{\"test\": 2432232314}";
    assert_eq!(header(&request, "webhook-signature"), [format!("v1,{}", to_base64(content.as_bytes()))]);
    assert_eq!(header(&request, "webhook-id"), ["msg_p5jXN8AQM9LWM0D4loKWxJek"]);
    assert_eq!(header(&request, "webhook-timestamp"), ["1674087231"]);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://hooks.example.com/in?shop=7"));
    assert_eq!(request.body, BODY.as_bytes());
}

#[test]
fn while_a_key_is_replaced_both_sign() {
    let request = asked(&[("signing_key", true), ("former_signing_key", true)]).unwrap();
    let signatures: Vec<&str> = header(&request, "webhook-signature")[0].split(' ').collect();
    assert_eq!(signatures.len(), 2);
    assert!(signatures.iter().all(|one| one.starts_with("v1,")) && signatures[0] != signatures[1]);
}

#[test]
fn nothing_leaves_unsigned() {
    for stored in [&[][..], &[("former_signing_key", true)], &[("signing_key", false)]] {
        let rejection = asked(stored).unwrap_err();
        assert_eq!(rejection.class, RejectionClass::Auth);
        assert!(rejection.details.text.contains("`signing_key`"), "{}", rejection.details.text);
    }
}

#[test]
fn s23_each_answer_has_its_class() {
    let class = |status: u16, headers: &[(&str, &str)]| {
        let headers =
            headers.iter().map(|(name, value)| Header { name: (*name).to_owned(), value: (*value).to_owned() });
        let response = HttpResponse { status, headers: headers.collect(), body: Vec::new() };
        match outcome("m-1".to_owned(), &response, NOW) {
            Outcome::Rejected(rejection) => Some(rejection.class),
            outcome => {
                assert_eq!(outcome, Outcome::accepted("m-1"));
                None
            }
        }
    };
    let later = [("Retry-After", "30")];
    assert_eq!((class(200, &[]), class(204, &[])), (None, None));
    assert_eq!(class(410, &[]), Some(RejectionClass::SenderPolicy));
    assert_eq!((class(401, &[]), class(403, &[])), (Some(RejectionClass::Auth), Some(RejectionClass::Auth)));
    assert_eq!(class(429, &later), Some(RejectionClass::RateLimited(Some(NOW + 30_000))));
    assert_eq!(class(503, &later), Some(RejectionClass::RateLimited(Some(NOW + 30_000))));
    assert_eq!((class(503, &[]), class(408, &[])), (Some(RejectionClass::Transient), Some(RejectionClass::Transient)));
    assert_eq!(class(413, &[]), Some(RejectionClass::TooLarge));
    for status in [302, 400, 404, 422] {
        assert_eq!(class(status, &[]), Some(RejectionClass::BadRequest), "{status}");
    }
}

#[test]
fn a_ping_is_a_webhook_like_any_other() {
    let (id, body) = ping(NOW);
    assert_eq!(body, r#"{"data":{},"timestamp":"2023-01-19T00:13:51.999Z","type":"ping"}"#);
    let request = asked_with(&id, &body, &[("signing_key", true)]).unwrap();
    let content = format!("signing_key ping_1674087231999.1674087231.{body}");
    assert_eq!(header(&request, "webhook-signature"), [format!("v1,{}", to_base64(content.as_bytes()))]);
}

#[test]
fn a_server_that_refuses_a_ping_is_there_and_one_that_refuses_us_is_not() {
    let probe = |status| probed(&HttpResponse { status, headers: Vec::new(), body: Vec::new() }, NOW);
    for status in [200, 204, 400, 404, 405, 422, 429] {
        assert!(matches!(probe(status), Completion::Probed(_)), "{status}");
    }
    for status in [302, 401, 403, 410, 500, 503] {
        assert!(matches!(probe(status), Completion::Failed(_)), "{status}");
    }
}

#[test]
fn an_attempt_that_nobody_answered_is_made_again() {
    let state = Asked::Send("m-1".to_owned()).to_state();
    let unanswered = Response::Failed(Failure::NoAnswer("time-out".to_owned()));
    let Ok(Step::Done(Completion::Sent(Outcome::Rejected(rejection)))) =
        Simple::<Webhooks>::resume(state, vec![unanswered])
    else {
        panic!("not refused");
    };
    assert_eq!(rejection.class, RejectionClass::Transient);
}
