//! Whether a connection works: a harmless request with its own credentials.

use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::ConnectionKind;
use cartwright_domain::time::Span;

use super::TaskFailure;
use crate::Engine;
use crate::ports::{ChannelDone, ChannelTask, SourceDone, SourceTask, StoreError};

/// How long a person waits for the answer.
const PATIENCE: Span = Span::seconds(60);

/// Why it is not known to work.
#[derive(Debug, thiserror::Error)]
pub enum ProbeFailure {
    /// There is none.
    #[error("the shop has no {kind} `{name}`; connect it first")]
    NoConnection {
        /// `channel` or `source`.
        kind: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// Its plugin is not there.
    #[error("no active version of the plugin `{0}` is installed; install one first")]
    NoPlugin(String),
    /// The other side refused, in its words.
    #[error("the other side refused: {0}")]
    Refused(String),
    /// The task came to no end.
    #[error(transparent)]
    Task(#[from] TaskFailure),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Asks the other side of a connection who we are to it, in its words.
    pub async fn probe(&self, shop: ShopId, kind: ConnectionKind, name: &str) -> Result<String, ProbeFailure> {
        let word = match kind {
            ConnectionKind::Channel => "channel",
            ConnectionKind::Source => "source",
        };
        let missing = || ProbeFailure::NoConnection { kind: word, name: name.to_owned() };
        let settings = self.settings(shop).await?.ok_or_else(missing)?;
        let connections = match kind {
            ConnectionKind::Channel => &settings.channels,
            ConnectionKind::Source => &settings.sources,
        };
        let connection = &connections.get(name).ok_or_else(missing)?.value;
        let Some(mut call) = self.connection_call(shop, connection).await? else {
            return Err(ProbeFailure::NoPlugin(connection.plugin.to_string()));
        };
        self.renew(name, &mut call, connection.ability.as_ref()).await?;
        let deadline = self.now() + PATIENCE;
        let said = match kind {
            ConnectionKind::Channel => match self.tasks().run(&call, &ChannelTask::Probe, deadline).await? {
                ChannelDone::Probed(said) => Ok(said),
                ChannelDone::Failed(rejection) => Err((rejection.details.code, rejection.details.text)),
                _ => Err((None, String::new())),
            },
            ConnectionKind::Source => match self.tasks().run(&call, &SourceTask::Probe, deadline).await? {
                SourceDone::Probed(said) => Ok(said),
                SourceDone::Failed(refusal) => Err((refusal.code, refusal.text)),
                _ => Err((None, String::new())),
            },
        };
        said.map_err(|(code, text)| ProbeFailure::Refused(code.map_or(text.clone(), |code| format!("{text} ({code})"))))
    }
}
