use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn told(text: &str) -> Vec<(String, String)> {
    text.split(',').filter_map(|pair| pair.split_once('=')).map(|(of, to)| (of.into(), to.into())).collect()
}

fn columns(headers: &[&str], map: &str) -> Columns {
    Columns::of(headers, &told(map)).unwrap()
}

fn names(headers: &[&str], map: &str) -> Vec<String> {
    let name = |field: &Option<Field>| field.as_ref().map_or_else(|| LEFT_OUT.to_owned(), ToString::to_string);
    columns(headers, map).fields().iter().map(name).collect()
}

fn faults(headers: &[&str], cells: &[&str]) -> Vec<String> {
    let faults = columns(headers, "").read(cells, Some("DE"), NOW).unwrap_err();
    let name = |fault: &CellFault| fault.field.as_ref().map(ToString::to_string).unwrap_or_default();
    faults.iter().map(name).collect()
}

#[test]
fn headers_are_understood_as_shops_write_them_and_consent_is_not_guessed() {
    let headers = ["First Name", "Last Name", "E-mail", "Accepts Email Marketing", "Phone", "attributes.size", "Note"];
    assert_eq!(names(&headers, ""), ["first_name", "last_name", "email", "-", "phone", "attributes.size", "-"]);
    let map = "Accepts Email Marketing=consent,Phone=-,Note=attributes.note";
    assert_eq!(
        names(&headers, map),
        ["first_name", "last_name", "email", "consent", "-", "attributes.size", "attributes.note"]
    );
    assert_eq!(names(&["Mail", "Email"], ""), ["email", "-"], "the first of two");
    assert_eq!(names(&["Mail", "Email"], "Email=email"), ["-", "email"], "unless somebody says so");
}

#[test]
fn a_mapping_that_cannot_be_says_why() {
    for (headers, map, said) in [
        (&["Name"][..], "", "who somebody is"),
        (&["Email"], "Email=mail", "no field `mail`"),
        (&["Email"], "Mail=email", "no column `Mail`"),
        (&["Email", "Mail"], "Email=email,Mail=email", "two columns"),
        (&["Email", "Since"], "Since=consent_at", "map one to consent"),
    ] {
        let faults = Columns::of(headers, &told(map)).unwrap_err().join("\n");
        assert!(faults.contains(said), "{faults}");
    }
}

#[test]
fn a_row_tells_what_its_cells_say_and_nothing_of_the_empty_ones() {
    let headers = ["email", "phone", "first_name", "tags", "attributes.orders", "attributes.code", "city"];
    let cells = [" Ana@Example.ro ", "0151 12345678", "Ana", "vip; news,", "12", "007", " "];
    let event = columns(&headers, "").read(&cells, Some("DE"), NOW).unwrap();
    assert_eq!(event.subject.phone.as_deref(), Some("+4915112345678"));
    let What::CustomerUpdated(body) = &event.what else { panic!("{event:?}") };
    assert_eq!((body.email.as_deref(), body.city.as_deref()), (Some("Ana@example.ro"), None));
    assert_eq!(body.tags, Some(vec!["vip".to_owned(), "news".to_owned()]));
    assert_eq!((&body.attributes["orders"], &body.attributes["code"]), (&json!(12), &json!("007")));
    assert_eq!(body.consent, None);
}

#[test]
fn the_same_row_is_the_same_event_whenever_it_is_read() {
    let columns = columns(&["email", "city"], "");
    let id = |cells: &[&str], at| columns.read(cells, None, Timestamp::from_millis(at)).unwrap().id;
    assert_eq!(id(&["a@b.de", "Ulm"], 1), id(&["a@b.de", "Ulm "], 2));
    assert_ne!(id(&["a@b.de", "Ulm"], 1), id(&["a@b.de", "Bonn"], 1));
}

#[test]
fn s18_a_yes_has_a_day_that_has_come() {
    let headers = ["email", "consent", "consent_at"];
    assert_eq!(faults(&headers, &["a@b.de", "yes", ""]), ["consent"]);
    assert_eq!(faults(&headers, &["a@b.de", "yes", "2099-01-01"]), ["consent_at"]);
    assert_eq!(faults(&headers, &["a@b.de", "perhaps", ""]), ["consent"]);
    let read = |cells: &[&str]| match columns(&headers, "").read(cells, None, NOW).unwrap().what {
        What::CustomerUpdated(body) => body.consent,
        other => panic!("{other:?}"),
    };
    let yes = read(&["a@b.de", "Yes", "2026-01-31 10:00:00"]).unwrap();
    assert_eq!((yes.state, yes.at), (ConsentState::Subscribed, "2026-01-31T10:00:00Z".parse().ok()));
    assert_eq!(yes.source.as_deref(), Some("import"));
    assert_eq!(read(&["a@b.de", "no", ""]).unwrap().state, ConsentState::Unsubscribed);
    assert_eq!((read(&["a@b.de", "", ""]), read(&["a@b.de", "unknown", ""])), (None, None));
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    let headers = ["email", "phone", "language", "time_zone", "country", "registered_at"];
    let cells = ["ana", "5", "klingon!", "Middle/Earth", "Germany", "soon"];
    assert_eq!(faults(&headers, &cells), ["country", "email", "phone", "language", "time_zone", "registered_at"]);
    assert_eq!(faults(&headers, &["", "", "de"]), [""], "nobody");
    assert_eq!(faults(&["email"], &["a@b.de", "more"]), [""], "more cells than headers");
}

#[test]
fn a_cell_is_no_formula() {
    for text in ["=1+1", "+49", "-1", "@sum", "\tx"] {
        assert_eq!(as_cell(text), format!("'{text}"));
    }
    assert_eq!(as_cell("ana@example.com"), "ana@example.com");
}

#[test]
fn the_separator_is_the_one_that_stands_between_the_headers() {
    assert_eq!(separator_of("email,first_name\na;b;c;d"), b',');
    assert_eq!(separator_of("email;first_name"), b';');
    assert_eq!(separator_of("email\tfirst_name"), b'\t');
    assert_eq!(separator_of("email"), b',');
}
