//! Links that open a chat: kept with the shop, and told of as the event `chat.<name>` once somebody came by one.
//!
//! What they write says nothing of marketing (S18): a strategy that begins with the event asks them first.

use cartwright_domain::chat_link::{ChatLink, EVENT, came_by, event_id, faults};
use cartwright_domain::event::{CustomEvent, Event, ReceiptKind, What};
use cartwright_domain::handle::name_on;
use cartwright_domain::identity::subject_of;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginKind;
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::shop::{Connection, Shop};
use serde_json::json;

use crate::Engine;
use crate::ports::{ReceiptEvent, StoreError};
use crate::settings::ShopSettings;
use crate::shops::ShopError;

/// What a channel without a number or page of its own is missing.
const NO_CHAT: &str = "no chat can be opened on it: its plugin knows no such links, or the number or page that others \
                       write to is not filled in at the channel";

/// A chat link and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedChatLink {
    /// Unique in the shop.
    pub name: String,
    /// As it was saved.
    pub link: ChatLink,
    /// None where its channel cannot open a chat any more.
    pub address: Option<String>,
}

impl Engine {
    /// All of a shop, by name.
    pub async fn chat_links(&self, shop: ShopId) -> Result<Vec<ListedChatLink>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(Vec::new()) };
        let links = settings.shop.chat_links.iter();
        Ok(links.map(|(name, link)| listed(&settings, name, link)).collect())
    }

    /// Saves one, in the place of one that has its name.
    pub async fn save_chat_link(&self, shop: ShopId, name: &str, link: ChatLink) -> Result<ListedChatLink, ShopError> {
        let settings = self.settings(shop).await?.ok_or(StoreError::Conflict)?;
        let mut found = faults(&settings.shop, name, &link);
        let saved = listed(&settings, name, &link);
        match settings.channels.get(&link.channel).map(|entry| &entry.value) {
            None => found.push(StrategyFault::error("channel", format!("there is no channel `{}`", link.channel))),
            Some(channel) => match &link.sender {
                Some(sender) if channel.senders.iter().all(|known| known.name != *sender) => {
                    found.push(StrategyFault::error("sender", format!("the channel has no sender `{sender}`")));
                }
                _ if saved.address.is_none() => found.push(StrategyFault::error("channel", NO_CHAT)),
                _ => {}
            },
        }
        if !found.is_empty() {
            return Err(ShopError::Faults(found));
        }
        let mut shop = Shop::clone(&settings.shop);
        shop.chat_links.insert(name.to_owned(), link);
        self.store.save_shop(&shop).await?;
        Ok(saved)
    }

    /// Forgets one; returns whether there was one. Whoever comes by it from then on came by none.
    pub async fn remove_chat_link(&self, shop: ShopId, name: &str) -> Result<bool, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(false) };
        let mut shop = Shop::clone(&settings.shop);
        if shop.chat_links.remove(name).is_none() {
            return Ok(false);
        }
        self.store.save_shop(&shop).await?;
        Ok(true)
    }

    /// Who came by which link, to be told before what they wrote: then that finds them. Whoever comes again has come.
    pub(crate) async fn arrivals(
        &self,
        shop: ShopId,
        channel: &Connection,
        receipts: &[ReceiptEvent],
    ) -> Result<Vec<Event>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(Vec::new()) };
        if settings.shop.chat_links.is_empty() {
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        for ReceiptEvent { at, receipt, .. } in receipts {
            let (Some(said), Some(who)) = (&receipt.text, &receipt.sender) else { continue };
            if !matches!(receipt.kind, ReceiptKind::Replied | ReceiptKind::Clicked) {
                continue;
            }
            let Some((name, link)) = came_by(&settings.shop.chat_links, &channel.name, said) else { continue };
            let id = event_id(&self.link_key(shop).await?, name, link, who);
            let body = json!({ "channel": channel.name, "keyword": link.keyword });
            let what = What::Custom(CustomEvent { name: format!("{EVENT}{name}"), body });
            events.push(Event { id, occurred_at: *at, subject: subject_of(&name_on(&channel.name, who)), what });
        }
        Ok(events)
    }
}

fn listed(settings: &ShopSettings, name: &str, link: &ChatLink) -> ListedChatLink {
    let address = settings.channels.get(&link.channel).and_then(|entry| {
        let channel = &entry.value;
        let plugin = settings.active(PluginKind::Channel, &channel.plugin)?;
        let default = channel.default_sender().map(|sender| sender.name.as_str());
        let config = channel.config_by(link.sender.as_deref().or(default));
        link.address(&plugin.descriptor.config_schema, &config)
    });
    ListedChatLink { name: name.to_owned(), link: link.clone(), address }
}
