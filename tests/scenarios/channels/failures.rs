//! What goes wrong between us and a provider, played to each channel by a server in its place: a limit is waited out, and
//! what nobody knows the end of is never sent again (S22, S23).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cartwright_domain::time::Span;
use cartwright_testkit::provider::Answer;
use cartwright_tests::{World, on_both_databases};
use serde_json::json;

use super::crowd;
use super::played::{self, Played};

on_both_databases!(
    s23_what_goes_wrong_at_twilio,
    s23_what_goes_wrong_at_sendgrid,
    s23_what_goes_wrong_at_whatsapp,
    s23_what_goes_wrong_at_zalo,
);

/// What happens to somebody's first message; every later one is taken.
const FATES: [(&str, Fate); 6] = [
    ("limit", Fate::Waits),
    ("limit-without-a-time", Fate::Waits),
    ("reset", Fate::Uncertain),
    ("error-of-the-server", Fate::Uncertain),
    ("no-answer-of-theirs", Fate::Uncertain),
    ("taken", Fate::Taken),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes again once the time is over that the provider says, or after half a minute or so.
    Waits,
    Uncertain,
    Taken,
}

fn first_answer(fate: &str, taken: Answer) -> Answer {
    let html = json!("<html>Bad gateway</html>");
    match fate {
        "limit" => Answer::too_many(60),
        "limit-without-a-time" => Answer::reply(429, json!({ "error": { "message": "slow down" } })),
        "reset" => Answer::Reset,
        "error-of-the-server" => Answer::reply(503, html),
        "no-answer-of-theirs" => Answer::reply(200, html),
        _ => taken,
    }
}

type Counts = Arc<Mutex<BTreeMap<usize, usize>>>;

async fn plays(world: &World, mut played: Played) {
    let (taken, counts) = (played.taken, Counts::default());
    let provider = played::provider(FATES.len(), {
        let counts = counts.clone();
        move |place| {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(place).or_default();
            *count += 1;
            match *count {
                1 => first_answer(FATES[place].0, taken(place)),
                _ => taken(place),
            }
        }
    })
    .await;
    played.begins(world, &provider).await;
    crowd::leaves_carts(world, FATES.len()).await;
    let first = crowd::messages(world, FATES.len()).await;
    for (place, (name, fate)) in FATES.iter().enumerate() {
        let state = match fate {
            Fate::Waits => "queued",
            Fate::Uncertain => "uncertain",
            Fate::Taken => "accepted",
        };
        assert_eq!(first[place]["state"], state, "{name}");
    }
    world.skip(Span::hours(20)).await;
    let last = crowd::messages(world, FATES.len()).await;
    for (place, (name, fate)) in FATES.iter().enumerate() {
        let (state, requests) = match fate {
            Fate::Waits => ("accepted", 2),
            Fate::Uncertain => ("uncertain", 1),
            Fate::Taken => ("accepted", 1),
        };
        assert_eq!(last[place]["state"], state, "{name}");
        assert_eq!(counts.lock().unwrap()[&place], requests, "{name}");
    }
}

async fn s23_what_goes_wrong_at_twilio(world: &World) {
    plays(world, played::twilio()).await;
}

async fn s23_what_goes_wrong_at_sendgrid(world: &World) {
    plays(world, played::sendgrid()).await;
}

async fn s23_what_goes_wrong_at_whatsapp(world: &World) {
    plays(world, played::whatsapp()).await;
}

async fn s23_what_goes_wrong_at_zalo(world: &World) {
    plays(world, played::zalo()).await;
}
