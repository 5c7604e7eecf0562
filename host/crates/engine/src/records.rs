//! What was written down about plugins, read back as it was meant.

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{AuditEntry, Rejected};
use serde::de::DeserializeOwned;

use crate::Engine;
use crate::ports::{Note, NoteKind, Page, PageRequest, StoreError};

impl Engine {
    /// Uploads that were refused, newest first.
    pub async fn rejected_uploads(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Rejected>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Rejected, "", page).await?)
    }

    /// Who did what to a plugin, newest first.
    pub async fn plugin_audit(
        &self,
        shop: ShopId,
        name: &str,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Audit, name, page).await?)
    }
}

fn read_all<T: DeserializeOwned>(found: Page<Note>) -> Result<Page<T>, StoreError> {
    let items = found.items.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page { items, next: found.next })
}

fn read<T: DeserializeOwned>(note: Note) -> Result<T, StoreError> {
    let kind = note.kind.name();
    serde_json::from_value(note.document)
        .map_err(|error| StoreError::Failed(format!("the stored {kind} {} cannot be read: {error}", note.id)))
}
