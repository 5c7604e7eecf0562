//! Receipts come in whatever order the provider's machines please, and more than once. A message of each order, their
//! receipts between each other's, and then all again with each told a second time at some place: in the shapes of each
//! provider all end in the same state, and count as the same (S23, S30).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_testkit::shopify::Delivery;
use cartwright_testkit::whatsapp::{self, APP_SECRET, hex_signature};
use cartwright_tests::{World, on_both_databases};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::crowd;
use super::played::{self, Played, TWILIO_ACCOUNT, TWILIO_TOKEN};
use super::tells;

on_both_databases!(
    s30_receipts_of_whatsapp_in_every_order,
    s30_receipts_of_twilio_in_every_order,
    s30_receipts_of_smsapi_in_every_order,
    s30_receipts_of_sendgrid_in_every_order,
    s30_receipts_of_zalo_in_every_order,
    s30_receipts_of_messenger_in_every_order,
    s30_receipts_of_messenger_from_people_of_the_shop_in_every_order,
);

/// Receipts of one message, and where it ends whatever their order.
struct Row {
    told: &'static [&'static str],
    state: &'static str,
    receipt: &'static str,
    /// What it counts as.
    figures: &'static [&'static str],
}

/// A message that is on its way.
struct Sent<'a> {
    place: usize,
    /// Where the provider tells what becomes of it.
    webhook: &'a str,
    /// The provider's id.
    provider_id: &'a str,
    /// Ours.
    id: &'a str,
}

