//! Parts of the address: ids and names.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::problem::{Code, Problem};

/// The parts of the address that the route names.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let raw = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::new(Code::UnknownRoute, "The address is not UTF-8 once it is decoded."))?;
        Ok(Self(raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}

impl Params {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All of them, with their names.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// A part as it stands there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name)
    }

    /// An id. A text that is no id cannot be the id of anything: it is not found.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem>
    where
        T::Err: Display,
    {
        let text = self.get(name);
        text.parse()
            .map_err(|_| Problem::new(Code::NotFound, format!("`{text}` is not an id of a {name}; ids are UUIDs.")))
    }

    /// A name that people gave.
    pub(crate) fn name(&self, name: &str) -> Result<String, Problem> {
        let text = self.get(name);
        check_name(text).map_err(|message| Problem::field(name, message))?;
        Ok(text.to_owned())
    }
}

/// Names are 1 to 100 characters without control characters, and do not begin or end with a space.
pub(crate) fn check_name(text: &str) -> Result<(), String> {
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) || text.trim() != text {
        return Err("a name has 1 to 100 characters, no control characters, and no space at its ends".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::ids::RunId;

    #[test]
    fn what_is_no_id_is_not_found() {
        let params = Params(vec![("run".into(), "nonsense".into())]);
        let problem = params.id::<RunId>("run").unwrap_err();
        assert_eq!(
            (problem.code, problem.detail.as_str()),
            (Code::NotFound, "`nonsense` is not an id of a run; ids are UUIDs.")
        );
    }

    #[test]
    fn names_are_short_and_printable() {
        for name in ["remind", "Erinnerung 1", "thank-you@2", "明日"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", " x", "x ", "a\0b", "a\nb", &"x".repeat(101)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
