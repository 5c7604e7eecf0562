//! The webhook step: a server of the shop's own is asked, and what it answers decides what comes next.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::contact::{AddressKind, ConsentState};
use cartwright_domain::message::{Details, Message, MessageState, Outcome, Rejection, RejectionClass, SkipReason};
use cartwright_domain::outcome;
use cartwright_domain::run::{EndReason, Position};
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::time::Span;
use cartwright_domain::trace::{Happening, MessageTrace};
use cartwright_domain::webhook::ANSWER_BYTES;
use cartwright_domain::world::LiveStrategy;
use serde_json::{Value, json};

/// Asks what Ana is worth; `good` above 10, `poor` otherwise, `odd` where nobody knows, `closed` where nobody answers.
fn scoring(field: &str) -> Strategy {
    let say = json!({ "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" });
    strategy(json!({
        "name": "Scoring",
        "trigger": { "on": "cart", "settle": "1h", "next": "score" },
        "steps": {
            "score": { "kind": "webhook", "channel": "webhook", "facts": ["customer", "contact", "cart", "orders", "trigger"],
                       "answered": "judge", "failed": "closed" },
            "judge": { "kind": "condition", "branches": { "yes": "good", "no": "poor", "unknown": "odd" }, "rule": {
                       "combinator": "and", "rules": [{ "field": field, "operator": ">", "value": 10 }] } },
            "good": say, "poor": say, "odd": say, "closed": say,
            "done": { "kind": "exit" }
        },
        "policies": { "max_lateness": "2h" }
    }))
}

fn stage(field: &str) -> Stage {
    let mut stage = Stage::with(scoring(field));
    stage.connect("webhook", &[AddressKind::Handle]);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

/// Ana's cart was left, and the server answers with this body.
fn answered(field: &str, body: &str) -> Stage {
    let mut stage = stage(field);
    stage.answers.insert("score".into(), body.as_bytes().to_vec());
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(12, 0));
    assert_eq!(check(&stage.world), []);
    stage
}

fn asked(stage: &Stage) -> &Message {
    let of_step = |message: &&Message| message.step == "score";
    stage.world.messages.values().map(|entry| &entry.value).find(of_step).expect("the webhook")
}

/// The step that wrote to Ana.
fn said(stage: &Stage) -> Vec<&str> {
    stage.sent().iter().map(|message| message.step.as_str()).filter(|step| *step != "score").collect()
}

