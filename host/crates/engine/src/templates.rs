//! Templates that providers approve: asked for regularly and on demand, heard of by webhook, and made from contents.
//!
//! What is known stands in a book beside the channel (`domain/src/template.rs`). Whoever learns something writes it down
//! on top of whatever else was learned meanwhile; messages that waited are looked at again within a minute.

use cartwright_domain::alert::{Alarm, AlertCause, content_on};
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::message::Rejection;
use cartwright_domain::shop::{ChannelTaskKind, Connection};
use cartwright_domain::template::{Template, TemplateBook, TemplateFields, TemplateNews, TemplateState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::Entry;

use crate::Engine;
use crate::ports::{Changes, ChannelDone, ChannelTask, StoreError, Template as ToldTemplate};
use crate::settings::ShopSettings;
use crate::tasks::TaskFailure;

/// How long a provider has for its answer.
const PATIENCE: Span = Span::seconds(60);
/// Conflicts in a row before a commit is given up.
const CONFLICTS: u32 = 10;

/// Why templates were not asked for, or none was made.
#[derive(Debug, thiserror::Error)]
pub enum TemplateFailure {
    /// There is none.
    #[error("the shop has no channel `{0}`; connect it first")]
    NoChannel(String),
    /// It does not do this.
    #[error("the provider of `{0}` {1}")]
    NotAble(String, &'static str),
    /// There is none.
    #[error("the shop has no content `{0}`; save it first")]
    NoContent(String),
    /// Nothing is said there.
    #[error("the content says nothing for `{0}` in this language; write a variant first")]
    NoVariant(String),
    /// What to call it is not known.
    #[error("the variant's field `{0}` names no template, or one that only rendering would tell; write its name there")]
    NoName(String),
    /// The provider refused, in its words.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The task came to no end.
    #[error(transparent)]
    Task(#[from] TaskFailure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Asks the providers that are due for their templates; how many were asked.
    pub(crate) async fn ask_for_templates(&self, shop: ShopId) -> Result<usize, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        if self.rehearsed_silence.is_some() || !self.has_template_work(&settings) {
            return Ok(0);
        }
        let now = self.now();
        let mut known = self.store.template_books(shop).await?;
        let (mut changed, mut begun) = (Vec::new(), Vec::new());
        for channel in settings.channels.values().map(|entry| &entry.value) {
            let place = known.iter().position(|entry| entry.value.connection == channel.id);
            let mut entry = place.map_or_else(|| Entry::new(TemplateBook::new(channel.id)), |at| known.swap_remove(at));
            let mut planned = entry.value.clone();
            planned.plan(can_list(channel), now);
            if planned.is_due(now) {
                planned.begin(now);
                begun.push(channel.id);
            }
            if planned != entry.value {
                *entry.edit() = planned;
                changed.push(entry);
            }
        }
        if changed.is_empty() {
            return Ok(0);
        }
        self.commit(shop, Changes { templates: changed, ..Changes::default() }).await?;
        self.failpoints.reach("templates.begun");
        let count = begun.len();
        for channel in begun {
            let work = |engine: Self| async move { engine.list_templates(shop, channel).await.map(|_| ()) };
            self.beside(shop, work).await?;
        }
        Ok(count)
    }

    /// Whether a book is to be begun, asked for, or closed: known from the settings, so that most batches ask nobody.
    fn has_template_work(&self, settings: &ShopSettings) -> bool {
        let now = self.now();
        settings.channels.values().map(|entry| &entry.value).any(|channel| {
            let is_planned = |book: &TemplateBook| book.due_at.is_some();
            let book = settings.templates.get(&channel.id);
            book.is_some_and(|book| book.is_due(now)) || can_list(channel) != book.is_some_and(is_planned)
        })
    }

    /// A channel was saved: its provider is asked at once.
    pub(crate) async fn plan_templates(&self, shop: ShopId, channel: &Connection) -> Result<(), StoreError> {
        if self.rehearsed_silence.is_some() || !can_list(channel) {
            return Ok(());
        }
        let now = self.now();
        self.change_book(shop, channel.id, |book| book.due_at = Some(now)).await.map(|_| ())
    }

    /// Asks a channel's provider for its templates, now. What it refuses stands in the book.
    pub async fn sync_templates(&self, shop: ShopId, name: &str) -> Result<TemplateBook, TemplateFailure> {
        let settings = self.settings(shop).await?;
        let channel = settings.as_ref().and_then(|settings| settings.channels.get(name));
        let channel = channel.ok_or_else(|| TemplateFailure::NoChannel(name.to_owned()))?;
        if !can_list(&channel.value) {
            return Err(TemplateFailure::NotAble(name.to_owned(), "approves no templates, or may not be asked"));
        }
        let book = self.list_templates(shop, channel.value.id).await?;
        book.ok_or_else(|| TemplateFailure::NoChannel(name.to_owned()))
    }

    /// What is known of a channel's templates; none if there is no such channel.
    pub async fn template_book(&self, shop: ShopId, name: &str) -> Result<Option<TemplateBook>, StoreError> {
        let settings = self.settings(shop).await?;
        Ok(settings.and_then(|settings| {
            let channel = settings.channels.get(name)?.value.id;
            Some(settings.templates.get(&channel).cloned().unwrap_or_else(|| TemplateBook::new(channel)))
        }))
    }

    /// Asks a channel's provider to approve the template that a content's variant names.
    pub async fn create_template(
        &self,
        shop: ShopId,
        name: &str,
        content: &str,
        locale: Option<&str>,
    ) -> Result<Template, TemplateFailure> {
        let settings = self.settings(shop).await?;
        let channel = settings.as_ref().and_then(|settings| settings.channels.get(name)).map(|entry| &entry.value);
        let channel = channel.ok_or_else(|| TemplateFailure::NoChannel(name.to_owned()))?;
        let makes = |ability: &cartwright_domain::shop::ChannelAbility| {
            ability.tasks.contains(&ChannelTaskKind::CreateTemplate)
        };
        let ability = channel.ability.as_ref().filter(|ability| makes(ability));
        let fields = ability.and_then(|ability| ability.templates.as_ref());
        let (Some(ability), Some(fields)) = (ability, fields) else {
            let why = "takes no templates from here; make them at its own site";
            return Err(TemplateFailure::NotAble(name.to_owned(), why));
        };
        let contents = self.store.contents(shop).await?;
        let known = contents.iter().map(|(known, _)| known).find(|known| known.name == content);
        let known = known.ok_or_else(|| TemplateFailure::NoContent(content.to_owned()))?;
        let variant = known.variant(&ability.channel, locale);
        let (variant, locale) = variant.ok_or_else(|| TemplateFailure::NoVariant(ability.channel.clone()))?;
        let named = fields.named(&variant.body, locale);
        let (called, language) = named.ok_or_else(|| TemplateFailure::NoName(fields.name.clone()))?;
        let asked = ToldTemplate {
            name: called.to_owned(),
            locale: language.unwrap_or(locale).replace('_', "-"),
            content: variant.body.clone(),
            state: TemplateState::Pending,
            words: None,
        };
        let made = match self.do_channel_task(shop, channel, &ChannelTask::CreateTemplate(asked)).await? {
            ChannelDone::Created(made) => template_of(made, Some(fields), self.now()),
            ChannelDone::Failed(rejection) => return Err(TemplateFailure::Refused(words(&rejection))),
            _ => return Err(TemplateFailure::Refused("the plugin told something else".to_owned())),
        };
        self.change_book(shop, channel.id, |book| book.put(made.clone())).await?;
        Ok(made)
    }

    /// What a webhook told of templates.
    pub(crate) async fn take_template_news(
        &self,
        shop: ShopId,
        channel: ConnectionId,
        news: &[TemplateNews],
    ) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        let now = self.now();
        self.change_book(shop, channel, |book| news.iter().for_each(|one| book.tell(one, now))).await.map(|_| ())
    }

    /// Asks a provider, and writes down what it said; what is known then.
    async fn list_templates(&self, shop: ShopId, channel: ConnectionId) -> Result<Option<TemplateBook>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        let known = settings.channels.values().map(|entry| &entry.value).find(|known| known.id == channel);
        let Some(known) = known else { return Ok(None) };
        let asked_at = self.now();
        let fields = known.ability.as_ref().and_then(|ability| ability.templates.as_ref());
        let told = match self.do_channel_task(shop, known, &ChannelTask::ListTemplates).await {
            Ok(ChannelDone::Templates(told)) => {
                Ok(told.into_iter().map(|one| template_of(one, fields, asked_at)).collect::<Vec<_>>())
            }
            Ok(ChannelDone::Failed(rejection)) => Err(words(&rejection)),
            Ok(_) => Err("the plugin told something else than its templates".to_owned()),
            Err(TemplateFailure::Store(error)) => return Err(error),
            Err(failure) => Err(failure.to_string()),
        };
        let known_trouble = settings.templates.get(&channel).and_then(|book| book.trouble.as_ref());
        if let Err(why) = &told
            && known_trouble != Some(why)
        {
            tracing::warn!(%shop, channel = known.name, why, "a provider did not tell its templates");
        }
        let now = self.now();
        self.change_book(shop, channel, |book| match &told {
            Ok(told) => book.list(told.clone(), asked_at, now),
            Err(why) => book.fail(why.clone(), now),
        })
        .await
    }

    async fn do_channel_task(
        &self,
        shop: ShopId,
        channel: &Connection,
        task: &ChannelTask,
    ) -> Result<ChannelDone, TemplateFailure> {
        let Some(mut call) = self.connection_call(shop, channel).await? else {
            return Err(TemplateFailure::NotAble(channel.name.clone(), "cannot be asked: its plugin is not installed"));
        };
        self.renew(&channel.name, &mut call, channel.ability.as_ref()).await?;
        Ok(self.tasks().run(&call, task, self.now() + PATIENCE).await?)
    }

    /// Writes something into a book, on top of whatever else was written meanwhile; the book, unless its channel is gone.
    async fn change_book(
        &self,
        shop: ShopId,
        channel: ConnectionId,
        change: impl Fn(&mut TemplateBook),
    ) -> Result<Option<TemplateBook>, StoreError> {
        for _ in 0..CONFLICTS {
            let Some(settings) = self.settings(shop).await? else { return Ok(None) };
            let known = settings.channels.values().map(|entry| &entry.value).find(|known| known.id == channel);
            let Some(known) = known else { return Ok(None) };
            let books = self.store.template_books(shop).await?;
            let entry = books.into_iter().find(|entry| entry.value.connection == channel);
            let mut entry = entry.unwrap_or_else(|| Entry::new(TemplateBook::new(channel)));
            let before = entry.value.clone();
            change(entry.edit());
            if entry.value == before && entry.revision > 0 {
                return Ok(Some(before));
            }
            let book = entry.value.clone();
            let alarms = all_clears(&settings, known, &before, &book, self.now());
            let changes = Changes { templates: vec![entry], alarms, ..Changes::default() };
            match self.store.commit(shop, &changes).await {
                Err(StoreError::Conflict) => {}
                other => {
                    self.wake_for([shop]);
                    return other.map(|_| Some(book));
                }
            }
        }
        Err(StoreError::Conflict)
    }
}

