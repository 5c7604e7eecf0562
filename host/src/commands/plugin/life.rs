//! `cartwright plugin promote`, `rollback`, `kill`, `revive` and `list`: the life of installed versions.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{self, Format};

use super::remote::{Service, ServiceArgs};
use super::stage::{self, Target};

/// Which version goes where.
#[derive(Debug, clap::Args)]
pub(crate) struct PromoteArgs {
    /// The version: its digest (or the begin of it), NAME@VERSION, or NAME for the newest
    version: String,
    /// The stage: installed, shadow, canary:10 (percent) or active
    #[arg(long, value_name = "STAGE")]
    to: Target,
    /// Why, for the audit
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

/// What goes back.
#[derive(Debug, clap::Args)]
pub(crate) struct RollBackArgs {
    /// Name of the plugin
    name: String,
    /// In which major version [default: the one that changed last]
    #[arg(long)]
    major: Option<u64>,
    /// Why, for the audit
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

/// What is stopped.
#[derive(Debug, clap::Args)]
pub(crate) struct KillArgs {
    /// Name of the plugin
    name: String,
    /// Why: whoever finds the runs that hold will ask
    #[arg(long)]
    why: String,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

/// What goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct ReviveArgs {
    /// Name of the plugin
    name: String,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

/// Whose plugins.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn promote(args: PromoteArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let digest = digest(&service, &args.version).await?;
    let path = format!("/v1/plugins/{digest}/promote");
    let view = service.post(&path, &args.to.document(args.why.as_deref())).await?;
    show(args.format, &view, &format!("is {}", stage::told(&view)));
    Ok(())
}

pub(crate) async fn roll_back(args: RollBackArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let mut document = json!({});
    if let Some(major) = args.major {
        document["major"] = major.into();
    }
    if let Some(why) = args.why {
        document["why"] = why.into();
    }
    let view = service.post(&format!("/v1/plugins/{}/rollback", args.name), &document).await?;
    show(args.format, &view, &format!("is {} again", stage::told(&view)));
    Ok(())
}

pub(crate) async fn kill(args: KillArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let view = service.post(&format!("/v1/plugins/{}/kill", args.name), &json!({ "why": args.why })).await?;
    show(args.format, &view, "is stopped in all its versions; its runs hold until `cartwright plugin revive`");
    Ok(())
}

pub(crate) async fn revive(args: ReviveArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let view = service.post(&format!("/v1/plugins/{}/revive", args.name), &json!({})).await?;
    show(args.format, &view, "goes on; its runs are looked at within a minute");
    Ok(())
}

pub(crate) async fn list(args: ListArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let views = service.all("/v1/plugins").await?;
    if args.format.json {
        output::say_json(&views);
        return Ok(());
    }
    let text = |view: &Value, name: &str| view[name].as_str().unwrap_or_default().to_owned();
    let rows: Vec<Vec<String>> = views
        .iter()
        .map(|view| {
            let digest: String = text(view, "digest").chars().take(12).collect();
            vec![text(view, "name"), text(view, "version"), text(view, "kind"), stage::told(view), digest]
        })
        .collect();
    output::say_table(&["NAME", "VERSION", "KIND", "STAGE", "DIGEST"], &rows);
    Ok(())
}

fn show(format: Format, view: &Value, what: &str) {
    if format.json {
        output::say_json(view);
        return;
    }
    let text = |name: &str| view[name].as_str().unwrap_or_default();
    output::say(format_args!("{} {} {what}", text("name"), text("version")));
}

/// The digest of the version that is meant.
pub(super) async fn digest(service: &Service, version: &str) -> Result<String, Failure> {
    let whole = version.len() == 64 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    if whole {
        return Ok(version.to_owned());
    }
    chosen(&service.all("/v1/plugins").await?, version).map_err(Failure::bad_input)
}

/// Of all installed versions the one that is meant: the newest of those that fit.
fn chosen(views: &[Value], version: &str) -> Result<String, String> {
    let text = |view: &Value, name: &str| view[name].as_str().unwrap_or_default().to_owned();
    let is_digest = version.len() >= 6 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fits = |view: &&Value| match version.split_once('@') {
        Some((name, number)) => text(view, "name") == name && text(view, "version") == number,
        None => text(view, "name") == version || (is_digest && text(view, "digest").starts_with(version)),
    };
    let found = views.iter().filter(fits).max_by_key(|view| text(view, "installed_at"));
    let found = found.ok_or_else(|| {
        let mut names: Vec<String> =
            views.iter().map(|view| format!("{}@{}", text(view, "name"), text(view, "version"))).collect();
        names.sort();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        format!("`{version}` is not installed; there are: {known}")
    })?;
    Ok(text(found, "digest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_what_people_write() {
        let view = |name: &str, version: &str, digest: &str, at: &str| json!({"name": name, "version": version, "digest": digest, "installed_at": at});
        let views = [
            view("vip", "1.1.0", "aaaaaa11", "2026-01-02T00:00:00.000Z"),
            view("vip", "1.0.0", "bbbbbb22", "2026-01-01T00:00:00.000Z"),
            view("other", "1.0.0", "cccccc33", "2026-01-03T00:00:00.000Z"),
        ];
        assert_eq!(chosen(&views, "vip"), Ok("aaaaaa11".to_owned()));
        assert_eq!(chosen(&views, "vip@1.0.0"), Ok("bbbbbb22".to_owned()));
        assert_eq!(chosen(&views, "cccccc"), Ok("cccccc33".to_owned()));
        let unknown = chosen(&views, "vop").unwrap_err();
        assert_eq!(unknown, "`vop` is not installed; there are: other@1.0.0, vip@1.0.0, vip@1.1.0");
    }
}
