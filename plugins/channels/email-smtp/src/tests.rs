use super::*;
use cartwright_sdk::serde_json::{Value, json};
use cartwright_sdk::transport::Action;

fn config() -> Config {
    let config = json!({"server": "smtps://mail.example.com:465",
        "from": {"name": "Lamps \"R\" Us", "address": "shop@example.com"}, "reply_to": "help@example.com"});
    json::config(&config.to_string()).unwrap()
}

fn message(to: &str, content: Value) -> Message {
    Message {
        id: "m-1".to_owned(),
        to: Address { kind: AddressKind::Email, value: to.to_owned() },
        locale: "en".to_owned(),
        content: content.to_string(),
        created_at: 0,
    }
}

fn mail(config: &Config, content: Value) -> Mail {
    let ask = send(config, &message("ana@example.ro", content)).unwrap_or_else(|fault| panic!("{}", fault.message));
    let Ask::Request(request) = ask else { panic!("nothing is sent") };
    match request.action {
        Action::Mail(mail) => mail,
        other => panic!("{other:?}"),
    }
}

fn field<'a>(mail: &'a Mail, name: &str) -> Option<&'a str> {
    mail.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
}

fn replied(code: u16, enhanced: Option<&str>) -> Outcome {
    let reply = MailResponse { code, enhanced: enhanced.map(str::to_owned), text: "the words".to_owned() };
    reply::outcome(&reply, &config().message_id("m-1"))
}

