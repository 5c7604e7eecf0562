//! One macro for each kind of plugin.

mod channel;
mod source;

/// Generates the bindings of one world in the crate that calls it. Not called directly.
#[doc(hidden)]
#[macro_export]
macro_rules! __generate {
    ($world:literal, [] $($rest:tt)*) => {
        $crate::__generate!($world, ["../../../wit/v0.2"] $($rest)*);
    };
    ($world:literal, [$wit:literal] $(, $interface:literal: $path:path)*) => {
        #[allow(missing_docs, unsafe_code, unreachable_pub, unused_imports, unused_macros, dead_code, clippy::all)]
        mod generated {
            ::cartwright_sdk::wit_bindgen::generate!({
                path: $wit,
                world: $world,
                runtime_path: "::cartwright_sdk::wit_bindgen::rt",
                with: {
                    "cartwright:plugin/types@0.2.0": ::cartwright_sdk::types,
                    $($interface: $path,)*
                },
                additional_derives: [PartialEq],
            });
        }
    };
}

/// Makes a type that implements `bindings::Condition` the condition of this component.
///
/// `name` is the plugin's name where it is not the package's; `wit` is the folder of the contract, relative to the
/// plugin's `Cargo.toml`, where it is not the one of this repository.
#[macro_export]
macro_rules! condition_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!("condition-plugin", [$($wit)?]);
        /// The contract of a condition.
        #[allow(unused_imports, dead_code)]
        mod bindings {
            pub use super::generated::cartwright::plugin::{
                cart, contact, customer, decision, local_time, messages, orders, run, words,
            };
            pub use super::generated::exports::cartwright::plugin::condition::*;
            pub use super::generated::exports::cartwright::plugin::condition::Guest as Condition;

            impl Verdict {
                /// `yes` or `no`, and why.
                pub fn yes_or_no(yes: bool, reason: impl Into<Option<String>>) -> Self {
                    Self { branch: if yes { "yes" } else { "no" }.to_owned(), reason: reason.into() }
                }
            }
        }
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}

/// Makes a type that implements `bindings::Selector` the selector of this component. `name` and
/// `wit` as for [`condition_plugin`].
#[macro_export]
macro_rules! selector_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!("selector-plugin", [$($wit)?]);
        /// The contract of a selector.
        #[allow(unused_imports)]
        mod bindings {
            pub use super::generated::cartwright::plugin::{
                candidates, cart, contact, customer, decision, local_time, messages, orders, run, words,
            };
            pub use super::generated::exports::cartwright::plugin::selector::*;
            pub use super::generated::exports::cartwright::plugin::selector::Guest as Selector;
        }
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}

/// Makes a type that implements `bindings::Renderer` the renderer of this component. `name` and
/// `wit` as for [`condition_plugin`].
#[macro_export]
macro_rules! renderer_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!("renderer-plugin", [$($wit)?]);
        /// The contract of a renderer.
        #[allow(unused_imports)]
        mod bindings {
            pub use super::generated::exports::cartwright::plugin::renderer::*;
            pub use super::generated::exports::cartwright::plugin::renderer::Guest as Renderer;
        }
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}
