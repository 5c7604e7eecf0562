//! Templates that a provider has to approve: what it says of one decides whether a message goes (S17).

use crate::stage::*;
use cartwright_domain::alert::AlertCause;
use cartwright_domain::contact::AddressKind;
use cartwright_domain::ids::CustomerId;
use cartwright_domain::message::{HoldReason, MessageState, SkipReason};
use cartwright_domain::strategy::Strategy;
use cartwright_domain::template::{Template, TemplateBook, TemplateFields, TemplateState};
use cartwright_domain::trace::{Happening, MessageTrace};
use cartwright_domain::why::{FindingCode, why};
use serde_json::json;
use std::sync::Arc;

const HELD: MessageState = MessageState::Held { reason: HoldReason::TemplateNotApproved };

/// The same, and Ana's cart was left four hours ago.
fn reminding(says: Option<TemplateState>, change: impl FnOnce(&mut Strategy)) -> Stage {
    left_cart(staged(says, change))
}

fn left_cart(mut stage: Stage) -> Stage {
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage
}

/// The reminder over a channel whose contents name templates.
fn staged(says: Option<TemplateState>, change: impl FnOnce(&mut Strategy)) -> Stage {
    let mut strategy = reminder();
    for content in &mut strategy.contents {
        for variant in &mut content.variants {
            variant.body = json!({ "text": "Hi", "template": "cart_reminder" });
        }
    }
    change(&mut strategy);
    let mut stage = Stage::with(strategy);
    let fields = TemplateFields { name: "template".into(), locale: None };
    stage.connection("inbox").ability.as_mut().expect("an ability").templates = Some(fields);
    if let Some(state) = says {
        provider_says(&mut stage, state);
    }
    stage
}

fn provider_says(stage: &mut Stage, state: TemplateState) {
    let channel = stage.world.connections["inbox"].value.id;
    let words = Some("PROMOTIONAL".to_owned());
    let name = "cart_reminder".to_owned();
    let told = Template { name, title: None, locale: "en".into(), state, words, told_at: at(9, 0) };
    let mut book = TemplateBook::new(channel);
    book.list(vec![told], at(9, 0), at(9, 0));
    stage.world.templates = Arc::new([(channel, book)].into());
}

fn held(stage: &Stage) -> Vec<String> {
    let is_held = |what: &Happening| {
        let reason = HoldReason::TemplateNotApproved;
        matches!(what, Happening::Message { state, .. } if *state == MessageTrace::Held { reason })
    };
    let lines = stage.told(is_held);
    lines.iter().flat_map(|line| &line.facts).map(|fact| format!("{}: {}", fact.name, fact.value)).collect()
}

#[test]
fn s17_a_message_waits_for_its_template_and_goes_once_that_is_approved() {
    for state in [TemplateState::Pending, TemplateState::Rejected, TemplateState::Paused] {
        let mut stage = reminding(Some(state), |_| {});
        assert_eq!(stage.message().state, HELD, "{state:?}");
        let line = held(&stage).into_iter().find(|fact| fact.starts_with("template")).expect("the fact");
        let said = format!("cart_reminder (en) is {}: PROMOTIONAL", state.name());
        assert!(line.contains(&said), "{line}");
        stage.wait_until(at(14, 30));
        assert_eq!((&stage.message().state, stage.sent().len()), (&HELD, 0));
        provider_says(&mut stage, TemplateState::Approved);
        stage.wait_until(at(14, 31));
        assert_eq!(stage.sent().len(), 1, "{state:?}");
    }
}

#[test]
fn s17_a_template_that_nobody_has_asked_about_holds_nothing() {
    assert_eq!(reminding(None, |_| {}).sent().len(), 1);
    let other_name = |strategy: &mut Strategy| strategy.contents[0].variants[0].body["template"] = json!("another");
    assert_eq!(reminding(Some(TemplateState::Rejected), other_name).sent().len(), 1, "it is in no list");
    let open = |strategy: &mut Strategy| strategy.contents[0].variants[0].body["template"] = json!("{{ a }}");
    assert_eq!(reminding(Some(TemplateState::Rejected), open).sent().len(), 1, "only rendering would tell which it is");
}

#[test]
fn s27_a_message_that_waits_too_long_for_its_template_is_skipped_as_too_late() {
    let mut stage = reminding(Some(TemplateState::Pending), |_| {});
    stage.wait_until(at(14, 0) + cartwright_domain::time::Span::hours(13));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::TooLate });
}

#[test]
fn s23_people_are_told_of_a_refused_template_and_not_of_one_that_is_looked_at() {
    let causes = |state| {
        let stage = reminding(Some(state), |_| {});
        stage.world.alarms.iter().map(|alarm| (alarm.cause, alarm.about.clone())).collect::<Vec<_>>()
    };
    assert_eq!(causes(TemplateState::Pending), []);
    let told = causes(TemplateState::Rejected);
    assert_eq!(told.last(), Some(&(AlertCause::ContentHeld, "reminder on inbox".to_owned())));
}

#[test]
fn s19_in_a_chain_the_next_channel_is_tried_instead() {
    let mut stage = staged(Some(TemplateState::Rejected), |strategy| {
        let step = strategy.steps.get_mut("remind").expect("the step");
        let chained = json!({ "kind": "message", "fallback": ["inbox", "sms"], "content": "reminder", "next": "done" });
        *step = serde_json::from_value(chained).expect("a step");
        let sms = json!({ "channel": "sms", "body": { "text": "Hi" } });
        strategy.contents[0].variants.push(serde_json::from_value(sms).expect("a variant"));
    });
    stage.connect("sms", &[AddressKind::Handle]);
    let stage = left_cart(stage);
    let skipped = MessageState::Skipped { reason: SkipReason::ChannelHeld };
    let of = |channel: &str| stage.messages_of("Add-to-cart reminder").into_iter().find(|one| one.channel == channel);
    assert_eq!(of("inbox").map(|message| &message.state), Some(&skipped));
    assert_eq!(of("sms").map(|message| &message.state), Some(&MessageState::Accepted));
}

#[test]
fn why_says_that_the_template_is_not_approved() {
    let mut stage = reminding(None, |_| {});
    provider_says(&mut stage, TemplateState::Rejected);
    let customer: CustomerId = stage.message().customer;
    let strategy = stage.world.strategies[0].clone();
    let told = why(&stage.world, customer, &strategy, &[], &[], at(15, 0)).expect("an answer");
    let finding = told.findings.iter().find(|finding| finding.check == "steps.remind").expect("the step");
    assert_eq!((finding.passes, finding.reason.as_deref()), (Some(false), Some("template_not_approved")));
    assert_eq!(finding.code, FindingCode::WouldBeHeld);
    assert!(finding.words.contains("the channel's templates"), "{}", finding.words);
    assert!(finding.facts.iter().any(|fact| fact.name == "template"));
}
