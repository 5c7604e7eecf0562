//! Compiled code on disk, so that a restart does not compile everything again.
//!
//! The folder is the host's own. Code is only ever loaded that this host wrote: nothing from outside gets here.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The folder, if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    folder: Option<PathBuf>,
    /// Engine, its settings and this host's version: with another one, the code is another.
    settings: String,
}

impl Compiled {
    pub(crate) fn new(engine: &Engine, folder: Option<PathBuf>) -> std::io::Result<Self> {
        if let Some(folder) = &folder {
            make_private(folder)?;
        }
        let mut settings = Digested(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut settings);
        env!("CARGO_PKG_VERSION").hash(&mut settings);
        let compiled = Self { folder, settings: hex::encode(&settings.0.finalize()[..8]) };
        compiled.sweep();
        Ok(compiled)
    }

    /// Removes what was compiled with other settings: nobody loads it any more.
    fn sweep(&self) {
        let Some(folder) = self.folder.as_ref().and_then(|folder| fs::read_dir(folder).ok()) else { return };
        for path in folder.flatten().map(|entry| entry.path()) {
            let ours = path.extension().is_some_and(|kind| kind == "cwasm" || kind == "crc32");
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let current = stem.rsplit_once('-').is_some_and(|(_, settings)| settings == self.settings);
            if ours
                && !current
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(%error, path = %path.display(), "old compiled code cannot be removed");
            }
        }
    }

    /// The component with a digest if it was compiled before.
    pub(crate) fn kept(&self, engine: &Engine, digest: &str) -> Option<Component> {
        load(engine, &self.path(digest)?)
    }

    fn path(&self, digest: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{digest}-{}.cwasm", self.settings)))
    }

    /// The component with a digest: from the folder, or compiled and put there. Slow; not for a thread that others
    /// wait for. A file that is damaged is compiled again; a folder that cannot be written costs only time.
    pub(crate) fn component(&self, engine: &Engine, digest: &str, wasm: &[u8]) -> wasmtime::Result<Component> {
        let Some(path) = self.path(digest) else { return Component::from_binary(engine, wasm) };
        // Whoever waited for the compiler may find that it was for this very component.
        if let Some(component) = load(engine, &path) {
            return Ok(component);
        }
        let code = engine.precompile_component(wasm)?;
        if let Err(error) = write(&path, &code) {
            tracing::warn!(%error, path = %path.display(), "compiled code cannot be kept; it is compiled at each start");
        } else if let Some(component) = load(engine, &path) {
            return Ok(component);
        }
        Component::from_binary(engine, wasm)
    }
}

/// Loads a file of the folder if it is whole: what was written is what is there.
fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let sum = fs::read(sum_of(path)).ok()?;
    if sum != checksum(&fs::read(path).ok()?) {
        tracing::warn!(path = %path.display(), "kept compiled code is damaged; it is compiled again");
        return None;
    }
    deserialize(engine, path)
        .inspect_err(|error| tracing::warn!(%error, path = %path.display(), "kept compiled code does not load"))
        .ok()
}

/// SAFETY of the call within: the engine requires that the file holds what `precompile_component` returned, and that
/// it does not change while it is mapped. The folder belongs to this host and is closed to others (0700); its files
/// are written whole under another name, renamed once and never opened for writing again; their checksum was just
/// compared; and no path of this program brings bytes from outside here: uploads are refused unless they are `.wasm`.
#[allow(unsafe_code)]
fn deserialize(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    unsafe { Component::deserialize_file(engine, path) }
}

fn sum_of(path: &Path) -> PathBuf {
    path.with_extension("crc32")
}

/// Against damage, not against people: nobody else can write here. A hash that withstands people would be a quarter of
/// what activating a version costs.
fn checksum(code: &[u8]) -> [u8; 4] {
    crc32fast::hash(code).to_be_bytes()
}

/// Writes code and checksum; whoever reads in between finds one of them missing or not fitting.
fn write(path: &Path, code: &[u8]) -> std::io::Result<()> {
    write_whole(path, code)?;
    write_whole(&sum_of(path), &checksum(code))
}

/// Under a name of its own first: several runtimes may write the same bytes at once, and none into a file that
/// another has mapped already.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// A hasher whose result is the same in every process.
struct Digested(Sha256);

impl Hasher for Digested {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_other_settings_is_removed_at_the_start_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let settings = Compiled::new(&engine, None).unwrap().settings;
        let put = |name: &str| fs::write(folder.path().join(name), "x").unwrap();
        let current = [format!("ab-{settings}.cwasm"), format!("ab-{settings}.crc32"), "README".to_owned()];
        current.iter().for_each(|name| put(name));
        put("ab-0123456789abcdef.cwasm");
        put("ab-0123456789abcdef.crc32");
        Compiled::new(&engine, Some(folder.path().to_owned())).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        let mut expected = current.to_vec();
        expected.sort();
        assert_eq!(left, expected);
    }
}
