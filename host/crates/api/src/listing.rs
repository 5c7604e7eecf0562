//! Lists: `?limit=&after=`, items, and the cursor of the next page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_engine::ports::{Page, PageRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::problem::{Code, FieldError, Problem};

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(crate) struct Listing<T> {
    /// At most `limit` of them.
    pub(crate) items: Vec<T>,
    /// Pass it as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// At most this many, 1 to 200.
    pub(crate) limit: Option<u32>,
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
}

const USUAL: u32 = 50;
const MOST: u32 = 200;

/// One list of the API, by the name that its cursors carry: a cursor of another list is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List(pub(crate) &'static str);

impl List {
    /// What the store is asked for.
    pub(crate) fn page(self, limit: Option<u32>, after: Option<&str>) -> Result<PageRequest, Problem> {
        let refuse = |field: &str, message: String| {
            Err(Problem::fields(Code::InvalidQuery, vec![FieldError::new(field, message)]))
        };
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return refuse("limit", format!("must be 1 to {MOST}, not {limit}"));
        }
        let after = match after.map(|cursor| self.unwrap(cursor)) {
            Some(None) => {
                return refuse("after", "is not the `next` of a page before; begin again without it".to_owned());
            }
            Some(Some(own)) => Some(own),
            None => None,
        };
        Ok(PageRequest { after, limit })
    }

    /// Cursors are the store's own texts, wrapped so that nobody is tempted to build one.
    fn wrap(self, cursor: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {cursor}", self.0))
    }

    fn unwrap(self, cursor: &str) -> Option<String> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let own = text.strip_prefix(self.0)?.strip_prefix(' ')?;
        (!own.chars().any(char::is_control)).then(|| own.to_owned())
    }

    /// A page of the store.
    pub(crate) fn show<S, T>(self, page: Page<S>, view: impl FnMut(S) -> T) -> Listing<T> {
        Listing { items: page.items.into_iter().map(view).collect(), next: page.next.map(|cursor| self.wrap(&cursor)) }
    }

    /// A page of a short list that is at hand as a whole, in the order of its unique keys.
    pub(crate) fn cut<T>(self, mut items: Vec<T>, request: &PageRequest, key: impl Fn(&T) -> String) -> Listing<T> {
        items.sort_by_key(&key);
        if let Some(after) = &request.after {
            items.retain(|item| key(item) > *after);
        }
        let more = items.len() > request.limit as usize;
        items.truncate(request.limit as usize);
        let next = items.last().filter(|_| more).map(|item| self.wrap(&key(item)));
        Listing { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: List = List("letters");

    #[test]
    fn pages_of_a_short_list_follow_one_another_without_gap_or_overlap() {
        let all: Vec<String> = ["c", "a", "e", "b", "d"].map(String::from).to_vec();
        let mut seen = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let listing = LETTERS.cut(all.clone(), &LETTERS.page(Some(2), after.as_deref()).unwrap(), String::clone);
            seen.extend(listing.items);
            let Some(next) = listing.next else { break };
            after = Some(next);
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn limits_and_cursors_that_make_no_sense_are_refused() {
        let of_another_list = List("numbers").wrap("1");
        let cursors = [Some("?"), Some("AA"), Some(""), Some(of_another_list.as_str())];
        let nonsense =
            [Some(0), Some(201)].map(|limit| (limit, None)).into_iter().chain(cursors.map(|after| (None, after)));
        for (limit, after) in nonsense {
            assert_eq!(LETTERS.page(limit, after).unwrap_err().code, Code::InvalidQuery, "{limit:?} {after:?}");
        }
    }
}