/// A webhook of the provider's.
enum Told {
    Posted {
        query: String,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Everything stands in the query.
    Fetched(String),
}

fn orders_of(told: &[&'static str]) -> Vec<Vec<&'static str>> {
    if told.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for first in told {
        let rest: Vec<_> = told.iter().copied().filter(|other| other != first).collect();
        orders.extend(orders_of(&rest).into_iter().map(|order| [vec![*first], order].concat()));
    }
    orders
}

/// Chance that is the same in every run.
struct Chance(u64);

impl Chance {
    /// Below this.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

/// The receipts of all messages between each other's, those of each message in its own order; `twice`, each comes a
/// second time at some place after the first.
fn mixed(orders: &[(usize, Vec<&'static str>)], twice: bool, chance: &mut Chance) -> Vec<(usize, &'static str)> {
    let mut waiting: Vec<Vec<&str>> = orders.iter().map(|(_, order)| order.clone()).collect();
    for told in waiting.iter_mut().filter(|_| twice) {
        for (place, receipt) in told.clone().into_iter().enumerate().rev() {
            let behind = place + 1 + chance.below(told.len() - place);
            told.insert(behind, receipt);
        }
    }
    let mut told = Vec::new();
    while waiting.iter().any(|receipts| !receipts.is_empty()) {
        let place = chance.below(waiting.len());
        if !waiting[place].is_empty() {
            told.push((place, waiting[place].remove(0)));
        }
    }
    told
}

/// Every figure that a funnel counts, as the rows say.
fn wanted(rows: &[Row], orders: &[(usize, Vec<&str>)]) -> Value {
    let mut figures = json!({ "accepted": 0, "rejected": 0, "delivered": 0, "read": 0, "clicked": 0, "replied": 0 });
    for figure in orders.iter().flat_map(|(row, _)| rows[*row].figures) {
        figures[figure] = json!(figures[figure].as_u64().unwrap() + 1);
    }
    figures
}

/// Receipts that come in one minute.
const AT_ONCE: usize = 40;

/// A message for each order of each row, then all their receipts, then all of them twice more.
async fn plays(world: &World, mut played: Played, rows: &[Row], tell: impl Fn(&str, &Sent<'_>, Timestamp) -> Told) {
    let orders: Vec<(usize, Vec<&'static str>)> = rows
        .iter()
        .enumerate()
        .flat_map(|(row, receipts)| orders_of(receipts.told).into_iter().map(move |order| (row, order)))
        .collect();
    let provider = played::provider(orders.len(), played.taken).await;
    let webhook = &played.begins(world, &provider).await;
    if played.writes_first {
        for place in 0..orders.len() {
            messenger_writes(world, webhook, place).await;
        }
    }
    crowd::leaves_carts(world, orders.len()).await;
    let messages = crowd::messages(world, orders.len()).await;
    let at = world.now() + Span::minutes(1);
    world.skip(Span::hours(1)).await;
    let mut chance = Chance(30);
    for twice in [false, true] {
        for told in mixed(&orders, twice, &mut chance).chunks(AT_ONCE) {
            for (place, receipt) in told.iter().copied() {
                let (id, provider_id) = (messages[place]["id"].as_str(), messages[place]["provider_id"].as_str());
                let sent = Sent { place, webhook, id: id.unwrap(), provider_id: provider_id.unwrap() };
                let status = match tell(receipt, &sent, at) {
                    Told::Fetched(query) => world.api.fetch(&format!("{webhook}?{query}")).await.0,
                    Told::Posted { query, headers, body } => {
                        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                        let delivery = Delivery { topic: String::new(), headers, body: body.into_bytes() };
                        world.api.deliver(&format!("{webhook}{query}"), &delivery).await
                    }
                };
                assert_eq!(status, 200, "{receipt}");
            }
            // Some providers name no time: the same is told again later.
            world.skip(Span::minutes(1)).await;
        }
        for ((row, order), message) in orders.iter().zip(crowd::messages(world, orders.len()).await) {
            let (known, wanted) = ((&message["state"], &message["receipt"]), &rows[*row]);
            assert_eq!(known, (&json!(wanted.state), &json!(wanted.receipt)), "{order:?}, twice: {twice}");
        }
        let total = world.api.get("/v1/reports/messages").await.ok()["total"].clone();
        let mut wanted = wanted(rows, &orders);
        for (figure, count) in wanted.as_object_mut().unwrap() {
            // What the channel never tells is not 0.
            if *count == 0 && total[figure].is_null() {
                *count = Value::Null;
            }
            assert_eq!(total[figure], *count, "{figure}: {total:#}");
        }
    }
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

fn seconds(at: Timestamp) -> String {
    (at.millis() / 1_000).to_string()
}

fn query(fields: &[(&str, &str)]) -> String {
    let mut address = reqwest::Url::parse("http://x/").unwrap();
    address.query_pairs_mut().extend_pairs(fields);
    address.query().unwrap().to_owned()
}

async fn s30_receipts_of_whatsapp_in_every_order(world: &World) {
    let rows = [
        Row {
            told: &["delivered", "read", "tap", "reply"],
            state: "accepted",
            receipt: "replied",
            figures: &["accepted", "delivered", "read", "clicked", "replied"],
        },
        // Meta takes back a failure where the device was reached after all.
        Row {
            told: &["sent", "failed", "delivered", "read"],
            state: "accepted",
            receipt: "read",
            figures: &["accepted", "delivered", "read"],
        },
        Row { told: &["sent", "failed"], state: "rejected", receipt: "failed", figures: &["rejected"] },
    ];
    plays(world, played::whatsapp(), &rows, |receipt, sent, at| {
        let (wamid, theirs) = (sent.provider_id, format!("wamid.{receipt}.{}", sent.place));
        let news = match receipt {
            "tap" => whatsapp::quick_reply(&theirs, wamid, "show-me", at),
            "reply" => whatsapp::reply(&theirs, wamid, "Is it blue?", at),
            "failed" => whatsapp::failed(wamid, 131_026, "Message undeliverable", at),
            status => whatsapp::status(wamid, status, Some(sent.id), at),
        };
        let delivery = whatsapp::delivery(&news);
        let signature = delivery.headers.iter().find(|(name, _)| name == "x-hub-signature-256").unwrap().1.clone();
        let headers = vec![("x-hub-signature-256", signature)];
        Told::Posted { query: String::new(), headers, body: String::from_utf8(delivery.body).unwrap() }
    })
    .await;
}

async fn s30_receipts_of_twilio_in_every_order(world: &World) {
    let rows = [
        Row {
            told: &["queued", "sent", "delivered", "read"],
            state: "accepted",
            receipt: "read",
            figures: &["accepted", "delivered", "read"],
        },
        Row {
            told: &["sent", "undelivered", "delivered"],
            state: "accepted",
            receipt: "delivered",
            figures: &["accepted", "delivered"],
        },
        Row { told: &["sending", "sent", "failed"], state: "rejected", receipt: "failed", figures: &["rejected"] },
    ];
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TWILIO_TOKEN.as_bytes());
    plays(world, played::twilio(), &rows, |receipt, sent, _| {
        let to = format!("+{}", crowd::phone(sent.place));
        let sid = sent.provider_id;
        let mut fields = vec![("AccountSid", TWILIO_ACCOUNT), ("From", "+15005550006"), ("MessageSid", sid)];
        fields.extend([("MessageStatus", receipt), ("SmsSid", sid), ("To", &to)]);
        if ["undelivered", "failed"].contains(&receipt) {
            fields.insert(1, ("ErrorCode", "30005"));
        }
        let ours = format!("?message={}", sent.id);
        let signed: String = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
        let tag = ring::hmac::sign(&key, format!("{}{ours}{signed}", sent.webhook).as_bytes());
        let headers = vec![
            ("x-twilio-signature", BASE64.encode(tag)),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        Told::Posted { query: ours, headers, body: query(&fields) }
    })
    .await;
}

async fn s30_receipts_of_smsapi_in_every_order(world: &World) {
    let rows = [
        Row {
            told: &["ACCEPTED", "SENT", "UNDELIVERED", "DELIVERED"],
            state: "accepted",
            receipt: "delivered",
            figures: &["accepted", "delivered"],
        },
        Row { told: &["SENT", "QUEUE", "EXPIRED"], state: "rejected", receipt: "failed", figures: &["rejected"] },
    ];
    plays(world, played::smsapi(), &rows, |receipt, sent, at| {
        let (id, ours) = (sent.provider_id, sent.id);
        Told::Fetched(query(&[
            ("key", "k3y"),
            ("MsgId", id),
            ("status_name", receipt),
            ("idx", ours),
            ("donedate", &seconds(at)),
        ]))
    })
    .await;
}

async fn s30_receipts_of_sendgrid_in_every_order(world: &World) {
    let chance = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &chance).unwrap();
    // A public key as SendGrid shows it: a P-256 point in the wrapping of RFC 5480.
    let wrapping =
        b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
    let key = BASE64.encode([&wrapping[..], pair.public_key().as_ref()].concat());
    let mut channel = played::sendgrid();
    channel.channel.secrets["verification_key"] = json!(key);
    let rows = [
        Row {
            told: &["processed", "delivered", "open", "click"],
            state: "accepted",
            receipt: "clicked",
            figures: &["accepted", "delivered", "read", "clicked"],
        },
        Row {
            told: &["deferred", "processed", "bounce"],
            state: "rejected",
            receipt: "failed",
            figures: &["rejected"],
        },
        Row {
            told: &["delivered", "bounce", "open"],
            state: "accepted",
            receipt: "read",
            figures: &["accepted", "delivered", "read"],
        },
    ];
    plays(world, channel, &rows, |receipt, sent, at| {
        let mut event = json!({
            "event": receipt, "sg_event_id": format!("{receipt}-{}", sent.place), "email": crowd::email(sent.place),
            "sg_message_id": format!("{}.filter0425p1mdw1.13037.57168B4A1D.0", sent.provider_id),
            "timestamp": at.millis() / 1_000, "cartwright_message": sent.id,
        });
        if receipt == "bounce" {
            event["type"] = json!("bounce");
            event["reason"] = json!("550 5.1.1 no such user");
            event["status"] = json!("5.1.1");
        }
        let (timestamp, body) = (seconds(at), json!([event]).to_string());
        let signature = pair.sign(&chance, format!("{timestamp}{body}").as_bytes()).unwrap();
        let headers = vec![
            ("x-twilio-email-event-webhook-signature", BASE64.encode(signature)),
            ("x-twilio-email-event-webhook-timestamp", timestamp),
        ];
        Told::Posted { query: String::new(), headers, body }
    })
    .await;
}

async fn s30_receipts_of_zalo_in_every_order(world: &World) {
    let rows = [Row {
        told: &["user_received_message", "user_feedback"],
        state: "accepted",
        receipt: "replied",
        figures: &["accepted", "delivered", "read", "replied"],
    }];
    plays(world, played::zalo(), &rows, |receipt, sent, at| {
        let time = at.millis().to_string();
        let message = json!({ "msg_id": sent.provider_id, "tracking_id": sent.id, "delivery_time": time, "rate": 5 });
        let body = json!({ "event_name": receipt, "app_id": "77", "timestamp": time, "message": message }).to_string();
        let hash = Sha256::digest(format!("77{body}{time}oa").as_bytes());
        let signature = hash.iter().fold("mac=".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        Told::Posted { query: String::new(), headers: vec![("x-zevent-signature", signature)], body }
    })
    .await;
}

/// What Meta tells of somebody, signed.
fn messenger_event(mut event: Value, who: &str, at: Timestamp) -> Told {
    event["sender"] = json!({ "id": who });
    event["timestamp"] = json!(at.millis());
    let body = json!({ "object": "page", "entry": [{ "id": "106540352242922", "messaging": [event] }] }).to_string();
    let signature = format!("sha256={}", hex_signature(APP_SECRET, body.as_bytes()));
    Told::Posted { query: String::new(), headers: vec![("x-hub-signature-256", signature)], body }
}

fn psid(place: usize) -> String {
    format!("66123456789{place:03}")
}

/// Somebody of the crowd writes to the page, and the shop knows who it is.
async fn messenger_writes(world: &World, webhook: &str, place: usize) {
    let hello = json!({ "message": { "mid": format!("m_hello_{place}"), "text": "Hello" } });
    let Told::Posted { headers, body, .. } = messenger_event(hello, &psid(place), world.now()) else { unreachable!() };
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(tells(world, webhook, &headers, &body).await, 200);
    let subject = json!({ "customer": format!("p{place}"), "anonymous": format!("messenger:{}", psid(place)) });
    let event = json!({ "id": format!("known-{place}"), "type": "customer.identified", "occurred_at": world.now(),
        "subject": subject, "body": {} });
    assert_eq!(world.report(event).await.ok()["status"], "accepted");
}

/// Delivery and reading are told as watermarks, which name no message.
async fn s30_receipts_of_messenger_in_every_order(world: &World) {
    let rows = [Row {
        told: &["delivery", "read", "message"],
        state: "accepted",
        receipt: "replied",
        figures: &["accepted", "delivered", "read", "replied"],
    }];
    let played = Played { staff: None, writes_first: true, ..played::messenger() };
    plays(world, played, &rows, |receipt, sent, at| {
        let told = match receipt {
            "message" => {
                let theirs = format!("m_{receipt}_{}", sent.place);
                json!({ "mid": theirs, "text": "Thanks", "reply_to": { "mid": sent.provider_id } })
            }
            _ => json!({ "watermark": at.millis() }),
        };
        messenger_event(json!({ receipt: told }), &psid(sent.place), at)
    })
    .await;
}

/// What they do counts nowhere.
async fn s30_receipts_of_messenger_from_people_of_the_shop_in_every_order(world: &World) {
    let rows =
        [Row { told: &["delivery", "quick_reply", "message"], state: "accepted", receipt: "replied", figures: &[] }];
    plays(world, played::messenger(), &rows, |receipt, sent, at| {
        let (mid, theirs) = (sent.provider_id, format!("m_{receipt}_{}", sent.place));
        let event = match receipt {
            "delivery" => json!({ receipt: { "mids": [mid], "watermark": at.millis() } }),
            "quick_reply" => {
                let payload = json!({ "payload": "YES" });
                let reply = json!({ "mid": mid });
                json!({ "message": { "mid": theirs, "text": "Yes", "quick_reply": payload, "reply_to": reply } })
            }
            _ => json!({ receipt: { "mid": theirs, "text": "Thanks", "reply_to": { "mid": mid } } }),
        };
        messenger_event(event, "5010", at)
    })
    .await;
}
