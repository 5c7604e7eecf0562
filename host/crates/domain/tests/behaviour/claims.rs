//! What a browser says of its visitor (S10, S18): it joins what is nobody's, and takes nothing from anybody.

use crate::stage::*;
use cartwright_domain::contact::ConsentState;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{ConsentBody, CustomerBody, Event, OrderBody, Subject, What};
use cartwright_domain::message::{MessageState, SkipReason};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::Happening;
use cartwright_domain::world::IdentityKind;

const PHONE: &str = "+4915112345678";
const OTHER: &str = "+4915112345699";

/// A browser's word, with what was typed into a form.
fn claim(browser: &str, carries: Subject, typed: CustomerBody, moment: Timestamp) -> Event {
    let subject = Subject { anonymous: Some(browser.into()), ..carries };
    event(&format!("claim-{browser}"), moment, subject, What::CustomerClaimed(typed))
}

fn email(text: &str) -> CustomerBody {
    CustomerBody { email: Some(text.into()), ..CustomerBody::default() }
}

fn phone(text: &str) -> CustomerBody {
    CustomerBody { phone: Some(text.into()), ..CustomerBody::default() }
}

fn with_a_yes(typed: CustomerBody) -> CustomerBody {
    let consent = ConsentBody { state: ConsentState::Subscribed, at: None, topic: None, source: None };
    CustomerBody { consent: Some(consent), ..typed }
}

fn of_cart(token: &str) -> Subject {
    Subject { cart: Some(token.into()), ..Subject::default() }
}

fn nothing() -> Subject {
    Subject::default()
}

fn has_email(text: &str) -> impl Fn(&Customer) -> bool {
    move |one| one.email.as_ref().is_some_and(|own| own.as_str() == text)
}

fn one(stage: &Stage, is: impl Fn(&Customer) -> bool) -> &Customer {
    let mut found = stage.world.customers.values().map(|entry| &entry.value).filter(|one| is(one));
    let one = found.next().expect("the customer");
    assert!(found.next().is_none(), "only one");
    one
}

fn owner_of_cart(stage: &Stage, token: &str) -> Customer {
    let carts = stage.world.carts.values().map(|entry| &entry.value);
    let cart = carts.into_iter().find(|cart| cart.cart_token.as_deref() == Some(token)).expect("the cart");
    stage.world.customers[&cart.customer].value.clone()
}

/// By which e-mails and phones somebody is found.
fn addresses_of(stage: &Stage, of: &Customer) -> Vec<String> {
    let is_address = |kind| matches!(kind, IdentityKind::Email | IdentityKind::Phone);
    let own = stage.world.identities.iter().filter(|(name, owner)| **owner == of.id && is_address(name.kind));
    own.map(|(name, _)| name.to_string()).collect()
}

/// Ana has an account, with an e-mail and a phone.
fn with_ana() -> Stage {
    let mut stage = Stage::with(reminder());
    let mut account = ana_identifies(at(7, 0));
    account.subject.cart = None;
    account.subject.phone = Some(PHONE.into());
    account.what = What::CustomerUpdated(CustomerBody { first_name: Some("Ana".into()), ..CustomerBody::default() });
    stage.event(at(7, 0), &account);
    stage
}

#[test]
fn s10_a_visitor_who_leaves_an_address_is_known_by_it_and_their_cart_is_theirs() {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &cart_of("c7", at(9, 0), &[("a", 1)]));
    let typed = with_a_yes(CustomerBody { phone: Some(PHONE.into()), ..email("bea@example.ro") });
    stage.event(at(10, 0), &claim("b1", of_cart("c7"), typed, at(10, 0)));
    let bea = owner_of_cart(&stage, "c7");
    assert_eq!(bea.email.as_ref().map(ToString::to_string).as_deref(), Some("bea@example.ro"));
    assert_eq!((bea.phone.as_ref().map(ToString::to_string).as_deref(), bea.phone_proof), (Some(PHONE), None));
    stage.wait_until(at(13, 0));
    assert_eq!(stage.message().state, MessageState::Accepted);
}

#[test]
fn s10_the_cart_of_nobody_joins_whoever_the_visitor_names() {
    let signed_in = Subject { customer: Some("ana".into()), ..of_cart("c7") };
    for (carries, typed) in
        [(of_cart("c7"), email("Ana@Example.ro")), (of_cart("c7"), phone(PHONE)), (signed_in, CustomerBody::default())]
    {
        let mut stage = with_ana();
        stage.event(at(9, 0), &cart_of("c7", at(9, 0), &[("a", 1)]));
        stage.event(at(10, 0), &claim("b1", carries, typed, at(10, 0)));
        assert_eq!(owner_of_cart(&stage, "c7").first_name.as_deref(), Some("Ana"));
        assert_eq!(stage.told(|what| matches!(what, Happening::Joined { .. })).len(), 1);
        stage.event(at(11, 0), &claim("b1", of_cart("c8"), CustomerBody::default(), at(11, 0)));
        stage.event(at(11, 5), &cart_of("c8", at(11, 5), &[("b", 1)]));
        assert_eq!(owner_of_cart(&stage, "c8").first_name.as_deref(), Some("Ana"), "and so does the next cart");
    }
}

