//! Customers from a table, such as a CSV file: which column says what, and what each row tells (S10, S18).
//!
//! A row becomes an event of a fixed id, so that the same row again changes nothing; an empty cell leaves what is known
//! as it is; and consent is told by a column that somebody named for it, or not at all.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::contact::{ConsentState, Email, Phone};
use crate::event::{ConsentBody, CustomerBody, Event, Subject, What};
use crate::locale::is_tag;
use crate::time::Timestamp;

/// The word in a mapping for a column that nobody reads.
pub const LEFT_OUT: &str = "-";
/// So many columns a table may have.
pub const MOST_COLUMNS: usize = 200;

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal [$($header:literal),*];)+) => {
        /// What a column says.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field {
            $($(#[$doc])* $field,)+
            /// An attribute of the shop's own, by name.
            Attribute(String),
        }

        impl fmt::Display for Field {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$field => f.write_str($name),)+
                    Self::Attribute(name) => write!(f, "attributes.{name}"),
                }
            }
        }

        /// The names of all fields but attributes.
        pub const FIELDS: &[&str] = &[$($name),+];

        impl FromStr for Field {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($name => Ok(Self::$field),)+
                    _ => match text.strip_prefix("attributes.").filter(|name| !name.is_empty()) {
                        Some(name) => Ok(Self::Attribute(name.to_owned())),
                        None => Err(format!(
                            "there is no field `{text}`; there are {} and attributes.NAME, and `{LEFT_OUT}` leaves a \
                             column out", FIELDS.join(", ")
                        )),
                    },
                }
            }
        }

        /// What a header means, by its letters and digits in lower case. Consent is guessed from our own names only.
        fn guessed(header: &str) -> Option<Field> {
            let letters: String = header.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
            match letters.as_str() {
                $($($header)|* => Some(Field::$field),)+
                _ => None,
            }
        }
    };
}

fields! {
    /// E-mail.
    Email = "email" [
        "email", "emailaddress", "mail", "customeremail", "adresaemail", "البريدالإلكتروني", "邮箱", "电子邮件"
    ];
    /// Phone; in local form it is read with the row's country, else with the shop's.
    Phone = "phone" [
        "phone", "phonenumber", "telephone", "mobile", "mobilephone", "tel", "telefon", "sốđiệnthoại", "الهاتف", "电话", "手机"
    ];
    /// The platform's customer id.
    Customer = "customer" ["customer", "customerid"];
    /// Given name.
    FirstName = "first_name" ["firstname", "givenname", "forename", "prenume", "vorname", "الاسمالأول"];
    /// Family name.
    LastName = "last_name" ["lastname", "familyname", "surname", "nume", "nachname", "اسمالعائلة"];
    /// BCP 47 tag.
    Language = "language" ["language", "locale", "lang", "limba"];
    /// IANA time zone.
    TimeZone = "time_zone" ["timezone", "tz"];
    /// ISO 3166-1 alpha-2.
    Country = "country" ["country", "countrycode", "defaultaddresscountrycode"];
    /// ISO 3166-2.
    Province = "province" ["province", "provincecode", "defaultaddressprovincecode"];
    /// City.
    City = "city" ["city", "defaultaddresscity"];
    /// When the platform first knew the person.
    RegisteredAt = "registered_at" ["registeredat", "createdat"];
    /// All tags, separated with commas, semicolons or `|`.
    Tags = "tags" ["tags"];
    /// Consent to marketing: yes, no, or nothing said.
    Consent = "consent" ["consent"];
    /// When the customer said so.
    ConsentAt = "consent_at" ["consentat"];
    /// Where the customer said so.
    ConsentSource = "consent_source" ["consentsource"];
    /// To what; without, to marketing in general.
    ConsentTopic = "consent_topic" ["consenttopic"];
}

/// What is wrong with a cell, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFault {
    /// The field; none where it is about the row.
    pub field: Option<Field>,
    /// In words.
    pub message: String,
}

/// What the columns of a table say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    fields: Vec<Option<Field>>,
}

