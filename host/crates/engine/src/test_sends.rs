//! Test sends (S26): a content as a customer would get it, sent to an address of the shop's own people.
//!
//! It is no message to a customer: it waits for no window, counts for no cap and stands in no funnel. But it leaves as
//! messages do, through the channel's own plugin, under its grants, handed over in a commit before the provider is
//! called (S22); and where the channel or the content is held, or the database is not trusted, it does not leave at
//! all. Whoever asks waits for the answer, so nothing is tried again by itself.

use cartwright_domain::contact::Address;
use cartwright_domain::content::Content;
use cartwright_domain::ids::{CustomerId, MessageId, ShopId};
use cartwright_domain::message::{Outcome, Purpose};
use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::shop::{Connection, Hold};
use cartwright_domain::test_send::{
    CODES_AN_HOUR, NoTestSend, NotConfirmed, TESTS_AN_HOUR, TestAddress, TestKind, TestSend, TestState, code_document,
    marked,
};
use cartwright_domain::time::Span;
use cartwright_domain::world::Entry;
use serde_json::Value;
use std::sync::Arc;

use crate::Engine;
use crate::deliver::{Delivery, Ready};
use crate::dispatch::has_unsubscribe_field;
use crate::node::Pause;
use crate::ports::{Changes, ChannelTask, OutgoingMessage, StoreError};
use crate::render::{Rendering, data_of};
use crate::settings::ShopSettings;
use crate::shorten::Shortener;
use crate::unsubscribe::UNSUBSCRIBE_URL;

/// How long one is the process's that handed it over; longer than any request may take.
const LEASE: Span = Span::seconds(60);
/// A commit that conflicts is computed again; more often than this only if something is broken.
const CONFLICTS: u32 = 20;

