//! SMTP: one mail to one recipient, and the server's own words on it; or only a call on the server, which says whether
//! it knows us.
//!
//! Until the mail itself is written, nothing was sent and every fault says so. From then on, only a reply does.

use std::future::Future;
use std::time::Duration;

use cartwright_engine::ports::{EgressFailure, Mail, RequestEffect, Response};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response as Reply;
use url::Url;

use super::grants::{self, Target};
use super::mail::{Letter, letter, sender};
use super::names::{Reach, Unreachable, addresses};
use super::pace::Gate;
use super::placeholders::Secrets;
use super::{EgressPolicy, chain, refused, time_out};
use crate::limits::Limits;

/// The server may take so long to say goodbye.
const LEAVE: Duration = Duration::from_secs(1);

/// A server, as the plugin named it.
struct Server<'a> {
    host: String,
    port: u16,
    /// TLS from the first byte, instead of by STARTTLS.
    tls: bool,
    reach: Reach,
    /// Who is believed beside the public authorities.
    authorities: &'a [Vec<u8>],
}

/// How a conversation ends before the mail is written.
enum End {
    /// The server said no.
    Reply(Response),
    Failed(EgressFailure),
}

/// Sends a mail, or asks the server whether it would take one from this sender: then nothing is sent.
pub(super) async fn perform(
    policy: &EgressPolicy,
    limits: &Limits,
    gate: Gate<'_>,
    secrets: Secrets<'_>,
    mail: &Mail,
    effect: RequestEffect,
) -> Result<Response, EgressFailure> {
    let server = server(policy, gate, mail)?;
    let credentials = credentials(secrets, mail)?;
    if effect == RequestEffect::None {
        return match within(limits.request, call_on(limits, &server, credentials, &sender(mail)?)).await {
            None => Err(EgressFailure::NotSent(time_out(limits.request))),
            Some(Err(End::Failed(failure))) => Err(failure),
            Some(Ok(reply) | Err(End::Reply(reply))) => Ok(reply),
        };
    }
    let letter = letter(mail, secrets, gate.now)?;
    let ready = within(limits.request, converse(limits, &server, credentials, &letter)).await;
    let mut connection = match ready {
        None => return Err(EgressFailure::NotSent(time_out(limits.request))),
        Some(Err(End::Failed(failure))) => return Err(failure),
        Some(Err(End::Reply(reply))) => return Ok(reply),
        Some(Ok(connection)) => connection,
    };
    let answer = match within(limits.request, connection.message(&letter.bytes)).await {
        None => return Err(EgressFailure::NoAnswer(time_out(limits.request))),
        Some(answer) => answer,
    };
    let answer = match answer {
        Ok(reply) => said(&reply),
        Err(error) => refusal(&error).ok_or_else(|| EgressFailure::NoAnswer(chain(&error)))?,
    };
    // The mail is where it belongs; how the server takes our leave changes nothing.
    let _ = within(LEAVE, connection.quit()).await;
    Ok(answer)
}

/// Whether a mail may go where it wants to, with the secrets it names.
pub(super) fn admits(
    policy: &EgressPolicy,
    gate: Gate<'_>,
    secrets: Secrets<'_>,
    mail: &Mail,
) -> Result<(), EgressFailure> {
    server(policy, gate, mail)?;
    credentials(secrets, mail).map(drop)
}

fn server<'a>(policy: &'a EgressPolicy, gate: Gate<'_>, mail: &Mail) -> Result<Server<'a>, EgressFailure> {
    let wrong = || refused(format!("`{}` is no mail server; write it like smtp://host:587", mail.server));
    let url = Url::parse(&mail.server).map_err(|_| wrong())?;
    let (tls, usual_ports): (bool, &[u16]) = match url.scheme() {
        "smtp" => (false, &[587, 25]),
        "smtps" => (true, &[465]),
        _ => return Err(wrong()),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("the server has a login in it; name secrets instead"));
    }
    let host = url.host_str().ok_or_else(wrong)?.to_owned();
    let port = url.port().or(usual_ports.first().copied()).ok_or_else(wrong)?;
    grants::check(gate, Target { host: &host, port, usual_ports, method: "SMTP", path: "/" })?;
    Ok(Server { reach: policy.reach(&host, port), host, port, tls, authorities: &policy.authorities })
}

fn credentials(secrets: Secrets<'_>, mail: &Mail) -> Result<Option<Credentials>, EgressFailure> {
    let text = |name: &String| -> Result<String, EgressFailure> {
        String::from_utf8(secrets.value(name)?.to_vec()).map_err(|_| refused(format!("the secret `{name}` is no text")))
    };
    match (&mail.username_secret, &mail.password_secret) {
        (None, None) => Ok(None),
        (Some(user), Some(password)) => Ok(Some(Credentials::new(text(user)?, text(password)?))),
        _ => Err(refused("a login is a username and a password: name both secrets, or none")),
    }
}

