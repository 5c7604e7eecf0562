//! The five kinds of plugin, and what all of them are asked.

pub(crate) mod channel;
pub(crate) mod condition;
pub(crate) mod convert;
pub(crate) mod renderer;
pub(crate) mod selector;
pub(crate) mod source;
pub(crate) mod transport;

use cartwright_domain::plugin::{PluginFailure, PluginKind};
use cartwright_plugins_bindings::v0_1::imports::types::{Descriptor, Fault};
use cartwright_plugins_bindings::v0_1::{self as v0_1};
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::failure::invalid;
use crate::guest::Guest;

/// A component, linked and known to have the shape of its kind.
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

/// What a component says of itself, in the words of the contract.
#[derive(Debug, PartialEq)]
pub(crate) struct Description {
    pub(crate) descriptor: Descriptor,
    /// Conditions.
    pub(crate) branches: Vec<String>,
    /// Channels.
    pub(crate) ability: Option<channel::wit::ChannelAbility>,
}

impl Kind {
    /// Checks that the exports have the types of the kind.
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

impl Live {
    /// Everything it says of itself.
    pub(crate) async fn describe(&self, store: &mut Store<Guest>) -> wasmtime::Result<Description> {
        let (mut branches, mut ability) = (Vec::new(), None);
        let descriptor = match self {
            Self::Condition(live) => {
                let live = live.cartwright_plugin_condition();
                branches = live.call_branches(&mut *store).await?;
                live.call_describe(store).await?
            }
            Self::Selector(live) => live.cartwright_plugin_selector().call_describe(store).await?,
            Self::Channel(live) => {
                let live = live.cartwright_plugin_channel();
                ability = Some(live.call_ability(&mut *store).await?);
                live.call_describe(store).await?
            }
            Self::Source(live) => live.cartwright_plugin_source().call_describe(store).await?,
            Self::Renderer(live) => live.cartwright_plugin_renderer().call_describe(store).await?,
        };
        Ok(Description { descriptor, branches, ability })
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
        }
    }

    fn name(&self) -> PluginKind {
        match self {
            Self::Condition(_) => PluginKind::Condition,
            Self::Selector(_) => PluginKind::Selector,
            Self::Channel(_) => PluginKind::Channel,
            Self::Source(_) => PluginKind::Source,
            Self::Renderer(_) => PluginKind::Renderer,
        }
    }

    /// For a call that only another kind can answer.
    pub(crate) fn is_not(&self, wanted: &str) -> PluginFailure {
        invalid(format!("the plugin is a {}, not a {wanted}", self.name()))
    }
}
