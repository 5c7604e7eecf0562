//! Messages on their way out, in the three stages of S17.
//!
//! *Check* is pure. *Prepare* claims the message; then it is rendered and the adapter makes its request, outside any
//! transaction. *Hand over* checks once more, in one commit, just before the provider is called; from there on only
//! the provider knows, so nothing that was handed over is ever sent again unless sending twice is harmless (S22).

use cartwright_domain::content::Content;
use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::message::{HoldReason, Message, MessageState, Purpose, SkipReason};
use cartwright_domain::outcome;
use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_domain::policy::{Check, Way};
use cartwright_domain::sending;
use cartwright_domain::short_link::ShortLink;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::unsubscribe::UnsubscribeLink;
use cartwright_domain::world::World;
use serde_json::Value;
use std::sync::PoisonError;

use crate::Engine;
use crate::batch::changes_and_rest;
use crate::deliver::Ready;
use crate::handing_over::{Carried, customers_of};
use crate::ports::{ChannelTask, OutgoingMessage, StoreError, Wanted};
use crate::render::{Addresses, Rendering, data_of};
use crate::settings::ShopSettings;
use crate::shorten::{Shortener, has_marks};
use crate::unsubscribe::UNSUBSCRIBE_URL;

/// Messages of one round.
const BATCH: u32 = 256;
/// Messages that are handed over at once, and so at most in flight at once (S22).
pub(crate) const IN_FLIGHT: usize = 64;
/// How long a claim lasts; longer than any request may take.
pub(crate) const LEASE: Span = Span::seconds(60);

