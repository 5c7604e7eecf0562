//! What is wrong with waits for events and with the triggers of what customers do.

use serde_json::{Value, json};

use super::{Sample, good, only};

/// The good strategy with a wait in place of its delay.
fn waiting(events: Value) -> Value {
    let mut strategy = good();
    strategy["steps"]["later"] = json!({"kind": "wait", "for": events, "timeout": "2d", "otherwise": "done"});
    strategy["exits"] = json!([]);
    strategy
}

#[test]
fn s06_a_sound_wait_has_no_faults() {
    let events = json!({
        "bought": {"event": "order", "next": "done"},
        "yes": {"event": "click", "button": "yes", "step": "thank", "next": "done"},
        "wished": {"event": "custom", "type": "shop.wished", "next": "done"},
    });
    assert_eq!(Sample::new().faults(waiting(events)), [""; 0]);
}

#[test]
fn s06_a_wait_is_refused_at_the_place_that_is_wrong() {
    let sample = Sample::new();
    for (awaited, start) in [
        (json!({"event": "order", "next": "nowhere"}), "steps.later.for.b.next: there is no step `nowhere`"),
        (json!({"event": "order", "next": "loyal"}), "steps.later: goes round in a circle: later -> loyal -> later"),
        (json!({"event": "reply", "button": "yes", "next": "done"}), "steps.later.for.b.button: only a click"),
        (
            json!({"event": "order", "step": "thank", "next": "done"}),
            "steps.later.for.b.step: order is about no message",
        ),
        (json!({"event": "read", "step": "loyal", "next": "done"}), "steps.later.for.b.step: there is no message step"),
        (json!({"event": "custom", "next": "done"}), "steps.later.for.b.type: an event of your own needs its type"),
        (json!({"event": "custom", "type": "wished", "next": "done"}), "steps.later.for.b.type: `wished` is no event"),
        (
            json!({"event": "custom", "type": "order.paid", "next": "done"}),
            "steps.later.for.b.type: `order.paid` is an",
        ),
        (json!({"event": "reply", "type": "shop.wished", "next": "done"}), "steps.later.for.b.type: only a custom"),
    ] {
        only(&sample.faults(waiting(json!({ "b": awaited }))), start);
    }
    only(&sample.faults(waiting(json!({}))), "steps.later.for: needs at least one event");
    let otherwise = waiting(json!({"otherwise": {"event": "order", "next": "done"}}));
    only(&sample.faults(otherwise), "steps.later.for.otherwise: `otherwise` is the word for nothing heard");
    let mut endless = waiting(json!({"b": {"event": "order", "next": "done"}}));
    endless["steps"]["later"]["timeout"] = json!("0s");
    only(&sample.faults(endless), "steps.later.timeout: must be longer than nothing");
}

#[test]
fn s08_an_order_that_ends_the_run_is_never_waited_for() {
    let sample = Sample::new();
    let mut strategy = waiting(json!({"bought": {"event": "order", "next": "done"}}));
    for (exits, warns) in [
        (json!([{"on": "order", "then": "end"}]), true),
        (json!([{"on": "order", "then": "thank"}]), false),
        (json!([{"on": "order", "match": "cart"}]), false),
    ] {
        strategy["exits"] = exits;
        let faults = sample.faults(strategy.clone());
        assert_eq!(faults.iter().any(|fault| fault.starts_with("(warning) steps.later.for.bought: cannot be")), warns);
    }
}

#[test]
fn s06_what_no_channel_reports_is_never_heard() {
    let mut sample = Sample::new();
    let read = waiting(json!({"read": {"event": "read", "step": "thank", "next": "done"}}));
    assert_eq!(sample.faults(read.clone()), [""; 0], "nothing is known of its receipts");
    let ability = sample.connections[0].ability.as_mut().unwrap();
    ability.receipts = vec![crate::event::ReceiptKind::Delivered];
    only(&sample.faults(read.clone()), "(warning) steps.later.for.read: no channel of these messages reports `read`");
    let ability = sample.connections[0].ability.as_mut().unwrap();
    ability.receipts.push(crate::event::ReceiptKind::Clicked);
    assert_eq!(sample.faults(read), [""; 0], "a click says that it was read");
}

#[test]
fn a_trigger_names_only_what_its_events_have() {
    let sample = Sample::new();
    let mut strategy = good();
    strategy["exits"] = json!([]);
    for (trigger, fault) in [
        (json!({"on": "reply", "next": "loyal"}), None),
        (json!({"on": "click", "button": "yes", "next": "loyal"}), None),
        (json!({"on": "reply", "button": "yes", "next": "loyal"}), Some("trigger.button: only a click trigger")),
        (json!({"on": "click", "key": "order", "next": "loyal"}), Some("trigger.key: only an order trigger")),
        (json!({"on": "reply", "key": "cart", "next": "loyal"}), Some("trigger.key: only a cart or checkout")),
    ] {
        strategy["trigger"] = trigger;
        let faults = sample.faults(strategy.clone());
        match fault {
            Some(start) => only(&faults, start),
            None => assert_eq!(faults, [""; 0]),
        }
    }
}

#[test]
fn s05_a_date_trigger_has_what_a_date_needs_and_no_other_does() {
    let sample = Sample::new();
    let with = |fields: Value| {
        let mut strategy = good();
        strategy["exits"] = json!([]);
        strategy["trigger"] = json!({"on": "date", "attribute": "birthday", "next": "loyal"});
        strategy["trigger"].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        sample.faults(strategy)
    };
    assert_eq!(with(json!({"at": "08:00", "days": -3, "yearly": true, "zone": "shop"})), [""; 0]);
    for (fields, start) in [
        (json!({"attribute": null}), "trigger.attribute: a date trigger needs the attribute"),
        (json!({"attribute": " "}), "trigger.attribute: a date trigger needs the attribute"),
        (json!({"at": "8"}), "trigger.at: `8` is no time of day"),
        (json!({"at": "24:00"}), "trigger.at: a day is over at 24:00"),
        (json!({"days": 367}), "trigger.days: must be -366 to 366"),
        (json!({"zone": "Middle/Earth"}), "trigger.zone: `Middle/Earth` is no time zone"),
        (json!({"settle": "1h"}), "trigger.settle: a date does not settle"),
        (json!({"key": "cart"}), "trigger.key: only a cart or checkout trigger"),
        (json!({"on": "reply", "attribute": null, "yearly": true}), "trigger.yearly: only a date trigger"),
        (json!({"on": "reply"}), "trigger.attribute: only a date trigger"),
    ] {
        only(&with(fields), start);
    }
}
