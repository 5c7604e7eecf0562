use super::*;
use cartwright_sdk::encoding::to_base64;
use cartwright_sdk::transport::Header;

const OURS: &str = "018f3a0c-0000-7000-8000-000000000001";

/// As Postfix returns a mail: its words, the part for machines, and what it could not deliver.
fn bounce(kind: &str, status: &str, id: &str) -> String {
    format!(
        "From MAILER-DAEMON  Mon Nov 23 15:00:00 2026\n\
         Return-Path: <>\n\
         From: MAILER-DAEMON@mail.acorn.example (Mail Delivery System)\n\
         To: bounces@acorn.example\n\
         Subject: Undelivered Mail Returned to Sender\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type={kind};\n\tboundary=\"B1/mail.acorn.example\"\n\n\
         --B1/mail.acorn.example\nContent-Type: text/plain; charset=us-ascii\n\n\
         I'm sorry to have to inform you that your message could not be delivered.\n\n\
         --B1/mail.acorn.example\nContent-Type: message/{kind}\n\n{status}\n\n\
         --B1/mail.acorn.example\nContent-Type: message/rfc822\n\n\
         From: shop@example.com\nTo: ana@example.ro\nSubject: Your cart\nMessage-ID: <{id}>\n\n\
         Hi\n--B1/mail.acorn.example--\n"
    )
}

fn failed(words: &str) -> String {
    format!(
        "Reporting-MTA: dns; mail.acorn.example\nArrival-Date: Mon, 23 Nov 2026 14:59:58 +0000 (UTC)\n\n\
         Final-Recipient: rfc822; ana@example.ro\nAction: failed\n{words}"
    )
}

fn undelivered(words: &str, id: &str) -> String {
    bounce("delivery-status", &failed(words), id)
}

fn ours() -> String {
    format!("{OURS}@example.com")
}

fn told(mail: &str) -> Option<Receipt> {
    read(mail.as_bytes(), "example.com", 7)
}

#[test]
fn a_bounce_is_of_the_mail_that_it_returns() {
    let words = "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <ana@example.ro>:\n    no such mailbox";
    let mail = undelivered(words, &format!("{OURS}@EXAMPLE.com"));
    let receipt = told(&mail).unwrap();
    assert_eq!((receipt.kind, receipt.at), (ReceiptKind::Failed, 7));
    assert_eq!((receipt.message_id.as_deref(), receipt.provider_id), (Some(OURS), Some(format!("<{}>", ours()))));
    let failure = receipt.failure.unwrap();
    assert_eq!(failure.class, RejectionClass::InvalidRecipient);
    assert_eq!(failure.details.code.as_deref(), Some("550 5.1.1"));
    assert_eq!(failure.details.text, "550 5.1.1 <ana@example.ro>: no such mailbox");
    // The same told again, by whatever way, is the same.
    let (_, plain) = mail.split_once('\n').unwrap();
    for again in [mail.replace('\n', "\r\n"), plain.to_owned()] {
        assert_eq!(told(&again).map(|again| again.id).as_ref(), Some(&receipt.id));
    }
}

#[test]
fn a_bounce_with_the_header_alone_and_encoded_parts_is_read() {
    let status = to_base64(failed("Status: 5.2.1").as_bytes());
    let mail = format!(
        "Content-Type: Multipart/Report; boundary=b\r\n\r\n--b\r\nContent-Type: Message/Global-Delivery-Status\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{status}\r\n--b\r\nContent-Type: Text/RFC822-Headers\r\n\r\n\
         Message-Id:\r\n <{}>\r\n\r\n--b--\r\n",
        ours()
    );
    let receipt = told(&mail).unwrap();
    assert_eq!(receipt.message_id.as_deref(), Some(OURS));
    assert_eq!(receipt.failure.unwrap().class, RejectionClass::InvalidRecipient);
}

