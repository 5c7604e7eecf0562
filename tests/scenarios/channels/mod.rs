//! The channels we ship, each held against its provider's own library and document: what leaves is what the provider
//! takes, and what comes back moves the message on.

mod bounces;
mod crowd;
mod failures;
mod hidden_numbers;
mod messenger;
mod played;
mod probes;
mod receipts;
mod requests;
mod senders;
mod sendgrid;
mod slack;
mod smsapi;
mod time_outs;
mod twilio;
mod zalo;

use cartwright_domain::time::Span;
use cartwright_engine::ports::{ChannelDone, ChannelTask, ConnectionCall};
use cartwright_testkit::present;
use cartwright_testkit::provider::{Provider, Received};
use cartwright_testkit::shopify::{self, ANA, Delivery, TEAPOT};
use cartwright_tests::World;
use serde_json::{Value, json};

/// A channel of a plugin we ship, in a shop.
struct Shipped {
    /// As in `component`: `email_sendgrid`.
    file: &'static str,
    /// What contents are made for: `email`.
    channel: &'static str,
    config: Value,
    secrets: Value,
}

impl Shipped {
    /// Connects it; the address of its webhooks.
    async fn connect(&self, world: &World) -> String {
        world.install(self.file).await;
        let plugin = self.file.replace('_', "-");
        let connected =
            world.connect("channels", self.channel, &plugin, self.config.clone(), self.secrets.clone()).await;
        connected["webhook"].as_str().unwrap().to_owned()
    }

    /// Connects it, and lets it remind of a cart that was left four hours ago; the address of its webhooks.
    async fn reminds(&self, world: &World, body: Value) -> String {
        let webhook = self.connect(world).await;
        world.publish(&self.reminder(body)).await;
        left_cart(world).await;
        webhook
    }

    fn reminder(&self, body: Value) -> Value {
        json!({
            "name": "Reminder",
            "trigger": { "on": "cart", "next": "remind" },
            "steps": {
                "remind": { "kind": "message", "channel": self.channel, "content": "reminder", "next": "done" },
                "done": { "kind": "exit" },
            },
            "contents": [{ "name": "reminder", "variants": [{ "channel": self.channel, "body": body }] }],
        })
    }

    /// People of the shop are told of each cart that was left four hours ago.
    fn notice(&self, to: &str, body: &Value) -> Value {
        json!({
            "name": "Notice",
            "trigger": { "on": "cart", "next": "tell" },
            "steps": {
                "tell": { "kind": "notify", "channel": self.channel, "to": to, "content": "notice", "next": "done" },
                "done": { "kind": "exit" },
            },
            "contents": [{
                "name": "notice", "purpose": "staff", "variants": [{ "channel": self.channel, "body": body }],
            }],
        })
    }

    /// The channel for tasks that no message needs.
    async fn call(&self, world: &World, provider: &Provider) -> ConnectionCall {
        let uploaded = world.api.upload("/v1/plugins", present::component(self.file)).await.ok();
        let secrets = self.secrets.as_object().unwrap().iter();
        let secrets: Vec<_> = secrets.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        world.call_of(&uploaded, provider, self.config.clone(), &secrets)
    }
}

async fn left_cart(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

async fn does(world: &World, call: &ConnectionCall, task: ChannelTask) -> ChannelDone {
    world.engine.tasks().run(call, &task, world.now() + Span::minutes(1)).await.unwrap()
}

/// The only request.
fn only(provider: &Provider) -> Received {
    let [request] = <[Received; 1]>::try_from(provider.received()).unwrap();
    request
}

/// The provider tells something; what it is answered.
async fn tells(world: &World, webhook: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let delivery = Delivery { topic: String::new(), headers, body: body.as_bytes().to_vec() };
    let status = world.api.deliver(webhook, &delivery).await;
    world.settle().await;
    status
}
