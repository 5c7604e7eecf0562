//! The twin of `cartwright:plugin@0.1.0`: a component built for it answers here, in the words of the newest edition.

mod answers;
mod hosts;

pub(crate) use hosts::link;

use cartwright_domain::plugin::PluginKind;
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_plugins_bindings::v0_1;
use cartwright_plugins_bindings::v0_1::channel::exports::cartwright::plugin::channel as old_channel;
use cartwright_plugins_bindings::v0_1::source::exports::cartwright::plugin::source as old_source;
use cartwright_plugins_bindings::v0_2::imports::{transport, types};
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::failure::Stopped;
use crate::guest::Guest;
use crate::kinds::{Description, channel, condition, renderer, selector, source};
use answers::{Twin, completion, source_completion};

/// A component of this edition, linked and known to have the shape of its kind.
pub(crate) enum Kind {
    Condition(v0_1::condition::ConditionPluginPre<Guest>),
    Selector(v0_1::selector::SelectorPluginPre<Guest>),
    Channel(v0_1::channel::ChannelPluginPre<Guest>),
    Source(v0_1::source::SourcePluginPre<Guest>),
    Renderer(v0_1::renderer::RendererPluginPre<Guest>),
}

/// A living instance.
pub(crate) enum Live {
    Condition(v0_1::condition::ConditionPlugin),
    Selector(v0_1::selector::SelectorPlugin),
    Channel(v0_1::channel::ChannelPlugin),
    Source(v0_1::source::SourcePlugin),
    Renderer(v0_1::renderer::RendererPlugin),
}

impl Kind {
    pub(crate) fn new(kind: PluginKind, pre: InstancePre<Guest>) -> wasmtime::Result<Self> {
        Ok(match kind {
            PluginKind::Condition => Self::Condition(v0_1::condition::ConditionPluginPre::new(pre)?),
            PluginKind::Selector => Self::Selector(v0_1::selector::SelectorPluginPre::new(pre)?),
            PluginKind::Channel => Self::Channel(v0_1::channel::ChannelPluginPre::new(pre)?),
            PluginKind::Source => Self::Source(v0_1::source::SourcePluginPre::new(pre)?),
            PluginKind::Renderer => Self::Renderer(v0_1::renderer::RendererPluginPre::new(pre)?),
        })
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Live> {
        Ok(match self {
            Self::Condition(pre) => Live::Condition(pre.instantiate_async(store).await?),
            Self::Selector(pre) => Live::Selector(pre.instantiate_async(store).await?),
            Self::Channel(pre) => Live::Channel(pre.instantiate_async(store).await?),
            Self::Source(pre) => Live::Source(pre.instantiate_async(store).await?),
            Self::Renderer(pre) => Live::Renderer(pre.instantiate_async(store).await?),
        })
    }

    pub(crate) fn name(&self) -> PluginKind {
        match self {
            Self::Condition(_) => PluginKind::Condition,
            Self::Selector(_) => PluginKind::Selector,
            Self::Channel(_) => PluginKind::Channel,
            Self::Source(_) => PluginKind::Source,
            Self::Renderer(_) => PluginKind::Renderer,
        }
    }
}

/// An answer of a guest, or its fault.
type Answer<T> = wasmtime::Result<Result<T, types::Fault>>;

/// Forward, whatever came.
fn forward<T: Twin>(answer: Result<T, v0_1::imports::types::Fault>) -> Answer<T::Of> {
    Ok(answer.map(Twin::twin).map_err(Twin::twin))
}

/// A task that came with a later edition.
fn not_supported<T>(task: &str) -> Answer<T> {
    let message = format!("a plugin of the edition 0.1 knows no task `{task}`; build it for 0.2");
    Ok(Err(types::Fault { kind: types::FaultKind::NotSupported, message }))
}

impl Live {
    pub(crate) fn name(&self) -> PluginKind {
        match self {
            Self::Condition(_) => PluginKind::Condition,
            Self::Selector(_) => PluginKind::Selector,
            Self::Channel(_) => PluginKind::Channel,
            Self::Source(_) => PluginKind::Source,
            Self::Renderer(_) => PluginKind::Renderer,
        }
    }

    fn is_not(&self, wanted: PluginKind) -> wasmtime::Error {
        Stopped::OfOtherKind { is: self.name(), wanted }.into()
    }

