//! `cartwright plugin new`: a project that builds and passes its test as it stands.
//!
//! Scaffolds lie in `host/scaffolds/LANGUAGE/KIND`, and what all kinds of a language share in
//! `host/scaffolds/LANGUAGE/shared`; the contract is copied beside them. How to write one stands in the README there.

use cartwright_domain::plugin::PluginKind;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output;

mod embedded {
    //! Every file of `host/scaffolds` and of the newest edition of the contract: path and content.
    include!(concat!(env!("OUT_DIR"), "/scaffolds.rs"));
}

/// The file of a scaffold with the commands to go on with; it is printed, not copied.
const NEXT: &str = "next.txt";

/// What is begun.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What it decides or does
    #[arg(value_enum)]
    kind: Kind,
    /// Its name, such as `vip-customer`
    name: String,
    /// The language it is written in
    #[arg(long, value_enum)]
    lang: Language,
    /// The folder to write it into [default: NAME]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The five kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Condition,
    Selector,
    Channel,
    Source,
    Renderer,
}

impl From<Kind> for PluginKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Condition => Self::Condition,
            Kind::Selector => Self::Selector,
            Kind::Channel => Self::Channel,
            Kind::Source => Self::Source,
            Kind::Renderer => Self::Renderer,
        }
    }
}

/// The languages with scaffolds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    Rust,
    Js,
    Ts,
    Python,
    C,
    Go,
}

impl Language {
    fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Ts => "ts",
            Self::Python => "python",
            Self::C => "c",
            Self::Go => "go",
        }
    }
}

/// A file of the new project.
struct Written {
    path: String,
    content: Vec<u8>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    check_name(&args.name)?;
    let kind = PluginKind::from(args.kind);
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if folder.exists() {
        let why = format!("{} exists already; name another folder with --dir", folder.display());
        return Err(Failure::bad_input(why));
    }
    let (mut files, next) = scaffold(args.lang.folder(), kind, &args.name)?;
    files.extend(contract(kind));
    for file in &files {
        write(&folder.join(&file.path), &file.content)?;
    }
    output::say(format_args!("{}: a {kind} in {}, {} files", folder.display(), args.lang.folder(), files.len()));
    output::say("go on with");
    output::say(format_args!("  cd {}", folder.display()));
    for line in next.lines().filter(|line| !line.trim().is_empty()) {
        output::say(format_args!("  {line}"));
    }
    Ok(())
}

/// Lower-case words with dashes: what every package registry takes.
fn check_name(name: &str) -> Result<(), Failure> {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let sound = name.split('-').all(word) && name.starts_with(|first: char| first.is_ascii_lowercase());
    if sound && name.len() <= 60 {
        return Ok(());
    }
    Err(Failure::bad_input(format!(
        "`{name}` is no name for a plugin; write at most 60 lower-case letters and digits with dashes, like vip-customer"
    )))
}

/// The files of a scaffold with the name filled in, and what to print.
fn scaffold(language: &str, kind: PluginKind, name: &str) -> Result<(Vec<Written>, String), Failure> {
    let own = format!("{language}/{kind}/");
    let shared = format!("{language}/shared/");
    if !embedded::SCAFFOLDS.iter().any(|(path, _)| path.starts_with(&own)) {
        let known: Vec<&str> = known_kinds(language);
        let hint = if known.is_empty() { "none in that language".to_owned() } else { known.join(", ") };
        return Err(Failure::bad_input(format!(
            "there is no scaffold for a {kind} in {language} (there are: {hint}); take another --lang, or begin with one \
             of those and the contract in wit/"
        )));
    }
    let mut files: Vec<Written> = Vec::new();
    let mut next = String::new();
    // A file of the kind replaces the shared one of the same path.
    for root in [&own, &shared] {
        for (path, content) in embedded::SCAFFOLDS {
            let Some(path) = path.strip_prefix(root.as_str()) else { continue };
            let path = fill(path, name).replace("dot.", ".");
            if files.iter().any(|file| file.path == path) {
                continue;
            }
            let content = match std::str::from_utf8(content) {
                Ok(text) => fill(text, name).into_bytes(),
                Err(_) => content.to_vec(),
            };
            if path == NEXT {
                next = if next.is_empty() { String::from_utf8_lossy(&content).into_owned() } else { next };
            } else {
                files.push(Written { path, content });
            }
        }
    }
    Ok((files, next))
}

