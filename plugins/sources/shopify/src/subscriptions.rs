//! Which webhooks the shop is asked for: those of all topics that are read here. What it has already is asked first, so
//! that one which still tells this connection's former address is moved and no topic is told twice.

use cartwright_sdk::serde_json::{Value, json};

use crate::bindings::{Completion, Refusal, RefusalKind};
use crate::topics;

/// More than one app has.
const MOST: u32 = 250;

/// A webhook that the shop has of this app.
struct Known<'a> {
    id: &'a str,
    topic: &'a str,
    address: &'a str,
}

/// Topics as GraphQL writes them: `orders/create` is `ORDERS_CREATE`.
pub(crate) fn wanted() -> impl Iterator<Item = String> {
    topics::subscribed().map(|topic| topic.replace('/', "_").to_uppercase())
}

/// What the shop has.
pub(crate) fn listing() -> Value {
    json!({ "query": format!("{{ webhookSubscriptions(first: {MOST}) {{ nodes {{ id topic uri }} }} }}") })
}

/// What is to be put right for this address, all at once; none where nothing is.
pub(crate) fn putting_right(data: &Value, address: &str) -> Option<Value> {
    let known = known(data);
    let input = format!("webhookSubscription: {{ uri: {}, format: JSON }}", Value::from(address));
    let mut changes = Vec::new();
    for topic in wanted() {
        let of_topic = || known.iter().filter(|one| one.topic == topic);
        let mut is_told = of_topic().any(|one| one.address == address);
        for (place, former) in of_topic().filter(|one| is_former(one.address, address)).enumerate() {
            let id = Value::from(former.id);
            let what = match is_told {
                false => format!("webhookSubscriptionUpdate(id: {id}, {input})"),
                true => format!("webhookSubscriptionDelete(id: {id})"),
            };
            changes.push(format!("{topic}_{place}: {what} {{ userErrors {{ message }} }}"));
            is_told = true;
        }
        if !is_told {
            changes.push(format!(
                "{topic}: webhookSubscriptionCreate(topic: {topic}, {input}) {{ userErrors {{ message }} }}"
            ));
        }
    }
    (!changes.is_empty()).then(|| json!({ "query": format!("mutation {{ {} }}", changes.join(" ")) }))
}

fn known(data: &Value) -> Vec<Known<'_>> {
    let nodes = data["webhookSubscriptions"]["nodes"].as_array().into_iter().flatten();
    nodes
        .filter_map(|node| {
            Some(Known { id: node["id"].as_str()?, topic: node["topic"].as_str()?, address: node["uri"].as_str()? })
        })
        .collect()
}

/// Whether an address is this connection's at another host. Other connections of the same app are left alone.
fn is_former(known: &str, address: &str) -> bool {
    let own = address.find("/hooks/").map(|place| &address[place..]);
    known != address && own.is_some_and(|own| known.ends_with(own))
}

/// What the shop said to that. One that it has by now is as good.
pub(crate) fn put_right(data: &Value) -> Completion {
    let refused = |(name, answer): (&String, &Value)| {
        let message = answer["userErrors"].as_array()?.first()?["message"].as_str()?;
        (!message.contains("already been taken")).then(|| format!("{name}: {message}"))
    };
    match data.as_object().into_iter().flatten().find_map(refused) {
        Some(text) => Completion::Failed(Refusal { kind: RefusalKind::Permanent, code: None, text }),
        None => done(),
    }
}

/// All are registered.
pub(crate) fn done() -> Completion {
    Completion::Subscribed(topics::subscribed().map(str::to_owned).collect())
}
