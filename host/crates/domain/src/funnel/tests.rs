use super::*;
use crate::ids::Mint;
use serde_json::json;

fn message(state: serde_json::Value, attempts: u32, receipt: Option<&str>) -> Message {
    let mut mint = Mint::new(Timestamp::default(), [3; 32]);
    let (run, customer): (crate::ids::RunId, crate::ids::CustomerId) = (mint.next(), mint.next());
    let id: MessageId = MessageId::of_contact(mint.next(), run, "remind", 0, 0);
    let mut document = json!({
        "id": id, "run": run, "customer": customer, "step": "remind", "iteration": 0, "slot": 0, "channel": "inbox",
        "content": "reminder", "purpose": "marketing", "created_at": Timestamp::default(),
        "allowed_at": Timestamp::default(), "late_after": Timestamp::default(), "due_at": null,
        "attempts": attempts, "changed_at": Timestamp::default(), "state": state,
    });
    if let Some(receipt) = receipt {
        document["receipt"] = json!(receipt);
    }
    serde_json::from_value(document).expect("a message")
}

fn names(message: &Message) -> Vec<String> {
    figures_of(message).iter().map(Figure::to_string).collect()
}

#[test]
fn s30_each_state_counts_as_one_step_of_the_funnel_and_waiting_as_none() {
    let lease = json!(Timestamp::default());
    for (state, attempts, expected) in [
        (json!({ "state": "queued" }), 0, None),
        (json!({ "state": "prepared", "lease_until": lease }), 0, None),
        (json!({ "state": "held_out" }), 0, None),
        (json!({ "state": "queued" }), 1, Some("in_flight")),
        (json!({ "state": "handed_over", "lease_until": lease, "adapter_state": "" }), 1, Some("in_flight")),
        (json!({ "state": "held", "reason": "auth" }), 1, Some("held.auth")),
        (json!({ "state": "accepted" }), 1, Some("accepted")),
        (json!({ "state": "uncertain" }), 1, Some("uncertain")),
        (json!({ "state": "rejected", "class": { "class": "opt_out" } }), 1, Some("rejected.opt_out")),
        (json!({ "state": "skipped", "reason": "no_consent" }), 0, Some("skipped.no_consent")),
        (json!({ "state": "skipped", "reason": "too_late" }), 3, Some("rejected.given_up")),
    ] {
        assert_eq!(names(&message(state.clone(), attempts, None)).first().map(String::as_str), expected, "{state}");
    }
}

#[test]
fn s30_later_receipts_imply_earlier_ones() {
    let accepted = |receipt| names(&message(json!({ "state": "accepted" }), 1, receipt));
    assert_eq!(accepted(None), ["accepted"]);
    assert_eq!(accepted(Some("delivered")), ["accepted", "delivered"]);
    assert_eq!(accepted(Some("clicked")), ["accepted", "delivered", "read", "clicked"]);
    assert_eq!(accepted(Some("replied")), ["accepted", "delivered", "read", "replied"]);
}

#[test]
fn s30_nothing_to_the_shops_own_people_is_counted() {
    let mut message = message(json!({ "state": "accepted" }), 1, None);
    message.purpose = Purpose::Staff;
    assert_eq!(names(&message), [""; 0]);
}

#[test]
fn s30_all_figures_of_a_message_fall_on_the_day_it_became_targeted() {
    let day = |text: &str| text.parse::<Day>().expect("a day");
    let mut message = message(json!({ "state": "held", "reason": "billing" }), 0, None);
    message.counted = recounted(&message, day("2026-11-20"));
    assert_eq!(message.counted.on, Some(day("2026-11-20")));
    // Held for a second day it still counts on the first.
    assert_eq!(recounted(&message, day("2026-11-21")).on, Some(day("2026-11-20")));
    message.attempts = 1;
    message.state = MessageState::Accepted;
    message.counted = recounted(&message, day("2026-11-22"));
    message.receipt = Some(ReceiptKind::Read);
    message.counted = recounted(&message, day("2026-11-25"));
    assert_eq!(message.counted.on, Some(day("2026-11-22")));
    assert_eq!(message.counted.figures, [Figure::Accepted, Figure::Delivered, Figure::Read]);
    // Refused after all, by a receipt of another day.
    message.state = MessageState::Rejected { class: RejectionClass::Unknown };
    assert_eq!(recounted(&message, day("2026-11-26")).on, Some(day("2026-11-22")));
}

