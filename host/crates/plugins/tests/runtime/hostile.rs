//! The hostile kit: whatever a component does, it meets its named error, nobody else waits for it, and afterwards

//! everything is as it was.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::support::{Host, host, host_grant, host_with, now, subject};
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::ids::Mint;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::shop::Grants;
use cartwright_engine::ports::{
    ChannelTask, ConnectionCall, Egress, EgressFailure, Observed, Observer, OutgoingMessage, Plugins, Response, Step,
    Webhook,
};
use cartwright_plugins::{Limits, Slices};
use hostile_guests::kit::{self, Hostile, Meets};
use hostile_guests::{bombs, guests};
use serde_json::json;

/// What a hostile component met: the stage or problem, and its words.
async fn met(host: &Host, hostile: &Hostile) -> String {
    let component = (hostile.make)();
    match hostile.meets {
        Meets::Refused(_) => host.refusal(component).await,
        Meets::Fails(..) | Meets::Harmless => {
            let mut call = host.call(component, json!({}));
            let facts = ["orders.*", "cart.*"].map(str::to_owned).to_vec();
            if hostile.name.contains("nobody granted") {
                call.grants = Arc::new(Grants { facts, ..Grants::default() });
            }
            told(host.runtime.evaluate(&call, &[subject(5)]).await.remove(0).result.map(|verdict| verdict.branch))
        }
        Meets::Chooses(..) => {
            let offered = ["a", "b"].map(|name| Offered { name: name.to_owned(), labels: Vec::new() });
            let call = host.call(component, json!({}));
            told(host.runtime.select(&call, &offered, &[subject(5)]).await.remove(0).result)
        }
        Meets::Sends(..) => {
            let call = host.connection(component, json!({}), &[("token", "s3cret")]);
            told(host.runtime.channel_begin(&call, &task()).await)
        }
        Meets::Receives(..) => {
            let call = host.connection(component, json!({}), &[("token", "s3cret")]);
            let webhook =
                Webhook { method: "POST".to_owned(), path: "/".to_owned(), headers: Vec::new(), body: "{}".into() };
            told(host.runtime.receive(&call, &webhook).await)
        }
        Meets::Logs(_) => {
            // A runtime of its own: it tells what it observes to one.
            let (host, heard) = (crate::support::host(), Arc::new(Heard::default()));
            host.runtime.observe(heard.clone());
            let call = host.connection(component, json!({ "note": "s3cret" }), &[("token", "s3cret")]);
            host.runtime.channel_begin(&call, &task()).await.unwrap();
            heard.0.lock().unwrap().join("\n")
        }
        Meets::StaysIn(_) => {
            let call = granted(host, component);
            let step = host.runtime.channel_begin(&call, &task()).await;
            let Ok(Step::Call { requests, .. }) = step else { return format!("{step:?}") };
            match host.runtime.perform(&call, &requests[0]).await.response {
                Response::Failed(EgressFailure::Refused(why)) => why,
                answer => format!("{answer:?}"),
            }
        }
    }
}

/// What was logged.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn observed(&self, observed: &Observed<'_>) {
        self.0.lock().unwrap().extend(observed.log.iter().cloned());
    }
}

/// A connection to which every server of the kit is granted.
fn granted(host: &Host, component: Vec<u8>) -> ConnectionCall {
    let mut call = host.connection(component, json!({}), &[("token", "s3cret")]);
    let servers =
        ["api.example.com", "evil.example.com", "127.0.0.1", "169.254.169.254", "[::ffff:a00:1]", "localhost"];
    let hosts = servers.map(|server| host_grant(server, &["GET", "POST"], "/")).to_vec();
    call.plugin.grants = Arc::new(Grants { hosts, secrets: vec!["token".to_owned()], ..Grants::default() });
    call
}

fn task() -> ChannelTask {
    ChannelTask::Send(OutgoingMessage {
        id: Mint::new(now(), [3; 32]).next(),
        to: Address { kind: AddressKind::Email, value: "ana@example.com".to_owned() },
        locale: "en".to_owned(),
        content: json!({}),
        created_at: now(),
    })
}

fn told<T: std::fmt::Debug>(answer: Result<T, PluginFailure>) -> String {
    answer.map_or_else(|failure| failure.to_string(), |answer| format!("answered: {answer:?}"))
}

fn fault(hostile: &Hostile, met: &str) -> Option<String> {
    let (problem, words): (&str, &[&str]) = match hostile.meets {
        Meets::Refused(words) | Meets::StaysIn(words) | Meets::Logs(words) => ("", words),
        Meets::Fails(problem, words)
        | Meets::Chooses(problem, words)
        | Meets::Sends(problem, words)
        | Meets::Receives(problem, words) => (problem, words),
        Meets::Harmless => ("answered: \"yes\"", &[]),
    };
    // A stranger's words never fill a log or a trace.
    let fits = met.starts_with(problem) && words.iter().all(|word| met.contains(word)) && met.len() < 3_000;
    (!fits).then(|| {
        format!("{}: {:?}\n    met: {}", hostile.name, hostile.meets, met.chars().take(400).collect::<String>())
    })
}

#[tokio::test]
async fn s42_every_hostile_component_meets_its_named_error_and_the_host_goes_on() {
    let host = host();
    let kit = kit::all();
    assert!(kit.len() >= 40, "{}", kit.len());
    let names: BTreeSet<_> = kit.iter().map(|hostile| hostile.name).collect();
    assert_eq!(names.len(), kit.len());
    let mut faults = Vec::new();
    for hostile in &kit {
        let met = met(&host, hostile).await;
        faults.extend(fault(hostile, &met));
        host.still_serves().await;
        assert_eq!(host.runtime.alive(), 0, "{}: an instance is left over", hostile.name);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_file_that_was_cut_off_or_changed_is_refused_or_sound() {
    let host = host();
    let component = guests::tame().component();
    for at in 0..64 {
        let refusal = host.refusal(bombs::cut(&component, at * component.len() / 64)).await;
        assert!(refusal.starts_with("file: ") || refusal.starts_with("metadata: "), "cut at {at}/64: {refusal}");
    }
    // A prime step, so that every part of the file and every bit of a byte is met.
    for bit in (0..component.len() * 8).step_by(409) {
        let flipped = bombs::flipped(&component, bit);
        match host.check(flipped.clone()).await {
            Err(refusal) => {
                assert!(!refusal.message.is_empty() && refusal.message.len() < 3_000, "bit {bit}: {refusal}")
            }
            // Some bits are of names and texts: then it runs, or fails like any other.
            Ok(_) => drop(host.verdicts(flipped, &[1, 2]).await),
        }
    }
    host.still_serves().await;
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_unread() {
    let host = host_with(Limits { component_bytes: 1024, ..Limits::default() }, Slices::Timed);
    let refusal = host.refusal(vec![0; 1025]).await;
    assert_eq!(refusal, "file: the file has 1025 bytes; the limit is 1 KiB");
}

#[tokio::test]
async fn a_flood_of_log_lines_is_counted_and_dropped() {
    let answer = host().verdicts(guests::log_flood().component(), &[1]).await.remove(0);
    assert_eq!(answer.result.unwrap().branch, "yes");
    assert_eq!(answer.log.len(), 101);
    assert_eq!(answer.log[100], "(900 more lines dropped; the limit is 100 a call)");
}