impl Engine {
    /// Dispatches one batch of due messages; how many were looked at.
    pub(crate) async fn dispatch_messages(&self, shop: ShopId) -> Result<usize, StoreError> {
        let now = self.now();
        let due = self.store.due_messages(shop, now, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let wanted = Wanted { messages: due.clone(), ..Wanted::default() };
        let mut world = self.load_world(&settings, &wanted).await?;
        let (lost, waiting): (Vec<MessageId>, Vec<MessageId>) = due.iter().copied().partition(|id| {
            world.messages.get(id).is_some_and(|entry| matches!(entry.value.state, MessageState::HandedOver { .. }))
        });
        if !lost.is_empty() {
            self.recover(&settings, lost).await?;
            world = self.load_world(&settings, &wanted).await?;
        }
        let (waiting, to_read) = self.orders_to_read(&settings, &mut world, waiting).await?;
        let claimed = {
            let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
            sending::prepare(&mut world, &waiting, LEASE, &mut paces, now)
        };
        let (changes, rest) = changes_and_rest(world);
        self.commit(shop, changes).await?;
        self.failpoints.reach("message.prepared");
        self.begin_reading(shop, to_read).await?;
        let mut carried = Carried::new(&settings, rest);
        let ready = self.make_ready(&mut carried, &claimed).await?;
        self.failpoints.reach("message.rendered");
        let mut waves = ready.into_iter().peekable();
        while waves.peek().is_some() {
            let wave: Vec<Ready> = waves.by_ref().take(IN_FLIGHT).collect();
            let handed_over = self.hand_over(&mut carried, wave).await?;
            self.failpoints.reach("message.handed_over");
            self.deliver(&mut carried, handed_over).await?;
        }
        Ok(due.len())
    }

    /// Renders claimed messages and lets their adapters make the request. What cannot become a request is skipped or
    /// held here; nothing has left the process yet.
    async fn make_ready(&self, carried: &mut Carried, claimed: &[MessageId]) -> Result<Vec<Ready>, StoreError> {
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let shop = carried.shop();
        let Some(mut world) = self.world_of_messages(carried, claimed).await? else { return Ok(Vec::new()) };
        let settings = &carried.settings.clone();
        let now = self.now();
        let mut prepared: Vec<Prepared> = claimed.iter().filter_map(|id| prepared_of(&world, *id, now)).collect();
        self.add_links(settings, &mut prepared).await?;
        // What a webhook says is made of facts, and nothing of it is a template.
        let templates = || prepared.iter().filter(|one| one.question.is_none());
        let renderings: Vec<Rendering<'_>> = templates()
            .map(|one| {
                let data = data_of(&one.subject, &one.content, &one.message.variables, &one.addresses);
                Rendering { body: &one.body, data }
            })
            .collect();
        let mut rendered = self.render_all(settings, &renderings).await;
        let templates: Vec<&Prepared> = templates().collect();
        let links = self.shorten(&world, &templates, &mut rendered).await?;
        let told =
            templates.into_iter().zip(rendered).zip(links).map(|((one, document), links)| (one, document, links));
        let questions = prepared.iter().filter_map(|one| Some((one, Ok(one.question.clone()?), Vec::new())));
        let mut ready = Vec::new();
        let mut to_begin = Vec::new();
        for (one, document, links) in told.chain(questions) {
            match document {
                Ok(document) => match one.content.parts_too_many(&one.channel, &document) {
                    None => to_begin.push((one, document, links)),
                    Some(parts) => {
                        let words = Some(format!("{parts} parts"));
                        outcome::skip(&mut world, one.message.id, SkipReason::TooLong, words, now);
                    }
                },
                Err(failure) => refuse(&mut world, one.message.id, &failure, now),
            }
        }
        let mut calls = std::collections::BTreeMap::new();
        for (one, document, links) in to_begin {
            let by = (one.message.channel.clone(), one.message.sender.clone());
            if !calls.contains_key(&by) {
                let connection = settings.channels.get(&by.0).map(|entry| entry.value.clone());
                let mut call = match &connection {
                    Some(connection) => self.connection_call_by(shop, connection, by.1.as_deref()).await?,
                    None => None,
                };
                if let (Some(call), Some(connection)) = (&mut call, &connection) {
                    self.renew(&by.0, call, connection.ability.as_ref()).await?;
                }
                calls.insert(by.clone(), call);
            }
            let Some(Some(call)) = calls.get(&by) else {
                outcome::hold_message(&mut world, one.message.id, HoldReason::ChannelNotReady, now);
                continue;
            };
            let outgoing = OutgoingMessage {
                id: one.message.id,
                to: one.to.clone(),
                locale: one.locale.clone(),
                content: document,
                created_at: one.message.created_at,
            };
            match self.begin(call, &ChannelTask::Send(outgoing.clone())).await {
                Ok(began) => {
                    let attempt = one.message.attempts + 1;
                    let hears = one.question.is_some();
                    let content_revision = one.content_revision;
                    ready.push(Ready { outgoing, content_revision, attempt, call: call.clone(), began, hears, links });
                }
                Err(failure) => refuse(&mut world, one.message.id, &failure, now),
            }
        }
        let concerned = customers_of(&world, claimed);
        let (mut changes, rest) = changes_and_rest(world);
        changes.unchanged.retain(|(customer, _)| concerned.contains(customer));
        if changes.messages.is_empty() {
            carried.carry(rest);
            return Ok(ready);
        }
        match self.commit(shop, changes).await {
            Ok(_) => carried.carry(rest),
            Err(StoreError::Conflict) => {
                self.release_claims(settings, claimed.to_vec()).await?;
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        }
        Ok(ready)
    }

    /// Where the picture of each cart is, and where each customer unsubscribes: for contents that say so, and where the
    /// channel has a field for it, which a marketing content that says nothing there leaves to us.
    async fn add_links(&self, settings: &ShopSettings, prepared: &mut [Prepared]) -> Result<(), StoreError> {
        let shop = settings.shop.id;
        let mut key = None;
        for one in prepared.iter_mut() {
            one.addresses.image_grid = self.image_grid_url(&one.body, &one.subject).await?;
            let has_field = || has_unsubscribe_field(settings, &one.message.channel);
            let fills =
                one.message.purpose == Purpose::Marketing && one.body.get(UNSUBSCRIBE_URL).is_none() && has_field();
            let says = || one.body.to_string().contains(UNSUBSCRIBE_URL);
            if one.message.purpose == Purpose::Staff || !(fills || says()) {
                continue;
            }
            let key = match key {
                Some(key) => key,
                None => *key.insert(self.link_key(shop).await?),
            };
            one.addresses.unsubscribe_url =
                Some(self.unsubscribe_url(UnsubscribeLink { shop, customer: one.message.customer }, &key));
            if let (true, Some(body)) = (fills, one.body.as_object_mut()) {
                body.insert(UNSUBSCRIBE_URL.to_owned(), Value::String(format!("{{{{ {UNSUBSCRIBE_URL} }}}}")));
            }
        }
        Ok(())
    }

    /// Makes short links of what the documents mark; those of each, in order.
    async fn shorten(
        &self,
        world: &World,
        prepared: &[&Prepared],
        documents: &mut [Result<Value, PluginFailure>],
    ) -> Result<Vec<Vec<ShortLink>>, StoreError> {
        let shop = &world.shop;
        let mut all = Vec::with_capacity(prepared.len());
        let mut known = None;
        for (one, document) in prepared.iter().zip(documents) {
            let Some(document) = document.as_mut().ok().filter(|document| has_marks(document)) else {
                all.push(Vec::new());
                continue;
            };
            let message = &one.message;
            let known = match known {
                Some(known) => known,
                None => *known.insert(self.link_key(shop.id).await?),
            };
            // What the shop's own people do with a notice says nothing of the customer.
            let key = (message.purpose != Purpose::Staff).then_some(known);
            let policies = world.runs.get(&message.run).and_then(|run| world.policies(&run.value));
            let utm = policies.map_or_else(|| shop.utm.clone(), |policies| policies.utm.over(&shop.utm));
            let public_url = &self.public_url;
            let mut shortener = Shortener { shop, utm, message: message.id, key, public_url, links: Vec::new() };
            shortener.shorten(document);
            all.push(shortener.links);
        }
        Ok(all)
    }
}

/// What is needed to render one claimed message.
struct Prepared {
    message: Message,
    subject: Subject,
    content: Content,
    /// Of a content that stands in another's place.
    content_revision: Option<u32>,
    body: Value,
    /// Where the customer unsubscribes, if the message says so.
    addresses: Addresses,
    /// What a webhook step asks; none for templates.
    question: Option<Value>,
    /// Short name of the channel.
    channel: String,
    locale: String,
    to: cartwright_domain::contact::Address,
}

fn prepared_of(world: &World, id: MessageId, now: Timestamp) -> Option<Prepared> {
    let message = world.messages.get(&id)?.value.clone();
    if !matches!(message.state, MessageState::Prepared { .. }) {
        return None;
    }
    let Check::Go(Way { to, .. }) = sending::check(world, &message, now).check else { return None };
    let run = &world.runs.get(&message.run)?.value;
    let subject = world.subject(run, now)?;
    let version = world.versions.get(&message.version_of(run))?;
    let definition = &version.definition;
    let content = definition.content_of(&message)?.clone();
    let content_revision = version.replaced.get(&content.name).copied();
    let question = definition.webhook(&message.step).map(|webhook| webhook.document(run, &subject, &message));
    let channel = world.connections.get(&message.channel)?.value.ability.as_ref()?.channel.clone();
    let (variant, locale) = content.variant(&channel, subject.customer.language.as_deref())?;
    let (body, locale) = (variant.sent(), locale.to_owned());
    Some(Prepared {
        message,
        subject,
        content,
        content_revision,
        body,
        addresses: Addresses::default(),
        question,
        channel,
        locale,
        to,
    })
}

/// Whether contents of a channel have a field for the address at which their readers unsubscribe.
pub(crate) fn has_unsubscribe_field(settings: &ShopSettings, channel: &str) -> bool {
    let plugin =
        settings.channels.get(channel).and_then(|entry| settings.plugin(PluginKind::Channel, &entry.value.plugin));
    let schema = plugin.and_then(|plugin| plugin.descriptor.content_schema.as_ref());
    schema.is_some_and(|schema| schema["properties"].get(UNSUBSCRIBE_URL).is_some())
}

/// A message that could not become a request.
fn refuse(world: &mut World, id: MessageId, failure: &PluginFailure, now: Timestamp) {
    match failure.problem {
        Problem::MissingFact => {
            outcome::skip(world, id, SkipReason::MissingVariable, Some(failure.message.clone()), now);
        }
        Problem::Busy | Problem::TimeOut => {
            outcome::give_back(world, id);
            if let Some(entry) = world.messages.get_mut(&id) {
                let message = entry.edit();
                message.state = MessageState::Queued;
                message.due_at = Some(now + cartwright_domain::plan::BETWEEN_TRIES);
            }
        }
        Problem::NotInstalled | Problem::NotGranted => {
            outcome::hold_message(world, id, HoldReason::ChannelNotReady, now)
        }
        _ => outcome::skip(world, id, SkipReason::ContentFailed, Some(failure.to_string()), now),
    }
}
