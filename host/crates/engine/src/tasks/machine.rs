//! The two step machines, of channels and of sources, as one.

use async_trait::async_trait;
use cartwright_domain::plugin::PluginFailure;

use crate::ports::{ChannelDone, ChannelTask, ConnectionCall, Plugins, Response, SourceDone, SourceTask, Step};

/// A task that a plugin does in steps.
#[async_trait]
pub trait Machine: Send + Sync {
    /// What it comes to.
    type Done: Send;

    /// Whether it may change something at the other side, in one round.
    fn changes_something(&self) -> bool;

    /// The first step.
    async fn begin(&self, plugins: &dyn Plugins, call: &ConnectionCall) -> Result<Step<Self::Done>, PluginFailure>;

    /// The next step.
    async fn resume(
        &self,
        plugins: &dyn Plugins,
        call: &ConnectionCall,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<Self::Done>, PluginFailure>;
}

#[async_trait]
impl Machine for ChannelTask {
    type Done = ChannelDone;

    fn changes_something(&self) -> bool {
        matches!(self, Self::Send(_) | Self::CreateTemplate(_) | Self::Refresh(_))
    }

    async fn begin(&self, plugins: &dyn Plugins, call: &ConnectionCall) -> Result<Step<ChannelDone>, PluginFailure> {
        plugins.channel_begin(call, self).await
    }

    async fn resume(
        &self,
        plugins: &dyn Plugins,
        call: &ConnectionCall,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<ChannelDone>, PluginFailure> {
        plugins.channel_resume(call, self.kind(), state, responses).await
    }
}

#[async_trait]
impl Machine for SourceTask {
    type Done = SourceDone;

    fn changes_something(&self) -> bool {
        matches!(self, Self::Subscribe(_))
    }

    async fn begin(&self, plugins: &dyn Plugins, call: &ConnectionCall) -> Result<Step<SourceDone>, PluginFailure> {
        plugins.source_begin(call, self).await
    }

    async fn resume(
        &self,
        plugins: &dyn Plugins,
        call: &ConnectionCall,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<SourceDone>, PluginFailure> {
        plugins.source_resume(call, self.kind(), state, responses).await
    }
}
