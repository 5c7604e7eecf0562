//! Where a customer is by the map of laws: the country, and in North America the state.
//!
//! The address says it, else the phone: its prefix says the country, and under +1 the area code says the state, also of
//! an address that leaves it open.

use crate::contact::Phone;
use crate::customer::Customer;

/// Area codes of +1, a region a line.
const AREA_CODES: &str = include_str!("region/area_codes.txt");

/// What is known of where somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// ISO 3166-1 alpha-2; several where a number leaves open which.
    pub countries: Vec<String>,
    /// The part of the country in ISO 3166-2, such as `US-FL`, if it is known.
    pub part: Option<&'static str>,
}

impl Region {
    /// Where a customer is; none if nothing says so.
    pub fn of(customer: &Customer) -> Option<Self> {
        let by_code = customer.phone.as_ref().and_then(area);
        let part = by_code.filter(|region| region.contains('-'));
        if let Some(country) = &customer.country {
            let country = country.to_ascii_uppercase();
            // A phone from elsewhere says nothing of where in this country they are.
            let part = customer.province.as_deref().and_then(known_part).or(part);
            let part = part.filter(|part| country_of(part) == country);
            return Some(Self { countries: vec![country], part });
        }
        if let Some(region) = by_code {
            return Some(Self { countries: vec![country_of(region).to_owned()], part });
        }
        let phone = customer.phone.as_ref()?;
        let countries = match phone.country() {
            // What belongs to no place, such as a number for free calls, is found in the first country that has it.
            None if is_north_american(phone) => vec!["US".to_owned(), "CA".to_owned()],
            Some(country) if country == "US" => vec![country, "CA".to_owned()],
            Some(country) => vec![country],
            None => return None,
        };
        Some(Self { countries, part: None })
    }
}

/// The country of a region such as `US` or `US-FL`.
pub fn country_of(region: &str) -> &str {
    region.split('-').next().unwrap_or(region)
}

/// The code of a part of a country as ISO 3166-2 writes it, from a code with its country or without.
pub(crate) fn part(country: Option<&str>, code: &str) -> Option<String> {
    let country = country?.trim().to_ascii_uppercase();
    let code = code.trim().to_ascii_uppercase();
    let bare = code.strip_prefix(&country).and_then(|rest| rest.strip_prefix('-')).unwrap_or(&code);
    let is_code = (1..=3).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| format!("{country}-{bare}"))
}

/// One of the parts that laws differ in; what is none says nothing, and the strictest of the country hold.
fn known_part(code: &str) -> Option<&'static str> {
    let mut regions = AREA_CODES.lines().filter_map(|line| line.split(' ').next());
    regions.find(|region| region.contains('-') && *region == code)
}

fn is_north_american(phone: &Phone) -> bool {
    phone.as_str().starts_with("+1")
}