#[test]
fn s10_whoever_is_known_keeps_what_is_known_of_them_whatever_a_browser_says() {
    let stranger = || CustomerBody {
        first_name: Some("Eve".into()),
        phone: Some(OTHER.into()),
        language: Some("fr".into()),
        tags: Some(vec!["vip".into()]),
        ..email("eve@example.ro")
    };
    let account = || Subject { customer: Some("ana".into()), ..nothing() };
    let as_ana = CustomerBody { email: Some("ana@example.ro".into()), ..stranger() };
    for claims in [
        vec![claim("b1", account(), stranger(), at(8, 0))],
        vec![claim("b1", nothing(), as_ana, at(8, 0))],
        vec![claim("b1", account(), CustomerBody::default(), at(8, 0)), claim("b1", nothing(), stranger(), at(8, 1))],
        vec![
            claim("b1", nothing(), email("ana@example.ro"), at(8, 0)),
            claim("b1", nothing(), phone(OTHER), at(8, 1)),
            claim("b1", account(), stranger(), at(8, 2)),
        ],
    ] {
        let mut stage = with_ana();
        let before = one(&stage, has_email("ana@example.ro")).clone();
        let names = addresses_of(&stage, &before);
        for said in &claims {
            stage.event(said.occurred_at, said);
        }
        let after = one(&stage, has_email("ana@example.ro"));
        let language = after.language.clone();
        assert_eq!(Customer { language: None, ..after.clone() }, before, "{claims:#?}");
        assert_eq!(addresses_of(&stage, after), names, "and no address leads to her that did not before");
        assert!(language.is_none() || language.as_deref() == Some("fr"), "only a gap is filled");
    }
}

#[test]
fn s10_a_phone_of_somebody_is_kept_as_claimed() {
    let mut stage = with_ana();
    let typed = CustomerBody { phone: Some(PHONE.into()), ..email("eve@example.ro") };
    stage.event(at(8, 0), &claim("b1", nothing(), typed, at(8, 0)));
    let eve = one(&stage, has_email("eve@example.ro"));
    assert_eq!((&eve.phone, eve.claimed_phone.as_ref().map(ToString::to_string).as_deref()), (&None, Some(PHONE)));
    assert_eq!(
        one(&stage, has_email("ana@example.ro")).phone.as_ref().map(ToString::to_string).as_deref(),
        Some(PHONE)
    );
}

#[test]
fn s10_an_account_that_the_platform_has_not_told_of_is_nobodys_by_a_browsers_word() {
    let mut stage = Stage::with(reminder());
    let account = Subject { customer: Some("ana".into()), ..nothing() };
    let typed = CustomerBody { phone: Some(OTHER.into()), ..email("eve@example.ro") };
    stage.event(at(6, 0), &claim("b1", account, typed, at(6, 0)));
    let mut told = ana_identifies(at(7, 0));
    told.what = What::CustomerUpdated(CustomerBody::default());
    stage.event(at(7, 0), &told);
    assert_eq!(one(&stage, has_email("ana@example.ro")).phone, None);
    one(&stage, has_email("eve@example.ro"));
}

#[test]
fn s10_a_cart_of_somebody_known_stays_theirs() {
    let mut stage = with_ana();
    stage.event(at(8, 0), &ana_identifies(at(8, 0)));
    stage.event(at(9, 0), &cart(at(9, 0), &[("a", 1)]));
    stage.event(at(10, 0), &claim("b1", of_cart("c1"), email("eve@example.ro"), at(10, 0)));
    assert_eq!(owner_of_cart(&stage, "c1").first_name.as_deref(), Some("Ana"));
    assert_eq!(one(&stage, has_email("eve@example.ro")).first_name, None);
}

#[test]
fn s18_a_form_that_everybody_can_fill_in_lifts_no_no() {
    for (before, after) in [
        (None, ConsentState::Subscribed),
        (Some(ConsentState::Unknown), ConsentState::Subscribed),
        (Some(ConsentState::Unsubscribed), ConsentState::Unsubscribed),
    ] {
        let mut stage = with_ana();
        if let Some(state) = before {
            stage.event(at(7, 30), &ana_says(at(7, 30), state));
        }
        stage.event(at(9, 0), &claim("b1", nothing(), with_a_yes(email("ana@example.ro")), at(9, 0)));
        assert_eq!(one(&stage, has_email("ana@example.ro")).marketing(), after, "{before:?}");
    }
    let mut stage = with_ana();
    let account = Subject { customer: Some("ana".into()), ..nothing() };
    stage.event(at(9, 0), &claim("b1", account, with_a_yes(CustomerBody::default()), at(9, 0)));
    assert_eq!(one(&stage, has_email("ana@example.ro")).marketing(), ConsentState::Unknown, "no address was typed");
}

#[test]
fn s18_without_a_yes_the_cart_is_theirs_and_no_message_follows() {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &cart_of("c7", at(9, 0), &[("a", 1)]));
    stage.event(at(10, 0), &claim("b1", of_cart("c7"), email("bea@example.ro"), at(10, 0)));
    stage.wait_until(at(13, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::NoConsent });
}

#[test]
fn s08_an_order_in_the_cart_of_a_claim_ends_the_run() {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &cart_of("c7", at(9, 0), &[("a", 1)]));
    stage.event(at(10, 0), &claim("b1", of_cart("c7"), with_a_yes(email("bea@example.ro")), at(10, 0)));
    let subject = Subject { order: Some("o1".into()), ..of_cart("c7") };
    stage.event(at(11, 0), &event("order", at(11, 0), subject, What::OrderPlaced(OrderBody::default())));
    stage.wait_until(at(13, 0));
    assert!(stage.sent().is_empty());
}