fn known_kinds(language: &str) -> Vec<&'static str> {
    let kinds = [Kind::Condition, Kind::Selector, Kind::Channel, Kind::Source, Kind::Renderer];
    let names = kinds.into_iter().map(|kind| PluginKind::from(kind).name());
    names
        .filter(|kind| {
            let root = format!("{language}/{kind}/");
            embedded::SCAFFOLDS.iter().any(|(path, _)| path.starts_with(&root))
        })
        .collect()
}

/// `{{name}}` vip-customer, `{{name_snake}}` vip_customer, `{{name_pascal}}` VipCustomer, `{{title}}` Vip customer,
/// `{{contract}}` the edition of the contract.
fn fill(text: &str, name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    let pascal: String = name.split('-').map(capital).collect();
    text.replace("{{name}}", name)
        .replace("{{name_snake}}", &name.replace('-', "_"))
        .replace("{{name_pascal}}", &pascal)
        .replace("{{title}}", &capital(&name.replace('-', " ")))
        .replace("{{contract}}", embedded::EDITION)
}

/// The files of the contract that a kind needs.
fn contract(kind: PluginKind) -> Vec<Written> {
    let of_kind = format!("{kind}.wit");
    let shared: &[&str] = match kind {
        PluginKind::Condition | PluginKind::Selector => &["types.wit", "facts.wit"],
        PluginKind::Channel => &["types.wit", "facts.wit", "transport.wit"],
        PluginKind::Source => &["types.wit", "facts.wit", "transport.wit", "events.schema.json"],
        PluginKind::Renderer => &["types.wit"],
    };
    let wanted = |path: &str| path == of_kind || shared.contains(&path);
    let files = embedded::CONTRACT.iter().filter(|(path, _)| wanted(path));
    files.map(|(path, content)| Written { path: format!("wit/{path}"), content: content.to_vec() }).collect()
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::bad_input(format!("{} cannot be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, content).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_each_language_writes_it() {
        let text = "{{name}} {{name_snake}} {{name_pascal}} {{title}}";
        assert_eq!(fill(text, "vip-customer2"), "vip-customer2 vip_customer2 VipCustomer2 Vip customer2");
    }

    #[test]
    fn names_are_those_that_every_registry_takes() {
        for name in ["vip", "vip-customer", "a1-b2"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "Vip", "vip_customer", "-vip", "vip-", "vip--x", "1vip", "vip/../x", &"x".repeat(61)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn every_scaffold_says_how_to_go_on_and_leaves_nothing_unfilled() {
        for (path, _) in embedded::SCAFFOLDS {
            let [language, kind] = path.split('/').take(2).collect::<Vec<_>>()[..] else { continue };
            let kinds = [Kind::Condition, Kind::Selector, Kind::Channel, Kind::Source, Kind::Renderer];
            let Some(kind) = kinds.into_iter().map(PluginKind::from).find(|one| one.name() == kind) else { continue };
            let (files, next) =
                scaffold(language, kind, "vip-customer").unwrap_or_else(|failure| panic!("{failure:?}"));
            assert!(next.lines().count() >= 2, "{language}/{kind}: next.txt holds the commands to go on with");
            for file in files {
                let text = String::from_utf8_lossy(&file.content).into_owned();
                assert!(!text.contains("{{name") && !text.contains("{{title"), "{language}/{kind}/{}", file.path);
            }
        }
    }

    #[test]
    fn the_contract_comes_along_as_far_as_it_is_needed() {
        let names = |kind| contract(kind).into_iter().map(|file| file.path).collect::<Vec<_>>();
        assert_eq!(names(PluginKind::Condition), ["wit/condition.wit", "wit/facts.wit", "wit/types.wit"]);
        assert_eq!(names(PluginKind::Renderer), ["wit/renderer.wit", "wit/types.wit"]);
    }
}