#[test]
fn s23_each_status_has_its_class() {
    use RejectionClass::*;
    for (words, class, code) in [
        ("Status: 5.1.1 (bad destination mailbox)", InvalidRecipient, Some("5.1.1")),
        ("Status: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RecipientNotFound", InvalidRecipient, Some("550 5.1.10")),
        ("Status: 5.4.4\nDiagnostic-Code: X-Postfix; Host not found", Unknown, Some("5.4.4")),
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 550 nobody here", InvalidRecipient, Some("550 5.0.0")),
        ("Status: 5.2.2\nDiagnostic-Code: smtp; 552-5.2.2 mailbox full", Transient, Some("552 5.2.2")),
        ("Status: 5.3.4", TooLarge, Some("5.3.4")),
        // Given up after days.
        ("Status: 4.4.1\nDiagnostic-Code: X-Postfix; connect: timed out", Transient, Some("4.4.1")),
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 451 4.7.1 grey", Transient, Some("451 5.0.0")),
        // One receiver's word holds neither channel, sender nor content.
        ("Status: 5.7.1\nDiagnostic-Code: smtp; 554 5.7.1 spam", Unknown, Some("554 5.7.1")),
        ("Status: 5.7.26", Unknown, Some("5.7.26")),
        ("Status: 5.7.8\nDiagnostic-Code: smtp; 535 5.7.8 log in", Unknown, Some("535 5.7.8")),
        ("Status: 5.1.8", Unknown, Some("5.1.8")),
        ("Status: five", Unknown, None),
        ("Status: 9.9.9\nDiagnostic-Code: smtp; éé", Unknown, None),
    ] {
        let failure = told(&undelivered(words, &ours())).unwrap().failure.unwrap();
        assert_eq!((failure.class, failure.details.code.as_deref()), (class, code), "{words}");
        assert!(!failure.details.text.is_empty());
    }
    let long = undelivered(&format!("Diagnostic-Code: smtp; 550 {}", "x".repeat(9_000)), &ours());
    assert_eq!(told(&long).unwrap().failure.unwrap().details.text.len(), LONGEST_TEXT);
}

#[test]
fn what_is_not_final_or_not_of_ours_tells_nothing() {
    for action in ["delayed", "delivered", "relayed", "expanded", "failedish"] {
        let mail = undelivered("Status: 4.4.1", &ours()).replace("Action: failed", &format!("Action: {action}"));
        assert_eq!(told(&mail), None, "{action}");
    }
    for id in [&format!("{OURS}@other.example"), OURS, "", "@", "<>"] {
        assert_eq!(told(&undelivered("Status: 5.1.1", id)), None, "{id}");
    }
    // What the text of a mail says, or a mail within another, is nobody's report.
    let mail = undelivered("Status: 5.1.1", &ours());
    let (_, mail) = mail.split_once('\n').unwrap();
    assert_eq!(told(&format!("Subject: Re: hi\n\n{mail}")), None);
    assert_eq!(told(&format!("Content-Type: message/rfc822\n\n{mail}")), None);
    assert_eq!(told("Subject: away until Monday\nAuto-Submitted: auto-replied\n\nHi"), None);
    assert_eq!((told(""), told("From "), told("\n\n\n")), (None, None, None));
}

#[test]
fn a_complaint_opts_out() {
    let report = bounce("feedback-report", "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1", &ours());
    let receipt = told(&report).unwrap();
    assert_eq!((receipt.kind, receipt.message_id.as_deref()), (ReceiptKind::OptedOut, Some(OURS)));
    assert_eq!(receipt.failure, None);
    assert_eq!(told(&report.replace("Type: abuse", "Type: not-spam")), None);
}

#[test]
fn hostile_mails_tell_nothing_and_break_nothing() {
    let deep = "Content-Type: message/rfc822\n\n".repeat(30_000);
    let wide = format!("Content-Type: multipart/report; boundary=b\n\n{}", "--b\n\n".repeat(150_000));
    let within = |depth| format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
    let nested: String = (0..4_000).map(within).collect();
    let long = undelivered(&"\n".repeat(900_000), "x");
    let unnamed = "Content-Type: multipart/report; boundary=\n\n--\n--".to_owned();
    for mail in [deep, wide, nested, long, unnamed] {
        assert_eq!(told(&mail), None);
    }
    let whole = undelivered("Status: 5.1.1", &ours());
    for end in 0..whole.len() {
        let _ = told(&whole[..end]);
        let _ = told(&whole[end..]);
    }
}

#[test]
fn only_who_shows_the_key_is_believed() {
    let shown = |value: Option<&str>| {
        let header = value.map(|value| Header { name: "authorization".to_owned(), value: value.to_owned() });
        let headers = header.into_iter().collect();
        let webhook = Webhook { method: "POST".to_owned(), path: String::new(), headers, body: Vec::new() };
        matches!(verify(&webhook, |key| key == "k3y"), Verification::Authentic)
    };
    assert!(shown(Some("Bearer k3y")));
    for wrong in [None, Some("Bearer "), Some("Bearer guessed"), Some("k3y"), Some("Basic k3y")] {
        assert!(!shown(wrong), "{wrong:?}");
    }
}
