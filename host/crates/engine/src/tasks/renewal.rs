//! Secrets that a channel renews: before they are used for the last time, never in the middle of a batch (S44).

use cartwright_domain::alert::{Alarm, AlertCause, AlertCode};
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
        channel: &str,
        call: &mut ConnectionCall,
        ability: Option<&ChannelAbility>,
    ) -> Result<(), StoreError> {
        for secret in ability.map_or(&[][..], |ability| &ability.refreshes) {
            if call.expiries.get(secret).is_some_and(|end| *end > self.now() + AHEAD) {
                continue;
            }
            let task = ChannelTask::Refresh(secret.clone());
            let now = self.now();
            let why = match self.tasks().run(call, &task, now + PATIENCE).await {
                Ok(ChannelDone::Refreshed) => None,
                Ok(ChannelDone::Failed(rejection)) => Some(rejection.details.text),
                Ok(_) => Some("the channel's plugin said nothing about the secret".to_owned()),
                Err(failure) => Some(failure.to_string()),
            };
            let alarm = match why {
                None => Alarm::clear(AlertCause::TokenExpiring, channel, now),
                Some(why) => {
                    tracing::warn!(connection = %call.connection, secret, why, "a secret was not renewed");
                    let words = match call.expiries.get(secret) {
                        Some(end) => AlertCode::SecretEnds.with([("secret", secret), ("end", end), ("why", &why)]),
                        None => AlertCode::SecretNotRenewed.with([("secret", secret), ("why", &why)]),
                    };
                    Alarm::raise(AlertCause::TokenExpiring, channel, words, AlertCode::StoreSecret, now)
                }
            };
            self.sound(call.plugin.shop, vec![alarm]).await?;
            self.open(call).await?;
        }
        Ok(())
    }
}
