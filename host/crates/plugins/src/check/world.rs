//! Exports: exactly one of the five kinds, of an edition that this host speaks.

use cartwright_domain::plugin::PluginKind;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::{Name, Version, skew};
use crate::editions::Edition;
use crate::failure::reject;

const KINDS: [PluginKind; 5] =
    [PluginKind::Condition, PluginKind::Selector, PluginKind::Channel, PluginKind::Source, PluginKind::Renderer];

pub(super) fn names(engine: &Engine, component: &Component) -> Vec<String> {
    component.component_type().exports(engine).map(|(name, _)| name.to_owned()).collect()
}

/// The one kind that a component is. Other exports are let be: some toolchains add their own.
pub(super) fn kind(engine: &Engine, component: &Component) -> Result<(PluginKind, Version), PluginRejection> {
    one_kind(&names(engine, component)).map_err(|message| reject(CheckStage::World, message))
}

fn one_kind(exports: &[String]) -> Result<(PluginKind, Version), String> {
    let kinds: Vec<(PluginKind, Name<'_>)> = exports
        .iter()
        .filter_map(|export| Name::parse(export))
        .filter(|name| name.package == "cartwright:plugin")
        .filter_map(|name| Some((KINDS.into_iter().find(|kind| kind.name() == name.interface)?, name)))
        .collect();
    match kinds.as_slice() {
        [(kind, name)] => match name.version {
            Some(version) if Edition::of(version).is_some() => Ok((*kind, version)),
            version => Err(skew(&format!("cartwright:plugin/{}", name.interface), version)),
        },
        [] => {
            let wanted = KINDS.map(PluginKind::name).join(", ");
            let found = if exports.is_empty() { "nothing".to_owned() } else { format!("`{}`", exports.join("`, `")) };
            Err(format!(
                "it exports {found}; a plugin exports one of cartwright:plugin/{{{wanted}}}@{}",
                Edition::NEWEST.version()
            ))
        }
        several => {
            let found: Vec<_> = several.iter().map(|(kind, _)| kind.name()).collect();
            Err(format!("it exports {}; a component exports exactly one kind: split it", found.join(" and ")))
        }
    }
}

/// The exports have the right name and another shape.
pub(super) fn misfit(kind: PluginKind, edition: Edition, error: &wasmtime::Error) -> PluginRejection {
    let (version, folder) = (edition.version(), edition.folder());
    let message = format!("its {kind} is not the one of cartwright:plugin@{version}: {error:#}; rebuild with {folder}");
    reject(CheckStage::World, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(exports: &[&str]) -> Result<PluginKind, String> {
        let exports: Vec<String> = exports.iter().map(|&export| export.to_owned()).collect();
        one_kind(&exports).map(|(kind, _)| kind)
    }

    #[test]
    fn a_component_is_exactly_one_kind() {
        assert_eq!(kind(&["cartwright:plugin/channel@0.1.0", "init"]), Ok(PluginKind::Channel));
        let both = kind(&["cartwright:plugin/channel@0.1.0", "cartwright:plugin/condition@0.1.0"]);
        assert_eq!(
            both.unwrap_err(),
            "it exports channel and condition; a component exports exactly one kind: split it"
        );
        assert!(kind(&[]).unwrap_err().starts_with("it exports nothing; a plugin exports one of"));
        assert!(kind(&["wasi:cli/run@0.2.6"]).unwrap_err().contains("`wasi:cli/run@0.2.6`"));
        assert!(
            kind(&["cartwright:plugin/channel@1.0.0"]).unwrap_err().contains("1.0.0, this host offers 0.1.0 and 0.2.0")
        );
    }
}
