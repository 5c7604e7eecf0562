//! `POST /v1/strategies/preview` of the running service: what would happen to one customer is told by the engine itself,
//! and nothing of it happens.

use cartwright_testkit::present;
use cartwright_testkit::shopify::Delivery;
use cartwright_testkit::whatsapp::{self, APP_SECRET, PHONE_NUMBER_ID};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The demo as a process, ended with the test.
struct Demo {
    child: Child,
    address: String,
    key: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = std::fs::remove_dir_all(&folder);
        let mut child = Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .args(["demo", "--still", "--listen", "127.0.0.1:0", "--data"])
            .arg(&folder)
            .current_dir(present::workspace())
            .env("CARTWRIGHT_PLUGINS_DIR", present::plugins_folder())
            .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |mark: &str| {
            let line = lines.find_map(|line| line.ok().filter(|line| line.contains(mark))).unwrap();
            line.split_once(mark).unwrap().1.split_whitespace().next().unwrap().to_owned()
        };
        let address = after("http://").split('/').next().unwrap().to_owned();
        let key = after("API key:");
        Self { child, address, key }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.to_string();
        let (host, key, length) = (&self.address, &self.key, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }

    /// A webhook arrives; what it is answered.
    fn deliver(&self, address: &str, delivery: &Delivery) -> u16 {
        let path = &address[address.find("/hooks/").unwrap()..];
        let headers: String = delivery.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (host, length) = (&self.address, delivery.body.len());
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n");
        stream.write_all(format!("{head}{headers}\r\n").as_bytes()).unwrap();
        stream.write_all(&delivery.body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn preview(&self, wanted: Value) -> Value {
        let (status, answer) = self.ask("POST", "/v1/strategies/preview", &wanted);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn count(&self, list: &str) -> usize {
        self.ask("GET", list, &json!({})).1["items"].as_array().unwrap().len()
    }
}

fn high_value_first() -> Value {
    serde_json::from_str(include_str!("../../../examples/high-value-first.strategy.json")).unwrap()
}

const MORNING: &str = "2026-11-02T09:00:00Z";

fn sent(answer: &Value) -> Vec<(&str, &str)> {
    let messages = answer["runs"][0]["messages"].as_array().unwrap();
    let of = |message: &'_ Value, name: &str| message[name].as_str().unwrap().to_owned();
    messages
        .iter()
        .filter(|message| of(message, "state") == "accepted")
        .map(|message| (message["step"].as_str().unwrap(), message["handed_over_at"].as_str().unwrap()))
        .collect()
}

#[test]
fn somebody_made_up_is_played_through_a_strategy_and_nothing_of_it_is_kept() {
    let demo = Demo::start("preview-sample");
    let answer = demo.preview(json!({ "strategy": high_value_first(), "at": MORNING }));
    let expected = [("five-percent", "2026-11-02T10:00:00.000Z"), ("again", "2026-11-03T10:00:00.000Z")];
    assert_eq!(sent(&answer), expected);
    let trace = answer["runs"][0]["trace"].as_array().unwrap();
    let branched = trace.iter().find(|entry| entry["what"] == "branched").unwrap();
    assert_eq!(branched["branch"], "no");
    assert!(branched["facts"].as_array().unwrap().iter().any(|read| read["fact"] == "orders.count"), "{branched}");
    for list in ["/v1/runs", "/v1/messages", "/v1/customers", "/v1/inbox"] {
        assert_eq!(demo.count(list), 0, "{list}");
    }
}

#[test]
fn s17_a_template_that_is_rejected_holds_its_message_here_too() {
    let demo = Demo::start("preview-template");
    let plugins = demo.ask("GET", "/v1/plugins", &json!({})).1["items"].clone();
    let asks = plugins.as_array().unwrap().iter().find(|one| one["name"] == "whatsapp-cloud").unwrap()["asks"].clone();
    let channel = json!({
        "plugin": "whatsapp-cloud", "config": { "phone_number_id": PHONE_NUMBER_ID }, "grants": asks,
        "secrets": { "access_token": "token", "app_secret": APP_SECRET, "verify_token": "any" },
    });
    let (status, connected) = demo.ask("PUT", "/v1/channels/whatsapp", &channel);
    assert_eq!(status, 200, "{connected}");
    let strategy = json!({
        "name": "Reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "whatsapp", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [
            { "channel": "whatsapp", "body": { "template": "cart_reminder", "language": "en_US" } }] }],
    });
    let wanted = json!({ "strategy": strategy, "at": MORNING });
    let messages = || demo.preview(wanted.clone())["runs"][0]["messages"].clone();
    assert_eq!(messages()[0]["state"], "accepted", "nobody has asked about it yet");
    let now: String = serde_json::from_value(demo.ask("GET", "/v1/demo/clock", &json!({})).1["now"].clone()).unwrap();
    let rejected = whatsapp::template_decided("cart_reminder", "REJECTED", "SCAM", now.parse().unwrap());
    assert_eq!(demo.deliver(connected["webhook"].as_str().unwrap(), &whatsapp::delivery(&rejected)), 200);
    let answer = demo.preview(wanted.clone());
    assert_eq!(messages()[0]["state"], "skipped", "it is too late in the end");
    let trace = answer["runs"][0]["trace"].as_array().unwrap();
    let held = trace.iter().find(|entry| entry["state"] == "held").unwrap();
    assert_eq!(held["reason"], "template_not_approved");
}

