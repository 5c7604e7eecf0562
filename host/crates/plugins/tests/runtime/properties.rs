//! What holds of every batch, whoever is in it: it decides as each of its subjects alone, in any order, and one that

//! fails harms no other. `cargo xtask soak` asks for more cases by PROPTEST_CASES.

use std::sync::LazyLock;

use crate::support::{Host, built, host, subject};
use cartwright_domain::facts::Subject;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::Problem;
use cartwright_engine::ports::{Answered, PluginCall, Plugins};
use hostile_guests::guests;
use proptest::prelude::*;
use serde_json::{Value, json};

struct World {
    host: Host,
    wait: tokio::runtime::Runtime,
}

static WORLD: LazyLock<World> = LazyLock::new(|| World {
    host: host(),
    wait: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
});

/// Every condition and selector that we ship, with configurations that lead to different answers.
fn shipped() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        (0u32..12).prop_map(|orders| ("high_value", json!({"min_orders": orders}))),
        (0u32..1200).prop_map(|amount| {
            ("high_value", json!({"min_spent": {"amount": format!("{amount}.00"), "currency": "EUR"}}))
        }),
        Just(("ordered_since_start", json!({}))),
        Just(("first", json!({}))),
        Just(("by_label", json!({"customer": "country"}))),
        Just(("by_label", json!({"attribute": "size"}))),
        Just(("by_label", json!({"label": "b"}))),
    ]
}

fn anybody() -> impl Strategy<Value = Subject> {
    (0usize..12, proptest::option::of("[A-Z]{2}"), proptest::option::of("\\PC{0,12}"), 0i64..40).prop_map(
        |(orders, country, size, days)| {
            let mut somebody = subject(orders);
            let mut customer = (*somebody.customer).clone();
            customer.country = country;
            customer.attributes.extend(size.map(|size| ("size".to_owned(), Value::from(size))));
            somebody.customer = customer.into();
            somebody.started_at = somebody.now - cartwright_domain::time::Span::days(days);
            somebody
        },
    )
}

/// What was decided and on which facts; what it cost is of this machine at this moment.
fn told<T: std::fmt::Debug>(answers: Vec<Answered<T>>) -> Vec<String> {
    answers.into_iter().map(|answer| format!("{:?} after {:?}", answer.result, answer.reads)).collect()
}

fn decide(plugin: &str, call: &PluginCall, subjects: &[Subject]) -> Vec<String> {
    let offered = ["a", "b", "DE"].map(|name| Offered { name: name.to_owned(), labels: vec![name.to_owned()] });
    let World { host, wait } = &*WORLD;
    wait.block_on(async {
        match plugin {
            "first" | "by_label" => told(host.runtime.select(call, &offered, subjects).await),
            _ => told(host.runtime.evaluate(call, subjects).await),
        }
    })
}

fn cases() -> ProptestConfig {
    ProptestConfig { cases: ProptestConfig::default().cases.min(2_000) / 4, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_batch_decides_as_its_subjects_alone_in_any_order(
        (plugin, config) in shipped(),
        subjects in proptest::collection::vec(anybody(), 0..10),
        turn in 0usize..10,
    ) {
        let call = WORLD.host.call(built(plugin), config);
        let together = decide(plugin, &call, &subjects);
        prop_assert_eq!(together.len(), subjects.len());
        for (somebody, answer) in subjects.iter().zip(&together) {
            prop_assert_eq!(&decide(plugin, &call, std::slice::from_ref(somebody))[0], answer);
        }
        let turn = if subjects.is_empty() { 0 } else { turn % subjects.len() };
        let mut turned = subjects.clone();
        turned.rotate_left(turn);
        turned.reverse();
        let mut answers = decide(plugin, &call, &turned);
        answers.reverse();
        answers.rotate_right(turn);
        prop_assert_eq!(answers, together);
    }

    #[test]
    fn s12_a_poisoned_subject_fails_and_the_rest_is_decided(orders in proptest::collection::vec(0usize..6, 1..12)) {
        let call = WORLD.host.call(guests::trap_on_three().component(), json!({}));
        let subjects: Vec<Subject> = orders.iter().map(|count| subject(*count)).collect();
        let answers = WORLD.wait.block_on(WORLD.host.runtime.evaluate(&call, &subjects));
        for (count, answer) in orders.iter().zip(&answers) {
            match &answer.result {
                Ok(verdict) => prop_assert!(*count != 3 && verdict.branch == "yes"),
                Err(failure) => prop_assert!(*count == 3 && failure.problem == Problem::Trap, "{}: {}", count, failure),
            }
        }
    }
}
