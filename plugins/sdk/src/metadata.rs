//! The package's own description, carried in the standard sections of component metadata.

/// Puts name, version, licence, description, authors and source of the calling package into its `.wasm`.
///
/// The sections are those of `wasm-metadata` (`version`, `licenses`, `description`, `authors`, `source`); the linker
/// writes them into the core module inside the component, and `wasm-metadata` reads them there. That crate has no
/// section of its own for the name of a module built by an ordinary linker, so the name stands in `cartwright:name`.
#[doc(hidden)]
#[macro_export]
macro_rules! package_metadata {
    () => {
        $crate::package_metadata!(env!("CARGO_PKG_NAME"));
    };
    ($name:expr) => {
        #[cfg(target_family = "wasm")]
        $crate::package_metadata! {
            NAME: "cartwright:name" = $name,
            VERSION: "version" = env!("CARGO_PKG_VERSION"),
            LICENSES: "licenses" = env!("CARGO_PKG_LICENSE"),
            DESCRIPTION: "description" = env!("CARGO_PKG_DESCRIPTION"),
            AUTHORS: "authors" = env!("CARGO_PKG_AUTHORS"),
            SOURCE: "source" = env!("CARGO_PKG_REPOSITORY"),
        }
    };
    ($($name:ident: $section:literal = $value:expr,)+) => {
        #[allow(unsafe_code)]
        mod package_metadata {
            $(
                #[used]
                #[unsafe(link_section = $section)]
                static $name: [u8; $value.len()] = $crate::encoding::bytes($value);
            )+
        }
    };
}
