//! Mail over SMTP, to a server that says what its script says.

use std::sync::Arc;

use crate::support::{Host, host_allowing, host_grant};
use cartwright_domain::shop::Grants;
use cartwright_engine::ports::{Action, ConnectionCall, Egress, EgressFailure, Mail, Request, RequestEffect, Response};
use cartwright_plugins::{Limits, Slices};
use hostile_guests::guests;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the server does at a word of the client.
#[derive(Clone, Copy)]
enum Does {
    Says(&'static str),
    HangsUp,
}
use Does::{HangsUp, Says};

/// A server that follows a script: the first entry whose word the line begins with. It gives back what it was told.
async fn mail_server(script: &'static [(&'static str, Does)]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let told = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut told = Vec::new();
        let mut word = "greeting".to_owned();
        loop {
            let does =
                script.iter().find(|(begins, _)| word.starts_with(begins)).map_or(Says("250 fine"), |(_, does)| *does);
            match does {
                HangsUp => return told,
                Says(reply) => {
                    if stream.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                        return told;
                    }
                }
            }
            if matches!(does, Says(reply) if reply.starts_with("354")) {
                let mut line = String::new();
                let mut mail = String::new();
                while line != ".\r\n" {
                    mail.push_str(&line);
                    line.clear();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        return told;
                    }
                }
                told.push(mail);
                word = "mail written".to_owned();
                continue;
            }
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return told;
            }
            word = line.trim_end().to_owned();
            told.push(word.clone());
        }
    });
    (address, told)
}

const TAKES_ALL: &[(&str, Does)] = &[
    ("greeting", Says("220 test")),
    ("EHLO", Says("250-test\r\n250 AUTH PLAIN LOGIN")),
    ("AUTH", Says("235 2.7.0 welcome")),
    ("DATA", Says("354 go on")),
    ("mail written", Says("250 2.0.0 queued as 7")),
    ("QUIT", Says("221 bye")),
];

fn sender(server: &str, allowed: &[&str]) -> (Host, ConnectionCall) {
    let host = host_allowing(Limits::default(), Slices::Timed, allowed);
    let secrets = [("token", "shop"), ("password", "pass word")];
    let mut call = host.connection(guests::asking().component(), json!({"server": server}), &secrets);
    let hosts = vec![host_grant(server, &["SMTP"], "/")];
    let secrets = vec!["token".to_owned(), "password".to_owned()];
    call.plugin.grants = Arc::new(Grants { hosts, secrets, ..Grants::default() });
    (host, call)
}

fn mail(server: &str) -> Mail {
    Mail {
        server: format!("smtp://{server}"),
        username_secret: Some("token".to_owned()),
        password_secret: Some("password".to_owned()),
        envelope_from: "shop@example.com".to_owned(),
        envelope_to: "ann@example.net".to_owned(),
        headers: vec![
            ("From".to_owned(), "A shop <shop@example.com>".to_owned()),
            ("To".to_owned(), "ann@example.net".to_owned()),
            ("Message-ID".to_owned(), "<m-1@example.com>".to_owned()),
        ],
        text: "Hello\n.\nAnn".to_owned(),
        html: None,
    }
}

async fn send(mail: Mail, server: &str, allowed: &[&str]) -> Response {
    let (host, call) = sender(server, allowed);
    let request = Request { effect: RequestEffect::Send, action: Action::Mail(mail), captures: Vec::new() };
    host.runtime.perform(&call, &request).await.response
}

async fn answer_of(script: &'static [(&'static str, Does)]) -> Response {
    let (server, _told) = mail_server(script).await;
    send(mail(&server), &server, &[&server]).await
}

#[tokio::test]
async fn a_mail_is_handed_to_the_server_and_its_reply_is_told() {
    let (server, told) = mail_server(TAKES_ALL).await;
    let answer = send(mail(&server), &server, &[&server]).await;
    let text = "2.0.0 queued as 7".to_owned();
    assert_eq!(answer, Response::Mail { code: 250, enhanced: Some("2.0.0".to_owned()), text });
    let told = told.await.unwrap();
    assert_eq!(told[0], "EHLO example.com");
    assert!(told[1].starts_with("AUTH PLAIN "));
    assert_eq!(told[2], "MAIL FROM:<shop@example.com>");
    assert_eq!(told[3], "RCPT TO:<ann@example.net>");
    let mail = &told[5];
    assert!(mail.contains("Message-ID: <m-1@example.com>\r\n"), "{mail}");
    assert!(mail.contains("Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n"), "{mail}");
    // A line with only a dot would end the mail; it is doubled on the wire.
    assert!(mail.contains("Hello\r\n..\r\nAnn"), "{mail}");
}

