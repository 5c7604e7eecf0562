//! The descriptor: readable, the same every time, and asking only for what there is.

use cartwright_domain::handle::AnswerRule;
use cartwright_domain::locale;
use cartwright_domain::plugin::{Descriptor, FactNeed, HostNeed, Instances, SecretNeed, SourceAbility, SourceTaskKind};
use cartwright_domain::reply::PlainFields;
use cartwright_domain::shop::{Billing, ChannelAbility, ChannelTaskKind};
use cartwright_domain::template::TemplateFields;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use cartwright_plugins_bindings::v0_2::imports::types;
use serde_json::Value;
use std::collections::BTreeMap;

use crate::check::schema::schema;
use crate::facts;
use crate::failure::reject;
use crate::kinds::channel::{self, wit};
use crate::kinds::source::wit as source;
use crate::kinds::{Description, convert};

/// A description in the words of the domain.
pub(crate) fn described(description: Description) -> Result<Descriptor, PluginRejection> {
    descriptor(description).map_err(|message| reject(CheckStage::Describe, message))
}

fn descriptor(description: Description) -> Result<Descriptor, String> {
    let Description { descriptor, branches, ability, tasks } = description;
    if descriptor.title.trim().is_empty() {
        return Err("descriptor.title is empty; write what a merchant reads in a list".to_owned());
    }
    let config_schema = schema("descriptor.config-schema", &descriptor.config_schema)?;
    for need in &descriptor.facts {
        if !facts::is_fact(&need.fact) {
            let known = facts::interfaces().join(", ");
            return Err(format!("descriptor.facts: `{}` is no fact; there are {known}", need.fact));
        }
    }
    for need in &descriptor.hosts {
        host(need.host.as_str(), &need.methods, &need.path_prefix)?;
    }
    for need in &descriptor.secrets {
        if need.name.is_empty() || !need.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        {
            return Err(format!("descriptor.secrets: `{}` is no name; use letters, digits and -_.", need.name));
        }
    }
    for (index, branch) in branches.iter().enumerate() {
        if branch.trim().is_empty() || branches[..index].contains(branch) {
            return Err(format!("branches: `{branch}` is empty or stands there twice"));
        }
    }
    let secrets: Vec<String> = descriptor.secrets.iter().map(|need| need.name.clone()).collect();
    let content_schema =
        ability.as_ref().map(|ability| schema("ability.content-schema", &ability.content_schema)).transpose()?;
    Ok(Descriptor {
        title: descriptor.title,
        summary: descriptor.summary,
        config_schema,
        facts: descriptor
            .facts
            .into_iter()
            .map(|need| FactNeed { fact: need.fact, within_days: need.within_days, why: need.why })
            .collect(),
        hosts: descriptor
            .hosts
            .into_iter()
            .map(|need| HostNeed {
                host: need.host,
                methods: need.methods,
                path_prefix: need.path_prefix,
                per_minute: need.per_minute,
                why: need.why,
            })
            .collect(),
        secrets: descriptor
            .secrets
            .into_iter()
            .map(|need| SecretNeed { name: need.name, title: need.title, why: need.why })
            .collect(),
        branches,
        ability: ability.map(|ability| channel_ability(ability, &secrets, content_schema.as_ref())).transpose()?,
        content_schema,
        tasks: tasks.into_iter().map(source_ability).collect(),
        translations: translations(&descriptor.translations)?,
        instances: match descriptor.instances {
            types::Instances::PerBatch => Instances::PerBatch,
            types::Instances::PerSubject => Instances::PerSubject,
        },
    })
}

/// `{"": {"key": "text"}, "vi": {…}}`, with language tags that are some.
fn translations(text: &str) -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let translations: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(text)
        .map_err(|why| format!("descriptor.translations: {why}; write it like {{\"vi\": {{\"key\": \"text\"}}}}"))?;
    match translations.keys().find(|tag| !tag.is_empty() && !locale::is_tag(tag)) {
        Some(tag) => Err(format!("descriptor.translations: `{tag}` is no language tag; write it like zh-Hant")),
        None => Ok(translations),
    }
}

fn host(host: &str, methods: &[String], path_prefix: &str) -> Result<(), String> {
    let configured = host.strip_prefix("{config:").and_then(|rest| rest.strip_suffix('}'));
    let sound = match configured {
        Some(pointer) => pointer.starts_with('/'),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte)),
    };
    if !sound {
        return Err(format!(
            "descriptor.hosts: `{host}` is no host; write it like api.example.com or {{config:/pointer}}"
        ));
    }
    if methods.is_empty() || methods.iter().any(|method| !method.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Err(format!("descriptor.hosts: the methods of `{host}` must be upper-case HTTP methods or SMTP"));
    }
    if !path_prefix.starts_with('/') {
        return Err(format!("descriptor.hosts: the path-prefix of `{host}` must begin with /"));
    }
    Ok(())
}

