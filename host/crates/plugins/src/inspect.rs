//! What a component is, told without running it.

use std::sync::Arc;

use bytes::Bytes;
use cartwright_domain::plugin::PluginKind;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use serde::Serialize;

use crate::catalogue::digest_of;
use crate::check;
use crate::failure::reject;
use crate::sandbox::Sandbox;

/// What can be read from a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// SHA-256, hex.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// Which of the five kinds, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<PluginKind>,
    /// The WIT package it was built for, if it is one of the five.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_for: Option<String>,
    /// From the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// From the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// From the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// From the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// From the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authors: Option<String>,
    /// From the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The tools that made it.
    pub made_with: Vec<String>,
    /// Interfaces it needs.
    pub imports: Vec<String>,
    /// Interfaces it has.
    pub exports: Vec<String>,
}

pub(crate) async fn inspect(sandbox: &Arc<Sandbox>, component: Bytes) -> Result<Inspection, PluginRejection> {
    check::file(&sandbox.limits, &component)?;
    let sandbox = sandbox.clone();
    let work = move || {
        let engine = &sandbox.engine;
        let metadata = check::read_metadata(&component);
        let compiled = wasmtime::component::Component::from_binary(engine, &component)
            .map_err(|error| reject(CheckStage::Compile, format!("it cannot be compiled: {error:#}")))?;
        let (imports, exports) = check::interfaces(engine, &compiled);
        let kind = check::kind_of(engine, &compiled).ok();
        Ok(Inspection {
            digest: digest_of(&component),
            size: component.len() as u64,
            kind: kind.map(|(kind, _)| kind),
            built_for: kind.map(|(_, edition)| format!("cartwright:plugin@{edition}")),
            name: metadata.name,
            version: metadata.version,
            licence: metadata.licence,
            description: metadata.description,
            authors: metadata.authors,
            source: metadata.source,
            made_with: metadata.made_with,
            imports,
            exports,
        })
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(reject(CheckStage::Compile, format!("the compiler gave up: {error}"))))
}
