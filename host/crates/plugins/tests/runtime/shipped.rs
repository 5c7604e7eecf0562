//! Plugins that are built by an ordinary toolchain: `cargo build --target wasm32-wasip2`, nothing else.

use crate::support::{built, host, now, subject};
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::ids::Mint;
use cartwright_domain::message::Outcome;
use cartwright_domain::plugin::{PluginKind, Problem};
use cartwright_domain::shop::{ChannelTaskKind, Grants};
use cartwright_engine::ports::{
    Action, ChannelDone, ChannelTask, OutgoingMessage, PluginCall, Plugins, RequestEffect, Response, Step,
};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_plain_rust_build_loads_as_it_is_and_says_what_it_is() {
    let record = host().check(built("high_value")).await.unwrap();
    assert_eq!((record.name.as_str(), record.kind), ("high-value", PluginKind::Condition));
    assert_eq!(record.built_for, "cartwright:plugin@0.2.0");
    assert_eq!(record.licence.as_deref(), Some("Apache-2.0"));
    let facts: Vec<_> = record.descriptor.facts.iter().map(|need| need.fact.as_str()).collect();
    assert_eq!(facts, ["orders.count", "orders.spent"]);
    assert!(!record.is_active() && record.grants == Grants::default());
}

#[tokio::test]
async fn a_decision_names_every_fact_it_read() {
    let host = host();
    let config = json!({"min_orders": 2, "min_spent": {"amount": "250.00", "currency": "EUR"}});
    let call = host.call(built("high_value"), config);
    let answers = host.runtime.evaluate(&call, &[subject(3), subject(1), subject(2)]).await;
    let told: Vec<_> = answers
        .iter()
        .map(|answer| {
            let reads: Vec<_> = answer.reads.iter().map(|read| format!("{} = {}", read.fact(), read.value)).collect();
            (answer.result.as_ref().unwrap().branch.as_str(), reads.join(", "))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("yes", "orders.count = 3, orders.spent = 300.00 EUR".to_owned()),
            ("no", "orders.count = 1".to_owned()),
            ("no", "orders.count = 2, orders.spent = 200.00 EUR".to_owned()),
        ]
    );
}

#[tokio::test]
async fn s41_a_fact_that_is_not_granted_ends_the_call_and_names_the_grant() {
    let host = host();
    let call = host.call(built("high_value"), json!({"min_spent": {"amount": "1", "currency": "EUR"}}));
    let grants = Arc::new(Grants { facts: vec!["orders.count".to_owned()], ..Grants::default() });
    let call = PluginCall { grants, ..call };
    let failure = host.runtime.evaluate(&call, &[subject(3)]).await.remove(0).result.unwrap_err();
    assert_eq!(failure.problem, Problem::NotGranted);
    assert!(failure.message.contains("grant `orders.spent` to the plugin"), "{failure}");
}

#[tokio::test]
async fn a_configuration_is_checked_by_schema_and_by_the_plugin() {
    let host = host();
    let check = async |config| host.runtime.check_config(&host.call(built("high_value"), config)).await;
    assert_eq!(check(json!({"min_orders": 5})).await, Ok(()));
    let by_schema = check(json!({"min_orders": "five"})).await.unwrap_err();
    assert_eq!(by_schema.problem, Problem::BadConfig);
    assert!(by_schema.message.starts_with("/min_orders: "), "{by_schema}");
}

#[tokio::test]
async fn a_message_goes_through_the_steps_of_a_channel() {
    let host = host();
    let record = host.check(built("inbox")).await.unwrap();
    assert_eq!(record.descriptor.ability.as_ref().unwrap().channel, "inbox");
    assert!(record.descriptor.content_schema.is_some());

    let call = host.connection(built("inbox"), json!({}), &[]);
    let message = OutgoingMessage {
        id: Mint::new(now(), [3; 32]).next(),
        to: Address { kind: AddressKind::Handle, value: "c-7".to_owned() },
        locale: "en".to_owned(),
        content: json!({"text": "Hello"}),
        created_at: now(),
    };
    let id = message.id.to_string();
    let task = ChannelTask::Send(message);
    let Step::Call { requests, state } = host.runtime.channel_begin(&call, &task).await.unwrap() else {
        panic!("no request");
    };
    assert_eq!(requests[0].effect, RequestEffect::Send);
    assert_eq!(requests[0].action, Action::Inbox { to: "c-7".to_owned(), document: json!({"text": "Hello"}) });
    let done = host.runtime.channel_resume(&call, ChannelTaskKind::Send, &state, &[Response::Inbox]).await.unwrap();
    assert_eq!(done, Step::Done(ChannelDone::Sent(Outcome::Accepted { provider_id: id, price: None })));
}

#[tokio::test]
async fn s44_a_message_cannot_name_a_secret() {
    let host = host();
    let call = host.connection(built("inbox"), json!({}), &[]);
    let message = OutgoingMessage {
        id: Mint::new(now(), [3; 32]).next(),
        to: Address { kind: AddressKind::Handle, value: "c-7".to_owned() },
        locale: "en".to_owned(),
        content: json!({"text": "Dear {secret:token}"}),
        created_at: now(),
    };
    let failure = host.runtime.channel_begin(&call, &ChannelTask::Send(message)).await.unwrap_err();
    assert_eq!(failure.problem, Problem::BadInput);
}

#[tokio::test]
async fn a_plugin_that_is_not_installed_fails_for_everybody_in_the_batch() {
    let host = host();
    let call = PluginCall { digest: "0".repeat(64), ..host.call(Vec::new(), json!({})) };
    let answers = host.runtime.evaluate(&call, &[subject(1), subject(2)]).await;
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer.result.as_ref().unwrap_err().problem == Problem::NotInstalled));
}

#[tokio::test]
async fn a_channel_decides_nothing() {
    let host = host();
    let call = host.call(built("inbox"), json!({}));
    let failure = host.runtime.evaluate(&call, &[subject(1)]).await.remove(0).result.unwrap_err();
    assert_eq!(failure.message, "the plugin is a channel, not a condition");
}
