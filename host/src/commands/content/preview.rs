//! `cartwright content preview`: what a content would say, and to nobody.

use cartwright_domain::content::Content;
use cartwright_domain::ids::{CustomerId, ShopId};
use cartwright_engine::ContentPreview;
use cartwright_engine::ports::Store;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// What is shown, and for whom.
#[derive(Debug, clap::Args)]
pub(crate) struct PreviewArgs {
    /// The content, by name; its newest revision is shown
    #[arg(required_unless_present = "file")]
    content: Option<String>,
    /// A content that is not saved yet, as a JSON file
    #[arg(long, value_name = "FILE", conflicts_with = "content")]
    file: Option<PathBuf>,
    /// Id of the shop
    #[arg(long, value_name = "ID")]
    shop: ShopId,
    /// What kind of channel its variant is for, such as `email`
    #[arg(long, value_name = "NAME")]
    channel: String,
    /// Made of the data of a customer, by id; without it of a made-up one with a cart
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,
    /// In a language, such as `de`; without it in the customer's
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    runtime: RuntimeArgs,
    #[command(flatten)]
    format: Format,
}

pub(super) async fn run(args: PreviewArgs) -> Result<(), Failure> {
    let store = args.database.open().await?;
    let content = args.content(&*store).await?;
    let engine = wiring::engine(&args.runtime, store, Arc::new(SystemClock), Arc::new(OsEntropy))?;
    let language = args.language.as_deref();
    let preview = engine.preview_content(args.shop, &content, &args.channel, language, args.customer).await;
    args.say(&preview.map_err(Failure::bad_input)?);
    Ok(())
}

impl PreviewArgs {
    async fn content(&self, store: &dyn Store) -> Result<Content, Failure> {
        if let Some(file) = &self.file {
            let unread = |why: &dyn std::fmt::Display| Failure::bad_input(format!("{}: {why}", file.display()));
            let text = std::fs::read(file).map_err(|error| unread(&error))?;
            return serde_json::from_slice(&text).map_err(|error| unread(&error));
        }
        let name = self.content.as_deref().unwrap_or_default();
        let known = store.contents(self.shop).await?;
        let found = known.into_iter().map(|(content, _)| content).find(|content| content.name == name);
        found.ok_or_else(|| {
            Failure::bad_input(format!("the shop has no content `{name}`; `GET /v1/contents` lists them"))
        })
    }

    fn say(&self, preview: &ContentPreview) {
        if self.format.json {
            return output::say_json(&json!({
                "locale": preview.locale, "document": preview.document, "length": preview.length,
                "longest": preview.longest,
            }));
        }
        output::say(format_args!("locale: {}", preview.locale));
        for (field, said) in preview.document.as_object().into_iter().flatten() {
            match said {
                Value::String(text) => output::say(format_args!("{field}: {text}")),
                said => output::say(format_args!("{field}: {said}")),
            }
        }
        for (what, length) in [("as a text message", preview.length), ("with long names", preview.longest)] {
            if let Some(length) = length {
                output::say(format_args!("{what}: {} parts, {} units", length.parts, length.units));
            }
        }
    }
}
