//! What tests find on the machine, and what they say when it is not there.

use std::path::PathBuf;

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The folder with the components that `cargo xtask plugins` builds.
pub fn plugins_folder() -> PathBuf {
    match std::env::var_os("CARTWRIGHT_PLUGINS_DIR") {
        Some(folder) => folder.into(),
        None => workspace().join("target/wasm32-wasip2/plugin"),
    }
}

/// A shipped component, by the name of its crate.
///
/// # Panics
/// If it was not built.
pub fn component(name: &str) -> Vec<u8> {
    let file = plugins_folder().join(format!("{}.wasm", name.replace('-', "_")));
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask plugins` first", file.display()))
}

/// The component of an example in Rust, by the name of its crate.
///
/// # Panics
/// If it was not built.
pub fn example(name: &str) -> Vec<u8> {
    let file = format!("target/examples/wasm32-wasip2/release/{}.wasm", name.replace('-', "_"));
    std::fs::read(workspace().join(&file))
        .unwrap_or_else(|error| panic!("{file}: {error}; run `cargo xtask plugins` first"))
}

/// A file of what providers published, where somebody put it; else the test says so and has a twin on own fixtures.
pub fn provider_data(file: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("CARTWRIGHT_PROVIDER_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => workspace().join("../shared/data"),
    };
    found(folder.join(file), &format!("provider data: {file}"))
}

/// The folder with the npm packages of the tests.
pub fn npm_packages() -> Option<PathBuf> {
    found(workspace().join("tests/npm/node_modules"), "npm packages: run `npm ci` in tests/npm")
}

/// `cargo xtask test` counts what is said here as skipped.
#[allow(clippy::print_stdout, reason = "the one line by which a test says what it could not check")]
fn found(path: PathBuf, what: &str) -> Option<PathBuf> {
    if path.exists() {
        Some(path)
    } else {
        println!("not present: {what}");
        None
    }
}
