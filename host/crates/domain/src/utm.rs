//! UTM parameters, by which the shop's own analytics know where somebody came from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;

use crate::shop::Shop;
use crate::short_link::parsed;

/// The longest value, in characters.
pub(crate) const LONGEST: usize = 100;

/// What links to the shop carry; what is left out here is the shop's, and what neither says is not added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Utm {
    /// `utm_source`, such as `cartwright`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `utm_medium`, such as `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// `utm_campaign`, such as `cart-reminder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
}

impl Utm {
    /// Whether there is nothing to add.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These, and what they leave out as the other has it.
    pub fn over(&self, other: &Self) -> Self {
        let either = |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        Self {
            source: either(&self.source, &other.source),
            medium: either(&self.medium, &other.medium),
            campaign: either(&self.campaign, &other.campaign),
        }
    }

    /// Each parameter with its value.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("utm_source", &self.source), ("utm_medium", &self.medium), ("utm_campaign", &self.campaign)];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// An address with them behind its query. What it says itself stays, and so does its fragment.
    pub fn on(&self, address: &str) -> String {
        let (before, fragment) = match address.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (address, None),
        };
        let query = before.split_once('?').map(|(_, query)| query);
        let says =
            |name: &str| query.is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some(name)));
        let mut tagged = before.to_owned();
        let mut joint = match query {
            None => "?",
            Some(query) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        for (name, value) in self.parameters().filter(|(name, _)| !says(name)) {
            tagged.extend([joint, name, "="].into_iter().chain(byte_serialize(value.as_bytes())));
            joint = "&";
        }
        if let Some(fragment) = fragment {
            tagged.extend(["#", fragment]);
        }
        tagged
    }
}

impl Shop {
    /// Whether an address leads to the shop itself: to one of its sites, or below it.
    pub fn is_own_site(&self, address: &str) -> bool {
        let host = parsed(address).and_then(|url| url.host_str().map(str::to_owned));
        host.is_some_and(|host| {
            self.sites.iter().any(|site| host == *site || host.strip_suffix(site.as_str()).is_some_and(ends_label))
        })
    }
}

/// Whether what stands before a site is the name of something below it.
fn ends_label(before: &str) -> bool {
    before.ends_with('.')
}

/// Whether a text is the name of a site: a host, in small letters.
pub(crate) fn is_site(text: &str) -> bool {
    let same = |url: url::Url| url.host_str() == Some(text) && url.path() == "/" && url.port().is_none();
    text.contains('.') && parsed(&format!("https://{text}")).is_some_and(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utm(source: &str, campaign: Option<&str>) -> Utm {
        Utm { source: Some(source.into()), medium: None, campaign: campaign.map(str::to_owned) }
    }

    #[test]
    fn parameters_stand_behind_the_query_and_before_the_fragment() {
        let utm = utm("cart wright", Some("a&b"));
        for (address, tagged) in [
            ("https://s.example/c", "https://s.example/c?utm_source=cart+wright&utm_campaign=a%26b"),
            ("https://s.example/c?", "https://s.example/c?utm_source=cart+wright&utm_campaign=a%26b"),
            (
                "https://s.example/c?k=%20x#top",
                "https://s.example/c?k=%20x&utm_source=cart+wright&utm_campaign=a%26b#top",
            ),
            ("https://s.example/#/a?b", "https://s.example/?utm_source=cart+wright&utm_campaign=a%26b#/a?b"),
        ] {
            assert_eq!(utm.on(address), tagged);
        }
    }

    #[test]
    fn what_an_address_says_itself_stays() {
        let address = "https://s.example/c?utm_source=newsletter";
        assert_eq!(utm("cartwright", None).on(address), address);
        assert_eq!(Utm::default().on("https://s.example/?#"), "https://s.example/?#");
    }

    #[test]
    fn a_strategy_says_what_it_says_and_the_shop_the_rest() {
        let own = Utm { campaign: Some("spring".into()), ..Utm::default() };
        assert_eq!(own.over(&utm("cartwright", Some("carts"))), utm("cartwright", Some("spring")));
    }

    #[test]
    fn a_site_is_a_host_and_nothing_more() {
        assert!(is_site("shop.example") && is_site("www.shop.example"));
        for text in
            ["", "shop", "https://shop.example", "shop.example/de", "shop.example:8080", "Shop.example", "a b.c"]
        {
            assert!(!is_site(text), "{text}");
        }
    }
}
