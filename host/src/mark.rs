//! What this node keeps outside of the database, so that it notices a restored copy (S29).

use cartwright_domain::ids::InstanceId;
use cartwright_engine::ports::{Instance, Mark};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::wiring::sqlite_file;

/// Where the mark lies.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct MarkArgs {
    /// Folder where this node keeps which database it knows, to notice a restored copy [default: beside the file of
    /// SQLite, or the working folder]
    #[arg(long, env = "CARTWRIGHT_STATE_DIR", value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

impl MarkArgs {
    /// The mark for a database.
    pub(crate) fn of(&self, database_url: &str) -> Arc<dyn Mark> {
        const NAME: &str = "cartwright.node";
        let beside = |file: PathBuf| {
            let mut name = file.into_os_string();
            name.push(".node");
            PathBuf::from(name)
        };
        let is_server = database_url.starts_with("postgres");
        match (&self.state_dir, sqlite_file(database_url)) {
            (Some(folder), _) => Arc::new(FileMark(folder.join(NAME))),
            (None, Some(file)) => Arc::new(FileMark(beside(file))),
            (None, None) if is_server => Arc::new(FileMark(NAME.into())),
            // In memory nothing can be restored.
            (None, None) => Arc::new(MemoryMark::default()),
        }
    }
}

struct FileMark(PathBuf);

#[derive(Serialize, Deserialize)]
struct Document {
    instance: InstanceId,
    hand_overs: u64,
}

impl Mark for FileMark {
    fn read(&self) -> Result<Option<Instance>, String> {
        let told = |why: &dyn std::fmt::Display| format!("{}: {why}", self.0.display());
        match std::fs::read(&self.0) {
            Ok(bytes) => {
                let document: Document = serde_json::from_slice(&bytes).map_err(|error| told(&error))?;
                Ok(Some(Instance { id: document.instance, hand_overs: document.hand_overs }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(told(&error)),
        }
    }

    /// Never half written: another file takes the old one's place.
    fn write(&self, seen: Instance) -> Result<(), String> {
        let document = Document { instance: seen.id, hand_overs: seen.hand_overs };
        let text = serde_json::to_vec(&document).map_err(|error| error.to_string())?;
        let next = self.0.with_extension(format!("node.{}", std::process::id()));
        let written = make_folder(&self.0).and_then(|()| std::fs::write(&next, text));
        written.and_then(|()| std::fs::rename(&next, &self.0)).map_err(|error| {
            format!("{}: {error}; name a folder that can be written with --state-dir", self.0.display())
        })
    }
}

fn make_folder(file: &Path) -> std::io::Result<()> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}

#[derive(Default)]
struct MemoryMark(Mutex<Option<Instance>>);

impl Mark for MemoryMark {
    fn read(&self) -> Result<Option<Instance>, String> {
        Ok(*self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, seen: Instance) -> Result<(), String> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s29_a_mark_is_read_as_it_was_written_last() {
        let folder = tempfile::tempdir().unwrap();
        let mark = MarkArgs { state_dir: Some(folder.path().join("state")) }.of("postgres://localhost/shop");
        assert_eq!(mark.read(), Ok(None));
        for hand_overs in [7, 9] {
            let seen = Instance { id: "01930000-0000-7000-8000-000000000001".parse().unwrap(), hand_overs };
            mark.write(seen).unwrap();
            assert_eq!(mark.read(), Ok(Some(seen)));
        }
        let files: Vec<_> = std::fs::read_dir(folder.path().join("state")).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
    }

    #[test]
    fn s29_a_mark_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.db.node"), "{").unwrap();
        let mark = MarkArgs::default().of(&format!("sqlite:{}/shop.db?mode=rwc", folder.path().display()));
        assert!(mark.read().unwrap_err().contains("shop.db.node"));
    }
}