/// The region of a +1 number by its area code.
fn area(phone: &Phone) -> Option<&'static str> {
    let code = phone.as_str().strip_prefix("+1")?.get(..3)?;
    let mut lines = AREA_CODES.lines().filter(|line| !line.starts_with('#'));
    lines.find_map(|line| {
        let (region, codes) = line.split_once(' ')?;
        codes.split(' ').any(|known| known == code).then_some(region)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::CustomerBody;
    use crate::ids::Mint;
    use crate::time::Timestamp;
    use std::collections::BTreeSet;

    /// Countries and part of somebody with this country and phone.
    fn of(country: Option<&str>, phone: Option<&str>) -> Option<(String, Option<&'static str>)> {
        let mut mint = Mint::new(Timestamp::default(), [1; 32]);
        let mut customer = Customer::anonymous(mint.next(), Timestamp::default());
        customer.country = country.map(str::to_owned);
        customer.phone = phone.map(|phone| phone.to_owned().try_into().unwrap());
        Region::of(&customer).map(|region| (region.countries.join(" "), region.part))
    }

    fn known(countries: &str, part: Option<&'static str>) -> Option<(String, Option<&'static str>)> {
        Some((countries.to_owned(), part))
    }

    #[test]
    fn s04_the_address_says_the_country_and_the_area_code_the_state() {
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some("fr"), None), known("FR", None));
        assert_eq!(of(Some("FR"), Some("+13055550123")), known("FR", None), "the address goes before the phone");
        assert_eq!(of(Some("US"), None), known("US", None));
        assert_eq!(of(Some("US"), Some("+13055550123")), known("US", Some("US-FL")));
        assert_eq!(of(Some("US"), Some("+14165550123")), known("US", None), "Toronto is no part of it");
        assert_eq!(of(None, Some("+13055550123")), known("US", Some("US-FL")));
        assert_eq!(of(None, Some("+14165550123")), known("CA", None));
        assert_eq!(of(None, Some("+33612345678")), known("FR", None));
    }

    #[test]
    fn s04_the_state_of_the_address_goes_before_the_area_code() {
        let in_state = |country: &str, province: &str| {
            let mut mint = Mint::new(Timestamp::default(), [1; 32]);
            let mut customer = Customer::anonymous(mint.next(), Timestamp::default());
            let body = CustomerBody {
                country: Some(country.into()),
                province: Some(province.into()),
                ..CustomerBody::default()
            };
            customer.take(&body);
            customer.phone = Some("+12125550123".to_owned().try_into().unwrap());
            Region::of(&customer).unwrap().part
        };
        assert_eq!(in_state("US", "FL"), Some("US-FL"), "who moved to Florida with a number of New York");
        assert_eq!(in_state("us", "us-fl"), Some("US-FL"));
        assert_eq!(in_state("US", "Florida"), Some("US-NY"), "a name is no code");
        assert_eq!(in_state("US", "ZZ"), Some("US-NY"), "nor is this one");
        assert_eq!(in_state("CA", "ON"), None);
    }

    #[test]
    fn an_address_in_another_country_leaves_nothing_of_the_one_before() {
        let mut mint = Mint::new(Timestamp::default(), [1; 32]);
        let mut customer = Customer::anonymous(mint.next(), Timestamp::default());
        let body = |country: &str, province: Option<&str>, city: Option<&str>| CustomerBody {
            country: Some(country.into()),
            province: province.map(str::to_owned),
            city: city.map(str::to_owned),
            ..CustomerBody::default()
        };
        let known = |customer: &Customer| (customer.province.clone(), customer.city.clone());
        customer.take(&body("US", Some("FL"), Some("Miami")));
        customer.take(&body("US", None, None));
        assert_eq!(known(&customer), (Some("US-FL".to_owned()), Some("Miami".to_owned())));
        customer.take(&body("FR", None, Some("Lyon")));
        assert_eq!(known(&customer), (None, Some("Lyon".to_owned())));
    }

    #[test]
    fn s04_a_north_american_number_of_no_place_may_be_of_either_country() {
        assert_eq!(of(None, Some("+18005550123")), known("US CA", None));
        assert_eq!(of(None, Some("+15005550123")), known("US CA", None));
        assert_eq!(of(None, Some("+17875550123")), known("PR", None), "Puerto Rico has codes of its own");
    }

    #[test]
    fn every_area_code_is_one_and_of_one_region() {
        let mut codes = BTreeSet::new();
        let mut regions = BTreeSet::new();
        for line in AREA_CODES.lines().filter(|line| !line.starts_with('#')) {
            let (region, of_region) = line.split_once(' ').unwrap();
            assert!(region == "CA" || (region.starts_with("US-") && region.len() == 5), "{line}");
            assert!(regions.insert(region), "{region} has two lines");
            for code in of_region.split(' ') {
                assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
                assert!(codes.insert(code), "{code} is there twice");
            }
        }
        // Fifty states, the District of Columbia, and Canada.
        assert_eq!(regions.len(), 52);
    }
}
