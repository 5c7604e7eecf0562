//! `POST /s/{shop}/browser`: what a page tells of its browser, and what every word from a page has to keep to.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::Shop;
use cartwright_domain::storefront::Storefront;
use cartwright_domain::{locale, zone::Zone};
use cartwright_engine::Browser;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

use crate::extract::{Params, read_json};
use crate::problem::{Code, FieldError, Problem};
use crate::router::Api;

/// In bytes. What a page tells is a few names.
const LONGEST_BODY: usize = 4096;
const LONGEST_PAGE: usize = 500;
/// A browser's own id, and a cart's token, is a secret of that browser: a short one could be guessed.
const SHORTEST_SECRET: usize = 12;
const LONGEST_NAME: usize = 255;

/// A shop whose pages may speak.
pub(super) async fn storefront_of(api: &Api, shop: &str) -> Result<Option<(Arc<Shop>, Storefront)>, Problem> {
    let Ok(shop) = shop.parse::<ShopId>() else { return Ok(None) };
    let Some(settings) = api.engine.settings(shop).await? else { return Ok(None) };
    let storefront = settings.shop.storefront.clone();
    Ok(storefront.map(|storefront| (settings.shop.clone(), storefront)))
}

/// A word from one of the shop's pages.
pub(super) struct Word<T> {
    pub(super) shop: Arc<Shop>,
    pub(super) storefront: Storefront,
    pub(super) said: T,
}

/// Reads a word, and lets the page read the answer, whatever that is.
pub(super) async fn hear<T: DeserializeOwned, F, R>(
    api: &Api,
    params: &Params,
    request: Request,
    take: F,
) -> Result<Response, Problem>
where
    F: AsyncFnOnce(Word<T>) -> Result<R, Problem>,
    R: IntoResponse,
{
    let (shop, storefront) = storefront_of(api, params.text("shop")).await?.ok_or_else(|| {
        Problem::new(Code::NotFound, "There is no shop of this address whose pages may speak; look at its settings.")
    })?;
    let origin = origin_of(request.headers(), &storefront)?;
    let heard = async {
        let said = read_json(request, LONGEST_BODY).await?;
        take(Word { shop, storefront, said }).await
    };
    let mut response = heard.await.map_or_else(IntoResponse::into_response, IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Browsers say where a page is from; one that is not the shop's learns nothing, and nothing is taken from it.
fn origin_of(headers: &HeaderMap, storefront: &Storefront) -> Result<HeaderValue, Problem> {
    let origin = headers.get(header::ORIGIN);
    let is_own = |origin: &&HeaderValue| origin.to_str().is_ok_and(|origin| storefront.allows(origin));
    origin.filter(is_own).cloned().ok_or_else(|| {
        let detail = "This page is of none of the shop's origins; add its origin to `storefront.origins` of the shop.";
        Problem::new(Code::ForeignOrigin, detail)
    })
}

/// What a browser carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Carried {
    anonymous: String,
    cart: Option<String>,
    customer: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
    /// The page that it shows.
    page: Option<String>,
}

impl Carried {
    /// What cannot be true is left out where nothing hangs on it, and refused where something does.
    pub(super) fn read(self) -> Result<(Browser, Option<String>), Problem> {
        let mut errors = Vec::new();
        let mut secret = |field: &str, text: &str| {
            let is_sound = text.len() >= SHORTEST_SECRET && text.len() <= LONGEST_NAME && is_word(text);
            if !is_sound {
                let message = format!("has {SHORTEST_SECRET} to {LONGEST_NAME} letters that nobody can guess");
                errors.push(FieldError::new(field, message));
            }
        };
        secret("anonymous", &self.anonymous);
        let cart = self.cart.filter(|cart| !cart.is_empty());
        if let Some(cart) = &cart {
            secret("cart", cart);
        }
        // Names with one are handles that channels know people by, and no browser's to claim.
        if self.anonymous.contains(':') {
            errors.push(FieldError::new("anonymous", "has no colon"));
        }
        if !errors.is_empty() {
            return Err(Problem::fields(Code::InvalidRequest, errors));
        }
        let customer = self.customer.filter(|id| !id.is_empty() && id.len() <= LONGEST_NAME && is_word(id));
        let language = self.language.filter(|tag| locale::is_tag(tag));
        let time_zone = self.time_zone.filter(|name| Zone::named(name).is_some());
        let browser = Browser { anonymous: self.anonymous, cart, customer, language, time_zone };
        Ok((browser, self.page.and_then(|page| without_query(&page))))
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_graphic())
}

/// A query may hold names and addresses of people.
fn without_query(page: &str) -> Option<String> {
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let is_address = page.starts_with("https://") || page.starts_with("http://");
    (is_address && page.len() <= LONGEST_PAGE && is_word(page)).then(|| page.to_owned())
}

/// What happens.
#[derive(Debug, Deserialize)]
struct Told {
    #[serde(flatten)]
    carried: Carried,
    /// Whether the page is being left.
    #[serde(default)]
    leaves: bool,
}

/// Of somebody who has no cart and did not sign in nothing is kept.
pub(super) async fn browser(State(api): State<Api>, params: Params, request: Request) -> Result<Response, Problem> {
    let api = &api;
    hear(api, &params, request, async |word: Word<Told>| {
        let (browser, page) = word.said.carried.read()?;
        let is_somebody = browser.cart.is_some() || browser.customer.is_some();
        match (is_somebody, word.said.leaves, page) {
            (true, true, Some(page)) => api.engine.note_page_left(word.shop.id, &browser, &page).await?,
            (true, false, _) => api.engine.note_browser(word.shop.id, &browser).await?,
            _ => {}
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_page_is_nobodys_business() {
        assert_eq!(without_query("https://a.example/tea?mail=x#y").as_deref(), Some("https://a.example/tea"));
        for wrong in ["javascript:alert(1)", "tea", "https://a.example/\n"] {
            assert_eq!(without_query(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_hangs_on_being_secret_must_not_be_short() {
        let read = |anonymous: &str, cart: Option<&str>| {
            let cart = cart.map(str::to_owned);
            Carried { anonymous: anonymous.to_owned(), cart, ..Carried::default() }.read()
        };
        assert!(read("b-0123456789", Some("c-0123456789")).is_ok());
        assert_eq!(read("7", Some("1")).unwrap_err().errors.len(), 2);
        assert!(read("b-0123456789", Some("c 0123456789")).is_err());
        assert!(read("messenger:0123456789", None).is_err(), "it is somebody's handle");
        assert_eq!(read("b-0123456789", Some("")).unwrap().0.cart, None);
    }
}