/// What somebody wants to see.
#[derive(Debug, Clone)]
pub struct TestDraft {
    /// The content, by name, in its newest revision.
    pub content: String,
    /// The shop's channel connection, by name.
    pub channel: String,
    /// Where it is to go, as it was typed.
    pub to: String,
    /// In a language; without, in that of the customer.
    pub language: Option<String>,
    /// With whose data; without, with a made-up customer's.
    pub customer: Option<CustomerId>,
    /// Who wants it.
    pub by: String,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The shop has no such channel, content or customer.
    #[error("there is no {0} `{1}`")]
    Missing(&'static str, String),
    /// What was typed is no address of this channel.
    #[error("`{0}` can send nothing to this; type an address as the channel knows it")]
    Address(String),
    /// Nobody is told of alerts there.
    #[error("alerts do not go there; add it to the shop's `alerts` first")]
    NotTold,
    /// The address is not the shop's own, or it is the customer's.
    #[error(transparent)]
    Refused(#[from] NoTestSend),
    /// The content says nothing on this channel.
    #[error("the content has no variant for this channel: add one")]
    NoVariant,
    /// It cannot be rendered, or its channel makes no request of it.
    #[error("{0}")]
    Failed(PluginFailure),
    /// It is longer than it may be (S25).
    #[error("it would go out in {0} parts, and the content allows fewer: make it shorter")]
    TooLong(usize),
    /// The channel, or the content on it, is held.
    #[error("the channel is held: {} {}", .0.words, .0.next_step)]
    Held(Hold),
    /// No plugin speaks for it.
    #[error("no active version of the channel's plugin is installed; install one first")]
    NotReady,
    /// This process sends nothing.
    #[error("{0}")]
    Paused(Pause),
    /// More than a shop may send in an hour.
    #[error("the shop has sent {0} of these within the hour, and that is the limit; try again later")]
    TooMany(u64),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an address is not the shop's own.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Nobody asked for a code.
    #[error("no code was sent to this address")]
    Missing,
    /// The code does not fit.
    #[error(transparent)]
    Code(#[from] NotConfirmed),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something to be sent, and what is written down of it.
pub(crate) struct Going {
    pub(crate) test: TestSend,
    pub(crate) document: Value,
}

impl Engine {
    /// Sends a content to a confirmed address of the shop's own people, and waits for what becomes of it.
    pub async fn send_test(&self, shop: ShopId, draft: &TestDraft) -> Result<TestSend, TestError> {
        let settings = self.shop_settings(shop).await?;
        let channel = channel_of(&settings, &draft.channel)?;
        let to = address_on(channel, &draft.to)?;
        let known = self.store.test_addresses(shop).await?;
        let known = known.into_iter().find(|entry| entry.value.address == to);
        let address = known.map(|entry| entry.value).ok_or(NoTestSend::NotConfirmed)?;
        let contents = self.store.contents(shop).await?;
        let found = contents.into_iter().find(|(content, _)| content.name == draft.content);
        let (content, revision) = found.ok_or_else(|| TestError::Missing("content", draft.content.clone()))?;
        let subject = self.shown_subject(&settings, draft.customer).await?;
        let nobody = || TestError::Missing("customer", draft.customer.map(|id| id.to_string()).unwrap_or_default());
        let subject = subject.ok_or_else(nobody)?;
        address.takes(&subject.customer)?;
        let short = channel.ability.as_ref().map_or("", |ability| &ability.channel);
        let language = draft.language.as_deref().or(subject.customer.language.as_deref());
        let (variant, locale) = content.variant(short, language).ok_or(TestError::NoVariant)?;
        let body = with_link_field(&settings, &content, &draft.channel, &variant.sent());
        let addresses = self.sample_addresses(&body, &subject).await?;
        let data = data_of(&subject, &content, &[], &addresses);
        let rendered = self.render_all(&settings, &[Rendering { body: &body, data }]).await.into_iter().next();
        let mut document = rendered.transpose().map_err(TestError::Failed)?.unwrap_or_default();
        Shortener::of_nobody(&settings.shop).shorten(&mut document);
        let (document, _) = marked(document);
        if let Some(parts) = content.parts_too_many(short, &document) {
            return Err(TestError::TooLong(parts));
        }
        let mut test = self.new_test(TestKind::Content, &draft.by, &draft.channel, to);
        test.content = Some(content.name.clone());
        test.revision = Some(revision);
        test.locale = Some(locale.to_owned());
        test.customer = draft.customer.map(|_| subject.customer.id);
        self.hand_over_test(&settings, channel, Going { test, document }).await
    }

    /// Sends a code to an address that somebody typed, so that they can show it to be the shop's own. One that is
    /// confirmed stays so, and gets none.
    pub async fn ask_test_address(
        &self,
        shop: ShopId,
        channel: &str,
        to: &str,
        by: &str,
    ) -> Result<(TestAddress, Option<TestSend>), TestError> {
        let settings = self.shop_settings(shop).await?;
        let connection = channel_of(&settings, channel)?;
        let to = address_on(connection, to)?;
        let known = self.store.test_addresses(shop).await?.into_iter().find(|entry| entry.value.address == to);
        if let Some(known) = known.as_ref().filter(|entry| entry.value.confirmed_at.is_some()) {
            return Ok((known.value.clone(), None));
        }
        self.may_send(connection)?;
        self.check_pace(shop, TestKind::Code, CODES_AN_HOUR).await?;
        let seed = self.entropy.seed();
        let chance = seed.iter().take(8).fold(0, |chance, byte| (chance << 8) | u64::from(*byte));
        let address = TestAddress::new(to.clone(), chance, self.now());
        let short = connection.ability.as_ref().map_or("", |ability| &ability.channel);
        let document = code_document(&settings.shop.name, address.digits().unwrap_or_default(), short);
        let entry = match known {
            Some(known) => Entry { value: address.clone(), ..known },
            None => Entry::new(address.clone()),
        };
        // Before it leaves: a code that nobody knows confirms nothing.
        self.store.save_test_address(shop, &entry).await?;
        let test = self.new_test(TestKind::Code, by, channel, to);
        let test = self.hand_over_test(&settings, connection, Going { test, document }).await?;
        Ok((address, Some(test)))
    }

    /// What somebody typed, as an address of a channel.
    pub async fn test_address(&self, shop: ShopId, channel: &str, typed: &str) -> Result<Address, TestError> {
        let settings = self.shop_settings(shop).await?;
        address_on(channel_of(&settings, channel)?, typed)
    }

    /// Takes the code that somebody typed in. A wrong one is counted, whatever else happens at the same time.
    pub async fn confirm_test_address(
        &self,
        shop: ShopId,
        address: &Address,
        code: &str,
    ) -> Result<TestAddress, ConfirmError> {
        for _ in 0..CONFLICTS {
            let known = self.store.test_addresses(shop).await?;
            let known = known.into_iter().find(|entry| entry.value.address == *address);
            let mut entry = known.ok_or(ConfirmError::Missing)?;
            let said = entry.edit().confirm(code, self.now());
            match self.store.save_test_address(shop, &entry).await {
                Err(StoreError::Conflict) => {}
                other => {
                    other?;
                    return said.map(|()| entry.value).map_err(ConfirmError::Code);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    pub(crate) async fn shop_settings(&self, shop: ShopId) -> Result<Arc<ShopSettings>, TestError> {
        self.settings(shop).await?.ok_or_else(|| TestError::Missing("shop", shop.to_string()))
    }

    pub(crate) fn new_test(&self, kind: TestKind, by: &str, channel: &str, to: Address) -> TestSend {
        let now = self.now();
        TestSend {
            id: self.entropy.mint(now).next::<MessageId>(),
            kind,
            at: now,
            by: by.to_owned(),
            channel: channel.to_owned(),
            to,
            content: None,
            revision: None,
            locale: None,
            customer: None,
            state: TestState::Uncertain,
            answer: None,
        }
    }

    /// Whether anything leaves over a channel from here.
    fn may_send(&self, channel: &Connection) -> Result<(), TestError> {
        if let Some(pause) = self.pause() {
            return Err(TestError::Paused(pause));
        }
        channel.default_hold().cloned().map_or(Ok(()), |hold| Err(TestError::Held(hold)))
    }

    pub(crate) async fn check_pace(&self, shop: ShopId, kind: TestKind, most: u64) -> Result<(), TestError> {
        let since = self.now() - Span::hours(1);
        match self.store.count_test_sends(shop, kind, since).await? {
            count if count >= most => Err(TestError::TooMany(most)),
            _ => Ok(()),
        }
    }

    /// From the request that the channel's plugin makes of it to the answer, the hand-over committed in between.
    pub(crate) async fn hand_over_test(
        &self,
        settings: &ShopSettings,
        channel: &Connection,
        going: Going,
    ) -> Result<TestSend, TestError> {
        let (shop, Going { mut test, document }) = (settings.shop.id, going);
        self.may_send(channel)?;
        if let Some(hold) = test.content.as_ref().and_then(|content| channel.held_contents.get(content)) {
            return Err(TestError::Held(hold.clone()));
        }
        if test.kind == TestKind::Content {
            self.check_pace(shop, test.kind, TESTS_AN_HOUR).await?;
        }
        let mut call = self.connection_call(shop, channel).await?.ok_or(TestError::NotReady)?;
        self.renew(&channel.name, &mut call, channel.ability.as_ref()).await?;
        let outgoing = OutgoingMessage {
            id: test.id,
            to: test.to.clone(),
            locale: test.locale.clone().unwrap_or_else(|| "en".to_owned()),
            content: document,
            created_at: test.at,
        };
        let began = self.begin(&call, &ChannelTask::Send(outgoing.clone())).await.map_err(TestError::Failed)?;
        test.hand_over(LEASE, self.now());
        let changes = Changes { test_sends: vec![Entry::new(test.clone())], hand_overs: 1, ..Changes::default() };
        self.store.commit(shop, &changes).await?;
        self.failpoints.reach("test.handed_over");
        let delivery = self
            .send(Ready { outgoing, content_revision: None, links: Vec::new(), attempt: 1, call, began, hears: false })
            .await;
        self.failpoints.reach("test.answered");
        self.settle_test(shop, test, delivery).await
    }

    /// Writes the answer down. It is a fact by now, so a conflict is computed again until it holds.
    async fn settle_test(&self, shop: ShopId, mut test: TestSend, delivery: Delivery) -> Result<TestSend, TestError> {
        test.settle(&delivery.outcome);
        for _ in 0..CONFLICTS {
            // Whoever it was made of may have been erased meanwhile, and it with them.
            let Some(mut entry) = self.store.test_send(shop, test.id).await? else { return Ok(test) };
            entry.edit().settle(&delivery.outcome);
            let inbox = delivery.inbox.clone().filter(|_| matches!(delivery.outcome, Outcome::Accepted { .. }));
            let changes = Changes { test_sends: vec![entry], inbox: inbox.into_iter().collect(), ..Changes::default() };
            match self.store.commit(shop, &changes).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| test).map_err(TestError::from),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

pub(crate) fn channel_of<'a>(settings: &'a ShopSettings, name: &str) -> Result<&'a Connection, TestError> {
    let known = settings.channels.get(name).map(|entry| &entry.value);
    known.ok_or_else(|| TestError::Missing("channel", name.to_owned()))
}

fn address_on(channel: &Connection, typed: &str) -> Result<Address, TestError> {
    let kinds = channel.ability.as_ref().map_or(&[][..], |ability| ability.typed());
    Address::read(typed, kinds).ok_or_else(|| TestError::Address(channel.name.clone()))
}

/// A body with the field in which its readers unsubscribe, where dispatch would add it.
fn with_link_field(settings: &ShopSettings, content: &Content, channel: &str, body: &Value) -> Value {
    let mut body = body.clone();
    let fills = content.purpose == Purpose::Marketing
        && body.get(UNSUBSCRIBE_URL).is_none()
        && has_unsubscribe_field(settings, channel);
    if let (true, Some(fields)) = (fills, body.as_object_mut()) {
        fields.insert(UNSUBSCRIBE_URL.to_owned(), Value::String(format!("{{{{ {UNSUBSCRIBE_URL} }}}}")));
    }
    body
}
