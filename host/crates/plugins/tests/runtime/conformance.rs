//! The conformance kit: everything we ship keeps the promises of its kind, and who breaks one is told which.

use std::collections::BTreeSet;

use crate::support::{built, host, shipped};
use cartwright_plugins::conformance::{self, Depth, Finding, Fixture, Report};
use hostile_guests::guests;
use serde_json::json;

async fn examined(component: Vec<u8>, fixture: serde_json::Value) -> Report {
    let fixture: Fixture = serde_json::from_value(fixture).unwrap();
    conformance::run(&host().runtime, component.into(), &fixture, Depth::Full).await.unwrap()
}

/// What a component is told about a check.
fn failure(report: &Report, name: &str) -> String {
    match report.finding(name) {
        Some(Finding::Failed { seen, remedy }) => format!("{seen} => {remedy}"),
        other => panic!("{name}: {other:?}\n{report}"),
    }
}

macro_rules! conforms {
    ($($name:ident: $file:literal, $fixture:expr, $least:literal;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let report = examined(built($file), $fixture).await;
            assert!(report.is_clean(), "{report}");
            let passed = report.checks.iter().filter(|check| check.finding == Finding::Passed).count();
            assert!(passed >= $least, "{report}");
        }
    )+
        /// All that stand here.
        const EXAMINED: &[&str] = &[$($file),+];
    };
}

conforms! {
    high_value_conforms: "high_value", json!({"configs": [
        {"min_orders": 2}, {"min_spent": {"amount": "250.00", "currency": "EUR"}}]}), 11;
    ordered_since_start_conforms: "ordered_since_start", json!({}), 10;
    first_conforms: "first", json!({}), 10;
    by_label_conforms: "by_label", json!({"configs": [
        {"label": "Ana"}, {"customer": "language"}, {"attribute": "Ana"}]}), 11;
    inbox_conforms: "inbox", json!({}), 9;
    email_smtp_conforms: "email_smtp", json!({}), 9;
    webhook_conforms: "webhook", json!({"configs": [{"endpoint": "https://hooks.example.com/in?shop=7"}]}), 9;
    whatsapp_cloud_conforms: "whatsapp_cloud", json!({"contents": [
        {"template": "cart", "body": ["Ana"]}, {"template": "cart", "header": {"image": "https://a.example/b.png"}}]}), 9;
    twilio_conforms: "twilio", json!({"contents": [
        {"text": "Hi"}, {"text": "Hi", "media": ["https://a.example/b.png"]}]}), 9;
    messenger_conforms: "messenger", json!({"contents": [
        {"text": "Hi"}, {"template": {"name": "cart", "body": ["Ana"]}}]}), 9;
    slack_conforms: "slack", json!({"configs": [{"webhook": "T0123/B0456"}, {}]}), 9;
    smsapi_conforms: "smsapi", json!({"configs": [{}, {"sender": "Acorn",
        "point_price": {"amount": "0.07", "currency": "EUR"}}]}), 9;
    email_sendgrid_conforms: "email_sendgrid", json!({}), 9;
    zalo_zns_conforms: "zalo_zns", json!({"contents": [{"template_id": "12345", "data": {"name": "Ana"}}]}), 9;
    events_conforms: "events", json!({}), 6;
    cloudevents_conforms: "cloudevents", json!({}), 6;
    segment_conforms: "segment", json!({}), 6;
    shopify_conforms: "shopify", json!({"configs": [{"api_domain": "example.myshopify.com"}]}), 7;
    haravan_conforms: "haravan", json!({}), 7;
    woocommerce_conforms: "woocommerce", json!({"configs": [
        {"shop_url": "https://shop.example", "consumer_key": "ck_1"}]}), 7;
    liquid_conforms: "liquid_renderer", json!({}), 4;
}

#[test]
fn nothing_we_ship_is_forgotten() {
    let examined: BTreeSet<&str> = EXAMINED.iter().copied().collect();
    let shipped = shipped();
    assert_eq!(examined, shipped.iter().map(|(_, file)| file.as_str()).collect());
}

#[tokio::test]
async fn a_decision_that_remembers_is_told_so() {
    let report = examined(guests::remembering().component(), json!({})).await;
    assert!(failure(&report, "batch-equals-singles").contains("asked alone"), "{report}");
    assert!(failure(&report, "anybody").contains("trap: it crashed"), "{report}");
    assert!(failure(&report, "anybody").contains("=> treat `none` as an answer"), "{report}");
}

#[tokio::test]
async fn an_undeclared_branch_is_told_so() {
    let report = examined(guests::undeclared_branch().component(), json!({})).await;
    assert!(failure(&report, "declared-branches").contains("`maybe`"), "{report}");
}

#[tokio::test]
async fn what_fails_conformance_is_refused_at_upload() {
    let host = host();
    let refusal = host.refusal(guests::undeclared_branch().component()).await;
    assert!(refusal.starts_with("conformance: it takes only branches that it declares"), "{refusal}");
    assert!(refusal.contains("name every branch in `branches`"), "{refusal}");
    host.still_serves().await;
}

#[tokio::test]
async fn a_report_reads_as_a_list_with_what_to_do() {
    let report = examined(guests::tame().component(), json!({})).await;
    assert!(report.is_clean(), "{report}");
    let text = report.to_string();
    assert!(text.starts_with("tame@1.0.0 (condition)\n  passed "), "{text}");
    assert!(text.ends_with(" checks, 0 failed"), "{text}");
}
