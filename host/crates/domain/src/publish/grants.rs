//! What a plugin asks for, against what a shop granted.

use crate::plugin::PluginRecord;
use crate::shop::{Grants, HostGrant};

/// The facts that a plugin asks for and a shop did not grant, or not so far back.
pub fn missing_facts(plugin: &PluginRecord, grants: &Grants) -> Vec<String> {
    facts(&plugin.descriptor.asks(&serde_json::Value::Null), grants)
}

/// The paths below `grants` of everything that is asked for and not granted, each with what it is.
pub fn missing_grants(asked: &Grants, granted: &Grants) -> Vec<(&'static str, String)> {
    let hosts = asked.hosts.iter().filter(|host| !granted.hosts.iter().any(|grant| allows_host(grant, host)));
    let secrets = asked.secrets.iter().filter(|name| !granted.secrets.contains(name));
    facts(asked, granted)
        .into_iter()
        .map(|fact| ("facts", fact))
        .chain(hosts.map(|host| ("hosts", host_in_words(host))))
        .chain(secrets.map(|name| ("secrets", name.clone())))
        .collect()
}

fn facts(asked: &Grants, granted: &Grants) -> Vec<String> {
    let missing =
        |fact: &&String| !granted.allows_fact(fact) || is_more(asked.days_back(fact), granted.days_back(fact));
    asked.facts.iter().filter(missing).map(|fact| fact_in_words(asked, fact)).collect()
}

/// Whether one limit lets more pass than another; none is no limit.
fn is_more(asked: Option<u32>, granted: Option<u32>) -> bool {
    granted.is_some_and(|granted| asked.is_none_or(|asked| asked > granted))
}

/// Without a rate of its own, the plugin takes the one that the shop grants.
fn allows_host(grant: &HostGrant, asked: &HostGrant) -> bool {
    let rate_is_more = asked.per_minute.is_some() && is_more(asked.per_minute, grant.per_minute);
    grant.host.eq_ignore_ascii_case(&asked.host)
        && asked.methods.iter().all(|method| grant.methods.contains(method))
        && grant.covers_path(&asked.path_prefix)
        && !rate_is_more
}

fn fact_in_words(asked: &Grants, fact: &str) -> String {
    match asked.within_days.get(fact) {
        Some(days) => format!("{fact} within {days} days"),
        None => fact.to_owned(),
    }
}

fn host_in_words(host: &HostGrant) -> String {
    let rate = host.per_minute.map(|rate| format!(" {rate} times a minute")).unwrap_or_default();
    format!("{} {}{}{rate}", host.methods.join("/"), host.host, host.path_prefix)
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

    #[test]
    fn s43_a_longer_look_back_and_a_higher_rate_are_more() {
        let facts = |days: Option<u32>| Grants {
            facts: vec!["orders.spent".into()],
            within_days: days.map(|days| ("orders.spent".to_owned(), days)).into_iter().collect(),
            ..Grants::default()
        };
        assert_eq!(missing_grants(&facts(Some(30)), &facts(Some(90))), []);
        assert_eq!(missing_grants(&facts(Some(90)), &facts(None)), []);
        let more = missing_grants(&facts(Some(90)), &facts(Some(30)));
        assert_eq!(more, [("facts", "orders.spent within 90 days".to_owned())]);
        assert_eq!(missing_grants(&facts(None), &facts(Some(30))).len(), 1);

        let rate = |per_minute| {
            let mut grants = grants("orders.count", "api.example.com", "POST", "/v1", "token");
            grants.hosts[0].per_minute = per_minute;
            grants
        };
        assert_eq!(missing_grants(&rate(Some(60)), &rate(Some(60))), []);
        assert_eq!(missing_grants(&rate(None), &rate(Some(60))), [], "the shop's rate is taken");
        assert_eq!(missing_grants(&rate(Some(60)), &rate(None)), []);
        let more = missing_grants(&rate(Some(61)), &rate(Some(60)));
        assert_eq!(more, [("hosts", "POST api.example.com/v1 61 times a minute".to_owned())]);
    }

    #[test]
    fn s43_another_path_method_host_or_secret_is_more() {
        let granted = grants("orders.count", "api.example.com", "POST", "/v1", "token");
        for (host, method, path, secret) in [
            ("api.example.org", "POST", "/v1", "token"),
            ("api.example.com:8443", "POST", "/v1", "token"),
            ("api.example.com", "DELETE", "/v1", "token"),
            ("api.example.com", "POST", "/v10", "token"),
            ("api.example.com", "POST", "/v1/../admin", "token"),
            ("api.example.com", "POST", "/", "token"),
            ("api.example.com", "POST", "/v1", "other"),
        ] {
            let asked = grants("orders.count", host, method, path, secret);
            assert_eq!(missing_grants(&asked, &granted).len(), 1, "{method} {host}{path} {secret}");
        }
    }
}
