//! What came in at each channel and source lately, to be looked at. It is noted in memory while a delivery is answered,
//! and goes into the database from time to time, all of a shop in one write; never with an event. A flood is cut off:
//! what nobody has proved waits in small numbers and lies apart, so that it pushes nothing else out.

mod waiting;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use cartwright_domain::delivery::{Delivery, RawBody, RawRequest};
use cartwright_domain::ids::{ConnectionId, NoteId, ShopId};
use cartwright_domain::shard::Shard;
use serde_json::json;

use crate::Engine;
use crate::masking::Masks;
use crate::ports::{Note, NoteKind, Page, PageRequest, StoreError, Webhook};
use crate::records::read_all;

use waiting::Noted;
pub(crate) use waiting::{Deliveries, Fate};

/// So much of a body is shown.
const SHOWN: usize = 64 * 1024;
/// No secret is longer; one that a cut would leave the beginning of lies within so many bytes of it.
const MARGIN: usize = 16 * 1024;
/// Headers that are shown, and so much of each.
const HEADERS: usize = 64;
const HEADER: usize = 2 * 1024;

impl Engine {
    /// Notes what came in and what came of it.
    pub(crate) fn note_delivery(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        webhook: Webhook,
        status: u16,
        fate: Fate,
    ) {
        let length = webhook.body.len();
        let body = match length > SHOWN + MARGIN {
            // A part of it would keep all of it.
            true => Bytes::copy_from_slice(&webhook.body[..SHOWN + MARGIN]),
            false => webhook.body,
        };
        let noted = Noted { received_at: self.now(), status, fate, webhook: Webhook { body, ..webhook }, length };
        self.deliveries.note(shop, connection, noted);
    }

