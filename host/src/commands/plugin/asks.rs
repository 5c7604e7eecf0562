//! What a plugin asks for, in words.

use cartwright_domain::plugin::{Descriptor, PluginKind};

/// One line for each thing that it asks for, with its reason.
pub(crate) fn told(descriptor: &Descriptor) -> Vec<String> {
    let facts = descriptor.facts.iter().map(|need| ("reads", need.fact.clone(), &need.why));
    let hosts = descriptor
        .hosts
        .iter()
        .map(|need| ("sends to", format!("{} {}{}", need.methods.join("/"), need.host, need.path_prefix), &need.why));
    let secrets = descriptor.secrets.iter().map(|need| ("uses", format!("secret {}", need.name), &need.why));
    facts.chain(hosts).chain(secrets).map(|(verb, what, why)| format!("{verb} {what} ({why})")).collect()
}

/// Whether the shop's grants stand with the plugin, or with each of its connections.
pub(crate) fn are_of_connections(kind: PluginKind) -> bool {
    matches!(kind, PluginKind::Channel | PluginKind::Source)
}