fn channel_ability(
    ability: wit::ChannelAbility,
    secrets: &[String],
    content_schema: Option<&Value>,
) -> Result<ChannelAbility, String> {
    if ability.channel.trim().is_empty() {
        return Err("ability.channel is empty; name what content variants are written for".to_owned());
    }
    if ability.addresses.is_empty() {
        return Err("ability.addresses is empty; name the addresses that the channel can use".to_owned());
    }
    if !ability.tasks.contains(&wit::TaskKind::Send) {
        return Err("ability.tasks has no `send`: a channel sends".to_owned());
    }
    if let Some(secret) = ability.refreshes.iter().find(|name| !secrets.contains(name)) {
        return Err(format!("ability.refreshes: `{secret}` is not declared; add it to `secrets` of the descriptor"));
    }
    Ok(ChannelAbility {
        channel: ability.channel,
        addresses: ability.addresses.into_iter().map(convert::address_kind).collect(),
        idempotent: ability.sends == wit::Repeat::Idempotent,
        lookup: ability.tasks.contains(&wit::TaskKind::Lookup),
        tasks: ability.tasks.into_iter().map(channel_task).collect(),
        receipts: ability.receipts.into_iter().map(channel::receipt_kind).collect(),
        billed: match ability.billed {
            wit::Billing::Never => Billing::Never,
            wit::Billing::Accepted => Billing::Accepted,
            wit::Billing::Delivered => Billing::Delivered,
        },
        refreshes: ability.refreshes,
        templates: content_schema.and_then(TemplateFields::of),
        answers: content_schema.and_then(AnswerRule::of),
        plain: content_schema.and_then(PlainFields::of),
    })
}

fn channel_task(task: wit::TaskKind) -> ChannelTaskKind {
    match task {
        wit::TaskKind::Send => ChannelTaskKind::Send,
        wit::TaskKind::Lookup => ChannelTaskKind::Lookup,
        wit::TaskKind::Price => ChannelTaskKind::Price,
        wit::TaskKind::Probe => ChannelTaskKind::Probe,
        wit::TaskKind::ListTemplates => ChannelTaskKind::ListTemplates,
        wit::TaskKind::CreateTemplate => ChannelTaskKind::CreateTemplate,
        wit::TaskKind::Refresh => ChannelTaskKind::Refresh,
    }
}

fn source_ability(ability: source::Ability) -> SourceAbility {
    let task = match ability.task {
        source::TaskKind::Poll => SourceTaskKind::Poll,
        source::TaskKind::Backfill => SourceTaskKind::Backfill,
        source::TaskKind::OrdersOf => SourceTaskKind::OrdersOf,
        source::TaskKind::Subscribe => SourceTaskKind::Subscribe,
        source::TaskKind::Probe => SourceTaskKind::Probe,
    };
    SourceAbility { task, every_minutes: ability.every_minutes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: impl FnOnce(&mut Description)) -> Result<Descriptor, String> {
        let descriptor = types::Descriptor {
            title: "T".to_owned(),
            summary: "S".to_owned(),
            config_schema: "{}".to_owned(),
            facts: Vec::new(),
            hosts: Vec::new(),
            secrets: Vec::new(),
            translations: "{}".to_owned(),
            instances: types::Instances::PerBatch,
        };
        let mut description = Description::of(descriptor);
        change(&mut description);
        super::descriptor(description)
    }

    #[test]
    fn a_descriptor_asks_only_for_what_there_is() {
        let need = |fact: &str| types::FactNeed { fact: fact.to_owned(), within_days: None, why: String::new() };
        assert!(of(|it| it.descriptor.facts = vec![need("orders.count"), need("cart.*")]).is_ok());
        let why = of(|it| it.descriptor.facts = vec![need("orders.weather")]).unwrap_err();
        assert!(why.starts_with("descriptor.facts: `orders.weather` is no fact; there are customer.*"), "{why}");
        let why = of(|it| it.branches = vec!["a".to_owned(), "a".to_owned()]).unwrap_err();
        assert!(why.contains("twice"));
    }

    #[test]
    fn translations_are_texts_by_language() {
        let words = r#"{"": {"hello": "Hello"}, "zh-Hant": {"hello": "您好"}}"#;
        let descriptor = of(|it| it.descriptor.translations = words.to_owned()).unwrap();
        assert_eq!(descriptor.translate("hello", "zh-TW"), Some("您好"));
        assert_eq!(descriptor.translate("hello", "zh-CN"), Some("Hello"));
        assert_eq!(descriptor.translate("bye", "zh-TW"), None);
        let why = |text: &str| of(|it| it.descriptor.translations = text.to_owned()).unwrap_err();
        assert!(why("[]").starts_with("descriptor.translations: "));
        assert!(why(r#"{"?": {}}"#).contains("`?` is no language tag"));
    }

    #[test]
    fn a_config_schema_is_a_json_schema() {
        assert!(of(|it| it.descriptor.config_schema = "{".to_owned()).unwrap_err().contains("is not JSON"));
        let why = of(|it| it.descriptor.config_schema = r#"{"type": "objekt"}"#.to_owned()).unwrap_err();
        assert!(why.starts_with("descriptor.config-schema is no JSON Schema"), "{why}");
    }

    #[test]
    fn hosts_are_hosts() {
        let get = ["GET".to_owned()];
        assert!(host("api.example.com", &get, "/v1").is_ok());
        assert!(host("{config:/server}", &["SMTP".to_owned()], "/").is_ok());
        assert!(host("https://api.example.com", &get, "/").is_err());
        assert!(host("api.example.com", &["get".to_owned()], "/").is_err());
        assert!(host("api.example.com", &get, "v1").is_err());
    }
}
