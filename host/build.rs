//! Takes files into the binary: the scaffolds and the newest edition of the contract, so that `cartwright plugin new`
//! needs none, and the built console.

#![allow(clippy::disallowed_methods, reason = "cargo tells a build script everything by variables")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where this is"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where files go"));
    let scaffolds = root.join("scaffolds");
    let wit = root.join("../wit");
    println!("cargo:rerun-if-changed={}", scaffolds.display());
    println!("cargo:rerun-if-changed={}", wit.display());
    let contract = newest(&wit);
    let edition = contract.file_name().unwrap_or_default().to_string_lossy().trim_start_matches('v').to_owned();
    let mut code = String::new();
    writeln!(code, "/// The edition of the contract.\npub(super) const EDITION: &str = {edition:?};")
        .expect("text grows");
    list(&mut code, "SCAFFOLDS", &scaffolds);
    list(&mut code, "CONTRACT", &contract);
    std::fs::write(out.join("scaffolds.rs"), code).expect("the build folder can be written");
    take_console(&root.join("console/dist"), &out);
}

/// A release without its console would be found out by whoever opens it; so there is none, unless somebody insists.
fn take_console(dist: &Path, out: &Path) {
    const WITHOUT: &str = "CARTWRIGHT_WITHOUT_CONSOLE";
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-env-changed={WITHOUT}");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let is_built = dist.join("index.html").is_file();
    assert!(
        is_built || !is_release || std::env::var_os(WITHOUT).is_some(),
        "the console is not built, and a release needs it: run `cargo xtask console` first ({WITHOUT}=1 does without)"
    );
    let mut code = String::new();
    if is_built {
        list(&mut code, "CONSOLE", dist);
    } else {
        code.push_str("/// Nothing was built.\npub(super) const CONSOLE: &[(&str, &[u8])] = &[];\n");
    }
    std::fs::write(out.join("console.rs"), code).expect("the build folder can be written");
}

/// The folder of the highest version, `v0.2` after `v0.1`.
fn newest(wit: &Path) -> PathBuf {
    let version = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.strip_prefix('v')?.to_owned();
        let numbers: Option<Vec<u64>> = name.split('.').map(|part| part.parse().ok()).collect();
        numbers
    };
    let folders = std::fs::read_dir(wit).expect("wit/ is there").flatten().map(|entry| entry.path());
    folders.filter(|path| version(path).is_some()).max_by_key(version).expect("wit/ holds an edition")
}

fn list(code: &mut String, name: &str, root: &Path) {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    writeln!(code, "/// Path and content.\npub(super) const {name}: &[(&str, &[u8])] = &[").expect("text grows");
    for file in files {
        let path = file.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        writeln!(code, "    ({path:?}, include_bytes!({:?})),", file.display().to_string()).expect("text grows");
    }
    writeln!(code, "];").expect("text grows");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