#[test]
fn every_figure_reads_as_it_is_written() {
    for name in ["skipped.too_late", "held.content_policy", "rejected.given_up", "in_flight", "replied"] {
        assert_eq!(Figure::named(name).expect("a figure").to_string(), name);
    }
    assert_eq!((Figure::named("skipped.of_2031"), Figure::named("hugged")), (None, None));
}

fn figure(name: &str) -> Figure {
    Figure::named(name).expect("a figure")
}

fn report(sums: &[(&str, &str, i64)]) -> Funnel {
    // The post tells nothing, the mail not whether it was read, the chat everything.
    let reports = |channel: &str, kind: ReceiptKind| match channel {
        "chat" => true,
        "mail" => matches!(kind, ReceiptKind::Delivered | ReceiptKind::Clicked),
        _ => false,
    };
    Funnel::of(sums.iter().map(|(channel, name, sum)| (*channel, figure(name), *sum)), reports)
}

#[test]
fn s30_each_share_is_of_the_step_before_over_the_channels_that_can_tell() {
    let funnel = report(&[
        ("chat", "skipped.no_consent", 30),
        ("chat", "held.auth", 10),
        ("chat", "accepted", 40),
        ("chat", "delivered", 20),
        ("chat", "read", 10),
        ("chat", "clicked", 4),
        ("chat", "replied", 1),
        ("chat", "rejected.opt_out", 10),
        ("chat", "uncertain", 6),
        ("chat", "in_flight", 4),
        ("post", "accepted", 100),
    ]);
    assert_eq!((funnel.considered, funnel.targeted, funnel.accepted), (200, 160, 140));
    assert_eq!(funnel.considered, funnel.skipped + funnel.held + funnel.targeted);
    assert_eq!(funnel.targeted, funnel.accepted + funnel.rejected + funnel.uncertain + funnel.in_flight);
    assert_eq!((funnel.delivered, funnel.delivered_share), (Some(20), Share(Some(0.5))));
    assert_eq!((funnel.read_share, funnel.reacted_share), (Share(Some(0.5)), Share(Some(0.5))));
    assert_eq!(funnel.click_through, Share(Some(0.2)));
    assert_eq!((funnel.succeeded, funnel.failed, funnel.in_progress), (120, 10, 30));
}

#[test]
fn s30_what_a_channel_cannot_report_and_none_of_none_show_nothing() {
    let post = report(&[("post", "accepted", 5)]);
    assert_eq!((post.delivered, post.delivered_share, post.read, post.clicked), (None, Share(None), None, None));
    let mail = report(&[("mail", "accepted", 5)]);
    assert_eq!((mail.delivered, mail.delivered_share, mail.read), (Some(0), Share(Some(0.0)), None));
    assert_eq!(mail.click_through, Share(None));
    // Whatever a channel says of itself: what it has reported it can report.
    assert_eq!(report(&[("post", "accepted", 2), ("post", "delivered", 1)]).delivered_share, Share(Some(0.5)));
    assert_eq!(report(&[]), Funnel::default());
}

#[test]
fn s31_losses_are_shares_of_all_losses_and_skips_of_all_skips() {
    let funnel = report(&[
        ("chat", "rejected.opt_out", 1),
        ("mail", "rejected.opt_out", 2),
        ("mail", "rejected.billing", 1),
        ("mail", "skipped.too_late", 5),
    ]);
    let told = |reasons: &[ReasonCount]| -> Vec<(String, u64, Option<f64>)> {
        reasons.iter().map(|one| (one.reason.clone(), one.messages, one.share.0)).collect()
    };
    assert_eq!(told(&funnel.losses), [("opt_out".into(), 3, Some(0.75)), ("billing".into(), 1, Some(0.25))]);
    assert_eq!(told(&funnel.skips), [("too_late".into(), 5, Some(1.0))]);
    assert_eq!(funnel.holds, []);
}
