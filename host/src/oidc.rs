//! How an OpenID provider is named on the command line.

use std::path::PathBuf;
use std::sync::Arc;

use cartwright_domain::oidc::{Admission, GroupRule};
use cartwright_engine::Oidc;
use cartwright_oidc::{Provider, ProviderSettings};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Where people may sign in besides here.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OidcArgs {
    /// An OpenID provider at which people may sign in, too, such as `https://id.example.com`
    #[arg(long, env = "CARTWRIGHT_OIDC_ISSUER", value_name = "URL", requires = "oidc_client_id")]
    oidc_issuer: Option<String>,
    /// What the provider calls this installation
    #[arg(long, env = "CARTWRIGHT_OIDC_CLIENT_ID", value_name = "ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// File with what this installation shows to the provider; else it is taken from CARTWRIGHT_OIDC_CLIENT_SECRET
    #[arg(long, value_name = "FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,
    /// What the button says; else the name of the provider's host
    #[arg(long, env = "CARTWRIGHT_OIDC_LABEL", value_name = "TEXT", requires = "oidc_issuer")]
    oidc_label: Option<String>,
    /// Only people with a verified address there may sign in by the provider, such as `example.com`; several with commas
    #[arg(
        long,
        env = "CARTWRIGHT_OIDC_DOMAIN",
        value_name = "DOMAIN",
        value_delimiter = ',',
        requires = "oidc_issuer"
    )]
    oidc_domain: Vec<String>,
    /// What members of a group are, so that they need no account: `GROUP=operator` or `GROUP=ROLE@SHOP`; several with
    /// semicolons
    #[arg(long, env = "CARTWRIGHT_OIDC_ROLE", value_name = "RULE", value_delimiter = ';', requires = "oidc_issuer")]
    oidc_role: Vec<GroupRule>,
    /// The claim that names the groups of somebody, or a JSON pointer to it such as `/realm_access/roles`
    #[arg(long, env = "CARTWRIGHT_OIDC_GROUP_CLAIM", value_name = "CLAIM", default_value = "groups")]
    oidc_group_claim: String,
    /// What the provider is asked for besides `openid`; several with commas
    #[arg(long, env = "CARTWRIGHT_OIDC_SCOPE", value_name = "SCOPE", value_delimiter = ',', default_value = "email")]
    oidc_scope: Vec<String>,
}

impl OidcArgs {
    /// The provider, if one is named.
    pub(crate) fn provider(self) -> Result<Option<Oidc>, Failure> {
        let (Some(issuer), Some(client_id)) = (self.oidc_issuer, self.oidc_client_id) else { return Ok(None) };
        let client_secret = match &self.oidc_client_secret_file {
            Some(path) => Some(crate::strategy_file::text_of(path)?),
            None => secret_of_environment(),
        };
        let label = self.oidc_label.unwrap_or_else(|| host_of(&issuer).to_owned());
        let domains = self.oidc_domain.iter().map(|domain| domain.trim().trim_start_matches('@').to_lowercase());
        let admission = Admission { domains: domains.collect(), rules: self.oidc_role };
        let settings = ProviderSettings {
            issuer,
            client_id,
            client_secret: client_secret.map(|text| Zeroizing::new(text.trim().to_owned())),
            scopes: self.oidc_scope,
            group_claim: (!admission.rules.is_empty()).then_some(self.oidc_group_claim),
        };
        let provider = Provider::new(settings)
            .map_err(|why| Failure::bad_input(format!("--oidc-issuer: {why}; write it like https://id.example.com")))?;
        Ok(Some(Oidc { label, admission, provider: Arc::new(provider) }))
    }
}

fn host_of(issuer: &str) -> &str {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

/// A secret on the command line could be read by everybody on the machine, so there is no option for it.
#[expect(clippy::disallowed_methods, reason = "configuration is read here and handed on")]
fn secret_of_environment() -> Option<String> {
    std::env::var("CARTWRIGHT_OIDC_CLIENT_SECRET").ok().filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        oidc: OidcArgs,
    }

    fn told(words: &[&str]) -> Result<Option<Oidc>, String> {
        let line = Line::try_parse_from(["serve"].iter().chain(words)).map_err(|error| error.to_string())?;
        line.oidc.provider().map_err(|failure| format!("{failure:?}"))
    }

    const NAMED: [&str; 4] = ["--oidc-issuer", "https://id.example:8443/realm", "--oidc-client-id", "carts"];

    #[test]
    fn without_an_issuer_there_is_no_provider_and_half_of_one_is_refused() {
        assert!(told(&[]).unwrap().is_none());
        for half in [&NAMED[..2], &NAMED[2..], &["--oidc-domain", "x"]] {
            assert!(told(half).is_err(), "{half:?}");
        }
    }

    #[test]
    fn the_button_says_the_host_where_nothing_else_is_said() {
        assert_eq!(told(&NAMED).unwrap().unwrap().label, "id.example");
        let labelled = told(&[&NAMED[..], &["--oidc-label", "Acme"]].concat()).unwrap().unwrap();
        assert_eq!(labelled.label, "Acme");
    }

    #[test]
    fn domains_are_taken_however_they_are_written() {
        let named = told(&[&NAMED[..], &["--oidc-domain", "@Shop.Example, other.example"]].concat()).unwrap().unwrap();
        assert_eq!(named.admission.domains, ["shop.example", "other.example"]);
    }

    #[test]
    fn an_issuer_that_is_not_https_and_a_rule_that_is_none_are_refused_in_words() {
        let plain = told(&["--oidc-issuer", "http://id.example", "--oidc-client-id", "carts"]).err().unwrap();
        assert!(plain.contains("not https"), "{plain}");
        let rule = told(&[&NAMED[..], &["--oidc-role", "staff=king"]].concat()).err().unwrap();
        assert!(rule.contains("GROUP=operator"), "{rule}");
    }
}
