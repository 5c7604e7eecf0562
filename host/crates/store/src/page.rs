//! Pages without offsets: the cursor names the last item that was given out.

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

/// The cursor of an item in a listing by moment and id.
pub(crate) fn moment_cursor(at: i64, id: Uuid) -> String {
    format!("{at}.{id}")
}
