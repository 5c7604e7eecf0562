//! One macro for each kind of plugin.

/// Generates the bindings of one world in the crate that calls it. Not called directly.
#[doc(hidden)]
#[macro_export]
macro_rules! __generate {
    ($world:literal, [] $($rest:tt)*) => {
        $crate::__generate!($world, ["../../../wit/v0.1"] $($rest)*);
    };
    ($world:literal, [$wit:literal] $(, $interface:literal: $path:path)*) => {
        #[allow(missing_docs, unsafe_code, unreachable_pub, unused_imports, unused_macros, dead_code, clippy::all)]
        mod generated {
            ::cartwright_sdk::wit_bindgen::generate!({
                path: $wit,
                world: $world,
                runtime_path: "::cartwright_sdk::wit_bindgen::rt",
                with: {
                    "cartwright:plugin/types@0.1.0": ::cartwright_sdk::types,
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
            pub use super::generated::cartwright::plugin::{cart, contact, customer, decision, orders, run};
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
            pub use super::generated::cartwright::plugin::{candidates, cart, contact, customer, decision, orders, run};
            pub use super::generated::exports::cartwright::plugin::selector::*;
            pub use super::generated::exports::cartwright::plugin::selector::Guest as Selector;
        }
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}

/// Makes a type that implements `bindings::Channel` the channel of this component. `name` and
/// `wit` as for [`condition_plugin`].
#[macro_export]
macro_rules! channel_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!(
            "channel-plugin", [$($wit)?], "cartwright:plugin/transport@0.1.0": ::cartwright_sdk::transport
        );
        /// The contract of a channel.
        #[allow(unused_imports, dead_code)]
        mod bindings {
            pub use super::generated::cartwright::plugin::{connection, secrets};
            pub use super::generated::exports::cartwright::plugin::channel::*;
            pub use super::generated::exports::cartwright::plugin::channel::Guest as Channel;
            pub use ::cartwright_sdk::transport::{Failure, HttpRequest, HttpResponse, InboxEntry, Mail, MailResponse};

            impl Step {
                /// Make this one request, and come back with the state.
                pub fn call(request: Request, state: impl Into<Vec<u8>>) -> Self {
                    Self::Call(Pending { requests: vec![request], state: state.into() })
                }
            }

            impl Outcome {
                /// The provider has it, under this id of its own.
                pub fn accepted(provider_id: impl Into<String>) -> Self {
                    Self::Accepted(Acceptance { provider_id: provider_id.into(), price: None })
                }
                /// The provider refused, with its own code and words.
                pub fn rejected(class: RejectionClass, code: Option<String>, text: impl Into<String>) -> Self {
                    Self::Rejected(Rejection { class, details: Details { code, text: text.into() } })
                }
                /// Nobody knows whether the provider has it.
                pub fn uncertain(text: impl Into<String>) -> Self {
                    Self::Uncertain(Details { code: None, text: text.into() })
                }
                /// What a send without an answer means: only what never left may be tried again.
                pub fn unanswered(failure: &Failure) -> Self {
                    match failure {
                        Failure::NotSent(why) => Self::rejected(RejectionClass::Transient, None, why),
                        Failure::NoAnswer(why) => Self::uncertain(why),
                        Failure::TooLarge(bytes) => Self::uncertain(format!("the answer has {bytes} bytes")),
                        Failure::Refused(why) => Self::rejected(RejectionClass::BadRequest, None, why),
                    }
                }
            }
        }
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}

/// Makes a type that implements `bindings::Source` the source of this component. `name` and
/// `wit` as for [`condition_plugin`].
#[macro_export]
macro_rules! source_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!(
            "source-plugin", [$($wit)?], "cartwright:plugin/transport@0.1.0": ::cartwright_sdk::transport
        );
        /// The contract of a source.
        #[allow(unused_imports, dead_code)]
        mod bindings {
            pub use super::generated::cartwright::plugin::{connection, secrets};
            pub use super::generated::exports::cartwright::plugin::source::*;
            pub use super::generated::exports::cartwright::plugin::source::Guest as Source;
            pub use ::cartwright_sdk::events::{Fact, Subject};

            impl Event {
                /// A fact in the host's words.
                pub fn new(id: String, occurred_at: Instant, subject: Subject, fact: &Fact) -> Self {
                    let subject = subject.keys().map(|(kind, value)| Key { kind: kind.to_owned(), value }).collect();
                    Self { id, type_: fact.name().to_owned(), occurred_at, subject, body: fact.body().to_string() }
                }
            }
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