#[test]
fn an_order_on_the_way_takes_the_run_out_of_it() {
    let demo = Demo::start("preview-order");
    let answer = demo.preview(json!({ "strategy": high_value_first(), "at": MORNING, "order_after": "2h" }));
    let expected = [("five-percent", "2026-11-02T10:00:00.000Z"), ("thanks", "2026-11-02T11:00:00.000Z")];
    assert_eq!(sent(&answer), expected);
    let early = demo.preview(json!({ "strategy": high_value_first(), "at": MORNING, "order_after": "30m" }));
    assert_eq!(sent(&early).iter().map(|(step, _)| *step).collect::<Vec<_>>(), ["thanks"]);
}

#[test]
fn a_customer_of_the_shop_comes_with_their_orders_and_stays_as_they_are() {
    let demo = Demo::start("preview-customer");
    let now = demo.ask("GET", "/v1/demo/clock", &json!({})).1["now"].clone();
    let order = |number: u32| {
        json!({
            "id": format!("order-{number}"), "type": "order.placed", "occurred_at": now,
            "subject": { "email": "cleo@shop.example", "order": format!("{number}") },
            "body": {
                "total": { "amount": "120.00", "currency": "EUR" },
                "customer": { "first_name": "Cleo", "consent": { "state": "subscribed" } },
            },
        })
    };
    let events: Vec<Value> = (1..=5).map(order).collect();
    assert_eq!(demo.ask("POST", "/v1/events", &json!(events)).0, 202);
    demo.ask("POST", "/v1/demo/skip", &json!({ "by": "1h" }));
    let known = demo.ask("GET", "/v1/customers", &json!({})).1["items"][0].clone();
    let wanted = json!({ "strategy": high_value_first(), "customer": known["id"] });
    let answer = demo.preview(wanted);
    assert_eq!(sent(&answer).first().unwrap().0, "free-shipping");
    assert_eq!(answer["runs"][0]["run"]["customer"], known["id"]);
    assert_eq!(demo.ask("GET", "/v1/customers", &json!({})).1["items"][0], known);
    assert_eq!((demo.count("/v1/runs"), demo.count("/v1/messages")), (0, 0));
}

#[test]
fn what_cannot_be_played_says_why() {
    let demo = Demo::start("preview-refused");
    let ask = |wanted: Value| demo.ask("POST", "/v1/strategies/preview", &wanted);
    let mut broken = high_value_first();
    broken["steps"]["again"]["next"] = json!("nowhere");
    let (status, problem) = ask(json!({ "strategy": broken }));
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("steps.again.next")));
    let mut clicked = high_value_first();
    clicked["trigger"] = json!({ "on": "click", "next": "loyal" });
    clicked["exits"] = json!([{ "on": "order", "then": "thanks" }]);
    let (status, problem) = ask(json!({ "strategy": clicked }));
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("trigger.on")));
    let stranger = "0199a000-0000-7000-8000-000000000000";
    let (status, problem) = ask(json!({ "strategy": high_value_first(), "customer": stranger }));
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    let (status, problem) = ask(json!({ "strategy": high_value_first(), "order_after": "0s" }));
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("order_after")));
}

#[test]
fn where_nothing_begins_it_is_said_why() {
    let demo = Demo::start("preview-nobody");
    let mut strategy = high_value_first();
    strategy["trigger"] = json!({ "on": "date", "attribute": "birthday", "next": "loyal" });
    strategy["exits"] = json!([{ "on": "order", "then": "thanks" }]);
    let now = demo.ask("GET", "/v1/demo/clock", &json!({})).1["now"].clone();
    let event = json!({
        "id": "hello", "type": "customer.identified", "occurred_at": now,
        "subject": { "email": "dora@shop.example" }, "body": { "first_name": "Dora" },
    });
    assert_eq!(demo.ask("POST", "/v1/events", &event).0, 202);
    demo.ask("POST", "/v1/demo/skip", &json!({ "by": "1m" }));
    let known = demo.ask("GET", "/v1/customers", &json!({})).1["items"][0]["id"].clone();
    let answer = demo.preview(json!({ "strategy": strategy, "customer": known }));
    assert_eq!((&answer["runs"], &answer["why"]["verdict"]), (&json!([]), &json!("never_began")), "{answer}");
}