    /// What came in at a connection lately, newest first. Those of this node are among them; another's follow within
    /// seconds.
    pub async fn deliveries(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, StoreError> {
        self.flush_deliveries(shop).await?;
        let mut all = Page { items: Vec::new(), next: None };
        for is_proven in [true, false] {
            let found = self.store.notes(shop, NoteKind::Delivery, &subject_of(connection, is_proven), page).await?;
            let Page { items, next } = read_all::<Delivery>(found)?;
            all.items.extend(items);
            all.next = all.next.or(next);
        }
        all.items.sort_by_key(|delivery| std::cmp::Reverse(delivery.id));
        let is_more = all.next.is_some() || all.items.len() > page.limit as usize;
        all.items.truncate(page.limit as usize);
        all.next = all.items.last().filter(|_| is_more).map(|last| last.id.to_string());
        Ok(all)
    }

    /// Writes down what waits of a shop.
    async fn flush_deliveries(&self, shop: ShopId) -> Result<(), StoreError> {
        let taken = self.deliveries.take(shop);
        if taken.is_empty() {
            return Ok(());
        }
        let mut secrets = Vec::new();
        let mut connections = Vec::new();
        for entry in self.store.connections(shop).await? {
            connections.push(entry.value.id);
            secrets.extend(self.store.secrets(shop, entry.value.id).await?);
        }
        let masks = Masks::of(secrets.iter().map(|(_, secret)| secret));
        let mut mint = self.entropy.mint(self.now());
        let mut notes = Vec::new();
        // Nobody knows any more what was secret at one that was removed.
        for (connection, ring) in taken.into_iter().filter(|(id, _)| connections.contains(id)) {
            for noted in ring {
                let subject = subject_of(connection, noted.fate.outcome.is_proven());
                notes.push((subject, noted));
            }
        }
        notes.sort_by_key(|(_, noted)| noted.received_at);
        let note = |(subject, noted): (String, Noted)| {
            let delivery = written(noted, mint.next(), &masks);
            let (id, at) = (delivery.id, delivery.received_at);
            Note { kind: NoteKind::Delivery, subject, id, at, run: None, document: json!(delivery) }
        };
        let notes: Vec<Note> = notes.into_iter().map(note).collect();
        self.store.write_notes(shop, &notes).await
    }

    /// The same for all shops. What cannot be written is lost: it is only looked at.
    pub(crate) async fn flush_all_deliveries(&self) {
        for shop in self.deliveries.shops() {
            if let Err(error) = self.flush_deliveries(shop).await {
                tracing::warn!(%shop, %error, "the last deliveries are not shown");
            }
        }
    }

    /// The same if the last time is long enough ago; and those that are too old go, also where nothing comes any more.
    pub(crate) async fn tend_deliveries(&self) {
        let (flush, sweep) = self.deliveries.due(self.now());
        if flush {
            self.flush_all_deliveries().await;
        }
        if sweep && let Err(error) = self.forget_old_deliveries().await {
            tracing::warn!(%error, "old deliveries are still there; the next time is in an hour");
        }
    }

    async fn forget_old_deliveries(&self) -> Result<(), StoreError> {
        let Some(age) = NoteKind::Delivery.age() else { return Ok(()) };
        let (shards, before) = (self.shards(), self.now() - age);
        for shop in self.store.shops().await?.into_iter().filter(|shop| shards.contains(&Shard::of(shop.id))) {
            self.store.forget_notes(shop.id, NoteKind::Delivery, before).await?;
        }
        Ok(())
    }
}

/// What nobody has proved stands apart: whoever knows an address could push out everything else.
fn subject_of(connection: ConnectionId, is_proven: bool) -> String {
    if is_proven { connection.to_string() } else { format!("{connection} unproven") }
}

fn written(noted: Noted, id: NoteId, masks: &Masks) -> Delivery {
    let Noted { received_at, status, fate, webhook, length } = noted;
    let Fate { outcome, told, known, reason } = fate;
    let headers = webhook.headers.iter().take(HEADERS).map(|header| {
        let (name, mut value) = masks.header(header);
        value.truncate(value.floor_char_boundary(HEADER));
        (name, value)
    });
    let mut body = masks.bytes(&webhook.body);
    if webhook.body.len() < length {
        // The end may be the beginning of a secret.
        body.truncate(body.len().saturating_sub(MARGIN));
    }
    let is_cut = webhook.body.len() < length || body.len() > SHOWN;
    body.truncate(SHOWN);
    let request = RawRequest {
        method: webhook.method,
        path: masks.path(&webhook.path),
        headers: headers.collect(),
        body: text_of(body, is_cut),
        bytes: length as u64,
        is_cut,
    };
    Delivery { id, received_at, outcome, status, told, known, reason: reason.map(|it| masks.text(&it)), request }
}

/// As text, if it is some; a cut may go through a sign.
fn text_of(bytes: Vec<u8>, is_cut: bool) -> RawBody {
    match String::from_utf8(bytes) {
        Ok(text) => RawBody::Text(text),
        Err(error) => {
            let (whole, utf8) = (error.utf8_error().valid_up_to(), error.utf8_error());
            let bytes = error.into_bytes();
            match String::from_utf8(bytes[..whole].to_vec()) {
                Ok(text) if is_cut && utf8.error_len().is_none() => RawBody::Text(text),
                _ => RawBody::Base64(BASE64.encode(&bytes)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cartwright_domain::delivery::DeliveryOutcome;
    use cartwright_domain::time::Timestamp;

    use super::*;
    use crate::ports::Secret;

    fn noted(outcome: DeliveryOutcome, body: Vec<u8>) -> Noted {
        let webhook = Webhook { method: "POST".into(), path: String::new(), headers: Vec::new(), body: body.into() };
        let length = webhook.body.len();
        let fate = Fate::of_nothing(outcome, None);
        Noted { received_at: Timestamp::default(), status: 200, fate, webhook, length }
    }

    #[test]
    fn a_long_body_is_cut_and_never_within_a_secret() {
        let masks = Masks::of(&[Secret::from("hush-hush-hush")]);
        let shown = |body: &[u8]| {
            let length = body.len();
            let kept = body[..length.min(SHOWN + MARGIN)].to_vec();
            let noted = Noted { length, ..noted(DeliveryOutcome::Accepted, kept) };
            written(noted, NoteId::from(uuid::Uuid::nil()), &masks).request
        };
        for before in [SHOWN - 5, SHOWN + MARGIN - 5, 10] {
            let body = [vec![b'a'; before], b"hush-hush-hush".to_vec(), vec![b'b'; 2 * SHOWN]].concat();
            let request = shown(&body);
            let RawBody::Text(text) = &request.body else { panic!("it is text") };
            assert!(!text.contains("hu") && text.len() <= SHOWN && request.is_cut, "{before}");
            assert_eq!(request.bytes, body.len() as u64);
        }
        let whole = shown("ü".repeat(SHOWN / 2).as_bytes());
        assert!(!whole.is_cut && whole.body == RawBody::Text("ü".repeat(SHOWN / 2)));
        let odd = shown(format!("a{}", "ü".repeat(SHOWN)).as_bytes());
        assert_eq!(odd.body, RawBody::Text(format!("a{}", "ü".repeat(SHOWN / 2 - 1))), "no sign is cut in two");
        assert_eq!(shown(&[255, 254]).body, RawBody::Base64("//4=".into()));
    }
}
