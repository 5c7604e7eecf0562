//! Asks an OpenID provider who somebody is: discovery, the authorization code with PKCE, and the token that proves it.
//!
//! Nothing here decides who gets in, and nothing is kept but what the provider publishes of itself. Signatures are
//! checked by `ring`, which TLS is made with, too; only those of public keys are taken.
//!
//! Start reading at [`Provider`], then `token.rs`: everything that has to hold of a token.

#![forbid(unsafe_code)]

mod claims;
mod key;
mod metadata;
mod provider;
mod token;
mod web;

pub use provider::{Provider, ProviderSettings};
