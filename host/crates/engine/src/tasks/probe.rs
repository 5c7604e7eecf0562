//! Whether a connection works: a harmless request with its own credentials.

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::SourceTaskKind;
use cartwright_domain::shop::{ChannelTaskKind, Connection, ConnectionKind};
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

/// Who may ask the other side of a connection, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probing {
    /// Its plugin knows no harmless question.
    Never,
    /// Its credentials may be renewed on the way, which two processes must not do at once (S44).
    ByTheService,
    /// Anybody, at any time.
    Now,
}

impl Engine {
    /// Whether a connection can be asked whether it works, by a process beside those that serve.
    pub async fn probing(&self, shop: ShopId, connection: &Connection) -> Result<Probing, StoreError> {
        let (knows_how, is_renewed) = match &connection.ability {
            Some(ability) => (ability.tasks.contains(&ChannelTaskKind::Probe), !ability.refreshes.is_empty()),
            None => {
                let settings = self.settings(shop).await?;
                let abilities = settings.iter().flat_map(|settings| settings.source_abilities(connection));
                (abilities.into_iter().any(|ability| ability.task == SourceTaskKind::Probe), false)
            }
        };
        Ok(match (knows_how, is_renewed) {
            (false, _) => Probing::Never,
            (true, true) => Probing::ByTheService,
            (true, false) => Probing::Now,
        })
    }

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