#[test]
fn a_mail_has_its_header_and_an_id_that_stays() {
    let mail = mail(&config(), json!({"subject": "Your cart", "text": "Hi", "html": "<p>Hi</p>"}));
    assert_eq!(field(&mail, "From"), Some(r#""Lamps \"R\" Us" <shop@example.com>"#));
    assert_eq!(field(&mail, "Message-ID"), Some("<m-1@example.com>"));
    assert_eq!(field(&mail, "Reply-To"), Some("help@example.com"));
    assert_eq!((mail.envelope_from.as_str(), mail.envelope_to.as_str()), ("shop@example.com", "ana@example.ro"));
    assert_eq!(
        (mail.username_secret.as_deref(), mail.password_secret.as_deref()),
        (Some("username"), Some("password"))
    );
    assert_eq!((mail.text.as_str(), mail.html.as_deref()), ("Hi", Some("<p>Hi</p>")));
}

#[test]
fn no_line_break_reaches_a_header() {
    let content = json!({"subject": "Hi\r\nBcc: all@example.com", "text": "Hi",
        "unsubscribe_url": "https://example.com/\r\nX: y"});
    let mail = mail(&config(), content);
    assert_eq!(field(&mail, "Subject"), Some("Hi Bcc: all@example.com"));
    assert_eq!(field(&mail, "List-Unsubscribe"), None);
    assert!(mail.headers.iter().all(|header| !header.value.contains(['\r', '\n'])));
    for to in ["a@b.de\r\nBcc: c@d.de", "a@b.de, c@d.de", "<a@b.de>", "a@", "a b@c.de"] {
        let ask = send(&config(), &message(to, json!({"subject": "s", "text": "t"}))).unwrap();
        let Ask::Done(Completion::Sent(Outcome::Rejected(rejection))) = ask else { panic!("{to} is not refused") };
        assert_eq!(rejection.class, RejectionClass::InvalidRecipient);
    }
}

#[test]
fn other_alphabets_travel_as_encoded_words_of_whole_characters() {
    assert_eq!(header::text("Giỏ hàng"), "=?utf-8?B?R2nhu48gaMOgbmc=?=");
    let long = header::text(&"購物車".repeat(20));
    assert!(long.is_ascii() && long.split(' ').count() > 1);
    assert!(long.split(' ').all(|word| word.len() <= 75 && word.starts_with("=?utf-8?B?")));
    assert_eq!(header::mailbox(Some("Ă"), "a@b.ro"), "=?utf-8?B?xII=?= <a@b.ro>");
}

#[test]
fn one_click_unsubscription_has_both_headers() {
    let mail = mail(&config(), json!({"subject": "s", "text": "t", "unsubscribe_url": "https://example.com/u/1"}));
    assert_eq!(field(&mail, "List-Unsubscribe"), Some("<https://example.com/u/1>"));
    assert_eq!(field(&mail, "List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
}

#[test]
fn the_host_is_told_who_signs() {
    assert_eq!(field(&mail(&config(), json!({"subject": "s", "text": "t"})), "DKIM-Signature"), None);
    let signed = |dkim: Value| {
        let config = json!({"server": "smtps://h:465", "from": {"address": "shop@example.com"}, "dkim": dkim});
        let mail = mail(&json::config(&config.to_string()).unwrap(), json!({"subject": "s", "text": "t"}));
        field(&mail, "DKIM-Signature").map(str::to_owned)
    };
    let own = signed(json!({"selector": "shop"}));
    assert_eq!(own.as_deref(), Some("d=example.com; s=shop; b={secret:dkim_key}"));
    let other = signed(json!({"selector": "a.b", "domain": "mail.example.com"}));
    assert_eq!(other.as_deref(), Some("d=mail.example.com; s=a.b; b={secret:dkim_key}"));
    for dkim in [json!({"selector": "a; b=x"}), json!({"selector": "a", "domain": "b;c"}), json!({"selector": ""})] {
        let config = json!({"server": "smtps://h:465", "from": {"address": "a@b.de"}, "dkim": dkim});
        assert!(Smtp::check_config(config.to_string()).is_err());
    }
}

#[test]
fn a_server_without_login_gets_no_secrets() {
    let mail = mail(&Config { login: false, ..config() }, json!({"subject": "s", "text": "t"}));
    assert_eq!((mail.username_secret, mail.password_secret), (None, None));
}

#[test]
fn s23_each_reply_code_has_its_class() {
    use RejectionClass::*;
    assert_eq!(replied(250, None), Outcome::accepted("<m-1@example.com>"));
    for (code, enhanced, class) in [
        (421, None, Transient),
        (451, Some("4.3.0"), Transient),
        (450, Some("4.7.1"), RateLimited(None)),
        (550, Some("5.1.1"), InvalidRecipient),
        (550, None, InvalidRecipient),
        (552, Some("5.2.2"), Transient),
        (552, Some("5.3.4"), TooLarge),
        (552, None, TooLarge),
        (535, Some("5.7.8"), Auth),
        (530, None, Auth),
        (550, Some("5.7.1"), ContentPolicy),
        (550, Some("5.7.26"), SenderPolicy),
        (553, Some("5.1.8"), SenderPolicy),
        (554, None, ContentPolicy),
        (501, Some("5.5.4"), BadRequest),
        (599, None, Unknown),
    ] {
        let Outcome::Rejected(rejection) = replied(code, enhanced) else { panic!("{code} is no refusal") };
        assert_eq!(rejection.class, class, "{code} {enhanced:?}");
        assert_eq!(rejection.details.text, "the words");
    }
}

#[test]
fn s22_a_lost_reply_is_uncertain() {
    let lost = Response::Failed(Failure::NoAnswer("reset after DATA".to_owned()));
    let step = Simple::<Smtp>::resume(Asked::Send("m-1".to_owned()).to_state(), vec![lost]).unwrap();
    assert!(matches!(step, Step::Done(Completion::Sent(Outcome::Uncertain(_)))));
}

#[test]
fn a_configuration_names_a_server_and_a_sender() {
    let with = |server: &str, from: &str| json!({"server": server, "from": {"address": from}}).to_string();
    assert!(Smtp::check_config(with("smtp://localhost:587", "a@b.de")).is_ok());
    for config in [with("mail.example.com", "a@b.de"), with("smtp://h:25", "nobody"), "{}".to_owned()] {
        assert!(Smtp::check_config(config).is_err());
    }
}

#[test]
fn a_probe_signs_in_as_the_sender_and_sends_nothing() {
    let mail = config().mail();
    assert_eq!((mail.envelope_from.as_str(), mail.envelope_to.as_str()), ("shop@example.com", ""));
    assert_eq!(mail.password_secret.as_deref(), Some("password"));
    let probed = |code| {
        let reply = MailResponse { code, enhanced: None, text: "the words".to_owned() };
        reply::to_probe(&reply, "shop@example.com")
    };
    assert!(matches!(probed(250), Completion::Probed(who) if who == "the server takes mail from shop@example.com"));
    assert!(matches!(probed(535), Completion::Failed(why) if why.class == RejectionClass::Auth));
    assert!(matches!(probed(553), Completion::Failed(why) if why.details.text == "the words"));
}

#[test]
fn mails_come_back_to_where_bounces_go() {
    let config = Config { bounces_to: Some("bounces@example.com".to_owned()), ..config() };
    let mail = mail(&config, json!({"subject": "s", "text": "t"}));
    assert_eq!(mail.envelope_from, "bounces@example.com");
    assert_eq!(field(&mail, "From"), Some(r#""Lamps \"R\" Us" <shop@example.com>"#));
    let wrong = json!({"server": "smtps://h:465", "from": {"address": "a@b.de"}, "bounces_to": "nobody"});
    assert!(Smtp::check_config(wrong.to_string()).is_err());
}
