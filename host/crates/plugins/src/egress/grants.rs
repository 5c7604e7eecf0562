//! Whether a request may go where it wants to: both the descriptor and the shop must say so.

use cartwright_domain::shop::{Grants, HostGrant};
use cartwright_engine::ports::{EgressFailure, UseKind};

use super::pace::Gate;
use super::refused;

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

/// Refuses what is not declared or not granted, saying which; and lets wait what comes too often.
pub(super) fn check(gate: Gate<'_>, target: Target<'_>) -> Result<(), EgressFailure> {
    let Target { host, port, method, path, .. } = target;
    let what = format!("{method} {host}:{port}{path}");
    let Some(declared) = allowed(&gate.rights.declared, target) else {
        return Err(refused(format!("{what} is not declared; add it to `hosts` of the descriptor")));
    };
    let Some(granted) = allowed(&gate.rights.granted, target) else {
        return Err(refused(format!("{what} is not granted; grant it to the connection")));
    };
    let server = format!("{host}:{port}");
    if let Some(per_minute) = [declared.0, granted.0].into_iter().flatten().min() {
        gate.take(&server, per_minute)?;
    }
    gate.rights.meter.count(UseKind::Host, &server);
    Ok(())
}

/// Requests a minute; none is no limit.
struct Rate(Option<u32>);

/// How often a request may be made, by the most generous of the grants that allow it; none if it may not.
fn allowed(grants: &Grants, target: Target<'_>) -> Option<Rate> {
    let allows = |grant: &&HostGrant| {
        allows_host(grant, target)
            && grant.methods.iter().any(|method| method == target.method)
            && grant.covers_path(target.path)
    };
    let rates: Vec<Option<u32>> = grants.hosts.iter().filter(allows).map(|grant| grant.per_minute).collect();
    if rates.is_empty() {
        return None;
    }
    Some(Rate(rates.into_iter().collect::<Option<Vec<u32>>>().and_then(|rates| rates.into_iter().max())))
}

fn allows_host(grant: &HostGrant, target: Target<'_>) -> bool {
    let written = grant.host.trim().to_ascii_lowercase();
    let host = target.host.to_ascii_lowercase();
    written == format!("{host}:{}", target.port) || (written == host && target.usual_ports.contains(&target.port))
}

#[cfg(test)]
mod tests {
    use super::super::pace::Pace;
    use super::*;
    use crate::guest::Rights;
    use cartwright_domain::ids::{ConnectionId, Mint};
    use cartwright_domain::time::{Span, Timestamp};
    use std::sync::Arc;

    fn grant(host: &str, method: &str, path_prefix: &str) -> Grants {
        let (methods, path_prefix) = (vec![method.into()], path_prefix.into());
        let host = HostGrant { host: host.into(), methods, path_prefix, per_minute: None };
        Grants { hosts: vec![host], ..Grants::default() }
    }

    fn at_most(per_minute: u32) -> Arc<Grants> {
        let mut grants = grant("a.example", "GET", "/");
        grants.hosts[0].per_minute = Some(per_minute);
        Arc::new(grants)
    }

    fn get<'a>(host: &'a str, port: u16, path: &'a str) -> Target<'a> {
        Target { host, port, usual_ports: &[443], method: "GET", path }
    }

    fn allows(grants: &Grants, target: Target<'_>) -> bool {
        allowed(grants, target).is_some()
    }

    fn connection(seed: u8) -> ConnectionId {
        Mint::new(Timestamp::default(), [seed; 32]).next()
    }

    fn ask(rights: &Rights, path: &str) -> Result<(), EgressFailure> {
        let pace = Pace::default();
        check(
            Gate { rights, pace: &pace, connection: connection(1), now: Timestamp::default() },
            get("a.example", 443, path),
        )
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
    fn s41_unset_means_no() {
        let target = get("a.example", 443, "/");
        assert!(!allows(&Grants::default(), target));
        let unset = |change: fn(&mut HostGrant)| {
            let mut grants = grant("a.example", "GET", "/");
            change(&mut grants.hosts[0]);
            allows(&grants, target)
        };
        assert!(unset(|_| {}));
        assert!(!unset(|grant| grant.methods.clear()));
        assert!(!unset(|grant| grant.path_prefix.clear()));
        assert!(!unset(|grant| grant.host.clear()));
    }

    #[test]
    fn the_effective_right_is_what_both_say() {
        let (wide, narrow) = (Arc::new(grant("a.example", "GET", "/")), Arc::new(grant("a.example", "GET", "/v1")));
        let rights = Rights::of(wide.clone(), narrow.clone());
        assert!(ask(&rights, "/v1").is_ok());
        let refusal = format!("{:?}", ask(&rights, "/v2").unwrap_err());
        assert!(refusal.contains("not granted"), "{refusal}");
        let rights = Rights::of(narrow, wide);
        let refusal = format!("{:?}", ask(&rights, "/v2").unwrap_err());
        assert!(refusal.contains("not declared"), "{refusal}");
    }

    #[test]
    fn s41_the_lower_rate_counts_for_each_connection_and_fills_up_again() {
        let rights = Rights::of(at_most(6), at_most(2));
        let pace = Pace::default();
        let ask = |seed, now: Timestamp| {
            let gate = Gate { rights: &rights, pace: &pace, connection: connection(seed), now };
            check(gate, get("a.example", 443, "/"))
        };
        let start = Timestamp::default();
        assert!(ask(1, start).is_ok() && ask(1, start).is_ok());
        let Err(EgressFailure::NotSent(why)) = ask(1, start) else { panic!("a third one was let pass") };
        assert!(why.contains("2 requests a minute") && why.contains("in 30 s"), "{why}");
        assert!(ask(2, start).is_ok(), "another connection has a rate of its own");
        let half = start + Span::seconds(30);
        assert!(ask(1, half).is_ok() && ask(1, half).is_err());
        // A clock that is set back takes nothing away and gives nothing.
        assert!(ask(1, start).is_err());
        assert!(ask(1, start + Span::minutes(10)).is_ok());
    }

    #[test]
    fn a_rate_of_none_at_all_is_a_refusal_and_no_retry() {
        let rights = Rights::of(at_most(6), at_most(0));
        assert!(matches!(ask(&rights, "/"), Err(EgressFailure::Refused(_))));
    }
}
