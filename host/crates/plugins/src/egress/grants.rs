//! Whether a request may go where it wants to: both the descriptor and the shop must say so.

use cartwright_domain::shop::{Grants, HostGrant};
use cartwright_engine::ports::EgressFailure;

use super::refused;
use crate::guest::Rights;

/// Where a request wants to go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Ports that need not be written in a grant.
    pub(super) usual_ports: &'a [u16],
    /// An HTTP method, or `SMTP`.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
}

/// Refuses what is not declared or not granted, saying which.
pub(super) fn check(rights: &Rights, target: Target<'_>) -> Result<(), EgressFailure> {
    let Target { host, port, method, path, .. } = target;
    let what = format!("{method} {host}:{port}{path}");
    if !allows(&rights.declared, target) {
        return Err(refused(format!("{what} is not declared; add it to `hosts` of the descriptor")));
    }
    if !allows(&rights.granted, target) {
        return Err(refused(format!("{what} is not granted; grant it to the connection")));
    }
    Ok(())
}

fn allows(grants: &Grants, target: Target<'_>) -> bool {
    grants.hosts.iter().any(|grant| {
        allows_host(grant, target)
            && grant.methods.iter().any(|method| method == target.method)
            && target.path.starts_with(&grant.path_prefix)
    })
}

fn allows_host(grant: &HostGrant, target: Target<'_>) -> bool {
    let written = grant.host.trim().to_ascii_lowercase();
    let host = target.host.to_ascii_lowercase();
    written == format!("{host}:{}", target.port) || (written == host && target.usual_ports.contains(&target.port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn grant(host: &str, method: &str, path_prefix: &str) -> Grants {
        let (methods, path_prefix) = (vec![method.into()], path_prefix.into());
        let host = HostGrant { host: host.into(), methods, path_prefix, per_minute: None };
        Grants { hosts: vec![host], ..Grants::default() }
    }

    fn get<'a>(host: &'a str, port: u16, path: &'a str) -> Target<'a> {
        Target { host, port, usual_ports: &[443], method: "GET", path }
    }

    #[test]
    fn a_grant_is_host_port_method_and_path() {
        let grants = grant("api.example.com", "GET", "/v1/");
        assert!(allows(&grants, get("API.example.com", 443, "/v1/things")));
        assert!(!allows(&grants, get("api.example.com", 8443, "/v1/things")));
        assert!(!allows(&grants, get("api.example.com", 443, "/v2/things")));
        assert!(!allows(&grants, get("evil-api.example.com", 443, "/v1/")));
        assert!(!allows(&grants, Target { method: "POST", ..get("api.example.com", 443, "/v1/") }));
        assert!(allows(&grant("api.example.com:8443", "GET", "/"), get("api.example.com", 8443, "/")));
    }

    #[test]
    fn the_effective_right_is_what_both_say() {
        let (wide, narrow) = (Arc::new(grant("a.example", "GET", "/")), Arc::new(grant("a.example", "GET", "/v1")));
        let rights = Rights::of(wide.clone(), narrow.clone());
        assert!(check(&rights, get("a.example", 443, "/v1")).is_ok());
        let refusal = format!("{:?}", check(&rights, get("a.example", 443, "/v2")).unwrap_err());
        assert!(refusal.contains("not granted"), "{refusal}");
        let rights = Rights::of(narrow, wide);
        let refusal = format!("{:?}", check(&rights, get("a.example", 443, "/v2")).unwrap_err());
        assert!(refusal.contains("not declared"), "{refusal}");
    }
}
