//! Where secrets are kept that the other side gives (S44), and who may renew them at a time.

use async_trait::async_trait;
use cartwright_domain::ids::ConnectionId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

use crate::Engine;
use crate::ports::{Captured, ConnectionCall, StoreError};

/// The secrets of connections, to be renewed.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Waits until nobody else renews a secret of this connection. The turn ends when it is dropped.
    async fn turn(&self, call: &ConnectionCall) -> Turn;
    /// Puts the secrets into the call as they are now.
    async fn open(&self, call: &mut ConnectionCall) -> Result<(), StoreError>;
    /// Stores secrets durably.
    async fn keep(&self, call: &ConnectionCall, captured: &[Captured]) -> Result<(), StoreError>;
}

/// The turn to renew a connection's secrets.
pub type Turn = OwnedMutexGuard<()>;

/// Whose turn it is, by connection.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<ConnectionId, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits for the turn of a connection.
    pub async fn take(&self, connection: ConnectionId) -> Turn {
        let lock = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for are only known here.
            turns.retain(|_, lock| Arc::strong_count(lock) > 1);
            turns.entry(connection).or_default().clone()
        };
        lock.lock_owned().await
    }
}

#[async_trait]
impl Vault for Engine {
    async fn turn(&self, call: &ConnectionCall) -> Turn {
        self.turns.take(call.connection).await
    }

    async fn open(&self, call: &mut ConnectionCall) -> Result<(), StoreError> {
        let (shop, connection) = (call.plugin.shop, call.connection);
        call.secrets = Arc::new(self.store.secrets(shop, connection).await?.into_iter().collect());
        call.expiries = Arc::new(self.store.secret_expiries(shop, connection).await?.into_iter().collect());
        Ok(())
    }

    async fn keep(&self, call: &ConnectionCall, captured: &[Captured]) -> Result<(), StoreError> {
        self.store.keep_secrets(call.plugin.shop, call.connection, captured).await
    }
}

impl ConnectionCall {
    /// Goes on with secrets that were just stored.
    pub fn take(&mut self, captured: Vec<Captured>) {
        let secrets = Arc::make_mut(&mut self.secrets);
        let expiries = Arc::make_mut(&mut self.expiries);
        for one in captured {
            match one.expires_at {
                Some(at) => expiries.insert(one.name.clone(), at),
                None => expiries.remove(&one.name),
            };
            secrets.insert(one.name, one.secret);
        }
    }
}
