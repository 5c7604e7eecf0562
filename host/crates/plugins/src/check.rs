//! What is looked at before a component may run, in the order of [`CheckStage`]. The first fault is told, with its
//! cause, its limit and what to do; the file is never run further than it has been checked.

mod compiling;
mod description;
mod imports;
mod metadata;
mod schema;
mod world;

pub(crate) use compiling::bounded;
pub(crate) use description::described;
pub(crate) use metadata::read as read_metadata;
pub(crate) use schema::validator;

use cartwright_domain::plugin::PluginKind;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use wasmtime::component::Component;

use crate::editions::Edition;
use crate::failure::reject;
use crate::kinds::Kind;
use crate::limits::{Limits, bytes};
use crate::sandbox::Sandbox;

/// A component that fits: its kind, ready to be started, and the edition it was built for.
pub(crate) struct Fitting {
    pub(crate) kind: Kind,
    pub(crate) built_for: String,
}

/// Whether these bytes are a component at all.
pub(crate) fn file(limits: &Limits, component: &[u8]) -> Result<(), PluginRejection> {
    let refuse = |message: String| Err(reject(CheckStage::File, message));
    if component.len() > limits.component_bytes {
        let (size, limit) = (component.len(), bytes(limits.component_bytes));
        return refuse(format!("the file has {size} bytes; the limit is {limit}"));
    }
    match component {
        [] => refuse("the file is empty".to_owned()),
        [0x7f, b'E', b'L', b'F', ..] => {
            refuse("this is precompiled code, which is never taken from outside; upload the .wasm file".to_owned())
        }
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => refuse(
            "this is a core module, not a component; build it for wasm32-wasip2, or make a component of it with \
             `wasm-tools component new`"
                .to_owned(),
        ),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => metadata::whole(component),
        [0, b'a', b's', b'm', ..] => refuse("this is WebAssembly of a version that this host does not know".to_owned()),
        _ => refuse("this is no WebAssembly: the file does not begin with `\\0asm`; upload the .wasm file".to_owned()),
    }
}

/// Whether the host can offer what a compiled component needs and call what it has. Its bytes are only read again where
/// it matters what made it.
pub(crate) fn fit(sandbox: &Sandbox, component: &Component, wasm: &[u8]) -> Result<Fitting, PluginRejection> {
    let imports = imports::names(&sandbox.engine, component);
    imports::offered(&imports, &|| read_metadata(wasm).is_interpreter())?;
    let pre = sandbox.linker.instantiate_pre(component).map_err(|error| imports::not_linked(&error))?;
    let (kind, version) = world::kind(&sandbox.engine, component)?;
    let edition = imports::allowed(&imports, kind, version)?;
    let kind = Kind::new(edition, kind, pre).map_err(|error| world::misfit(kind, edition, &error))?;
    Ok(Fitting { kind, built_for: format!("cartwright:plugin@{version}") })
}

/// The interfaces that a component imports and exports, for a person to read.
pub(crate) fn interfaces(engine: &wasmtime::Engine, component: &Component) -> (Vec<String>, Vec<String>) {
    (imports::names(engine, component), world::names(engine, component))
}

/// Which kind it would be, and for which edition.
pub(crate) fn kind_of(
    engine: &wasmtime::Engine,
    component: &Component,
) -> Result<(PluginKind, Version), PluginRejection> {
    world::kind(engine, component)
}

/// The version of an interface, as it stands behind the `@` of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    pub(crate) const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let version = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        parts.next().is_none().then_some(version)
    }

    /// Whether an interface of one version can stand for that of the other: the first number that is not 0 decides.
    pub(crate) fn fits(self, offered: Self) -> bool {
        match (self.major, self.minor) {
            (0, 0) => self == offered,
            (0, minor) => offered.major == 0 && offered.minor == minor,
            (major, _) => offered.major == major,
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// `namespace:package/interface@version` in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name<'a> {
    package: &'a str,
    interface: &'a str,
    version: Option<Version>,
}

impl<'a> Name<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let (package, rest) = name.split_once('/')?;
        let (interface, version) = match rest.split_once('@') {
            Some((interface, version)) => (interface, Some(Version::parse(version)?)),
            None => (rest, None),
        };
        Some(Self { package, interface, version })
    }
}

/// The words for something built for another edition: what was found, what there is, what to do.
fn skew(what: &str, version: Option<Version>) -> String {
    let built = version.map_or_else(|| "no version".to_owned(), |version| version.to_string());
    let near = version.and_then(Edition::of).unwrap_or(Edition::NEWEST);
    format!("built for `{what}` {built}, this host offers {}; rebuild with {}", Edition::list(), near.folder())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_where_the_first_number_that_is_not_0_is_the_same() {
        let fits = |a: &str, b: &str| Version::parse(a).unwrap().fits(Version::parse(b).unwrap());
        assert!(fits("0.1.0", "0.1.7") && fits("0.1.7", "0.1.0") && fits("1.2.3", "1.0.0"));
        assert!(!fits("0.1.0", "0.2.0") && !fits("1.0.0", "2.0.0") && !fits("0.0.1", "0.0.2"));
        assert!(Version::parse("1.0").is_none() && Version::parse("1.0.0-rc.1").is_none());
    }

    #[test]
    fn names_come_apart() {
        let name = Name::parse("wasi:io/poll@0.2.6").unwrap();
        assert_eq!((name.package, name.interface, name.version.unwrap().patch), ("wasi:io", "poll", 6));
        assert!(Name::parse("evaluate").is_none());
    }
}
