//! What a plugin asks for, against what a shop granted.

use crate::plugin::PluginRecord;
use crate::shop::{Grants, HostGrant};

/// The facts that a plugin asks for and a shop did not grant.
pub fn missing_facts<'a>(plugin: &'a PluginRecord, grants: &Grants) -> Vec<&'a str> {
    plugin.descriptor.facts.iter().map(|need| need.fact.as_str()).filter(|fact| !grants.allows_fact(fact)).collect()
}

/// The paths below `grants` of everything that is asked for and not granted, each with what it is.
pub fn missing_grants(asked: &Grants, granted: &Grants) -> Vec<(&'static str, String)> {
    let facts = asked.facts.iter().filter(|fact| !granted.allows_fact(fact));
    let hosts = asked.hosts.iter().filter(|host| !granted.hosts.iter().any(|grant| allows_host(grant, host)));
    let secrets = asked.secrets.iter().filter(|name| !granted.secrets.contains(name));
    facts
        .map(|fact| ("facts", fact.clone()))
        .chain(hosts.map(|host| ("hosts", format!("{} {}{}", host.methods.join("/"), host.host, host.path_prefix))))
        .chain(secrets.map(|name| ("secrets", name.clone())))
        .collect()
}

fn allows_host(grant: &HostGrant, asked: &HostGrant) -> bool {
    grant.host.eq_ignore_ascii_case(&asked.host)
        && asked.methods.iter().all(|method| grant.methods.contains(method))
        && asked.path_prefix.starts_with(&grant.path_prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(fact: &str, host: &str, method: &str, path_prefix: &str, secret: &str) -> Grants {
        Grants {
            facts: vec![fact.into()],
            hosts: vec![HostGrant {
                host: host.into(),
                methods: vec![method.into()],
                path_prefix: path_prefix.into(),
                per_minute: None,
            }],
            secrets: vec![secret.into()],
            ..Grants::default()
        }
    }

    #[test]
    fn what_is_granted_covers_what_is_asked_and_never_more() {
        let asked = grants("orders.count", "api.example.com", "POST", "/v1/messages", "token");
        assert_eq!(missing_grants(&asked, &asked), []);
        assert_eq!(missing_grants(&asked, &grants("orders.*", "API.example.com", "POST", "/", "token")), []);
        let other = grants("orders.spent", "example.com", "POST", "/", "key");
        assert_eq!(
            missing_grants(&asked, &other),
            [
                ("facts", "orders.count".to_owned()),
                ("hosts", "POST api.example.com/v1/messages".to_owned()),
                ("secrets", "token".to_owned()),
            ]
        );
        let narrow = grants("orders.count", "api.example.com", "GET", "/v1/messages", "token");
        assert_eq!(missing_grants(&asked, &narrow).len(), 1);
        let whole = grants("orders.*", "api.example.com", "POST", "/", "token");
        assert_eq!(missing_grants(&whole, &asked).len(), 2);
    }
}