    pub(crate) async fn describe(&self, store: &mut Store<Guest>) -> wasmtime::Result<Description> {
        Ok(match self {
            Self::Condition(live) => {
                let live = live.cartwright_plugin_condition();
                let branches = live.call_branches(&mut *store).await?;
                Description { branches, ..Description::of(live.call_describe(store).await?.twin()) }
            }
            Self::Selector(live) => {
                Description::of(live.cartwright_plugin_selector().call_describe(store).await?.twin())
            }
            Self::Channel(live) => {
                let live = live.cartwright_plugin_channel();
                let ability = Some(live.call_ability(&mut *store).await?.twin());
                Description { ability, ..Description::of(live.call_describe(store).await?.twin()) }
            }
            Self::Source(live) => {
                let live = live.cartwright_plugin_source();
                let tasks = live.call_tasks(&mut *store).await?.twin();
                Description { tasks, ..Description::of(live.call_describe(store).await?.twin()) }
            }
            Self::Renderer(live) => {
                Description::of(live.cartwright_plugin_renderer().call_describe(store).await?.twin())
            }
        })
    }

    pub(crate) async fn check_config(&self, store: &mut Store<Guest>, config: &String) -> Answer<()> {
        forward(match self {
            Self::Condition(live) => live.cartwright_plugin_condition().call_check_config(store, config).await?,
            Self::Selector(live) => live.cartwright_plugin_selector().call_check_config(store, config).await?,
            Self::Channel(live) => live.cartwright_plugin_channel().call_check_config(store, config).await?,
            Self::Source(live) => live.cartwright_plugin_source().call_check_config(store, config).await?,
            Self::Renderer(_) => Ok(()),
        })
    }

    pub(crate) async fn evaluate(&self, store: &mut Store<Guest>) -> Answer<condition::wit::Verdict> {
        let Self::Condition(live) = self else { return Err(self.is_not(PluginKind::Condition)) };
        forward(live.cartwright_plugin_condition().call_evaluate(store).await?)
    }

    pub(crate) async fn select(&self, store: &mut Store<Guest>) -> Answer<selector::wit::Choice> {
        let Self::Selector(live) = self else { return Err(self.is_not(PluginKind::Selector)) };
        forward(live.cartwright_plugin_selector().call_select(store).await?)
    }

    pub(crate) async fn load(
        &self,
        store: &mut Store<Guest>,
        parts: &[renderer::wit::Part],
    ) -> wasmtime::Result<Result<(), renderer::wit::TemplateError>> {
        let Self::Renderer(live) = self else { return Err(self.is_not(PluginKind::Renderer)) };
        let parts: Vec<_> = parts.iter().cloned().map(Twin::twin).collect();
        Ok(live.cartwright_plugin_renderer().call_load(store, &parts).await?.map_err(Twin::twin))
    }

    pub(crate) async fn render(&self, store: &mut Store<Guest>, data: &String) -> Answer<Vec<renderer::wit::Text>> {
        let Self::Renderer(live) = self else { return Err(self.is_not(PluginKind::Renderer)) };
        forward(live.cartwright_plugin_renderer().call_render(store, data).await?)
    }

    pub(crate) async fn check_templates(
        &self,
        store: &mut Store<Guest>,
        parts: &[renderer::wit::Part],
    ) -> wasmtime::Result<renderer::wit::CheckReport> {
        let Self::Renderer(live) = self else { return Err(self.is_not(PluginKind::Renderer)) };
        let parts: Vec<_> = parts.iter().cloned().map(Twin::twin).collect();
        Ok(live.cartwright_plugin_renderer().call_check(store, &parts).await?.twin())
    }

    pub(crate) async fn begin_channel(
        &self,
        store: &mut Store<Guest>,
        task: &channel::wit::Task,
    ) -> Answer<channel::wit::Step> {
        use channel::wit::Task;
        let Self::Channel(live) = self else { return Err(self.is_not(PluginKind::Channel)) };
        let (kind, task) = match task.clone() {
            Task::Send(message) => (ChannelTaskKind::Send, old_channel::Task::Send(message.twin())),
            Task::Lookup(message) => (ChannelTaskKind::Lookup, old_channel::Task::Lookup(message.twin())),
            Task::Probe => (ChannelTaskKind::Probe, old_channel::Task::Probe),
            Task::Price(_) => return not_supported("price"),
            Task::ListTemplates => return not_supported("list-templates"),
            Task::CreateTemplate(_) => return not_supported("create-template"),
            Task::Refresh(_) => return not_supported("refresh"),
        };
        let answer = live.cartwright_plugin_channel().call_begin(store, &task).await?;
        Ok(answer.map(|step| channel_step(kind, step)).map_err(Twin::twin))
    }

