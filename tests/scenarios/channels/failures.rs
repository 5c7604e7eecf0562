//! What goes wrong between us and a provider, played to each channel by a server in its place: a limit is waited out, and
//! what nobody knows the end of is never sent again (S22, S23).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use super::crowd;
use super::played::{self, Played};

on_both_databases!(
    s23_what_goes_wrong_at_twilio,
    s23_what_goes_wrong_at_sendgrid,
    s23_what_goes_wrong_at_whatsapp,
    s23_what_goes_wrong_at_zalo,
    s23_what_goes_wrong_at_messenger,
    s23_what_goes_wrong_at_slack,
    s22_what_goes_wrong_at_smsapi_is_sent_again_under_the_same_idx,
    s23_a_limit_of_the_shops_own_server_is_waited_out,
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

/// What happens to somebody's first message where sending again is harmless: nothing is left in doubt.
fn fate_where_it_is_undone(fate: Fate) -> Fate {
    match fate {
        Fate::Uncertain => Fate::Waits,
        fate => fate,
    }
}

async fn plays(world: &World, played: Played) {
    let (provider, _) = plays_with(world, played, |fate| fate).await;
    assert!(provider.received().len() >= FATES.len());
}

/// The provider, and the messages as they stand in the end.
async fn plays_with(world: &World, mut played: Played, fate_of: fn(Fate) -> Fate) -> (Provider, Vec<Value>) {
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
        let state = match fate_of(*fate) {
            Fate::Waits => "queued",
            Fate::Uncertain => "uncertain",
            Fate::Taken => "accepted",
        };
        assert_eq!(first[place]["state"], state, "{name}");
    }
    world.skip(Span::hours(20)).await;
    let last = crowd::messages(world, FATES.len()).await;
    for (place, (name, fate)) in FATES.iter().enumerate() {
        let (state, requests) = match fate_of(*fate) {
            Fate::Waits => ("accepted", 2),
            Fate::Uncertain => ("uncertain", 1),
            Fate::Taken => ("accepted", 1),
        };
        assert_eq!(last[place]["state"], state, "{name}");
        assert_eq!(counts.lock().unwrap()[&place], requests, "{name}");
    }
    (provider, last)
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

async fn s23_what_goes_wrong_at_messenger(world: &World) {
    plays(world, played::messenger()).await;
}

async fn s23_what_goes_wrong_at_slack(world: &World) {
    plays(world, played::slack()).await;
}

async fn s22_what_goes_wrong_at_smsapi_is_sent_again_under_the_same_idx(world: &World) {
    let (provider, messages) = plays_with(world, played::smsapi(), fate_where_it_is_undone).await;
    for request in provider.received() {
        let place = crowd::place_of(&request, FATES.len()).unwrap();
        assert_eq!(request.json()["idx"], messages[place]["id"], "{}", FATES[place].0);
    }
}

async fn s23_a_limit_of_the_shops_own_server_is_waited_out(world: &World) {
    let server = Provider::start(Answer::reply(200, json!({ "offer": 10 }))).await;
    server.then(Answer::too_many(90));
    world.install("webhook").await;
    let secrets = json!({ "signing_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    world.connect("channels", "scoring", "webhook", json!({ "endpoint": server.url() }), secrets).await;
    let strategy = json!({
        "name": "Scored",
        "trigger": { "on": "cart", "next": "score" },
        "steps": {
            "score": { "kind": "webhook", "channel": "scoring", "facts": ["contact"], "answered": "done", "failed": "done" },
            "done": { "kind": "exit" },
        },
    });
    world.publish(&strategy).await;
    crowd::leaves_carts(world, 1).await;
    world.skip(Span::seconds(89)).await;
    assert_eq!((server.received().len(), &world.message().await["state"]), (1, &json!("queued")));
    world.skip(Span::seconds(2)).await;
    let ids: Vec<_> = server.received().iter().map(|request| request.header("webhook-id").map(str::to_owned)).collect();
    let message = world.message().await;
    assert_eq!(ids, vec![message["id"].as_str().map(str::to_owned); 2]);
    assert_eq!(message["state"], "accepted", "{message:#}");
}
