//! Stages of an installed version on the command line.

use serde_json::{Value, json};
use std::str::FromStr;

/// Where a version is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Installed,
    Shadow,
    Canary { percent: u8 },
    Active,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "installed" => Ok(Self::Installed),
            None if text == "shadow" => Ok(Self::Shadow),
            None if text == "active" => Ok(Self::Active),
            Some(("canary", percent)) => match percent.trim_end_matches('%').parse() {
                Ok(percent @ 1..=99) => Ok(Self::Canary { percent }),
                _ => Err(format!("`{percent}`: a canary decides for 1 to 99 of a hundred customers, like canary:10")),
            },
            _ => Err(format!("`{text}` is no stage; write installed, shadow, canary:10 or active")),
        }
    }
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Shadow => "shadow",
            Self::Canary { .. } => "canary",
            Self::Active => "active",
        }
    }

    fn percent(self) -> Option<u8> {
        if let Self::Canary { percent } = self { Some(percent) } else { None }
    }

    /// For an upload.
    pub(crate) fn query(self) -> String {
        let percent = self.percent().map(|percent| format!("&percent={percent}"));
        format!("stage={}{}", self.name(), percent.unwrap_or_default())
    }

    /// For a promotion.
    pub(crate) fn document(self, why: Option<&str>) -> Value {
        let mut document = json!({ "to": self.name() });
        if let Some(percent) = self.percent() {
            document["percent"] = percent.into();
        }
        if let Some(why) = why {
            document["why"] = why.into();
        }
        document
    }
}

/// Where a version stands, for a person: the service's view of it.
pub(crate) fn told(view: &Value) -> String {
    let stage = &view["stage"];
    // `stage` is a word with fields beside it, or an object of both.
    let (name, fields) = match stage {
        Value::Object(fields) => (fields.get("stage").and_then(Value::as_str), stage),
        word => (word.as_str(), view),
    };
    match name {
        Some("waiting") => "waiting: it asks for more than is granted".to_owned(),
        Some("canary") => format!("a canary for {} of a hundred customers", fields["percent"]),
        Some(name) => name.to_owned(),
        None => "installed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_written_as_it_is_said() {
        assert_eq!("canary:10".parse(), Ok(Target::Canary { percent: 10 }));
        assert_eq!("canary:10".parse::<Target>().unwrap().query(), "stage=canary&percent=10");
        assert_eq!("shadow".parse::<Target>().unwrap().document(Some("why")), json!({"to": "shadow", "why": "why"}));
        for text in ["canary:0", "canary:100", "canary", "live"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_stage_is_told_in_either_form() {
        assert_eq!(told(&json!({"stage": {"stage": "canary", "percent": 5}})), "a canary for 5 of a hundred customers");
        assert_eq!(told(&json!({"stage": "active"})), "active");
    }
}
