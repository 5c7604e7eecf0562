//! Shops with customers who leave carts. What a node did not answer for is told again, as platforms do.

use cartwright_domain::event::{CustomerBody, Event, Subject, What};
use cartwright_domain::time::Timestamp;
use cartwright_testkit::{present, values};
use cartwright_tests::Client;
use cartwright_tests::serving::{Node, Place};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

use crate::provider::Post;

/// Events of one request.
const AT_ONCE: usize = 200;

/// All shops of a test; the customers come to them in turn.
pub(crate) struct Shops {
    key: String,
    ids: Vec<String>,
    told: usize,
}

impl Shops {
    /// Makes shops that write to everybody who leaves a cart, at once, each by a sender of its own.
    pub(crate) async fn open(place: &Place, node: &Node, count: usize, post: &Post) -> Self {
        let key = place.ask(&["key", "add", "--database-url", node.database()]);
        let operator = Client::new(&node.base, &key);
        let mut ids = Vec::new();
        for number in 0..count {
            let shop = json!({ "name": format!("shop {number}"), "currency": "EUR", "country": "DE" });
            let id = operator.post("/v1/shops", &shop).await.ok()["id"].as_str().unwrap().to_owned();
            set_up(&operator.of_shop(&id), number, post).await;
            ids.push(id);
        }
        Self { key, ids, told: 0 }
    }

    /// How many customers have left a cart.
    pub(crate) fn told(&self) -> usize {
        self.told
    }

    /// So many more customers leave a cart. Returns once every event was answered for.
    pub(crate) async fn tell(&mut self, customers: usize, nodes: &[Node]) {
        let customers = self.told..self.told + customers;
        self.told = customers.end;
        for (number, shop) in self.ids.iter().enumerate() {
            let own = customers.clone().filter(|customer| customer % self.ids.len() == number);
            let events: Vec<Value> = own.flat_map(leaves_a_cart).collect();
            for batch in events.chunks(AT_ONCE) {
                self.tell_until_answered(shop, batch, nodes, number).await;
            }
        }
    }

    async fn tell_until_answered(&self, shop: &str, events: &[Value], nodes: &[Node], first: usize) {
        for attempt in 0.. {
            let node = &nodes[(first + attempt) % nodes.len()];
            let client = Client::new(&node.base, &self.key).of_shop(shop);
            match client.try_post("/v1/events", &json!(events)).await {
                Some(reply) if reply.status == 202 => {
                    let taken = |item: &Value| matches!(item["status"].as_str(), Some("accepted" | "already_known"));
                    assert!(reply.body["items"].as_array().unwrap().iter().all(taken), "{:#}", reply.body);
                    return;
                }
                Some(reply) if reply.status < 500 => panic!("{}: {:#}", reply.status, reply.body),
                // It died, or has lost its database: somebody else may answer.
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

async fn set_up(shop: &Client, number: usize, post: &Post) {
    let mut grants = Value::Null;
    for plugin in ["liquid_renderer", "whatsapp_cloud"] {
        let plugin = shop.upload("/v1/plugins", present::component(plugin)).await.ok();
        grants = plugin["asks"].clone();
        shop.post(&format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap()), &grants).await.ok();
    }
    grants["hosts"].as_array_mut().unwrap().push(json!({ "host": post.host(), "methods": ["GET", "POST"] }));
    let channel = json!({
        "plugin": "whatsapp-cloud",
        "config": { "phone_number_id": Post::sender(number), "endpoint": post.url() },
        "grants": grants,
        "secrets": { "access_token": "EAAtoken", "app_secret": "hush", "verify_token": "any" },
    });
    shop.put("/v1/channels/whatsapp", &channel).await.ok();
    let strategy = json!({
        "name": "at once",
        "trigger": { "on": "cart", "settle": "0s", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "whatsapp", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [{
            "channel": "whatsapp",
            "body": { "template": "cart_reminder", "language": "en_US", "body": ["{{ product.title }}"] },
        }] }],
    });
    shop.post("/v1/strategies", &strategy).await.ok();
}

/// Somebody says who they are, and leaves a cart.
fn leaves_a_cart(customer: usize) -> [Value; 2] {
    let (cart, now) = (format!("cart-{customer}"), now());
    let body: CustomerBody = serde_json::from_value(json!({
        "phone": format!("+491511{customer:07}"), "country": "DE", "consent": { "state": "subscribed" },
    }))
    .unwrap();
    let subject = Subject { cart: Some(cart.clone()), customer: Some(customer.to_string()), ..Subject::default() };
    let who = Event { id: format!("who-{customer}"), occurred_at: now, subject, what: What::CustomerIdentified(body) };
    let left = values::cart_updated(&format!("left-{customer}"), &cart, vec![values::line("Copper teapot", 1)], now);
    [who, left].map(|event| serde_json::to_value(event).unwrap())
}

fn now() -> Timestamp {
    Timestamp::from_millis(UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64))
}
