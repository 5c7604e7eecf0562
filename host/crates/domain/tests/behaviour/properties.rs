//! Whatever order, repetition and lateness events come in: what must never happen does not.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::contact::ConsentState;
use cartwright_domain::event::Event;
use cartwright_domain::message::{Details, MessageState, Outcome, Rejection, RejectionClass};
use cartwright_domain::time::{Span, Timestamp};
use proptest::prelude::*;

/// A thing that happens, when it happens, and how much later we hear of it.
#[derive(Debug, Clone)]
struct Heard {
    event: Event,
    received_at: Timestamp,
}

fn heard() -> impl Strategy<Value = Heard> {
    let happens = (0i64..30 * 60, 0i64..120);
    let what = prop_oneof![
        4 => (1u32..4, 0u32..3).prop_map(|(a, b)| Thing::Cart(a, b)),
        1 => Just(Thing::Empty),
        2 => Just(Thing::Identify),
        2 => (0u32..3).prop_map(Thing::Order),
        1 => any::<bool>().prop_map(Thing::Says),
    ];
    (happens, what).prop_map(|((minute, delay), what)| {
        let moment = at(8, minute);
        let event = match what {
            Thing::Cart(a, b) => {
                cart(moment, &[("a", a), ("b", b)].into_iter().filter(|(_, n)| *n > 0).collect::<Vec<_>>())
            }
            Thing::Empty => cart(moment, &[]),
            Thing::Identify => ana_identifies(moment),
            Thing::Order(number) => order(&format!("{number}"), moment),
            Thing::Says(yes) => {
                ana_says(moment, if yes { ConsentState::Subscribed } else { ConsentState::Unsubscribed })
            }
        };
        Heard { event, received_at: moment + Span::minutes(delay) }
    })
}

#[derive(Debug, Clone)]
enum Thing {
    Cart(u32, u32),
    Empty,
    Identify,
    Order(u32),
    Says(bool),
}

fn provider() -> impl Strategy<Value = Option<Outcome>> {
    let rejected = |class| Outcome::Rejected(Rejection { class, details: Details::default() });
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(Outcome::Uncertain(Details::default()))),
        1 => Just(Some(rejected(RejectionClass::Transient))),
        1 => Just(Some(rejected(RejectionClass::Auth))),
        1 => Just(Some(rejected(RejectionClass::InvalidRecipient))),
    ]
}

/// Plays what was heard, each `repeats` times, and looks at the stage after every event.
fn play(mut heard: Vec<Heard>, repeats: usize, provider: Option<Outcome>, look: &mut dyn FnMut(&Stage)) -> Stage {
    heard.sort_by_key(|one| (one.received_at, one.event.id.clone()));
    let mut stage = Stage::with(reminder());
    stage.provider = provider;
    for one in &heard {
        for _ in 0..repeats {
            stage.event(one.received_at.max(stage.now), &one.event);
        }
        look(&stage);
    }
    stage.wait_until(at(100, 0));
    look(&stage);
    stage
}

proptest! {
    // `cargo xtask soak` asks for more by PROPTEST_CASES.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

    #[test]
    fn s07_s08_s22_the_invariants_hold_after_every_event(heard in prop::collection::vec(heard(), 0..14), provider in provider()) {
        play(heard, 1, provider, &mut |stage| {
            let violations = check(&stage.world);
            assert!(violations.is_empty(), "{violations:?}");
        });
    }

    #[test]
    fn s08_no_run_goes_on_once_an_order_since_its_start_was_heard(heard in prop::collection::vec(heard(), 0..14)) {
        play(heard, 1, None, &mut |stage| {
            for run in stage.runs().into_iter().filter(|run| run.is_active()) {
                let ordered = stage.world.orders.values().map(|entry| &entry.value).find(|order| {
                    order.customer == run.customer && order.ends_runs() && order.placed_at >= run.started_at
                });
                assert!(ordered.is_none(), "{run:?} goes on after {ordered:?}");
            }
        });
    }

    #[test]
    fn s02_the_same_event_twice_changes_nothing(heard in prop::collection::vec(heard(), 0..10)) {
        let once = play(heard.clone(), 1, None, &mut |_| {});
        let twice = play(heard, 2, None, &mut |_| {});
        prop_assert_eq!(once.sent_at(), twice.sent_at());
        prop_assert_eq!(once.ends(), twice.ends());
    }

    #[test]
    fn s18_s22_one_message_a_run_and_none_without_consent(heard in prop::collection::vec(heard(), 0..14)) {
        let stage = play(heard, 1, None, &mut |_| {});
        for run in stage.runs() {
            prop_assert!(stage.world.messages_of(run.id).count() <= 1);
        }
        let ever_subscribed = stage.world.customers.values().any(|entry| entry.value.consent.is_some());
        prop_assert!(ever_subscribed || stage.sent().is_empty());
        for message in stage.world.messages.values() {
            let is_claimed = matches!(message.value.state, MessageState::Prepared { .. });
            prop_assert!(!is_claimed);
        }
    }
}
