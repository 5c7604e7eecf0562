//! A shop on a stage: the planner and the appliance of events without any storage, plugin or provider around them.
//! What the engine does in batches happens here one by one, on a clock that the test moves.

use std::collections::BTreeMap;
use std::sync::Arc;

use cartwright_domain::apply::apply;
use cartwright_domain::contact::{Address, AddressKind, ConsentState};
use cartwright_domain::event::{
    CartBody, ConsentBody, CustomEvent, CustomerBody, Event, Line, OrderBody, OrderOrigin, ProductBody, Receipt,
    ReceiptKind, Subject, What,
};
use cartwright_domain::ids::{ConnectionId, MessageId, Mint, ShopId};
use cartwright_domain::message::{Message, MessageState, Outcome};
use cartwright_domain::outcome;
use cartwright_domain::pace::Paces;
use cartwright_domain::plan::{Answer, Answers, Plan, Question, Reply, Situation, plan};
use cartwright_domain::planned;
use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::policy::Check;
use cartwright_domain::run::{EndReason, Position, Run};
use cartwright_domain::sending;
use cartwright_domain::shop::{Billing, ChannelAbility, Connection, ConnectionKind, DECIDE_TOGETHER, Grants, Shop};
use cartwright_domain::short_link::ShortLink;
use cartwright_domain::strategy::{Strategy, StrategyRecord, StrategyState, Version};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::{Happening, TraceEntry};
use cartwright_domain::world::{Entry, LiveStrategy, World};
use serde_json::json;

/// 10:00 and so on, on the day of the play.
pub(crate) fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000) + Span::minutes(hour * 60 + minute)
}

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) now: Timestamp,
    mint: Mint,
    /// What the plugins of the play answer, by step.
    pub(crate) plugins: BTreeMap<String, Result<Reply, PluginFailure>>,
    /// What the provider answers; accepted where nothing is set.
    pub(crate) provider: Option<Outcome>,
    /// The same for one channel, or one sender of any.
    pub(crate) providers: BTreeMap<String, Outcome>,
    /// What servers of the shop's own answer, by the step that asks.
    pub(crate) answers: BTreeMap<String, Vec<u8>>,
    /// How fast senders went.
    pub(crate) paces: Paces,
    /// Whether messages leave by themselves.
    pub(crate) provider_is_up: bool,
}

/// The add-to-cart reminder, as a strategy file says it.
pub(crate) fn reminder() -> Strategy {
    serde_json::from_value(json!({
        "name": "Add-to-cart reminder",
        "trigger": { "on": "cart", "settle": "4h", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "inbox", "body": { "text": "Still yours" } }] }]
    }))
    .expect("the reminder is a strategy")
}

/// A strategy from JSON, with the reminder's content.
pub(crate) fn strategy(json: serde_json::Value) -> Strategy {
    let mut strategy: Strategy = serde_json::from_value(json).expect("a strategy");
    if strategy.contents.is_empty() {
        strategy.contents = reminder().contents;
    }
    strategy
}

impl Stage {
    pub(crate) fn with(strategy: Strategy) -> Self {
        Self::with_all([strategy])
    }

