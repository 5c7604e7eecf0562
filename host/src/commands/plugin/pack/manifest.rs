//! What a package says of itself, in the file that its language has for it.

use serde_json::Value;
use std::path::Path;

use crate::failure::Failure;
use crate::strategy_file::text_of;

/// Name, version and the rest; what is not said is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) authors: Option<String>,
    pub(crate) source: Option<String>,
}

impl Manifest {
    /// This one, completed by another.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            version: self.version.or(other.version),
            licence: self.licence.or(other.licence),
            description: self.description.or(other.description),
            authors: self.authors.or(other.authors),
            source: self.source.or(other.source),
        }
    }
}

/// Reads the file of a language's package.
pub(super) fn read(path: &Path) -> Result<Manifest, Failure> {
    let file = path.display();
    let text = text_of(path)?;
    let unreadable = |why: &dyn std::fmt::Display| Failure::bad_input(format!("{file} cannot be read: {why}"));
    let document: Value = match path.extension().and_then(|end| end.to_str()) {
        Some("json") => serde_json::from_str(&text).map_err(|error| unreadable(&error))?,
        Some("toml") => toml::from_str(&text).map_err(|error| unreadable(&error))?,
        _ => {
            let why = format!("{file} is none of package.json, pyproject.toml and Cargo.toml");
            return Err(Failure::bad_input(why));
        }
    };
    if document["package"].is_object() {
        Ok(of_cargo(&document["package"]))
    } else if document["project"].is_object() {
        Ok(of_python(&document["project"]))
    } else if path.extension().is_some_and(|end| end == "json") {
        Ok(of_npm(&document))
    } else {
        Err(Failure::bad_input(format!("{file} has neither [package] nor [project]; name a file that has")))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `Ana <ana@example.com>`, however it is written.
fn person(value: &Value) -> Option<String> {
    text(value).or_else(|| match (text(&value["name"]), text(&value["email"])) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (name, email) => name.or(email),
    })
}

fn people(value: &Value) -> Option<String> {
    let names: Vec<String> = value.as_array().into_iter().flatten().filter_map(person).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn of_cargo(package: &Value) -> Manifest {
    Manifest {
        name: text(&package["name"]),
        version: text(&package["version"]),
        licence: text(&package["license"]),
        description: text(&package["description"]),
        authors: people(&package["authors"]),
        source: text(&package["repository"]).or_else(|| text(&package["homepage"])),
    }
}

fn of_python(project: &Value) -> Manifest {
    let urls = project["urls"].as_object();
    let url =
        |wanted: &str| urls?.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, url)| text(url));
    Manifest {
        name: text(&project["name"]),
        version: text(&project["version"]),
        licence: text(&project["license"]).or_else(|| text(&project["license"]["text"])),
        description: text(&project["description"]),
        authors: people(&project["authors"]),
        source: url("repository").or_else(|| url("source")).or_else(|| url("homepage")),
    }
}

fn of_npm(package: &Value) -> Manifest {
    let repository = &package["repository"];
    let source = text(repository).or_else(|| text(&repository["url"])).or_else(|| text(&package["homepage"]));
    Manifest {
        name: text(&package["name"]),
        version: text(&package["version"]),
        licence: text(&package["license"]),
        description: text(&package["description"]),
        authors: person(&package["author"]).or_else(|| people(&package["contributors"])),
        source: source.map(|url| url.trim_start_matches("git+").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(name: &str, text: &str) -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        read(&file).unwrap()
    }

    #[test]
    fn every_language_says_the_same_in_its_own_file() {
        let expected = Manifest {
            name: Some("vip".to_owned()),
            version: Some("1.2.3".to_owned()),
            licence: Some("MIT".to_owned()),
            description: Some("Yes for VIPs.".to_owned()),
            authors: Some("Ana <ana@example.com>".to_owned()),
            source: Some("https://example.com/vip".to_owned()),
        };
        let cargo = r#"
            [package]
            name = "vip"
            version = "1.2.3"
            license = "MIT"
            description = "Yes for VIPs."
            authors = ["Ana <ana@example.com>"]
            repository = "https://example.com/vip""#;
        assert_eq!(read_as("Cargo.toml", cargo), expected);
        let python = r#"
            [project]
            name = "vip"
            version = "1.2.3"
            license = { text = "MIT" }
            description = "Yes for VIPs."
            authors = [{ name = "Ana", email = "ana@example.com" }]
            urls = { Repository = "https://example.com/vip" }"#;
        assert_eq!(read_as("pyproject.toml", python), expected);
        let npm = r#"{"name": "vip", "version": "1.2.3", "license": "MIT", "description": "Yes for VIPs.",
            "author": {"name": "Ana", "email": "ana@example.com"},
            "repository": {"type": "git", "url": "git+https://example.com/vip"}}"#;
        assert_eq!(read_as("package.json", npm), expected);
    }

    #[test]
    fn what_is_inherited_or_left_out_is_not_said() {
        let manifest = read_as("Cargo.toml", "[package]\nname = \"vip\"\nversion.workspace = true");
        assert_eq!(manifest, Manifest { name: Some("vip".to_owned()), ..Manifest::default() });
    }
}
