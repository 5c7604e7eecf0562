//! Pages without offsets: the cursor names the last item that was given out.

use cartwright_domain::incident::Incident;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Page, PageRequest};
use uuid::Uuid;

/// At most this many items on a page, whatever is asked for.
const MOST: u32 = 200;

/// How many rows to read: one more than is given out tells whether there is a next page.
pub(crate) fn rows(page: &PageRequest) -> i64 {
    i64::from(page.limit.clamp(1, MOST)) + 1
}

/// The page of the items that were read, each with its cursor.
pub(crate) fn page<T>(mut items: Vec<(String, T)>, request: &PageRequest) -> Page<T> {
    let limit = request.limit.clamp(1, MOST) as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|(cursor, _)| cursor.clone());
    Page { items: items.into_iter().map(|(_, item)| item).collect(), next }
}

/// Where to go on in a listing by id, newest first. Behind a cursor that nobody gave out there is nothing.
pub(crate) fn before_id(page: &PageRequest) -> Uuid {
    page.after.as_deref().map_or(Uuid::max(), |cursor| Uuid::parse_str(cursor).unwrap_or_default())
}

/// Where to go on in a listing by name; no name is empty.
pub(crate) fn after_name(page: &PageRequest) -> &str {
    page.after.as_deref().unwrap_or_default()
}

/// Where to go on in a listing by number, newest first.
pub(crate) fn before_number(page: &PageRequest) -> i64 {
    page.after.as_deref().map_or(i64::MAX, |cursor| cursor.parse().unwrap_or(i64::MIN))
}

/// Where to go on in a listing by moment and id, newest first.
pub(crate) fn before_moment(page: &PageRequest) -> (i64, Uuid) {
    let Some(cursor) = page.after.as_deref() else { return (i64::MAX, Uuid::max()) };
    let parts = cursor.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, Uuid::parse_str(id).ok()?)));
    parts.unwrap_or((i64::MIN, Uuid::nil()))
}

/// Where to go on in a listing in which what still stands comes first, then by moment and id, newest first.
pub(crate) fn before_standing(page: &PageRequest) -> (bool, i64, Uuid) {
    let Some(cursor) = page.after.as_deref() else { return (false, i64::MAX, Uuid::max()) };
    let parts = cursor.split_once('.').and_then(|(standing, rest)| {
        let (at, id) = rest.split_once('.')?;
        Some((standing == "over", at.parse().ok()?, Uuid::parse_str(id).ok()?))
    });
    parts.unwrap_or((true, i64::MIN, Uuid::nil()))
}

/// The cursor of an incident in such a listing.
pub(crate) fn standing_cursor(incident: &Incident) -> String {
    let standing = if incident.closed_at.is_some() { "over" } else { "open" };
    format!("{standing}.{}", moment_cursor(incident.opened_at.millis(), incident.id.0))
}

/// The cursor of an item in a listing by moment and id.
pub(crate) fn moment_cursor(at: i64, id: Uuid) -> String {
    format!("{at}.{id}")
}

/// Where to go on in a listing by word and id, first word first. Behind a cursor that nobody gave out there is nothing.
pub(crate) fn behind_word(page: &PageRequest) -> (String, Uuid) {
    let Some(cursor) = page.after.as_deref() else { return (String::new(), Uuid::nil()) };
    let parts = cursor.split_once('.').and_then(|(id, word)| Some((word.to_owned(), Uuid::parse_str(id).ok()?)));
    parts.unwrap_or((char::MAX.to_string(), Uuid::max()))
}

/// The cursor of an item in a listing by word and id.
pub(crate) fn word_cursor(word: &str, id: Uuid) -> String {
    format!("{id}.{word}")
}

/// The first text behind all that begin with one.
pub(crate) fn behind_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// The least id of those made at a moment or later.
pub(crate) fn first_id(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}
