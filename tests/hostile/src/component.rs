//! From text to a component.

use std::fs;
use std::path::Path;

use wasm_metadata::{AddMetadata, AddMetadataField};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The contract of an edition as one text, changed by `edit`. An edition that there is no folder of is made of the
/// newest one by replacing its version.
fn contract(edition: &str, edit: &dyn Fn(String) -> String) -> String {
    let minor = |edition: &str| edition.rsplit_once('.').map(|(minor, _)| minor.to_owned()).unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let known = [minor(edition), "0.2".to_owned()].into_iter().find(|minor| root.join(format!("v{minor}")).is_dir());
    let known = known.expect("an edition of the contract");
    let mut files: Vec<_> = fs::read_dir(root.join(format!("v{known}")))
        .expect("the folder of the edition")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .collect();
    files.sort();
    let package = format!("package cartwright:plugin@{known}.0;");
    let mut text = format!("package cartwright:plugin@{edition};\n");
    for file in files {
        let part = fs::read_to_string(file).expect("a file of the contract");
        let part = part.replace(&package, "");
        // Documentation in front of the package line belongs to no item here.
        text.extend(part.lines().filter(|line| !line.starts_with("///")).flat_map(|line| [line, "\n"]));
    }
    edit(text)
}

/// A core module from its text.
pub fn core_module_of(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A component of a world, from the text of its core module. `more` is WIT that the world needs beside the contract.
pub fn component_of(
    edition: &str,
    module: &str,
    world: &str,
    more: &[&str],
    edit: &dyn Fn(String) -> String,
    metadata: Option<(&str, &str)>,
    made_with: Option<&str>,
) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_str("contract.wit", &contract(edition, edit)).expect("the contract is sound");
    for (index, text) in more.iter().enumerate() {
        resolve.push_str(format!("more-{index}.wit"), text).expect("what is added to the contract is sound");
    }
    let guest = resolve.push_str("guest.wit", world).expect("the world is sound");
    let world = resolve.select_world(&[guest], Some("guest")).expect("the world is called guest");
    let mut module = core_module_of(module);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("the types can be embedded");
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .unwrap_or_else(|error| panic!("{error:#}"));
    match metadata {
        None => component,
        Some((name, version)) => with_metadata(&component, name, version, made_with),
    }
}

/// A component that holds a core module, which need not be sound, and nothing else.
pub fn wrapped(name: &str, module: &[u8]) -> Vec<u8> {
    let mut component = wasm_encoder::Component::new();
    component.section(&wasm_encoder::RawSection { id: 1, data: module });
    let mut component = component.finish();
    component.extend(custom_section("cartwright:name", name));
    component.extend(custom_section("version", "1.0.0"));
    component
}

/// The same component with a name and a version.
pub fn with_metadata(component: &[u8], name: &str, version: &str, made_with: Option<&str>) -> Vec<u8> {
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(name.to_owned());
    add.processed_by = made_with.iter().map(|tool| ((*tool).to_owned(), "1.0.0".to_owned())).collect();
    let mut component = add.to_wasm(component).expect("metadata can be added");
    component.extend(custom_section("version", version));
    component
}

/// A section with a text, as `wasm-tools metadata add` writes it. Both are shorter than 100 bytes.
fn custom_section(name: &str, text: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).ok().filter(|length| *length < 100).expect("a short text");
    let size = 1 + length(name) + length(text);
    [&[0, size, length(name)], name.as_bytes(), text.as_bytes()].concat()
}
