//! Secrets that a channel renews: before they are used for the last time, never in the middle of a batch (S44).

use cartwright_domain::shop::ChannelAbility;
use cartwright_domain::time::Span;

use super::Vault;
use crate::Engine;
use crate::ports::{ChannelDone, ChannelTask, ConnectionCall, StoreError};

/// How long before its end a secret is renewed; longer than a batch takes.
const AHEAD: Span = Span::minutes(10);
/// How long the other side has for it.
const PATIENCE: Span = Span::seconds(30);

impl Engine {
    /// Renews what ends soon. When a secret that a person entered ends nobody knows, so it is renewed at its first use.
    /// One that cannot be renewed is used as it is: the provider says what it thinks of it.
    pub(crate) async fn renew(
        &self,
        call: &mut ConnectionCall,
        ability: Option<&ChannelAbility>,
    ) -> Result<(), StoreError> {
        for secret in ability.map_or(&[][..], |ability| &ability.refreshes) {
            if call.expiries.get(secret).is_some_and(|end| *end > self.now() + AHEAD) {
                continue;
            }
            let task = ChannelTask::Refresh(secret.clone());
            match self.tasks().run(call, &task, self.now() + PATIENCE).await {
                Ok(ChannelDone::Refreshed) => {}
                Ok(refused) => {
                    tracing::warn!(connection = %call.connection, secret, ?refused, "a secret was not renewed")
                }
                Err(failure) => {
                    tracing::warn!(connection = %call.connection, secret, %failure, "a secret was not renewed")
                }
            }
            self.open(call).await?;
        }
        Ok(())
    }
}
