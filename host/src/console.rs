//! The web console: built into the binary, or read from a folder while somebody works on it.

use bytes::Bytes;
use cartwright_api::ConsoleFiles;
use std::path::PathBuf;
use std::sync::Arc;

/// Path and content of each file, from `console/dist` (`build.rs`).
mod built {
    include!(concat!(env!("OUT_DIR"), "/console.rs"));
}

/// Where the console comes from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConsoleArgs {
    /// Folder of a built console, instead of the one in this binary: for work on it
    #[arg(long, value_name = "DIR")]
    console: Option<PathBuf>,
}

impl ConsoleArgs {
    /// The files, unless this binary was built without them.
    pub(crate) fn files(self) -> Option<Arc<dyn ConsoleFiles>> {
        match self.console {
            Some(folder) => Some(Arc::new(Folder(folder))),
            None if built::CONSOLE.is_empty() => None,
            None => Some(Arc::new(Built)),
        }
    }
}

struct Built;

impl ConsoleFiles for Built {
    fn file(&self, path: &str) -> Option<Bytes> {
        let found = built::CONSOLE.iter().find(|(known, _)| *known == path);
        found.map(|(_, content)| Bytes::from_static(content))
    }
}

struct Folder(PathBuf);

impl ConsoleFiles for Folder {
    fn file(&self, path: &str) -> Option<Bytes> {
        let leads_out = path.split(['/', '\\']).any(|part| part == ".." || part.is_empty());
        let content = if leads_out { None } else { std::fs::read(self.0.join(path)).ok() };
        content.map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_a_file_of_the_console() {
        let folder = Folder(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/console")));
        assert!(folder.file("index.html").is_some());
        for path in ["../Cargo.toml", "src/../../Cargo.toml", "/etc/hostname", "..\\Cargo.toml", ""] {
            assert!(folder.file(path).is_none(), "{path}");
        }
    }
}
