//! Name, version, licence, description, authors and source, from `Cargo.toml` into the `.wasm`: the file is the whole
//! package. The section names are those of the component metadata conventions; the name has one of Cartwright's.

const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(text.as_bytes());
    array
}

macro_rules! sections {
    ($($name:ident: $section:literal = $variable:literal,)+) => {$(
        #[used]
        #[unsafe(link_section = $section)]
        static $name: [u8; env!($variable).len()] = bytes(env!($variable));
    )+};
}

sections! {
    NAME: "cartwright:name" = "CARGO_PKG_NAME",
    VERSION: "version" = "CARGO_PKG_VERSION",
    LICENSES: "licenses" = "CARGO_PKG_LICENSE",
    DESCRIPTION: "description" = "CARGO_PKG_DESCRIPTION",
    AUTHORS: "authors" = "CARGO_PKG_AUTHORS",
    SOURCE: "source" = "CARGO_PKG_REPOSITORY",
}
