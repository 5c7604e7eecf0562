//! The editions of the contract that this host speaks. There is one implementation, in the words of the newest; an
//! older edition has a twin here that holds only its differences and converts forward.

pub(crate) mod v0_1;

use cartwright_plugins_bindings::v0_2::imports;
use wasmtime::component::{HasSelf, Linker};

use crate::check::Version;
use crate::guest::Guest;

/// A released edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    V0_1,
    V0_2,
}

impl Edition {
    pub(crate) const ALL: [Self; 2] = [Self::V0_1, Self::V0_2];
    pub(crate) const NEWEST: Self = Self::V0_2;

    pub(crate) fn version(self) -> Version {
        match self {
            Self::V0_1 => Version::new(0, 1, 0),
            Self::V0_2 => Version::new(0, 2, 0),
        }
    }

    /// The edition that a version belongs to.
    pub(crate) fn of(version: Version) -> Option<Self> {
        Self::ALL.into_iter().find(|edition| version.fits(edition.version()))
    }

    /// The edition's folder.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::V0_1 => "wit/v0.1",
            Self::V0_2 => "wit/v0.2",
        }
    }

    /// What only later editions have.
    pub(crate) fn lacks(self, interface: &str) -> bool {
        self == Self::V0_1 && ["words", "messages", "local-time", "templates"].contains(&interface)
    }

    /// All of them, as an error names them.
    pub(crate) fn list() -> String {
        Self::ALL.map(|edition| edition.version().to_string()).join(" and ")
    }
}

/// Offers the interfaces of every edition.
pub(crate) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    type Own = HasSelf<Guest>;
    imports::decision::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::words::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::customer::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::contact::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::orders::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::cart::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::messages::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::run::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::local_time::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::candidates::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::connection::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::secrets::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    imports::templates::add_to_linker::<Guest, Own>(linker, |guest| guest)?;
    v0_1::link(linker)
}