async fn probe(mail: Mail, server: &str, allowed: &[&str]) -> Response {
    let (host, call) = sender(server, allowed);
    let request = Request { effect: RequestEffect::None, action: Action::Mail(mail), captures: Vec::new() };
    host.runtime.perform(&call, &request).await.response
}

#[tokio::test]
async fn a_mail_that_changes_nothing_is_not_sent() {
    let (server, told) = mail_server(TAKES_ALL).await;
    let answer = probe(Mail { envelope_to: String::new(), ..mail(&server) }, &server, &[&server]).await;
    assert_eq!(answer, Response::Mail { code: 250, enhanced: None, text: "fine".to_owned() });
    let told = told.await.unwrap();
    assert!(told[1].starts_with("AUTH PLAIN "));
    assert_eq!(told[2..], ["MAIL FROM:<shop@example.com>", "QUIT"]);
}

#[tokio::test]
async fn a_server_that_does_not_know_us_says_so_when_it_is_asked() {
    let wrong = ("AUTH", Says("535 5.7.8 who are you"));
    let script = [("greeting", Says("220 test")), ("EHLO", Says("250 AUTH PLAIN")), wrong];
    let (server, _told) = mail_server(Box::leak(Box::new(script))).await;
    let answer = probe(mail(&server), &server, &[&server]).await;
    let text = "5.7.8 who are you".to_owned();
    assert_eq!(answer, Response::Mail { code: 535, enhanced: Some("5.7.8".to_owned()), text });
    let nowhere = probe(mail("127.0.0.1:9"), "127.0.0.1:9", &["127.0.0.1:9"]).await;
    assert!(matches!(nowhere, Response::Failed(EgressFailure::NotSent(_))), "{nowhere:?}");
}

#[tokio::test]
async fn a_refused_recipient_is_an_answer() {
    let answer = answer_of(&[
        ("greeting", Says("220 test")),
        ("EHLO", Says("250 AUTH PLAIN")),
        ("AUTH", Says("235 ok")),
        ("RCPT", Says("550 5.1.1 no such user")),
    ])
    .await;
    let text = "5.1.1 no such user".to_owned();
    assert_eq!(answer, Response::Mail { code: 550, enhanced: Some("5.1.1".to_owned()), text });
}

#[tokio::test]
async fn a_refused_login_is_an_answer_and_tells_no_secret() {
    let script =
        &[("greeting", Says("220 test")), ("EHLO", Says("250 AUTH PLAIN")), ("AUTH", Says("535 5.7.8 bad login"))];
    let answer = answer_of(script).await;
    assert!(matches!(&answer, Response::Mail { code: 535, .. }), "{answer:?}");
    assert!(!format!("{answer:?}").contains("pass word"));
}

#[tokio::test]
async fn a_refusal_of_the_mail_itself_is_an_answer() {
    let answer = answer_of(&[
        ("greeting", Says("220 test")),
        ("EHLO", Says("250 AUTH PLAIN")),
        ("AUTH", Says("235 ok")),
        ("DATA", Says("354 go on")),
        ("mail written", Says("452 4.2.2 mailbox full")),
    ])
    .await;
    assert!(matches!(&answer, Response::Mail { code: 452, .. }), "{answer:?}");
}

#[tokio::test]
async fn s22_a_server_that_hangs_up_before_the_mail_got_nothing() {
    for word in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
        let script: Vec<(&'static str, Does)> =
            [(word, HangsUp)].into_iter().chain(TAKES_ALL.iter().copied()).collect();
        let answer = answer_of(script.leak()).await;
        assert!(matches!(answer, Response::Failed(EgressFailure::NotSent(_))), "{word}: {answer:?}");
    }
}

#[tokio::test]
async fn s22_a_server_that_hangs_up_after_the_mail_may_have_it() {
    let script: Vec<(&'static str, Does)> =
        [("mail written", HangsUp)].into_iter().chain(TAKES_ALL.iter().copied()).collect();
    let answer = answer_of(script.leak()).await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NoAnswer(_))), "{answer:?}");
}

#[tokio::test]
async fn s22_a_refused_connection_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    drop(listener);
    let answer = send(mail(&server), &server, &[&server]).await;
    assert!(matches!(answer, Response::Failed(EgressFailure::NotSent(_))), "{answer:?}");
}

#[tokio::test]
async fn s41_a_mail_server_at_a_private_address_must_be_allowed() {
    let answer = send(mail("localhost:25"), "localhost:25", &[]).await;
    let Response::Failed(EgressFailure::Refused(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("which is no public address"), "{why}");
}

#[tokio::test]
async fn s41_a_mail_server_must_be_granted() {
    let answer = send(mail("127.0.0.1:26"), "127.0.0.1:25", &["127.0.0.1:26"]).await;
    let Response::Failed(EgressFailure::Refused(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("SMTP 127.0.0.1:26/ is not declared"), "{why}");
}
