//! The examples of the page on the contract are pieces of scaffolds and examples, which are built and run: so they hold.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

#[test]
fn every_example_on_the_page_stands_in_a_plugin_that_is_built() {
    let kinds = ["condition", "selector", "channel", "source", "renderer"];
    let scaffolds = kinds.map(|kind| root().join(format!("host/scaffolds/rust/{kind}/src/lib.rs")));
    let source = ["lib", "records", "tasks"].map(|file| root().join(format!("examples/source-rust/src/{file}.rs")));
    let plugins: Vec<String> = scaffolds.iter().chain(&source).map(|path| text(path)).collect();
    let page = text(&root().join("host/docs/plugins/contract.md"));
    let examples: Vec<&str> = page.split("```rust\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert!(examples.len() >= kinds.len(), "one for each kind");
    for example in examples {
        assert!(plugins.iter().any(|plugin| plugin.contains(example)), "stands in no plugin:\n{example}");
    }
}