impl Columns {
    /// Of a table with these headers: what is told of a column (`HEADER` to a field's name, or `-`), else what its
    /// header means by itself.
    ///
    /// # Errors
    /// All that is wrong, in words.
    pub fn of(headers: &[&str], told: &[(String, String)]) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        if headers.len() > MOST_COLUMNS {
            faults.push(format!("the table has {} columns; it may have {MOST_COLUMNS}", headers.len()));
        }
        for (header, _) in told.iter().filter(|(header, _)| !headers.contains(&header.as_str())) {
            faults.push(format!("there is no column `{header}`; there are {}", headers.join(", ")));
        }
        let mut fields: Vec<Option<Field>> = Vec::with_capacity(headers.len());
        for header in headers {
            let said = told.iter().find(|(of, _)| of == header).map(|(_, field)| field.as_str());
            let field = match said {
                Some(LEFT_OUT) => None,
                Some(name) => name.parse().map_err(|error| faults.push(error)).ok(),
                // The first of two that mean the same; whoever means the other says so.
                None => header
                    .parse()
                    .ok()
                    .or_else(|| guessed(header))
                    .filter(|field| !fields.contains(&Some(field.clone()))),
            };
            if said.is_some() && field.is_some() {
                for (place, _) in fields.clone().iter().enumerate().filter(|(_, known)| **known == field) {
                    match told.iter().any(|(of, _)| of == headers[place]) {
                        true => faults
                            .push(format!("two columns are mapped to one field: `{}` and `{header}`", headers[place])),
                        false => fields[place] = None,
                    }
                }
            }
            fields.push(field);
        }
        let has = |field: &Field| fields.contains(&Some(field.clone()));
        if !has(&Field::Email) && !has(&Field::Phone) && !has(&Field::Customer) {
            faults.push("no column says who somebody is; map one to email, phone or customer".to_owned());
        }
        if !has(&Field::Consent) && (has(&Field::ConsentAt) || has(&Field::ConsentSource) || has(&Field::ConsentTopic))
        {
            faults.push(
                "a column says when or where consent was given, and none that it was; map one to consent".to_owned(),
            );
        }
        if faults.is_empty() { Ok(Self { fields }) } else { Err(faults) }
    }

    /// What each column says, in order; none where nobody reads it.
    pub fn fields(&self) -> &[Option<Field>] {
        &self.fields
    }

    /// What a row tells. `country` is the shop's.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(&self, cells: &[&str], country: Option<&str>, now: Timestamp) -> Result<Event, Vec<CellFault>> {
        let mut row = Row { country, now, cells: BTreeMap::new() };
        let mut faults = Vec::new();
        if cells.len() > self.fields.len() {
            let message = format!(
                "has {} cells under {} headers; put quotes around what holds a separator",
                cells.len(),
                self.fields.len()
            );
            return Err(vec![CellFault { field: None, message }]);
        }
        for (field, cell) in self.fields.iter().zip(cells) {
            if let (Some(field), cell) = (field, cell.trim())
                && !cell.is_empty()
            {
                row.cells.insert(field.clone(), cell.to_owned());
            }
        }
        let event = row.event(&mut faults);
        if faults.is_empty() { Ok(event) } else { Err(faults) }
    }
}

/// What a row says, by field; cells that say nothing are left out.
struct Row<'a> {
    country: Option<&'a str>,
    now: Timestamp,
    cells: BTreeMap<Field, String>,
}