/// Signs in, names the sender and takes its leave; what the server says of the sender.
async fn call_on(
    limits: &Limits,
    server: &Server<'_>,
    credentials: Option<Credentials>,
    from: &Address,
) -> Result<Response, End> {
    let mut connection = sign_in(limits, server, credentials, from).await?;
    let reply = connection.command(MailFrom::new(Some(from.clone()), Vec::new())).await.map_err(before)?;
    let _ = within(LEAVE, connection.quit()).await;
    Ok(said(&reply))
}

async fn sign_in(
    limits: &Limits,
    server: &Server<'_>,
    credentials: Option<Credentials>,
    from: &Address,
) -> Result<AsyncSmtpConnection, End> {
    let mut connection = connect(limits, server, from).await?;
    if let Some(credentials) = credentials {
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(before)?;
    }
    Ok(connection)
}

/// Everything up to the point where the server waits for the mail itself.
async fn converse(
    limits: &Limits,
    server: &Server<'_>,
    credentials: Option<Credentials>,
    letter: &Letter,
) -> Result<AsyncSmtpConnection, End> {
    let mut connection = sign_in(limits, server, credentials, &letter.from).await?;
    let mut parameters = Vec::new();
    let beyond_ascii = |address: &Address| !AsRef::<str>::as_ref(address).is_ascii();
    if beyond_ascii(&letter.from) || beyond_ascii(&letter.to) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(End::Failed(refused("the server takes no addresses beyond ASCII (SMTPUTF8)")));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !letter.bytes.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(MailFrom::new(Some(letter.from.clone()), parameters)).await.map_err(before)?;
    connection.command(Rcpt::new(letter.to.clone(), Vec::new())).await.map_err(before)?;
    connection.command(Data).await.map_err(before)?;
    Ok(connection)
}

/// A connection with TLS; without only to a server that an operator named.
async fn connect(limits: &Limits, server: &Server<'_>, from: &Address) -> Result<AsyncSmtpConnection, End> {
    let host = server.host.trim_matches(['[', ']']);
    let found = addresses(host, server.port, server.reach).await.map_err(|why| {
        End::Failed(match why {
            Unreachable::NotPublic(why) => refused(why.to_string()),
            Unreachable::NotFound { .. } => EgressFailure::NotSent(why.to_string()),
        })
    })?;
    let tls = || {
        let mut parameters = TlsParameters::builder(host.to_owned());
        for authority in server.authorities {
            parameters = parameters.add_root_certificate(Certificate::from_der(authority.clone()).map_err(before)?);
        }
        parameters.build().map_err(before)
    };
    let hello = ClientId::Domain(from.domain().to_owned());
    let from_the_start = if server.tls { Some(tls()?) } else { None };
    let timeout = Some(limits.connect);
    let mut connection = AsyncSmtpConnection::connect_tokio1(found.as_slice(), timeout, &hello, from_the_start, None)
        .await
        .map_err(before)?;
    if connection.can_starttls() {
        connection.starttls(tls()?, &hello).await.map_err(before)?;
    }
    if !connection.is_encrypted() && server.reach == Reach::Public {
        let why = "the server offers no TLS; use another one, or let the operator allow it";
        return Err(End::Failed(refused(why)));
    }
    Ok(connection)
}

/// What an error means as long as the mail is not written.
fn before(error: Error) -> End {
    match refusal(&error) {
        Some(reply) => End::Reply(reply),
        None => End::Failed(EgressFailure::NotSent(chain(&error))),
    }
}

/// The server's reply, if the error is one.
fn refusal(error: &Error) -> Option<Response> {
    let code = u16::from(error.status()?);
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    Some(reply(code, &text))
}

fn said(answer: &Reply) -> Response {
    reply(u16::from(answer.code()), &answer.message().collect::<Vec<_>>().join("\n"))
}

/// A reply with its enhanced code (RFC 3463), if it begins with one.
fn reply(code: u16, text: &str) -> Response {
    let first = text.split_whitespace().next().unwrap_or_default();
    let parts: Vec<&str> = first.split('.').collect();
    let is_enhanced = matches!(parts.as_slice(), [class, subject, detail]
        if ["2", "4", "5"].contains(class)
            && [subject, detail].iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())));
    Response::Mail { code, enhanced: is_enhanced.then(|| first.to_owned()), text: text.trim().to_owned() }
}

#[expect(clippy::disallowed_methods, reason = "a mail server is real I/O, and may never answer")]
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_code_is_told_apart_from_words() {
        let enhanced = |text| match reply(550, text) {
            Response::Mail { enhanced, .. } => enhanced,
            other => panic!("{other:?}"),
        };
        assert_eq!(enhanced("5.1.1 no such user"), Some("5.1.1".to_owned()));
        assert_eq!(enhanced("No such user"), None);
        assert_eq!(enhanced("1.2.3.4 is listed"), None);
    }
}
