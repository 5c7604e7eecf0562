//! Short ways to say what a plugin is, and why it could not do what it was asked.

use crate::types::{Descriptor, FactNeed, Fault, FaultKind, HostNeed, SecretNeed};

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
        }
    }

    /// The JSON Schema of its configuration.
    pub fn config(mut self, schema: &str) -> Self {
        self.config_schema = schema.to_owned();
        self
    }

    /// A fact it reads, such as `orders.count`, and why.
    pub fn fact(mut self, fact: &str, why: &str) -> Self {
        self.facts.push(FactNeed { fact: fact.to_owned(), why: why.to_owned() });
        self
    }

    /// A host it asks the service to call, with all methods named.
    pub fn host(mut self, host: &str, methods: &[&str], why: &str) -> Self {
        self.hosts.push(HostNeed {
            host: host.to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            path_prefix: "/".to_owned(),
            why: why.to_owned(),
        });
        self
    }

    /// A secret it uses without ever seeing it.
    pub fn secret(mut self, name: &str, title: &str, why: &str) -> Self {
        self.secrets.push(SecretNeed { name: name.to_owned(), title: title.to_owned(), why: why.to_owned() });
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
}
