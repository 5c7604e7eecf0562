//! Examples carry their own copy of the contract; a copy that differs would build against a contract nobody offers.

use std::fs;
use std::path::Path;

#[test]
fn the_copies_in_the_examples_are_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut compared = 0;
    for example in fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(copies) = fs::read_dir(example.join("wit")) else { continue };
        for copy in
            copies.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "wit"))
        {
            let original = root.join("wit/v0.1").join(copy.file_name().unwrap());
            let text = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            assert!(text(&copy) == text(&original), "{copy:?} is no copy of {original:?}: copy it again");
            compared += 1;
        }
    }
    assert!(compared >= 3, "only {compared} copies were found");
}