/// Whether a channel's provider can be asked for its templates.
fn can_list(channel: &Connection) -> bool {
    let lists = channel.ability.as_ref().is_some_and(|ability| ability.lists_templates());
    lists && !channel.grants.hosts.is_empty()
}

/// Contents that no refused template keeps back any more.
fn all_clears(
    settings: &ShopSettings,
    channel: &Connection,
    before: &TemplateBook,
    after: &TemplateBook,
    now: Timestamp,
) -> Vec<Alarm> {
    let contents = settings.strategies.iter().flat_map(|live| &live.version.definition.contents);
    contents
        .filter(|content| before.refuses(channel, content) && !after.refuses(channel, content))
        .filter(|content| !channel.held_contents.contains_key(&content.name))
        .map(|content| Alarm::clear(AlertCause::ContentHeld, &content_on(&content.name, &channel.name), now))
        .collect()
}

/// A template as contents name it.
fn template_of(told: ToldTemplate, fields: Option<&TemplateFields>, told_at: Timestamp) -> Template {
    let named = fields.and_then(|fields| fields.named(&told.content, &told.locale));
    let name = named.map_or_else(|| told.name.clone(), |(name, _)| name.to_owned());
    let title = (told.name != name).then_some(told.name);
    Template { name, title, locale: told.locale, state: told.state, words: told.words, told_at }
}

fn words(rejection: &Rejection) -> String {
    let details = &rejection.details;
    details.code.as_ref().map_or_else(|| details.text.clone(), |code| format!("{} ({code})", details.text))
}
