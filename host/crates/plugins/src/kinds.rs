//! The five kinds of plugin, and what all of them are asked. Everything here speaks the newest edition; a plugin of
//! an older one answers through its twin in `editions`.

pub(crate) mod channel;
pub(crate) mod condition;
pub(crate) mod convert;
pub(crate) mod renderer;
pub(crate) mod selector;
pub(crate) mod source;
pub(crate) mod transport;

use cartwright_domain::plugin::PluginKind;
use cartwright_plugins_bindings::v0_2;
use cartwright_plugins_bindings::v0_2::imports::types::{Descriptor, Fault};
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::editions::{self, Edition};
use crate::failure::Stopped;
use crate::guest::Guest;

/// A component, linked and known to have the shape of its kind.
pub(crate) enum Kind {
    Condition(v0_2::condition::ConditionPluginPre<Guest>),
    Selector(v0_2::selector::SelectorPluginPre<Guest>),
    Channel(v0_2::channel::ChannelPluginPre<Guest>),
    Source(v0_2::source::SourcePluginPre<Guest>),
    Renderer(v0_2::renderer::RendererPluginPre<Guest>),
    V0_1(editions::v0_1::Kind),
}

/// A living instance.
pub(crate) enum Live {
    Condition(v0_2::condition::ConditionPlugin),
    Selector(v0_2::selector::SelectorPlugin),
    Channel(v0_2::channel::ChannelPlugin),
    Source(v0_2::source::SourcePlugin),
    Renderer(v0_2::renderer::RendererPlugin),
    V0_1(editions::v0_1::Live),
}

/// What a component says of itself, in the words of the contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    pub(crate) descriptor: Descriptor,
    /// Conditions.
    pub(crate) branches: Vec<String>,
    /// Channels.
    pub(crate) ability: Option<channel::wit::ChannelAbility>,
    /// Sources.
    pub(crate) tasks: Vec<source::wit::Ability>,
}

impl Description {
    pub(crate) fn of(descriptor: Descriptor) -> Self {
        Self { descriptor, branches: Vec::new(), ability: None, tasks: Vec::new() }
    }
}

impl Kind {
    /// Checks that the exports have the types of the kind.
    pub(crate) fn new(edition: Edition, kind: PluginKind, pre: InstancePre<Guest>) -> wasmtime::Result<Self> {
        if edition == Edition::V0_1 {
            return editions::v0_1::Kind::new(kind, pre).map(Self::V0_1);
        }
        Ok(match kind {
            PluginKind::Condition => Self::Condition(v0_2::condition::ConditionPluginPre::new(pre)?),
            PluginKind::Selector => Self::Selector(v0_2::selector::SelectorPluginPre::new(pre)?),
            PluginKind::Channel => Self::Channel(v0_2::channel::ChannelPluginPre::new(pre)?),
            PluginKind::Source => Self::Source(v0_2::source::SourcePluginPre::new(pre)?),
            PluginKind::Renderer => Self::Renderer(v0_2::renderer::RendererPluginPre::new(pre)?),
        })
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Live> {
        Ok(match self {
            Self::Condition(pre) => Live::Condition(pre.instantiate_async(store).await?),
            Self::Selector(pre) => Live::Selector(pre.instantiate_async(store).await?),
            Self::Channel(pre) => Live::Channel(pre.instantiate_async(store).await?),
            Self::Source(pre) => Live::Source(pre.instantiate_async(store).await?),
            Self::Renderer(pre) => Live::Renderer(pre.instantiate_async(store).await?),
            Self::V0_1(older) => Live::V0_1(older.instantiate(store).await?),
        })
    }

    pub(crate) fn name(&self) -> PluginKind {
        match self {
            Self::Condition(_) => PluginKind::Condition,
            Self::Selector(_) => PluginKind::Selector,
            Self::Channel(_) => PluginKind::Channel,
            Self::Source(_) => PluginKind::Source,
            Self::Renderer(_) => PluginKind::Renderer,
            Self::V0_1(older) => older.name(),
        }
    }
}

impl Live {
    /// Everything it says of itself.
    pub(crate) async fn describe(&self, store: &mut Store<Guest>) -> wasmtime::Result<Description> {
        Ok(match self {
            Self::Condition(live) => {
                let live = live.cartwright_plugin_condition();
                let branches = live.call_branches(&mut *store).await?;
                Description { branches, ..Description::of(live.call_describe(store).await?) }
            }
            Self::Selector(live) => Description::of(live.cartwright_plugin_selector().call_describe(store).await?),
            Self::Channel(live) => {
                let live = live.cartwright_plugin_channel();
                let ability = Some(live.call_ability(&mut *store).await?);
                Description { ability, ..Description::of(live.call_describe(store).await?) }
            }
            Self::Source(live) => {
                let live = live.cartwright_plugin_source();
                let tasks = live.call_tasks(&mut *store).await?;
                Description { tasks, ..Description::of(live.call_describe(store).await?) }
            }
            Self::Renderer(live) => Description::of(live.cartwright_plugin_renderer().call_describe(store).await?),
            Self::V0_1(older) => older.describe(store).await?,
        })
    }

    /// Its own mind on a configuration. Renderers have none.
    pub(crate) async fn check_config(
        &self,
        store: &mut Store<Guest>,
        config: &str,
    ) -> wasmtime::Result<Result<(), Fault>> {
        let config = &config.to_owned();
        match self {
            Self::Condition(live) => live.cartwright_plugin_condition().call_check_config(store, config).await,
            Self::Selector(live) => live.cartwright_plugin_selector().call_check_config(store, config).await,
            Self::Channel(live) => live.cartwright_plugin_channel().call_check_config(store, config).await,
            Self::Source(live) => live.cartwright_plugin_source().call_check_config(store, config).await,
            Self::Renderer(_) => Ok(Ok(())),
            Self::V0_1(older) => older.check_config(store, config).await,
        }
    }

    pub(crate) fn name(&self) -> PluginKind {
        match self {
            Self::Condition(_) => PluginKind::Condition,
            Self::Selector(_) => PluginKind::Selector,
            Self::Channel(_) => PluginKind::Channel,
            Self::Source(_) => PluginKind::Source,
            Self::Renderer(_) => PluginKind::Renderer,
            Self::V0_1(older) => older.name(),
        }
    }

    /// For a call that only another kind can answer.
    fn is_not(&self, wanted: PluginKind) -> wasmtime::Error {
        Stopped::OfOtherKind { is: self.name(), wanted }.into()
    }
}
