//! Examples carry their own copy of the contract; a copy that differs would build against a contract nobody offers.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// `v0.2`, from the first line of a file of the contract.
fn edition(copy: &Path) -> String {
    let text = fs::read_to_string(copy).unwrap();
    let version = text.strip_prefix("package cartwright:plugin@").and_then(|rest| rest.split_once(".0;")).unwrap().0;
    format!("v{version}")
}

#[test]
fn the_copies_in_the_examples_are_the_contract() {
    let mut compared = 0;
    for example in files(&root().join("examples")).iter().map(|example| example.join("wit")).filter(|wit| wit.is_dir())
    {
        for copy in files(&example).into_iter().filter(|path| path.extension().is_some_and(|end| end == "wit")) {
            let original = root().join("wit").join(edition(&copy)).join(copy.file_name().unwrap());
            assert!(bytes(&copy) == bytes(&original), "{copy:?} is no copy of {original:?}: copy it again");
            compared += 1;
        }
    }
    assert!(compared >= 3, "only {compared} copies were found");
}

/// What is made from the contract is checked in, so that authors need no generator: once for the examples, once for
/// the scaffolds.
#[test]
fn examples_and_scaffolds_share_what_was_made_from_the_contract() {
    let c = |file: &str| {
        let of_kind = |kind: &str| (format!("examples/{kind}-c/{file}"), format!("host/scaffolds/c/{kind}/{file}"));
        [of_kind("condition"), of_kind("channel")]
    };
    let json = |file: &str| {
        let shared = format!("host/scaffolds/c/shared/{file}");
        [(format!("examples/condition-c/{file}"), shared.clone()), (format!("examples/channel-c/{file}"), shared)]
    };
    let types = ("examples/condition-ts/contract.d.ts".to_owned(), "host/scaffolds/ts/shared/contract.d.ts".to_owned());
    let pairs = ["bindings/plugin.c", "bindings/plugin.h", "bindings/plugin_component_type.o"].into_iter().flat_map(c);
    for (one, other) in pairs.chain(["json.c", "json.h"].into_iter().flat_map(json)).chain([types]) {
        let same = bytes(&root().join(&one)) == bytes(&root().join(&other));
        assert!(same, "{one} and {other} differ: copy the newer over the other");
    }
}