    pub(crate) async fn resume_channel(
        &self,
        store: &mut Store<Guest>,
        task: ChannelTaskKind,
        state: &[u8],
        responses: &[transport::Response],
    ) -> Answer<channel::wit::Step> {
        let Self::Channel(live) = self else { return Err(self.is_not(PluginKind::Channel)) };
        let responses: Vec<_> = responses.iter().cloned().map(Twin::twin).collect();
        let answer = live.cartwright_plugin_channel().call_resume(store, state, &responses).await?;
        Ok(answer.map(|step| channel_step(task, step)).map_err(Twin::twin))
    }

    pub(crate) async fn begin_source(
        &self,
        store: &mut Store<Guest>,
        task: &source::wit::Task,
    ) -> Answer<source::wit::Step> {
        use source::wit::Task;
        let Self::Source(live) = self else { return Err(self.is_not(PluginKind::Source)) };
        match task {
            Task::Probe => {}
            Task::Poll(_) => return not_supported("poll"),
            Task::Backfill(_) => return not_supported("backfill"),
            Task::OrdersOf(_) => return not_supported("orders-of"),
            Task::Subscribe(_) => return not_supported("subscribe"),
        }
        let answer = live.cartwright_plugin_source().call_begin(store, old_source::Task::Probe).await?;
        Ok(answer.map(source_step).map_err(Twin::twin))
    }

    pub(crate) async fn resume_source(
        &self,
        store: &mut Store<Guest>,
        state: &[u8],
        responses: &[transport::Response],
    ) -> Answer<source::wit::Step> {
        let Self::Source(live) = self else { return Err(self.is_not(PluginKind::Source)) };
        let responses: Vec<_> = responses.iter().cloned().map(Twin::twin).collect();
        let answer = live.cartwright_plugin_source().call_resume(store, state, &responses).await?;
        Ok(answer.map(source_step).map_err(Twin::twin))
    }

    pub(crate) async fn verify(
        &self,
        store: &mut Store<Guest>,
        webhook: &transport::Webhook,
    ) -> wasmtime::Result<transport::Verification> {
        let webhook = webhook.clone().twin();
        let answer = match self {
            Self::Channel(live) => live.cartwright_plugin_channel().call_verify(store, &webhook).await?,
            Self::Source(live) => live.cartwright_plugin_source().call_verify(store, &webhook).await?,
            _ => return Err(self.is_not(PluginKind::Source)),
        };
        Ok(answer.twin())
    }

    pub(crate) async fn receive(
        &self,
        store: &mut Store<Guest>,
        webhook: &transport::Webhook,
    ) -> Answer<Vec<channel::wit::Receipt>> {
        let Self::Channel(live) = self else { return Err(self.is_not(PluginKind::Channel)) };
        forward(live.cartwright_plugin_channel().call_receive(store, &webhook.clone().twin()).await?)
    }

    pub(crate) async fn parse(
        &self,
        store: &mut Store<Guest>,
        webhook: &transport::Webhook,
    ) -> Answer<source::wit::Parsed> {
        let Self::Source(live) = self else { return Err(self.is_not(PluginKind::Source)) };
        forward(live.cartwright_plugin_source().call_parse(store, &webhook.clone().twin()).await?)
    }
}

fn channel_step(task: ChannelTaskKind, step: old_channel::Step) -> channel::wit::Step {
    match step {
        old_channel::Step::Call(pending) => channel::wit::Step::Call(pending.twin()),
        old_channel::Step::Done(outcome) => channel::wit::Step::Done(completion(task, outcome)),
    }
}

fn source_step(step: old_source::Step) -> source::wit::Step {
    match step {
        old_source::Step::Call(pending) => source::wit::Step::Call(pending.twin()),
        old_source::Step::Done(found) => source::wit::Step::Done(source_completion(found)),
    }
}
