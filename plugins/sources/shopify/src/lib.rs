//! What a Shopify shop says in its webhooks, and when it is asked, in the host's words.
//!
//! `topics` picks the reading by topic; `people`, `goods`, `orders` and `notices` each read one kind of record, and
//! `tasks` asks for them, `subscriptions` for webhooks. Nothing here trusts a header: only the body is signed, so the topic merely chooses how to
//! read it, and what an order has become stands in its body.

cartwright_sdk::source_plugin!(Stepped);

mod goods;
mod notices;
mod orders;
mod people;
mod subscriptions;
mod tasks;
mod topics;

use bindings::*;
use cartwright_sdk::encoding::{from_base64, to_hex};
use cartwright_sdk::{json, state, time};
use secrets::Algorithm;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The source.
pub struct Shopify;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    shop_domain: Option<String>,
    api_domain: Option<String>,
    secret_rotated_at: Option<time::Moment>,
}

/// How long the secret before is taken after a change: Shopify signs with either for so long.
const ROTATION: i64 = 3_600_000;

impl SimpleSource for Shopify {
    fn describe() -> Descriptor {
        Descriptor::new("Shopify", "Carts, checkouts, orders, parcels, customers and products of a Shopify shop.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("{config:/api_domain}", &["GET", "POST"], "Orders that no webhook told of are read there.")
            .below("/admin/api/")
            .per_minute(60)
            .secret("client_secret", "Client secret of the app", "Shopify signs its webhooks with it.")
            .secret("previous_client_secret", "Client secret before", "Taken for an hour after the secret was changed.")
            .secret("access_token", "Admin API access token", "To read the shop and to register its webhooks.")
    }

    fn tasks() -> Vec<Ability> {
        vec![
            Ability::every(15, TaskKind::Poll),
            Ability::new(TaskKind::Backfill),
            Ability::new(TaskKind::OrdersOf),
            Ability::every(24 * 60, TaskKind::Subscribe),
            Ability::new(TaskKind::Probe),
        ]
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let Config { shop_domain, api_domain, .. } = json::config(&config)?;
        for (field, domain) in [("shop_domain", &shop_domain), ("api_domain", &api_domain)] {
            if let Some(domain) = domain.as_ref().filter(|domain| !is_shop(domain)) {
                return Err(Fault::bad_config(format!("{field}: `{domain}` is not like example.myshopify.com")));
            }
        }
        match (shop_domain, api_domain) {
            (Some(told), Some(asked)) if told != asked => {
                Err(Fault::bad_config(format!("api_domain: `{asked}` is another shop than `{told}`")))
            }
            _ => Ok(()),
        }
    }

    fn verify(webhook: Webhook) -> Verification {
        let Some(signature) = webhook.header("x-shopify-hmac-sha256").and_then(from_base64) else {
            return Verification::Refused("X-Shopify-Hmac-Sha256 is missing or is not base64".to_owned());
        };
        let config: Config = json::config(&connection::config()).unwrap_or_default();
        let signed_with = |secret| secrets::verify(secret, Algorithm::HmacSha256, &webhook.body, &signature);
        let is_rotating = rotates(config.secret_rotated_at, connection::now());
        let is_ours = signed_with("client_secret") || (is_rotating && signed_with("previous_client_secret"));
        if !is_ours {
            return Verification::Refused("X-Shopify-Hmac-Sha256 does not fit the client secret".to_owned());
        }
        match config.shop_domain.and_then(|ours| another_shop(&webhook, &ours).map(|theirs| (ours, theirs))) {
            Some((ours, theirs)) => Verification::Refused(format!("it comes from {theirs}, this connection is {ours}")),
            None => Verification::Authentic,
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        let config: Config = json::config(&connection::config())?;
        read(&webhook, config.shop_domain, connection::now())
    }

    fn request(task: Task) -> Result<Request, Fault> {
        Ok(tasks::request(&asked_shop()?, &task, connection::now()))
    }

    fn answer(task: Task, response: Response) -> Result<Completion, Fault> {
        let config: Config = json::config(&connection::config())?;
        Ok(tasks::answer(config.api_domain, &task, &response, connection::now()).unwrap_or_else(unread))
    }
}

/// The source in steps: registering webhooks begins with those that the shop has.
pub struct Stepped;

impl Source for Stepped {
    fn describe() -> Descriptor {
        Shopify::describe()
    }

    fn tasks() -> Vec<Ability> {
        <Shopify as SimpleSource>::tasks()
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        Shopify::check_config(config)
    }

    fn verify(webhook: Webhook) -> Verification {
        Shopify::verify(webhook)
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        Shopify::parse(webhook)
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        Simple::<Shopify>::begin(task)
    }

    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        let first = || responses.first().ok_or_else(|| Fault::bad_input("there is no answer to the request"));
        let now = connection::now();
        if state::read(&state)? == [tasks::REGISTERING] {
            return Ok(Step::Done(tasks::registered(first()?, now).unwrap_or_else(unread)));
        }
        match Task::from_state(&state)? {
            Task::Subscribe(address) => {
                let next = tasks::subscribe(&asked_shop()?, &address, first()?, now);
                Ok(next.unwrap_or_else(|fault| Step::Done(unread(fault))))
            }
            _ => Simple::<Shopify>::resume(state, responses),
        }
    }
}

/// A body that is not what it should be ends the task as well.
fn unread(fault: Fault) -> Completion {
    Completion::Failed(Refusal { kind: RefusalKind::Transient, code: None, text: fault.message })
}

fn asked_shop() -> Result<String, Fault> {
    let config: Config = json::config(&connection::config())?;
    config.api_domain.ok_or_else(|| Fault::bad_config("api_domain: which shop is to be asked?"))
}

fn rotates(since: Option<time::Moment>, now: Instant) -> bool {
    since.is_some_and(|since| (0..=ROTATION).contains(&(now - since.0)))
}

/// The shop that a webhook is of, where that is another: by its header, and by its body, which is signed.
fn another_shop(webhook: &Webhook, ours: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default, deserialize_with = "json::text")]
        myshopify_domain: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        shop_domain: Option<String>,
    }
    let body = json::input::<Named>(&webhook.body).ok();
    let said = body.and_then(|named| named.myshopify_domain.or(named.shop_domain));
    let header = webhook.header("x-shopify-shop-domain").map(str::to_owned);
    [header, said].into_iter().flatten().find(|theirs| theirs != ours)
}

fn read(webhook: &Webhook, shop: Option<String>, now: Instant) -> Result<Parsed, Fault> {
    let topic = webhook.header("x-shopify-topic").unwrap_or_default();
    let shop = shop.or_else(|| webhook.header("x-shopify-shop-domain").map(str::to_owned)).filter(|shop| is_shop(shop));
    // A consent may come without a time of its own; the delivery's time stays the same when it is tried again.
    let told_at = webhook.header("x-shopify-triggered-at").and_then(time::parse).unwrap_or(now);
    let Some(read) = topics::reading(topic) else { return Ok(Parsed::UnknownTopic(topic.to_owned())) };
    let news = read(&webhook.body, &topics::Circumstances { shop, told_at })?;
    let events = news.map(|news| news.event(id(topic, &webhook.body)));
    Ok(Parsed::Events(events.into_iter().collect()))
}

/// The same when Shopify tells the fact again, or somebody else does: what it says, because ids of deliveries are not
/// signed.
fn id(topic: &str, body: &[u8]) -> String {
    format!("{topic}:{}", to_hex(&Sha256::digest(body)))
}

fn is_shop(domain: &str) -> bool {
    domain.strip_suffix(".myshopify.com").is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with('-')
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

#[cfg(test)]
mod tests;
