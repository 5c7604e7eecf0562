//! Short ways to say what a plugin is, and why it could not do what it was asked.

use crate::types::{Descriptor, FactNeed, Fault, FaultKind, HostNeed, Instances, SecretNeed};

impl Descriptor {
    /// A plugin that takes any configuration and needs nothing.
    pub fn new(title: &str, summary: &str) -> Self {
        Self {
            title: title.to_owned(),
            summary: summary.to_owned(),
            config_schema: "{}".to_owned(),
            facts: Vec::new(),
            hosts: Vec::new(),
            secrets: Vec::new(),
            translations: "{}".to_owned(),
            instances: Instances::PerBatch,
        }
    }

    /// The JSON Schema of its configuration.
    pub fn config(mut self, schema: &str) -> Self {
        self.config_schema = schema.to_owned();
        self
    }

    /// A fact it reads, such as `orders.count`, and why.
    pub fn fact(mut self, fact: &str, why: &str) -> Self {
        self.facts.push(FactNeed { fact: fact.to_owned(), within_days: None, why: why.to_owned() });
        self
    }

    /// A fact over a range, such as `orders.count-since`, that never looks further back than this.
    pub fn fact_within(mut self, fact: &str, days: u32, why: &str) -> Self {
        self.facts.push(FactNeed { fact: fact.to_owned(), within_days: Some(days), why: why.to_owned() });
        self
    }

    /// A host it asks the service to call, with all methods named.
    pub fn host(mut self, host: &str, methods: &[&str], why: &str) -> Self {
        self.hosts.push(HostNeed {
            host: host.to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            path_prefix: "/".to_owned(),
            per_minute: None,
            why: why.to_owned(),
        });
        self
    }

    /// Of the host named last, only what lies below this path.
    pub fn below(mut self, path_prefix: &str) -> Self {
        if let Some(host) = self.hosts.last_mut() {
            host.path_prefix = path_prefix.to_owned();
        }
        self
    }

    /// Of the host named last, at most so many requests a minute.
    pub fn per_minute(mut self, requests: u32) -> Self {
        if let Some(host) = self.hosts.last_mut() {
            host.per_minute = Some(requests);
        }
        self
    }

    /// A secret it uses without ever seeing it.
    pub fn secret(mut self, name: &str, title: &str, why: &str) -> Self {
        self.secrets.push(SecretNeed { name: name.to_owned(), title: title.to_owned(), why: why.to_owned() });
        self
    }

    /// Its own words: `{"": {"headline": "Your cart"}, "vi": {"headline": "Giỏ hàng"}}`. What people read of it, such
    /// as the titles of its schemas, is translated by its English: `{"vi": {"Sender": "Người gửi"}}`.
    pub fn translations(mut self, translations: &str) -> Self {
        self.translations = translations.to_owned();
        self
    }

    /// Every subject needs an instance of its own.
    pub fn instance_per_subject(mut self) -> Self {
        self.instances = Instances::PerSubject;
        self
    }
}

impl Fault {
    /// The saved configuration does not fit; the message names the field.
    pub fn bad_config(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::BadConfig, message: message.into() }
    }

    /// The input is not what this plugin understands.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::BadInput, message: message.into() }
    }

    /// Something this plugin cannot do without is absent.
    pub fn missing_fact(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::MissingFact, message: message.into() }
    }

    /// The task or input is of a kind that this plugin does not do.
    pub fn not_supported(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::NotSupported, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_host_is_said_of_the_last() {
        let needs = Descriptor::new("A", "B").host("a.example", &["GET"], "To read.");
        let needs = needs.host("b.example", &["POST"], "To write.").below("/v1/").per_minute(60);
        assert_eq!((needs.hosts[0].path_prefix.as_str(), needs.hosts[0].per_minute), ("/", None));
        assert_eq!((needs.hosts[1].path_prefix.as_str(), needs.hosts[1].per_minute), ("/v1/", Some(60)));
    }

    #[test]
    fn a_range_has_its_widest_look_back() {
        let needs = Descriptor::new("A", "B").fact_within("orders.count-since", 90, "c").fact("orders.count", "d");
        assert_eq!(needs.facts.iter().map(|need| need.within_days).collect::<Vec<_>>(), [Some(90), None]);
    }
}
