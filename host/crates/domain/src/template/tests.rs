//! What a book knows, and what it makes of what it is told.

use super::*;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1_000)
}

fn template(name: &str, locale: &str, state: TemplateState, told_at: Timestamp) -> Template {
    Template { name: name.into(), title: None, locale: locale.into(), state, words: None, told_at }
}

fn book() -> TemplateBook {
    TemplateBook::new(ConnectionId(Default::default()))
}

fn fields() -> TemplateFields {
    TemplateFields { name: "template".into(), locale: Some("language".into()) }
}

fn news(state: TemplateState, at: Timestamp) -> TemplateNews {
    TemplateNews { name: "cart".into(), locale: Some("en_US".into()), state, words: None, at }
}

fn states(book: &TemplateBook) -> Vec<(&str, &str, &str)> {
    book.templates.iter().map(|one| (one.name.as_str(), one.locale.as_str(), one.state.name())).collect()
}

#[test]
fn a_content_schema_says_which_fields_name_a_template() {
    let schema = json!({ "properties": {
        "template": { "type": "string", "x-template": "name" }, "language": { "x-template": "locale" }, "body": {},
    }});
    assert_eq!(TemplateFields::of(&schema), Some(fields()));
    assert_eq!(TemplateFields::of(&json!({ "properties": { "text": {} } })), None);
    assert_eq!(TemplateFields::of(&json!({})), None);
}

#[test]
fn a_body_names_a_template_in_its_own_language_or_in_the_variants() {
    let own = json!({ "template": "cart", "language": "pt_BR" });
    assert_eq!(fields().named(&own, "en"), Some(("cart", Some("pt_BR"))));
    let plain = json!({ "template": "cart" });
    assert_eq!(fields().named(&plain, "en"), Some(("cart", Some("en"))));
    let by_id = TemplateFields { name: "template".into(), locale: None };
    assert_eq!(by_id.named(&plain, "en"), Some(("cart", None)));
    for open in [json!({ "template": "{{ step.name }}" }), json!({ "template": "" }), json!({})] {
        assert_eq!(fields().named(&open, "en"), None, "{open}");
    }
}

#[test]
fn what_nobody_asked_about_is_unknown_and_what_is_in_no_list_is_missing() {
    let body = json!({ "template": "cart", "language": "en_US" });
    let mut book = book();
    assert_eq!(book.of_body(&fields(), &body, "en"), Known::Unknown);
    book.list(vec![template("other", "en-US", TemplateState::Approved, at(1))], at(1), at(2));
    assert_eq!(book.of_body(&fields(), &body, "en"), Known::Missing("cart"));
    book.list(vec![template("cart", "en-US", TemplateState::Paused, at(3))], at(3), at(4));
    assert_eq!(book.of_body(&fields(), &body, "en"), Known::As(&book.templates[0]));
    let other_language = json!({ "template": "cart", "language": "en_GB" });
    assert_eq!(book.of_body(&fields(), &other_language, "en"), Known::Missing("cart"));
}

#[test]
fn a_list_takes_the_place_of_the_one_before_but_not_of_what_a_webhook_told_meanwhile() {
    let mut book = book();
    let both = [("cart", TemplateState::Pending), ("gone", TemplateState::Approved)];
    book.list(both.map(|(name, state)| template(name, "en-US", state, at(1))).to_vec(), at(1), at(2));
    book.tell(&news(TemplateState::Approved, at(100)), at(101));
    book.list(vec![template("cart", "en_US", TemplateState::Pending, at(100))], at(100), at(102));
    assert_eq!(states(&book), [("cart", "en-US", "approved")]);
    book.list(vec![template("cart", "en-US", TemplateState::Rejected, at(200))], at(200), at(201));
    assert_eq!(states(&book), [("cart", "en-US", "rejected")]);
    assert_eq!(book.due_at, Some(at(201) + ASKED_EVERY));
}

#[test]
fn a_webhook_that_is_older_than_what_is_known_changes_nothing() {
    let mut book = book();
    book.tell(&news(TemplateState::Pending, at(10)), at(10));
    book.list(vec![template("cart", "en-US", TemplateState::Paused, at(1_000))], at(1_000), at(1_001));
    book.tell(&news(TemplateState::Approved, at(500)), at(1_002));
    assert_eq!(states(&book), [("cart", "en-US", "paused")]);
    book.tell(&news(TemplateState::Approved, at(990)), at(1_003));
    assert_eq!(states(&book), [("cart", "en-US", "approved")], "its clock tells whole seconds");
}

#[test]
fn who_is_asked_is_asked_again_an_hour_later_and_sooner_after_a_refusal() {
    let mut book = book();
    book.plan(true, at(5));
    assert!(book.is_due(at(5)) && !book.is_due(at(4)));
    book.begin(at(5));
    assert!(!book.is_due(at(6)), "somebody asks");
    assert!(book.is_due(at(5) + Span::minutes(2)), "who asked did not come back");
    book.fail("no".into(), at(6));
    assert_eq!((book.due_at, book.trouble.as_deref()), (Some(at(6) + Span::minutes(15)), Some("no")));
    book.plan(false, at(7));
    assert_eq!(book.due_at, None);
}

#[test]
fn every_state_but_the_good_one_has_a_next_step() {
    use TemplateState::{Approved, Paused, Pending, Rejected};
    assert!([Pending, Rejected, Paused].into_iter().all(|state| state.next_step().is_some()));
    assert_eq!(Approved.next_step(), None);
}
