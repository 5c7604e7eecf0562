//! What must hold when everything has come to rest.

use cartwright_domain::check::check_all;
use cartwright_domain::ids::ShopId;
use cartwright_domain::message::{Message, MessageState};
use cartwright_domain::run::Run;
use cartwright_engine::ports::{MessageFilter, Page, PageRequest, RunFilter, Store, StoreError};
use cartwright_testkit::database;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::provider::Post;
use crate::shops::Shops;

/// Between two looks at a state.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Messages that one node hands over at once.
const WAVE: usize = 64;

/// Looks into the database behind everybody's back.
pub(crate) struct Verdict {
    store: Arc<dyn Store>,
    /// What happened, and how many messages were handed over and not settled just then.
    in_flight: Vec<(&'static str, usize)>,
}

impl Verdict {
    pub(crate) async fn over(url: &str) -> Self {
        let store = cartwright_store::open(url, database::keys()).await.unwrap();
        Self { store, in_flight: Vec::new() }
    }

    /// Something was broken: what was on its way just then may remain uncertain.
    pub(crate) async fn note_in_flight(&mut self, what: &'static str) {
        let mut count = 0;
        for shop in self.shops().await {
            let messages = self.messages(shop).await;
            count += messages.iter().filter(|message| matches!(message.state, MessageState::HandedOver { .. })).count();
        }
        self.in_flight.push((what, count));
    }

    /// Waits until of so many nodes only so many have shards.
    pub(crate) async fn wait_until_others_work_for(&self, lost: usize, left: usize) {
        loop {
            let nodes = self.store.nodes().await.unwrap();
            let working = nodes.iter().filter(|seen| seen.shards > 0).count();
            let shards: u32 = nodes.iter().map(|seen| seen.shards).sum();
            if working == left && shards == 256 {
                assert!(nodes.len() >= lost + left);
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until every message has come to its end; then nothing may be missing and nothing twice.
    pub(crate) async fn wait_and_judge(&self, shops: &Shops, post: &Post) {
        let mut all = Vec::new();
        for shop in self.shops().await {
            let (runs, messages) = self.wait_for_rest(shop).await;
            let violations = check_all(&runs.iter().collect::<Vec<_>>(), &messages.iter().collect::<Vec<_>>());
            assert!(violations.is_empty(), "{violations:#?}");
            all.extend(messages);
        }
        assert_eq!(all.len(), shops.told(), "one message for each customer");
        let customers: BTreeSet<_> = all.iter().map(|message| message.customer).collect();
        assert_eq!(customers.len(), shops.told());
        let accepted = post.accepted();
        let mut uncertain = 0;
        for message in &all {
            let times = accepted.get(&message.id.to_string()).copied().unwrap_or(0);
            match message.state {
                MessageState::Accepted => assert_eq!(times, 1, "{message:#?}"),
                MessageState::Uncertain => {
                    assert!(times <= 1, "{message:#?}");
                    uncertain += 1;
                }
                _ => panic!("it was lost: {message:#?}"),
            }
        }
        let sent = accepted.values().filter(|times| **times > 0).count();
        // A wave may be handed over between what was broken and the look at it.
        let bound: usize = post.disturbed() + self.in_flight.iter().map(|(_, count)| count + WAVE).sum::<usize>();
        println!(
            "{} messages: {sent} accepted by the provider, none twice; {uncertain} uncertain, of which {} by its own \
             doing; in flight when {:?}",
            all.len(),
            post.disturbed(),
            self.in_flight,
        );
        assert!(uncertain <= bound, "{uncertain} uncertain, and only {bound} can be");
        assert!(uncertain >= post.disturbed(), "what nobody can know is not known");
    }

    async fn wait_for_rest(&self, shop: ShopId) -> (Vec<Run>, Vec<Message>) {
        loop {
            let pending = self.store.pending_events(shop, 1).await.unwrap();
            let messages = self.messages(shop).await;
            let runs = self.runs(shop).await;
            let at_rest = pending.is_empty()
                && runs.iter().all(|run| !run.is_active())
                && messages.iter().all(|message| message.completed_at().is_some());
            if at_rest {
                return (runs, messages);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn shops(&self) -> Vec<ShopId> {
        self.store.shops().await.unwrap().into_iter().map(|shop| shop.id).collect()
    }

    async fn messages(&self, shop: ShopId) -> Vec<Message> {
        every(async |page| self.store.messages(shop, &MessageFilter::default(), &page).await).await
    }

    async fn runs(&self, shop: ShopId) -> Vec<Run> {
        every(async |page| self.store.runs(shop, &RunFilter::default(), &page).await).await
    }
}

async fn every<T>(list: impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>) -> Vec<T> {
    let mut items = Vec::new();
    let mut page = PageRequest { after: None, limit: 200 };
    loop {
        // A connection of the pool may be one that was ended.
        let found = match list(page.clone()).await {
            Ok(found) => found,
            Err(error) => {
                println!("looked in vain: {error}");
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
        };
        items.extend(found.items);
        match found.next {
            Some(next) => page.after = Some(next),
            None => return items,
        }
    }
}
