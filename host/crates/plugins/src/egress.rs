//! How requests of plugins leave the process, and the only way they do.
//!
//! A request goes where both the descriptor asks to go and the shop allows it, over TLS, to an address of the public
//! network that was looked up here and is the one connected to. Redirects are answers, not orders. Secrets are filled
//! in at the last moment and appear in no log and no error. What comes back says exactly whether anything was sent.

mod address;
mod captures;
mod dkim;
pub(crate) mod echo;
mod grants;
mod http;
mod mail;
mod names;
mod pace;
mod picture;
mod placeholders;
mod smtp;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use cartwright_engine::ports::{Action, ConnectionCall, Egress, EgressFailure, Performed, Request, Response};

use crate::guest::Rights;
use crate::limits::Limits;
use crate::runtime::{Runtime, SetUpError};
use names::Reach;
use pace::{Gate, Pace};
use placeholders::Secrets;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// What an operator allows beyond the public network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressPolicy {
    /// `host:port` of servers that may stand at a private address and speak without TLS, such as `127.0.0.1:1025`;
    /// `host:*` for all ports of a host.
    pub allow_private: Vec<String>,
    /// Certificates (DER) of authorities that are believed beside the public ones: a mail server of the house may have
    /// one of its own.
    pub authorities: Vec<Vec<u8>>,
}

impl EgressPolicy {
    /// The certificates of a PEM file; what is wrong with it if it holds none.
    pub fn authorities_of(pem: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let found = found.map_err(|why| format!("holds a certificate that cannot be read: {why}"))?;
        match found.is_empty() {
            true => Err("holds no certificate; write it as PEM, beginning with -----BEGIN CERTIFICATE-----".to_owned()),
            false => Ok(found.into_iter().map(|certificate| certificate.to_vec()).collect()),
        }
    }

    /// Where a host may stand.
    fn reach(&self, host: &str, port: u16) -> Reach {
        let is_it = |allowed: &String| {
            allowed.rsplit_once(':').is_some_and(|(name, wanted)| {
                name.eq_ignore_ascii_case(host) && (wanted == "*" || wanted.parse() == Ok(port))
            })
        };
        if self.allow_private.iter().any(is_it) { Reach::Anywhere } else { Reach::Public }
    }
}

/// Installs the cryptography of the process, once. Everything that speaks TLS needs it; calling it again is harmless.
pub fn install_tls() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // It fails only where somebody installed one before, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// The ways out.
pub(crate) struct Ways {
    policy: EgressPolicy,
    limits: Arc<Limits>,
    http: http::Clients,
    pace: Pace,
}

impl Ways {
    pub(crate) fn new(policy: EgressPolicy, limits: Arc<Limits>) -> Result<Self, SetUpError> {
        install_tls();
        let http =
            http::Clients::new(&limits, &policy.authorities).map_err(|why| SetUpError::Egress(why.to_string()))?;
        Ok(Self { policy, limits, http, pace: Pace::default() })
    }

    /// Whether a request would be made, as far as that can be told without making it.
    pub(crate) fn admits(
        &self,
        rights: &Rights,
        call: &ConnectionCall,
        request: &Request,
    ) -> Result<(), EgressFailure> {
        let secrets = Secrets { rights, values: &call.secrets };
        let pace = Pace::default();
        let gate = Gate { rights, pace: &pace, connection: call.connection, now: call.now };
        match &request.action {
            Action::Http(request) => http::admits(&self.policy, gate, secrets, request),
            Action::Mail(mail) => smtp::admits(&self.policy, gate, secrets, mail),
            Action::Inbox { .. } => Ok(()),
        }
    }

    async fn perform(&self, rights: &Rights, call: &ConnectionCall, request: &Request) -> Performed {
        let secrets = Secrets { rights, values: &call.secrets };
        if let Err(why) = captures::check(rights, request) {
            return Response::Failed(why).into();
        }
        let limits = self.limits.of(call.plugin.limits);
        let gate = Gate { rights, pace: &self.pace, connection: call.connection, now: call.now };
        let answer = match &request.action {
            Action::Http(request) => self.http.perform(&self.policy, &limits, gate, secrets, request).await,
            Action::Mail(mail) => smtp::perform(&self.policy, &limits, gate, secrets, mail, request.effect).await,
            Action::Inbox { .. } => Err(refused("an entry of the inbox never leaves the host")),
        };
        let mut performed = captures::take_out(answer.unwrap_or_else(Response::Failed), &request.captures, call.now);
        // A secret that came back as it is may be one to capture, so this is last.
        performed.response = echo::masked(&call.secrets, performed.response);
        performed
    }
}

#[async_trait]
impl Egress for Runtime {
    async fn perform(&self, call: &ConnectionCall, request: &Request) -> Performed {
        match self.catalogue.plugin(call.plugin.shop, &call.plugin.digest).await {
            Err(failure) => Response::Failed(refused(failure.to_string())).into(),
            Ok(plugin) => {
                let rights = Rights::new(&plugin.descriptor, &call.plugin.config, call.plugin.grants.clone())
                    .metered(self.uses.meter(&call.plugin));
                self.ways.perform(&rights, call, request).await
            }
        }
    }
}

fn refused(why: impl Into<String>) -> EgressFailure {
    EgressFailure::Refused(why.into())
}

/// S42: the limit and its value.
fn time_out(limit: std::time::Duration) -> String {
    format!("time-out: no answer within {} ms", limit.as_millis())
}

/// An error with its causes, each once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_allows_a_port_or_all_of_a_host() {
        let allow_private = ["127.0.0.1:1025", "[::1]:25", "mail.internal:*"].map(str::to_owned).to_vec();
        let policy = EgressPolicy { allow_private, authorities: Vec::new() };
        for (host, port) in [("127.0.0.1", 1025), ("[::1]", 25), ("MAIL.internal", 587)] {
            assert_eq!(policy.reach(host, port), Reach::Anywhere, "{host}:{port}");
        }
        for (host, port) in [("127.0.0.1", 1026), ("[::1]", 26), ("internal", 587), ("x.mail.internal", 587)] {
            assert_eq!(policy.reach(host, port), Reach::Public, "{host}:{port}");
        }
    }
}