#[test]
fn s11_a_rule_reads_what_the_server_answered() {
    assert_eq!(said(&answered("step.score.value", r#"{"value": 11}"#)), ["good"]);
    assert_eq!(said(&answered("step.score.value", r#"{"value": 10}"#)), ["poor"]);
    assert_eq!(said(&answered("step.score.offers.1.price", r#"{"offers": [{}, {"price": 12}]}"#)), ["good"]);
    let stage = answered("step.score.value", r#"{"value": 11}"#);
    let told = stage.told(|what| matches!(what, Happening::Branched { .. }));
    let lines: Vec<String> = told.iter().map(|entry| serde_json::to_string(entry).expect("JSON")).collect();
    assert!(lines[0].contains(r#""branch":"answered","by":"webhook""#), "{}", lines[0]);
    assert!(lines[0].contains(r#"{"fact":"step.score","value":"{\"value\":11}"}"#), "{}", lines[0]);
    assert!(lines[1].contains(r#"{"fact":"step.score.value","value":"11"}"#), "{}", lines[1]);
    for (entry, line) in told.iter().zip(&lines) {
        assert_eq!(serde_json::from_str::<cartwright_domain::trace::TraceEntry>(line).as_ref().ok(), Some(*entry));
    }
}

#[test]
fn s11_what_the_server_did_not_say_is_not_known() {
    for body in ["", "{}", r#"{"value": null}"#, r#"{"value": [1]}"#, r#"{"value": {"of": 11}}"#, "11"] {
        assert_eq!(said(&answered("step.score.value", body)), ["odd"], "{body}");
    }
}

#[test]
fn an_answer_that_cannot_be_kept_is_none_and_the_trace_says_why() {
    let long = format!("\"{}\"", "a".repeat(ANSWER_BYTES));
    for (body, why) in [("<html>", "it is no JSON"), (long.as_str(), "and the limit is 65536")] {
        let stage = answered("step.score.value", body);
        assert_eq!(said(&stage), ["odd"]);
        assert_eq!(asked(&stage).answer, None);
        let told =
            stage.told(|what| matches!(what, Happening::Message { state: MessageTrace::AnswerNotKept { .. }, .. }));
        let text = serde_json::to_string(told[0]).expect("JSON");
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn s18_nobody_s_consent_is_asked_for_and_the_customer_has_heard_nothing() {
    let mut stage = stage("run.messages_sent");
    stage.event(at(9, 30), &ana_says(at(9, 30), ConsentState::Unsubscribed));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(12, 0));
    assert_eq!(asked(&stage).state, MessageState::Accepted);
    let poor = stage.world.messages.values().find(|entry| entry.value.step == "poor").expect("the message");
    assert_eq!(poor.value.state, MessageState::Skipped { reason: SkipReason::Unsubscribed });
}

#[test]
fn s22_it_is_asked_again_under_the_same_id_until_it_is_too_late() {
    let mut stage = stage("step.score.value");
    let transient = Rejection { class: RejectionClass::Transient, details: Details::default() };
    stage.providers.insert("webhook".into(), Outcome::Rejected(transient));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(11, 30));
    let first = asked(&stage).clone();
    assert!(first.attempts > 3, "{} attempts", first.attempts);
    assert_eq!(stage.run().position, Position::Message { step: "score".into(), message: first.id });
    stage.wait_until(at(40, 0));
    assert_eq!(asked(&stage).id, first.id);
    assert_eq!(asked(&stage).state, MessageState::Skipped { reason: SkipReason::TooLate });
    assert_eq!(said(&stage), ["closed"]);
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s23_a_refusal_and_an_unknown_outcome_are_no_answer() {
    let bad = Rejection { class: RejectionClass::BadRequest, details: Details::default() };
    for outcome in [Outcome::Rejected(bad), Outcome::Uncertain(Details::default())] {
        let mut stage = stage("step.score.value");
        stage.answers.insert("score".into(), br#"{"value": 11}"#.to_vec());
        stage.providers.insert("webhook".into(), outcome.clone());
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.wait_until(at(12, 0));
        assert_eq!((said(&stage), &asked(&stage).answer), (vec!["closed"], &None), "{outcome:?}");
        assert_eq!(check(&stage.world), []);
    }
}

#[test]
fn s23_an_endpoint_that_is_gone_holds_the_channel_until_it_is_put_right() {
    let mut stage = stage("step.score.value");
    let gone = Rejection { class: RejectionClass::SenderPolicy, details: Details::default() };
    stage.providers.insert("webhook".into(), Outcome::Rejected(gone));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(11, 30));
    assert!(matches!(asked(&stage).state, MessageState::Held { .. }) && stage.connection("webhook").held.is_some());
    stage.providers.clear();
    stage.answers.insert("score".into(), br#"{"value": 11}"#.to_vec());
    stage.connection("webhook").held = None;
    stage.wait_until(at(12, 0));
    assert_eq!(said(&stage), ["good"]);
}

#[test]
fn s27_nothing_is_asked_while_the_strategy_is_paused_and_nothing_once_the_run_is_over() {
    let mut stage = stage("step.score.value");
    let mut paused: Vec<LiveStrategy> = stage.world.strategies.to_vec();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    paused[0].record.state = StrategyState::Paused;
    stage.world.strategies = paused.clone().into();
    stage.wait_until(at(11, 30));
    assert!(stage.sent().is_empty());
    paused[0].record.state = StrategyState::Live;
    stage.world.strategies = paused.into();
    stage.provider_is_up = false;
    stage.wait_until(at(11, 40));
    assert_eq!(asked(&stage).state, MessageState::Queued);
    stage.event(at(11, 45), &order("o-1", at(11, 45)));
    stage.provider_is_up = true;
    stage.wait_until(at(20, 0));
    assert_eq!(asked(&stage).state, MessageState::Skipped { reason: SkipReason::RunEnded });
    assert_eq!(stage.ends(), [EndReason::Converted]);
}

#[test]
fn a_step_that_is_taken_again_knows_its_last_answer_only() {
    let mut rounds = scoring("step.score.value");
    rounds.steps.insert(
        "judge".into(),
        serde_json::from_value(json!({ "kind": "delay", "for": "1h", "next": "again" })).expect("a step"),
    );
    rounds.steps.insert(
        "again".into(),
        serde_json::from_value(json!({ "kind": "repeat", "times": 1, "next": "score", "then": "decide" })).expect("it"),
    );
    rounds.steps.insert("decide".into(), scoring("step.score.value").steps["judge"].clone());
    let mut stage = Stage::with(rounds);
    stage.connect("webhook", &[AddressKind::Handle]);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.answers.insert("score".into(), br#"{"value": 11}"#.to_vec());
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(11, 30));
    stage.answers.insert("score".into(), b"{}".to_vec());
    stage.wait_until(at(13, 0));
    assert_eq!(said(&stage), ["odd"]);
    let iterations: Vec<u32> = stage.sent().iter().filter(|one| one.step == "score").map(|one| one.iteration).collect();
    assert_eq!(iterations, [0, 1]);
}

#[test]
fn it_says_the_run_and_what_the_step_lists_and_an_attempt_after_the_first_says_the_same() {
    let document = |facts: Value| {
        let mut listed = scoring("step.score.value");
        if let Some(cartwright_domain::strategy::Step::Webhook(score)) = listed.steps.get_mut("score") {
            score.facts = serde_json::from_value(facts).expect("facts");
        }
        let mut stage = Stage::with(listed);
        stage.connect("webhook", &[AddressKind::Handle]);
        stage.provider_is_up = false;
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 2)]));
        stage.wait_until(at(11, 0));
        let (run, mut message) = (stage.run().clone(), asked(&stage).clone());
        let subject = stage.world.subject(&run, stage.now).expect("the subject");
        let version = &stage.world.versions[&run.version];
        let webhook = version.definition.webhook("score").expect("the step");
        let said = webhook.document(&run, &subject, &message);
        (message.attempts, message.rendered) = (1, Some(json!({ "said": "before" })));
        assert_eq!(webhook.document(&run, &subject, &message), json!({ "said": "before" }));
        said
    };
    let bare = document(json!([]));
    assert_eq!((&bare["type"], &bare["data"]["run"]["step"]), (&json!("run.webhook"), &json!("score")));
    assert_eq!(bare["data"]["run"]["strategy"], "Scoring");
    assert_eq!(bare["data"]["customer"].as_object().expect("the customer").keys().collect::<Vec<_>>(), ["id"]);
    assert_eq!(bare["data"].as_object().expect("data").keys().collect::<Vec<_>>(), ["customer", "run", "shop"]);
    let all = document(json!(["customer", "contact", "cart", "orders", "trigger"]));
    assert_eq!(all["data"]["customer"]["email"], "ana@example.ro");
    assert_eq!(all["data"]["customer"]["tags"], json!([]));
    assert_eq!(all["data"]["cart"]["lines"][0]["quantity"], 2);
    assert_eq!(all["data"]["orders"]["count"], 0);
    assert_eq!(all["data"]["trigger"]["event"], "cart.updated");
    assert_eq!(all["data"]["trigger"]["cart"]["lines"][0]["sku"], "a");
}

#[test]
fn nothing_is_kept_of_what_no_webhook_asked() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(15, 0));
    let id = stage.message().id;
    outcome::keep_answer(&mut stage.world, id, b"{}", at(15, 0) + Span::seconds(1));
    assert_eq!(stage.message().answer, None);
}
