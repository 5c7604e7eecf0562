//! What people configure: kept in SQLite as ever, and asked for only when it has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::content::Content;
use cartwright_domain::ids::{ConnectionId, KeyId, MessageId, NoteId, RunId, ShopId, StrategyId, UserId, VersionId};
use cartwright_domain::oidc::{Account, Entrance, Keeper};
use cartwright_domain::plugin::{Breaker, Kill, PluginRecord};
use cartwright_domain::replacing::Replacement;
use cartwright_domain::shop::{Connection, ConnectionKind, Shop};
use cartwright_domain::strategy::{StateChange, StrategyRecord, StrategyState, Version};
use cartwright_domain::template::TemplateBook;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::trust::TrustPolicy;
use cartwright_domain::user::{Link, Role, Session, User};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{
    Accounts, ApiKey, Captured, Components, Erasure, Figure, Links, Note, NoteKind, Page, PageRequest, People,
    PluginChanges, PluginLife, Publication, Redemption, Resealed, Secret, SecretPlace, Settings, StoreError, Trust,
};

use super::MemoryStore;

/// Hands calls of a port on to the database beside. Behind a `change`, what is known of the settings is forgotten.
macro_rules! forward {
    ($port:ident { $($kind:ident $name:ident($($given:ident: $type:ty),*) -> $gives:ty;)* } own { $($own:item)* }) => {
        #[async_trait]
        impl $port for MemoryStore {
            $(async fn $name(&self, $($given: $type),*) -> Result<$gives, StoreError> {
                let answer = $port::$name(&self.settings, $($given),*).await;
                forward!(@$kind self);
                answer
            })*
            $($own)*
        }
    };
    (@change $store:ident) => { $store.forget_known(); };
    (@ask $store:ident) => {};
}

forward! {
    Erasure {
        ask erasure_key(shop: ShopId) -> Option<[u8; 32]>;
        change make_erasure_key(shop: ShopId, key: [u8; 32]) -> [u8; 32];
        ask erased_among(shop: ShopId, hashes: &[[u8; 32]]) -> Vec<[u8; 32]>;
    } own {}
}

forward! {
    Links {
        ask link_key(shop: ShopId) -> Option<[u8; 32]>;
        ask make_link_key(shop: ShopId, key: [u8; 32]) -> [u8; 32];
    } own {
        async fn short_link(&self, token: &str) -> Result<Option<(ShopId, MessageId)>, StoreError> {
            let state = self.state();
            Ok(state.shops.iter().find_map(|(shop, tables)| Some((*shop, *tables.short_links.get(token)?))))
        }
    }
}