impl Row<'_> {
    fn text(&self, field: &Field) -> Option<String> {
        self.cells.get(field).cloned()
    }

    /// A cell that must be of some form.
    fn checked<T>(
        &self,
        field: Field,
        faults: &mut Vec<CellFault>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.cells.get(&field)?;
        read(text).map_err(|message| faults.push(CellFault { field: Some(field), message })).ok()
    }

    fn event(&self, faults: &mut Vec<CellFault>) -> Event {
        let country = self.checked(Field::Country, faults, |text| {
            let code = text.to_ascii_uppercase();
            let sound = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            if sound { Ok(code) } else { Err(format!("`{text}` is no country; use two letters such as DE")) }
        });
        let email = self.checked(Field::Email, faults, |text| {
            Email::parse(text)
                .map(String::from)
                .map_err(|error| format!("{error}; correct it, or leave the cell empty"))
        });
        let region = country.as_deref().or(self.country);
        let phone = self.checked(Field::Phone, faults, |text| {
            Phone::parse(text, region).map(String::from).map_err(|error| error.to_string())
        });
        let language = self.checked(Field::Language, faults, |text| match is_tag(text) {
            true => Ok(text.to_owned()),
            false => Err(format!("`{text}` is no language; use a tag such as `de` or `pt-BR`")),
        });
        let time_zone = self.checked(Field::TimeZone, faults, |text| match jiff::tz::TimeZone::get(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(format!("`{text}` is no time zone; use an IANA name such as Europe/Berlin")),
        });
        let registered_at = self.checked(Field::RegisteredAt, faults, |text| self.moment(text));
        let consent = self.consent(faults);
        let customer = self.text(&Field::Customer);
        if faults.is_empty() && email.is_none() && phone.is_none() && customer.is_none() {
            let message = "says nowhere who it is about; fill email, phone or customer".to_owned();
            faults.push(CellFault { field: None, message });
        }
        let tags = self.cells.get(&Field::Tags).map(|text| {
            let tags = text.split([',', ';', '|']).map(str::trim).filter(|tag| !tag.is_empty());
            tags.map(str::to_owned).collect()
        });
        let attributes = self.cells.iter().filter_map(|(field, text)| match field {
            Field::Attribute(name) => Some((name.clone(), value_of(text))),
            _ => None,
        });
        let subject = Subject { customer, email: email.clone(), phone: phone.clone(), ..Subject::default() };
        let body = CustomerBody {
            first_name: self.text(&Field::FirstName),
            last_name: self.text(&Field::LastName),
            email,
            phone,
            country,
            province: self.text(&Field::Province),
            city: self.text(&Field::City),
            language,
            time_zone,
            registered_at,
            tags,
            attributes: attributes.collect(),
            consent,
        };
        let said = json!({ "subject": subject, "body": body }).to_string();
        let id = format!("import-{}", &hex::encode(Sha256::digest(said))[..32]);
        Event { id, occurred_at: self.now, subject, what: What::CustomerUpdated(body) }
    }

    /// A yes needs its day: without one it would be newer than whatever the customer said since.
    fn consent(&self, faults: &mut Vec<CellFault>) -> Option<ConsentBody> {
        let state = self.checked(Field::Consent, faults, |text| match text.to_lowercase().as_str() {
            "subscribed" | "yes" | "true" | "1" => Ok(ConsentState::Subscribed),
            "unsubscribed" | "no" | "false" | "0" => Ok(ConsentState::Unsubscribed),
            "unknown" => Ok(ConsentState::Unknown),
            _ => Err(format!("`{text}` is no consent; use subscribed, unsubscribed, or leave the cell empty")),
        })?;
        let at = self.checked(Field::ConsentAt, faults, |text| match self.moment(text) {
            Ok(at) if at > self.now => Err(format!("`{text}` has not come yet; when did the customer say so?")),
            moment => moment,
        });
        if state == ConsentState::Subscribed && !self.cells.contains_key(&Field::ConsentAt) {
            let message = "a yes needs the day on which the customer said it, in the column for consent_at".to_owned();
            faults.push(CellFault { field: Some(Field::Consent), message });
        }
        let told = state != ConsentState::Unknown;
        let (topic, source) = (self.text(&Field::ConsentTopic), self.text(&Field::ConsentSource));
        told.then_some(ConsentBody { state, at, topic, source: Some(source.unwrap_or_else(|| "import".to_owned())) })
    }

    /// RFC 3339, or a day or moment without a zone, which is taken as UTC.
    fn moment(&self, text: &str) -> Result<Timestamp, String> {
        let whole = || text.parse::<Timestamp>().ok();
        let civil = || format!("{}Z", text.replacen(' ', "T", 1)).parse::<Timestamp>().ok();
        let day = || format!("{text}T00:00:00Z").parse::<Timestamp>().ok();
        let read = whole().or_else(civil).or_else(day);
        read.ok_or_else(|| format!("`{text}` is no moment; write it like 2026-01-31 or 2026-01-31T10:00:00Z"))
    }
}

/// Numbers and `true` or `false` are what they look like, where nothing of their text is lost.
fn value_of(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if (value.is_number() || value.is_boolean()) && format!("{value}") == text => value,
        _ => Value::from(text),
    }
}

/// What separates the cells of a table, by the line with its headers.
pub fn separator_of(headers: &str) -> u8 {
    let line = headers.lines().next().unwrap_or_default();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|separator| line.matches(char::from(*separator)).count())
        .unwrap_or(b',')
}

/// A text as a cell of a table that somebody opens in a spreadsheet: it is not taken for a formula there.
pub fn as_cell(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
