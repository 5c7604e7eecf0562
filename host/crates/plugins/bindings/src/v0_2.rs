//! `cartwright:plugin@0.2.0`: the words that the host itself works in.
//!
//! Imports are generated once, in [`imports`], so that every kind of plugin is linked to the same functions; each
//! module below them holds the exports of one kind.

/// The interfaces that the host offers.
pub mod imports {
    wasmtime::component::bindgen!({
        inline: "
            package cartwright:host;
            world imports {
                import cartwright:plugin/types@0.2.0;
                import cartwright:plugin/transport@0.2.0;
                import cartwright:plugin/decision@0.2.0;
                import cartwright:plugin/words@0.2.0;
                import cartwright:plugin/customer@0.2.0;
                import cartwright:plugin/contact@0.2.0;
                import cartwright:plugin/orders@0.2.0;
                import cartwright:plugin/cart@0.2.0;
                import cartwright:plugin/messages@0.2.0;
                import cartwright:plugin/run@0.2.0;
                import cartwright:plugin/local-time@0.2.0;
                import cartwright:plugin/candidates@0.2.0;
                import cartwright:plugin/connection@0.2.0;
                import cartwright:plugin/secrets@0.2.0;
                import cartwright:plugin/templates@0.2.0;
            }
        ",
        path: "../../../../wit/v0.2",
        world: "cartwright:host/imports",
        imports: { default: trappable },
        additional_derives: [PartialEq],
    });
    pub use cartwright::plugin::*;
}

macro_rules! kind {
    ($(#[$doc:meta])* $module:ident, $world:literal $(, $interface:literal: $path:path)*) => {
        $(#[$doc])*
        pub mod $module {
            wasmtime::component::bindgen!({
                path: "../../../../wit/v0.2",
                world: $world,
                imports: { default: trappable },
                exports: { default: async },
                with: { $($interface: $path),* },
                additional_derives: [PartialEq],
            });
        }
    };
}

kind!(
    /// Which branch.
    condition, "condition-plugin",
    "cartwright:plugin/types@0.2.0": crate::v0_2::imports::types,
    "cartwright:plugin/decision@0.2.0": crate::v0_2::imports::decision,
    "cartwright:plugin/words@0.2.0": crate::v0_2::imports::words,
    "cartwright:plugin/customer@0.2.0": crate::v0_2::imports::customer,
    "cartwright:plugin/contact@0.2.0": crate::v0_2::imports::contact,
    "cartwright:plugin/orders@0.2.0": crate::v0_2::imports::orders,
    "cartwright:plugin/cart@0.2.0": crate::v0_2::imports::cart,
    "cartwright:plugin/messages@0.2.0": crate::v0_2::imports::messages,
    "cartwright:plugin/run@0.2.0": crate::v0_2::imports::run,
    "cartwright:plugin/local-time@0.2.0": crate::v0_2::imports::local_time
);
kind!(
    /// Which content.
    selector, "selector-plugin",
    "cartwright:plugin/types@0.2.0": crate::v0_2::imports::types,
    "cartwright:plugin/decision@0.2.0": crate::v0_2::imports::decision,
    "cartwright:plugin/words@0.2.0": crate::v0_2::imports::words,
    "cartwright:plugin/customer@0.2.0": crate::v0_2::imports::customer,
    "cartwright:plugin/contact@0.2.0": crate::v0_2::imports::contact,
    "cartwright:plugin/orders@0.2.0": crate::v0_2::imports::orders,
    "cartwright:plugin/cart@0.2.0": crate::v0_2::imports::cart,
    "cartwright:plugin/messages@0.2.0": crate::v0_2::imports::messages,
    "cartwright:plugin/run@0.2.0": crate::v0_2::imports::run,
    "cartwright:plugin/local-time@0.2.0": crate::v0_2::imports::local_time,
    "cartwright:plugin/candidates@0.2.0": crate::v0_2::imports::candidates
);
kind!(
    /// How a message reaches a provider.
    channel, "channel-plugin",
    "cartwright:plugin/types@0.2.0": crate::v0_2::imports::types,
    "cartwright:plugin/transport@0.2.0": crate::v0_2::imports::transport,
    "cartwright:plugin/connection@0.2.0": crate::v0_2::imports::connection,
    "cartwright:plugin/words@0.2.0": crate::v0_2::imports::words,
    "cartwright:plugin/secrets@0.2.0": crate::v0_2::imports::secrets,
    "cartwright:plugin/templates@0.2.0": crate::v0_2::imports::templates
);
kind!(
    /// What a shop platform says.
    source, "source-plugin",
    "cartwright:plugin/types@0.2.0": crate::v0_2::imports::types,
    "cartwright:plugin/transport@0.2.0": crate::v0_2::imports::transport,
    "cartwright:plugin/connection@0.2.0": crate::v0_2::imports::connection,
    "cartwright:plugin/secrets@0.2.0": crate::v0_2::imports::secrets
);
kind!(
    /// How templates and data become text.
    renderer, "renderer-plugin",
    "cartwright:plugin/types@0.2.0": crate::v0_2::imports::types
);