forward! {
    Settings {
        change add_shop(shop: &Shop) -> ();
        change save_shop(shop: &Shop) -> ();
        ask shop(shop: ShopId) -> Option<Arc<Shop>>;
        ask shops() -> Vec<Shop>;
        change add_key(key: &ApiKey) -> ();
        ask key(hash: &[u8; 32]) -> Option<ApiKey>;
        ask keys(shop: ShopId) -> Vec<ApiKey>;
        change remove_key(shop: ShopId, key: KeyId) -> bool;
        change save_connection(shop: ShopId, connection: &Connection) -> ();
        ask connections(shop: ShopId) -> Vec<Entry<Connection>>;
        ask template_books(shop: ShopId) -> Vec<Entry<TemplateBook>>;
        ask connection(connection: ConnectionId) -> Option<(ShopId, Connection)>;
        change save_secret(shop: ShopId, connection: ConnectionId, name: &str, secret: &Secret) -> ();
        change keep_secrets(shop: ShopId, connection: ConnectionId, captured: &[Captured]) -> ();
        ask secret_names(shop: ShopId, connection: ConnectionId) -> Vec<String>;
        change save_content(shop: ShopId, content: &Content, at: Timestamp) -> u32;
        ask contents(shop: ShopId) -> Vec<(Content, u32)>;
        ask contents_page(shop: ShopId, page: &PageRequest) -> Page<(Content, u32)>;
        change replace_content(shop: ShopId, content: (&str, u32), versions: &[VersionId], at: Timestamp, revision: u64) -> ();
        ask replacements(shop: ShopId, versions: &[VersionId]) -> Vec<Replacement>;
        change publish(shop: ShopId, publication: &Publication<'_>) -> ();
        change set_strategy_state(shop: ShopId, strategy: StrategyId, state: StrategyState, change: &StateChange) -> bool;
        ask strategies(shop: ShopId) -> Vec<StrategyRecord>;
        ask strategies_page(shop: ShopId, page: &PageRequest) -> Page<StrategyRecord>;
        ask versions(shop: ShopId, ids: &[VersionId]) -> Vec<Version>;
        ask versions_of(shop: ShopId, strategy: StrategyId) -> Vec<Version>;
    } own {
        async fn settings_revision(&self, shop: ShopId) -> Result<u64, StoreError> {
            let known = self.known().revisions.get(&shop).copied();
            if let Some(revision) = known {
                return Ok(revision);
            }
            let revision = self.settings.settings_revision(shop).await?;
            self.known().revisions.insert(shop, revision);
            Ok(revision)
        }

        async fn remove_connection(&self, shop: ShopId, kind: ConnectionKind, name: &str) -> Result<bool, StoreError> {
            let _turn = self.commits.lock().await;
            let known = self.settings.connections(shop).await?;
            let removed = self.settings.remove_connection(shop, kind, name).await?;
            self.forget_known();
            for gone in known.iter().map(|entry| &entry.value).filter(|known| known.kind == kind && known.name == name) {
                let mut state = self.state();
                let tables = state.shops.entry(shop).or_default();
                tables.sources.remove(&gone.id);
                tables.template_books_due.remove(&gone.id);
            }
            Ok(removed)
        }

        async fn remove_strategy(&self, shop: ShopId, strategy: StrategyId, revision: u64) -> Result<bool, StoreError> {
            let _turn = self.commits.lock().await;
            if self.read(shop, |tables| tables.active.keys().any(|(of, _)| *of == strategy)) {
                return Err(StoreError::Conflict);
            }
            let removed = self.settings.remove_strategy(shop, strategy, revision).await;
            self.forget_known();
            removed
        }

        async fn secrets(&self, shop: ShopId, connection: ConnectionId) -> Result<Vec<(String, Secret)>, StoreError> {
            let known = self.known().secrets.get(&(shop, connection)).cloned();
            if let Some(secrets) = known {
                return Ok(secrets);
            }
            let secrets = self.settings.secrets(shop, connection).await?;
            self.known().secrets.insert((shop, connection), secrets.clone());
            Ok(secrets)
        }

        async fn secret_expiries(&self, shop: ShopId, connection: ConnectionId) -> Result<Vec<(String, Timestamp)>, StoreError> {
            let known = self.known().expiries.get(&(shop, connection)).cloned();
            if let Some(expiries) = known {
                return Ok(expiries);
            }
            let expiries = self.settings.secret_expiries(shop, connection).await?;
            self.known().expiries.insert((shop, connection), expiries.clone());
            Ok(expiries)
        }
    }
}

forward! {
    PluginLife {
        change change_plugins(shop: ShopId, changes: &PluginChanges) -> ();
        ask plugins(shop: ShopId) -> Vec<PluginRecord>;
        ask plugin_component(shop: ShopId, digest: &str) -> Option<Bytes>;
        ask plugin_kills(shop: ShopId) -> Vec<Kill>;
        ask breakers(shop: ShopId) -> Vec<(String, Entry<Breaker>)>;
        change save_breaker(shop: ShopId, digest: &str, breaker: &Entry<Breaker>, turns: bool) -> ();
        ask write_notes(shop: ShopId, notes: &[Note]) -> ();
        ask forget_notes(shop: ShopId, kind: NoteKind, before: Timestamp) -> ();
        ask notes(shop: ShopId, kind: NoteKind, subject: &str, page: &PageRequest) -> Page<Note>;
        ask note(shop: ShopId, kind: NoteKind, subject: &str, id: NoteId) -> Option<Note>;
    } own {
        async fn runs_by_version(&self, shop: ShopId) -> Result<Vec<(VersionId, u64)>, StoreError> {
            Ok(self.read(shop, |tables| {
                let mut counted: BTreeMap<VersionId, u64> = BTreeMap::new();
                for row in tables.active.values().filter_map(|run| tables.runs.get(run)) {
                    *counted.entry(row.value.version).or_default() += 1;
                }
                counted.into_iter().collect()
            }))
        }

        async fn add_figures(&self, shop: ShopId, figures: &[Figure]) -> Result<(), StoreError> {
            let mut state = self.state();
            let known = &mut state.shops.entry(shop).or_default().plugin_figures;
            for Figure { digest, day, name, value } in figures.iter().cloned() {
                let is_greatest = name.starts_with("max_");
                let sum = known.entry((digest, day, name)).or_default();
                *sum = if is_greatest { value.max(*sum) } else { *sum + value };
            }
            Ok(())
        }

        async fn figures(&self, shop: ShopId, digest: &str, since: &str) -> Result<Vec<Figure>, StoreError> {
            Ok(self.read(shop, |tables| {
                let of_version = tables.plugin_figures.iter().filter(|((of, day, _), _)| of == digest && day.as_str() >= since);
                let figure = |((digest, day, name), value): (&(String, String, String), &u64)| {
                    Figure { digest: digest.clone(), day: day.clone(), name: name.clone(), value: *value }
                };
                of_version.map(figure).collect()
            }))
        }

        async fn decided_by(&self, shop: ShopId, digest: &str, limit: u32) -> Result<Vec<(RunId, TraceEntry)>, StoreError> {
            Ok(self.read(shop, |tables| {
                let newest = tables.traces.iter().rev();
                let lines = newest.flat_map(|(run, trace)| trace.iter().rev().map(move |entry| (*run, entry)));
                let decided = lines.filter(|(_, entry)| entry.what.digest() == Some(digest));
                decided.take(limit as usize).map(|(run, entry)| (run, entry.clone())).collect()
            }))
        }
    }
}

forward! {
    Trust {
        ask trust(shop: ShopId) -> TrustPolicy;
        change save_trust(shop: ShopId, policy: &TrustPolicy) -> ();
        ask sealings() -> Vec<(String, u64)>;
        change reseal(after: Option<&SecretPlace>, limit: u32) -> Resealed;
    } own {    }
}

forward! {
    People {
        ask add_user(user: &User) -> ();
        ask users() -> Vec<User>;
        ask user(user: UserId) -> Option<User>;
        ask user_named(name: &str) -> Option<User>;
        ask remove_user(user: UserId) -> bool;
        ask members(shop: ShopId) -> Vec<(User, Role)>;
        ask roles(user: UserId) -> Vec<(ShopId, Role)>;
        ask set_role(shop: ShopId, user: UserId, role: Option<Role>) -> ();
        ask add_session(session: &Session) -> ();
        ask session(hash: &[u8; 32], now: Timestamp) -> Option<(Session, User, Vec<(ShopId, Role)>)>;
        ask end_session(hash: &[u8; 32]) -> bool;
        ask add_link(link: &Link) -> ();
        ask link(hash: &[u8; 32], now: Timestamp) -> Option<Link>;
        ask redeem(hash: &[u8; 32], redemption: &Redemption) -> bool;
    } own {    }
}

forward! {
    Accounts {
        ask account(account: &Account) -> Option<(User, Keeper)>;
        ask enter(
            account: &Account, nonce: &[u8; 32], now: Timestamp, until: Timestamp, entrance: &Entrance
        ) -> bool;
    } own {    }
}

forward! {
    Components {
        ask component(shop: ShopId, digest: &str) -> Option<Bytes>;
    } own {    }
}