    pub(crate) fn with_all(strategies: impl IntoIterator<Item = Strategy>) -> Self {
        let mut mint = Mint::new(at(0, 0), [9; 32]);
        let shop = Shop {
            id: mint.next::<ShopId>(),
            name: "Stage".into(),
            currency: "EUR".parse().expect("a currency"),
            time_zone: "UTC".into(),
            country: Some("DE".into()),
            unknown_consent_passes: Vec::new(),
            topics: Vec::new(),
            window: None,
            quiet_hours: cartwright_domain::window::preset::QuietHours::Off,
            cap: None,
            decide_together: DECIDE_TOGETHER,
            alerts: Vec::new(),
            replies: Vec::new(),
            sites: Vec::new(),
            utm: Default::default(),
            push_filter: Default::default(),
            storefront: None,
            chat_links: Default::default(),
        };
        let live: Vec<LiveStrategy> = strategies
            .into_iter()
            .map(|definition| {
                let version = Version {
                    id: mint.next(),
                    strategy: mint.next(),
                    number: 1,
                    published_at: at(0, 0),
                    definition,
                    replaced: Default::default(),
                };
                let record = StrategyRecord {
                    id: version.strategy,
                    name: version.definition.name.clone(),
                    state: StrategyState::Live,
                    current: version.id,
                    current_number: 1,
                    created_at: at(0, 0),
                    changed_at: at(0, 0),
                    state_change: None,
                };
                LiveStrategy { record, version: Arc::new(version) }
            })
            .collect();
        let mut world = World::new(Arc::new(shop), live.into());
        let inbox = inbox(mint.next());
        world.connections.insert(inbox.name.clone(), Entry::loaded(inbox, 1));
        Self {
            world,
            now: at(0, 0),
            mint,
            plugins: BTreeMap::new(),
            provider: None,
            providers: BTreeMap::new(),
            answers: BTreeMap::new(),
            paces: Paces::default(),
            provider_is_up: true,
        }
    }

    /// The shop has another channel.
    pub(crate) fn connect(&mut self, name: &str, addresses: &[AddressKind]) -> &mut Connection {
        let channel = channel(self.mint.next(), name, addresses);
        self.world.connections.insert(name.into(), Entry::loaded(channel, 1));
        self.connection(name)
    }

    pub(crate) fn connection(&mut self, name: &str) -> &mut Connection {
        self.world.connections.get_mut(name).expect("the channel").edit()
    }

    /// The shop says something else from now on.
    pub(crate) fn shop(&mut self) -> &mut Shop {
        Arc::make_mut(&mut self.world.shop)
    }

    /// Messages by the names of their strategies, in the order in which they were made.
    pub(crate) fn messages_of(&self, strategy: &str) -> Vec<&Message> {
        let live = self.world.strategies.iter().find(|live| live.record.name == strategy).expect("the strategy");
        let mut found: Vec<&Message> = self.world.messages.values().map(|entry| &entry.value).collect();
        found.retain(|message| self.world.runs[&message.run].value.strategy == live.record.id);
        found.sort_by_key(|message| (message.created_at, message.slot));
        found
    }

    /// Everything that is due up to a moment happens, in order.
    pub(crate) fn wait_until(&mut self, moment: Timestamp) -> &mut Self {
        loop {
            self.settle();
            let runs = self.world.runs.values().filter_map(|entry| entry.value.due_at);
            let messages = self.world.messages.values().filter_map(|entry| entry.value.due_at);
            let Some(next) = runs.chain(messages).filter(|due| *due > self.now && *due <= moment).min() else { break };
            self.now = next;
        }
        self.now = self.now.max(moment);
        self.settle();
        self
    }

    /// An event arrives now.
    pub(crate) fn receive(&mut self, event: &Event) -> &mut Self {
        self.mint = Mint::new(self.now, self.seed());
        let source = if matches!(event.what, What::Receipt(_)) { "inbox" } else { "stage" };
        apply(&mut self.world, &mut self.mint, event, source, self.now);
        self
    }

    /// An event happens and arrives at a moment; what is due before that happens before.
    pub(crate) fn event(&mut self, moment: Timestamp, event: &Event) -> &mut Self {
        self.wait_until(moment - Span::from_millis(1));
        self.now = moment;
        self.receive(event).settle();
        self
    }

    /// The id of one more message.
    pub(crate) fn seeded_id(&mut self) -> MessageId {
        self.mint.next()
    }

    fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(self.mint.next::<MessageId>().0.as_bytes());
        seed
    }

    pub(crate) fn settle(&mut self) {
        for _ in 0..1_000 {
            let advanced = self.advance();
            let sent = self.provider_is_up && self.send();
            if !advanced && !sent {
                return;
            }
        }
        panic!("the play never comes to rest");
    }

    fn advance(&mut self) -> bool {
        let due: Vec<Run> = self
            .world
            .runs
            .values()
            .map(|entry| entry.value.clone())
            .filter(|run| run.is_active() && run.due_at.is_some_and(|due| due <= self.now))
            .collect();
        let plans: Vec<Plan> = due.iter().map(|run| self.plan(run)).collect();
        for message in plans.iter().flat_map(|plan| &plan.messages) {
            assert!(!self.world.messages.contains_key(&message.id), "a message was made twice");
        }
        self.mint = Mint::new(self.now, self.seed());
        planned::take(&mut self.world, &mut self.mint, plans, self.now);
        !due.is_empty()
    }

    fn plan(&self, run: &Run) -> Plan {
        let mut answers = Answers::new();
        let channels = self.world.connections.iter().map(|(name, entry)| (name.clone(), entry.value.clone())).collect();
        let messages: Vec<&Message> = self.world.messages_of(run.id).collect();
        loop {
            let subject = self.world.subject(run, self.now).expect("the run's customer");
            let planned = plan(&Situation {
                version: &self.world.versions[&run.version],
                state: self.world.strategy_state(run),
                policies: self.world.policies(run).expect("the run's version"),
                run,
                subject: &subject,
                channels: &channels,
                templates: &self.world.templates,
                messages: &messages,
                stale_source: self.world.stale_source(run, self.now),
                answers: &answers,
            });
            match &planned.question {
                None => return planned,
                Some(Question { step, .. }) => {
                    let reply = self.plugins.get(step).cloned().expect("the play says what this plugin answers");
                    answers.insert(step.clone(), Answer { by: "play".into(), digest: None, reply, reads: Vec::new() });
                }
            }
        }
    }

    fn send(&mut self) -> bool {
        let due: Vec<MessageId> = self
            .world
            .messages
            .values()
            .map(|entry| &entry.value)
            .filter(|message| message.due_at.is_some_and(|due| due <= self.now))
            .map(|message| message.id)
            .collect();
        for id in sending::prepare(&mut self.world, &due, Span::minutes(1), &mut self.paces, self.now) {
            self.hand_over(id);
        }
        !due.is_empty()
    }

    fn hand_over(&mut self, id: MessageId) {
        let message = self.world.messages[&id].value.clone();
        let checked = sending::check(&self.world, &message, self.now);
        match checked.check.clone() {
            Check::Go(way) => {
                let entry = self.world.messages.get_mut(&id).expect("the message").edit();
                entry.state = MessageState::HandedOver { lease_until: self.now, adapter_state: String::new() };
                entry.attempts += 1;
                entry.handed_over_at = Some(self.now);
                entry.late_after = checked.late_after;
                entry.to = Some(way.to);
                let accepted = Outcome::Accepted { provider_id: format!("p-{id}"), price: None };
                let by_sender = message.sender.as_ref().and_then(|sender| self.providers.get(sender));
                let outcome = by_sender.or(self.providers.get(&message.channel)).or(self.provider.as_ref()).cloned();
                outcome::settle(&mut self.world, id, &outcome.unwrap_or(accepted), self.now);
                if let Some(body) = self.answers.get(&message.step) {
                    outcome::keep_answer(&mut self.world, id, body, self.now);
                }
            }
            Check::Skip(reason) => outcome::skip(&mut self.world, id, reason, None, self.now),
            Check::Hold(reason) => outcome::hold_with(&mut self.world, id, reason, checked.reads, self.now),
            Check::Wait(until) => sending::wait_for_window(&mut self.world, id, until, checked, self.now),
            Check::WaitForSender(until) => sending::wait_for_sender(&mut self.world, id, until, checked, self.now),
            Check::Paused => sending::wait_paused(&mut self.world, id, self.now),
        }
    }

    // What the audience sees.

    pub(crate) fn sent(&self) -> Vec<&Message> {
        let mut sent: Vec<&Message> = self
            .world
            .messages
            .values()
            .map(|entry| &entry.value)
            .filter(|message| message.may_have_been_sent())
            .collect();
        sent.sort_by_key(|message| message.handed_over_at);
        sent
    }

    pub(crate) fn sent_at(&self) -> Vec<Timestamp> {
        self.sent().iter().filter_map(|message| message.handed_over_at).collect()
    }

    pub(crate) fn message(&self) -> &Message {
        let all: Vec<&Message> = self.world.messages.values().map(|entry| &entry.value).collect();
        assert_eq!(all.len(), 1, "one message is expected");
        all[0]
    }

    pub(crate) fn runs(&self) -> Vec<&Run> {
        self.world.runs.values().map(|entry| &entry.value).collect()
    }

    pub(crate) fn run(&self) -> &Run {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "one run is expected");
        runs[0]
    }

    pub(crate) fn ends(&self) -> Vec<EndReason> {
        self.runs()
            .iter()
            .filter_map(|run| match run.position {
                Position::Ended { reason, .. } => Some(reason),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn told(&self, wanted: impl Fn(&Happening) -> bool) -> Vec<&TraceEntry> {
        self.world.traces.iter().map(|(_, entry)| entry).filter(|entry| wanted(&entry.what)).collect()
    }
}

fn inbox(id: ConnectionId) -> Connection {
    channel(id, "inbox", &[AddressKind::Handle])
}

fn channel(id: ConnectionId, name: &str, addresses: &[AddressKind]) -> Connection {
    Connection {
        id,
        name: name.into(),
        kind: ConnectionKind::Channel,
        plugin: "inbox".to_owned().try_into().expect("a plugin name"),
        config: json!({}),
        grants: Grants::default(),
        ability: Some(ChannelAbility {
            channel: name.into(),
            addresses: addresses.to_vec(),
            idempotent: true,
            lookup: false,
            tasks: Vec::new(),
            receipts: Vec::new(),
            billed: Billing::Never,
            refreshes: Vec::new(),
            templates: None,
            answers: None,
            plain: None,
        }),
        window: None,
        cap: None,
        stale_after: None,
        can_be_asked: false,
        heard_at: None,
        senders: Vec::new(),
        held: None,
        waits_until: None,
        held_contents: BTreeMap::new(),
        odd_refusals: 0,
    }
}

/// A stage for the reminder, with Ana known and subscribed.
pub(crate) fn subscribed() -> Stage {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

// What happens in a shop.

pub(crate) fn event(kind: &str, moment: Timestamp, subject: Subject, what: What) -> Event {
    Event { id: format!("{kind}-{}-{subject:?}", moment.millis()), occurred_at: moment, subject, what }
}

pub(crate) fn cart_of(token: &str, moment: Timestamp, goods: &[(&str, u32)]) -> Event {
    let lines = goods
        .iter()
        .map(|(sku, quantity)| Line {
            title: format!("Shirt {sku}"),
            sku: Some((*sku).into()),
            quantity: *quantity,
            ..Line::default()
        })
        .collect();
    let body = CartBody { lines, updated_at: Some(moment), ..CartBody::default() };
    event("cart", moment, Subject { cart: Some(token.into()), ..Subject::default() }, What::CartUpdated(body))
}

/// Ana begins the checkout of her cart `c1`.
pub(crate) fn checkout(moment: Timestamp, goods: &[(&str, u32)]) -> Event {
    let mut told = cart(moment, goods);
    told.id = format!("checkout-{}", moment.millis());
    told.subject.checkout = Some("k1".into());
    if let What::CartUpdated(body) = told.what {
        told.what = What::CheckoutUpdated(body);
    }
    told
}

pub(crate) fn cart(moment: Timestamp, goods: &[(&str, u32)]) -> Event {
    cart_of("c1", moment, goods)
}

pub(crate) fn ana() -> CustomerBody {
    CustomerBody {
        first_name: Some("Ana".into()),
        consent: Some(ConsentBody { state: ConsentState::Subscribed, at: None, topic: None, source: None }),
        ..CustomerBody::default()
    }
}

/// Ana says who she is, for the cart `c1`, and subscribes.
pub(crate) fn ana_identifies(moment: Timestamp) -> Event {
    let subject = Subject {
        customer: Some("ana".into()),
        email: Some("ana@example.ro".into()),
        cart: Some("c1".into()),
        ..Subject::default()
    };
    event("identify", moment, subject, What::CustomerIdentified(ana()))
}

pub(crate) fn ana_says(moment: Timestamp, state: ConsentState) -> Event {
    let consent = Some(ConsentBody { state, at: None, topic: None, source: None });
    let subject = Subject { customer: Some("ana".into()), ..Subject::default() };
    event("says", moment, subject, What::CustomerIdentified(CustomerBody { consent, ..CustomerBody::default() }))
}

pub(crate) fn order(id: &str, moment: Timestamp) -> Event {
    order_by(OrderOrigin::Customer, id, moment)
}

pub(crate) fn order_by(origin: OrderOrigin, id: &str, moment: Timestamp) -> Event {
    let subject = Subject { customer: Some("ana".into()), order: Some(id.into()), ..Subject::default() };
    let body = OrderBody { origin, ..OrderBody::default() };
    event(&format!("order-{id}"), moment, subject, What::OrderPlaced(body))
}

pub(crate) fn product(id: &str, moment: Timestamp, image: &str) -> Event {
    let body = ProductBody {
        product_id: id.into(),
        title: "Shirt".into(),
        image_url: Some(image.into()),
        categories: ["kitchen"].into(),
        updated_at: Some(moment),
        ..ProductBody::default()
    };
    event("product", moment, Subject::default(), What::ProductUpdated(body))
}

pub(crate) fn receipt(kind: ReceiptKind, message: &Message, moment: Timestamp) -> Event {
    receipt_of(kind, Some(message), None, None, moment)
}

/// A click on a button of a message.
pub(crate) fn click(button: &str, message: &Message, moment: Timestamp) -> Event {
    receipt_of(ReceiptKind::Clicked, Some(message), None, Some(button), moment)
}

/// Somebody follows a short link of a message, as the host sees it.
pub(crate) fn follow(link: &ShortLink, message: &Message, moment: Timestamp) -> Event {
    let mut event = receipt_of(ReceiptKind::Clicked, Some(message), None, link.name.as_deref(), moment);
    event.id = format!("click:{}:{}", link.token, moment.millis() / 60_000);
    if let What::Receipt(receipt) = &mut event.what {
        receipt.link = Some(link.token.clone());
    }
    event
}

/// Somebody writes, to nothing in particular.
pub(crate) fn reply_by(sender: &str, moment: Timestamp) -> Event {
    let kind = if sender.contains('@') { AddressKind::Email } else { AddressKind::Phone };
    let sender = Address { kind, value: sender.into() };
    receipt_of(ReceiptKind::Replied, None, Some(sender), Some("Hello"), moment)
}

fn receipt_of(
    kind: ReceiptKind,
    message: Option<&Message>,
    sender: Option<Address>,
    text: Option<&str>,
    moment: Timestamp,
) -> Event {
    let receipt = Receipt {
        kind,
        provider_id: message.and_then(|message| message.provider_id.clone()),
        message_id: message.map(|message| message.id),
        sender,
        text: text.map(str::to_owned),
        also: None,
        link: None,
        failure: None,
        price: None,
    };
    let id = message.map(|message| message.id.to_string()).unwrap_or_default();
    event(&format!("{kind:?}-{text:?}-{id}"), moment, Subject::default(), What::Receipt(receipt))
}

/// Something of the shop's own happens to Ana.
pub(crate) fn custom(name: &str, moment: Timestamp) -> Event {
    let subject = Subject { customer: Some("ana".into()), ..Subject::default() };
    event(name, moment, subject, What::Custom(CustomEvent { name: name.into(), body: json!({}) }))
}
