//! Imports: only what this host offers, and of that only what is offered to the kind.

use cartwright_domain::plugin::PluginKind;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::{Name, Version, skew};
use crate::editions::Edition;
use crate::failure::reject;

/// The packages of the virtual WASI.
const WASI: &[&str] = &["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random", "wasi:sockets"];
const WASI_EDITION: Version = Version { major: 0, minor: 2, patch: 0 };

const DECISIONS: &[PluginKind] = &[PluginKind::Condition, PluginKind::Selector];
const CONNECTIONS: &[PluginKind] = &[PluginKind::Channel, PluginKind::Source];

/// The interfaces of the contract, and the kinds that may import them.
const INTERFACES: &[(&str, &[PluginKind])] = &[
    ("decision", DECISIONS),
    ("words", &[PluginKind::Condition, PluginKind::Selector, PluginKind::Channel]),
    ("customer", DECISIONS),
    ("contact", DECISIONS),
    ("orders", DECISIONS),
    ("cart", DECISIONS),
    ("messages", DECISIONS),
    ("run", DECISIONS),
    ("local-time", DECISIONS),
    ("candidates", &[PluginKind::Selector]),
    ("connection", CONNECTIONS),
    ("secrets", CONNECTIONS),
    ("templates", &[PluginKind::Channel]),
];
/// Interfaces that hold only types.
const TYPES: &[&str] = &["types", "transport"];

pub(super) fn names(engine: &Engine, component: &Component) -> Vec<String> {
    component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect()
}

/// Refuses what nobody offers here, naming it.
pub(super) fn offered(imports: &[String], is_interpreter: &dyn Fn() -> bool) -> Result<(), PluginRejection> {
    imports.iter().try_for_each(|import| offer(import, is_interpreter).map_err(|why| reject(CheckStage::Imports, why)))
}

fn offer(import: &str, is_interpreter: &dyn Fn() -> bool) -> Result<(), String> {
    let unknown = || format!("it imports `{import}`, which this host does not offer");
    let name = Name::parse(import).ok_or_else(unknown)?;
    match name.package {
        "cartwright:plugin" => {
            let known = TYPES.contains(&name.interface) || INTERFACES.iter().any(|(known, _)| *known == name.interface);
            match name.version.and_then(Edition::of) {
                Some(edition) if known && !edition.lacks(name.interface) => Ok(()),
                Some(_) => Err(unknown()),
                None => Err(skew(&format!("cartwright:plugin/{}", name.interface), name.version)),
            }
        }
        "wasi:sockets" if !is_interpreter() => Err(format!(
            "it imports the socket interface `{import}`; sockets are not offered: a plugin returns requests and the \
             host makes them (channels and sources), or it decides from facts alone"
        )),
        package if WASI.contains(&package) => match name.version {
            Some(version) if version.fits(WASI_EDITION) => Ok(()),
            _ => Err(format!("it imports `{import}`, this host offers WASI 0.2; rebuild with wasm32-wasip2")),
        },
        _ => Err(unknown()),
    }
}

/// Refuses what is offered to other kinds only, and a mixture of editions. Answers the one edition.
pub(super) fn allowed(imports: &[String], kind: PluginKind, built: Version) -> Result<Edition, PluginRejection> {
    let edition = Edition::of(built).unwrap_or(Edition::NEWEST);
    for import in imports {
        let Some(name) = Name::parse(import).filter(|name| name.package == "cartwright:plugin") else { continue };
        let Some((_, kinds)) = INTERFACES.iter().find(|(known, _)| *known == name.interface) else { continue };
        if !kinds.contains(&kind) {
            let kinds: Vec<_> = kinds.iter().map(|kind| format!("{kind}s")).collect();
            let message = format!("a {kind} cannot import `{import}`: it is for {}", kinds.join(" and "));
            return Err(reject(CheckStage::World, message));
        }
        if name.version.and_then(Edition::of) != Some(edition) {
            let folder = edition.folder();
            let message = format!("its {kind} is of {built}, and it imports `{import}`; build all of it with {folder}");
            return Err(reject(CheckStage::World, message));
        }
    }
    Ok(edition)
}

/// What the linker found missing: a function that came later than this host, or one of another type.
pub(super) fn not_linked(error: &wasmtime::Error) -> PluginRejection {
    let text = format!("{error:#}");
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let message = match quoted.as_slice() {
        [interface, function, ..] if text.contains("function implementation is missing") => {
            let version = Name::parse(interface).and_then(|name| name.version);
            let interface = interface.split('@').next().unwrap_or(interface);
            format!("it needs the function `{function}`: {}", skew(interface, version))
        }
        _ => format!("what it imports is not what this host offers: {text}"),
    };
    reject(CheckStage::Imports, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(import: &str) -> String {
        offer(import, &|| false).unwrap_err()
    }

    #[test]
    fn what_nobody_offers_is_named() {
        assert_eq!(
            refused("evil:host/backdoor@1.0.0"),
            "it imports `evil:host/backdoor@1.0.0`, which this host does not offer"
        );
        assert!(refused("wasi:http/outgoing-handler@0.2.6").contains("`wasi:http/outgoing-handler@0.2.6`"));
        assert!(refused("wasi:io/poll@0.3.0").contains("this host offers WASI 0.2"));
        assert!(refused("cartwright:plugin/weather@0.1.0").contains("which this host does not offer"));
    }

    #[test]
    fn another_edition_is_told_from_what_is_unknown() {
        assert_eq!(
            refused("cartwright:plugin/orders@0.3.0"),
            "built for `cartwright:plugin/orders` 0.3.0, this host offers 0.1.0 and 0.2.0; rebuild with wit/v0.2"
        );
        assert!(refused("cartwright:plugin/messages@0.1.0").contains("which this host does not offer"));
        assert!(offer("cartwright:plugin/messages@0.2.0", &|| false).is_ok());
        assert!(offer("cartwright:plugin/orders@0.1.9", &|| false).is_ok());
    }

    #[test]
    fn s41_sockets_are_refused_except_where_a_toolchain_always_imports_them() {
        assert!(refused("wasi:sockets/tcp@0.2.6").contains("sockets are not offered"));
        assert!(offer("wasi:sockets/tcp@0.2.9", &|| true).is_ok());
        assert!(offer("wasi:http/types@0.2.9", &|| true).is_err());
    }
}
