//! Renderers: templates are loaded once for a batch, then every document becomes text.

use cartwright_domain::plugin::{PluginFailure, PluginKind, Problem};
use cartwright_engine::ports::{Escape, TemplatePart, TemplateReport};
use cartwright_plugins_bindings::v0_2::imports::types::Fault;
pub(crate) use cartwright_plugins_bindings::v0_2::renderer::exports::cartwright::plugin::renderer as wit;
use serde_json::Value;
use wasmtime::Store;

use super::{Live, convert};
use crate::batch::Work;
use crate::failure::{fail, invalid};
use crate::guest::Guest;
use crate::limits::{BatchTime, Limits};
use crate::session::Session;

/// Texts for a batch of documents.
pub(crate) struct Render<'a> {
    pub(crate) parts: Vec<wit::Part>,
    pub(crate) data: &'a [Value],
}

impl Work for Render<'_> {
    type Answer = Vec<(String, String)>;
    const WHAT: &'static str = "one document";

    fn items(&self) -> usize {
        self.data.len()
    }

    fn time(&self, limits: &Limits) -> BatchTime {
        limits.render
    }

    fn present(&self, _: &mut Guest, _: usize) {}

    async fn prepare(&self, live: &Live, store: &mut Store<Guest>) -> wasmtime::Result<Result<(), PluginFailure>> {
        let loaded = live.load(store, &self.parts).await?;
        Ok(loaded.map_err(|error| fail(Problem::BadInput, format!("{}: {}", error.name, error.message))))
    }

    async fn call(
        &self,
        live: &Live,
        store: &mut Store<Guest>,
        index: usize,
    ) -> wasmtime::Result<Result<Self::Answer, PluginFailure>> {
        let answer = live.render(store, &self.data[index].to_string()).await?;
        Ok(answer.map_err(convert::fault).and_then(|texts| self.texts(texts)))
    }
}

impl Live {
    async fn load(
        &self,
        store: &mut Store<Guest>,
        parts: &[wit::Part],
    ) -> wasmtime::Result<Result<(), wit::TemplateError>> {
        match self {
            Self::Renderer(live) => live.cartwright_plugin_renderer().call_load(store, parts).await,
            Self::V0_1(older) => older.load(store, parts).await,
            _ => Err(self.is_not(PluginKind::Renderer)),
        }
    }

    async fn render(&self, store: &mut Store<Guest>, data: &String) -> wasmtime::Result<Result<Vec<wit::Text>, Fault>> {
        match self {
            Self::Renderer(live) => live.cartwright_plugin_renderer().call_render(store, data).await,
            Self::V0_1(older) => older.render(store, data).await,
            _ => Err(self.is_not(PluginKind::Renderer)),
        }
    }

    async fn check_templates(
        &self,
        store: &mut Store<Guest>,
        parts: &[wit::Part],
    ) -> wasmtime::Result<wit::CheckReport> {
        match self {
            Self::Renderer(live) => live.cartwright_plugin_renderer().call_check(store, parts).await,
            Self::V0_1(older) => older.check_templates(store, parts).await,
            _ => Err(self.is_not(PluginKind::Renderer)),
        }
    }
}

impl Render<'_> {
    /// Every part once and nothing else, in the order of the parts.
    fn texts(&self, texts: Vec<wit::Text>) -> Result<Vec<(String, String)>, PluginFailure> {
        if texts.len() != self.parts.len() {
            return Err(invalid(format!("it rendered {} texts of {} parts", texts.len(), self.parts.len())));
        }
        let mut rendered = Vec::with_capacity(texts.len());
        for part in &self.parts {
            let text = texts.iter().find(|text| text.name == part.name);
            let text = text.ok_or_else(|| invalid(format!("it rendered no text for the part `{}`", part.name)))?;
            rendered.push((part.name.clone(), text.value.clone()));
        }
        Ok(rendered)
    }
}

pub(crate) fn parts(parts: &[TemplatePart]) -> Vec<wit::Part> {
    let escape = |escape| match escape {
        Escape::None => wit::Escape::None,
        Escape::Html => wit::Escape::Html,
    };
    parts
        .iter()
        .map(|part| wit::Part { name: part.name.clone(), template: part.template.clone(), escape: escape(part.escape) })
        .collect()
}

/// What a renderer finds in templates.
pub(crate) async fn check(mut session: Session, parts: &[TemplatePart]) -> Result<TemplateReport, PluginFailure> {
    let answer = session.live.check_templates(&mut session.store, &self::parts(parts)).await;
    let report = session.close(answer)?;
    Ok(TemplateReport {
        variables: report.variables,
        errors: report.errors.into_iter().map(|error| (error.name, error.message)).collect(),
    })
}
