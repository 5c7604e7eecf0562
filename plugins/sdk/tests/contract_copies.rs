//! Examples carry their own copy of the contract; a copy that differs would build against a contract nobody offers.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

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
/// the scaffolds. And the examples of one decision are asked the same questions.
#[test]
fn what_is_checked_in_twice_is_the_same() {
    let twins = [
        ("examples/condition-c/bindings", "host/scaffolds/c/condition/bindings"),
        ("examples/channel-c/bindings", "host/scaffolds/c/channel/bindings"),
        ("examples/condition-go/bindings", "host/scaffolds/go/shared/bindings"),
        ("examples/condition-c/json.c", "host/scaffolds/c/shared/json.c"),
        ("examples/condition-c/json.h", "host/scaffolds/c/shared/json.h"),
        ("examples/channel-c/json.c", "host/scaffolds/c/shared/json.c"),
        ("examples/channel-c/json.h", "host/scaffolds/c/shared/json.h"),
        ("examples/condition-ts/contract.d.ts", "host/scaffolds/ts/shared/contract.d.ts"),
        ("examples/condition-js/fixtures", "examples/condition-ts/fixtures"),
        ("examples/condition-js/fixtures", "examples/condition-python/fixtures"),
        ("examples/condition-js/fixtures", "examples/condition-c/fixtures"),
        ("examples/condition-js/fixtures", "examples/condition-go/fixtures"),
        ("examples/condition-js/fixtures", "examples/condition-rust/fixtures"),
    ];
    for (one, other) in twins {
        same(&root().join(one), &root().join(other));
    }
}

fn same(one: &Path, other: &Path) {
    if !one.is_dir() {
        return assert!(bytes(one) == bytes(other), "{one:?} and {other:?} differ: copy the newer over the other");
    }
    for file in files(one) {
        same(&file, &other.join(file.file_name().unwrap()));
    }
    assert_eq!(files(one).len(), files(other).len(), "{one:?} and {other:?} hold different files");
}
