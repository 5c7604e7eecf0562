use super::*;

/// A mail around something.
fn mail(inside: &str) -> String {
    format!("<mjml>\n<mj-body>\n{inside}\n</mj-body>\n</mjml>")
}

fn section(inside: &str) -> String {
    mail(&format!("<mj-section><mj-column>\n{inside}\n</mj-column></mj-section>"))
}

/// The line and the words of what is wrong.
fn wrong(source: &str) -> (usize, String) {
    let fault = make(source).unwrap_err();
    (fault.line, fault.words)
}

#[test]
fn a_mail_becomes_html_and_text_and_its_templates_stay() {
    let source = section(
        "<mj-text><p>Hi {{ user_name }} &amp; co</p></mj-text>\n\
         <mj-button href=\"{{ recovery_link }}\">Back to it</mj-button>\n\
         <mj-divider />\n<mj-image src=\"{{ product.image_url }}\" alt=\"{{ product.title }}\" />\n\
         <mj-text><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></mj-text>",
    );
    let made = make(&source).unwrap();
    for part in ["{{ user_name }} &amp; co", "href=\"{{ recovery_link }}\"", "alt=\"{{ product.title }}\"", "<html"] {
        assert!(made.html.contains(part), "{part} is not in {}", made.html);
    }
    assert_eq!(
        made.text,
        "Hi {{ user_name }} & co\n\nBack to it {{ recovery_link }}\n\n---\n{{ product.title }}\n\
         Unsubscribe {{ unsubscribe_url }}"
    );
}

#[test]
fn a_loop_in_raw_stays_around_what_it_repeats() {
    let source = mail(
        "<mj-raw>{% for line in cart.lines %}</mj-raw>\n\
         <mj-section><mj-column><mj-text>{{ line.title }}</mj-text></mj-column></mj-section>\n\
         <mj-raw>{% endfor %}</mj-raw>",
    );
    let made = make(&source).unwrap();
    let places = ["{% for line in cart.lines %}", "{{ line.title }}", "{% endfor %}"].map(|part| made.html.find(part));
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{places:?} in {}", made.html);
    assert!(made.text.starts_with("{% for line in cart.lines %}") && made.text.ends_with("{% endfor %}"));
}

#[test]
fn nothing_is_loaded_that_the_author_did_not_name() {
    for family in ["Roboto", "Open Sans", "Lato", "Ubuntu", "Droid Sans"] {
        let made = make(&section(&format!("<mj-text font-family=\"{family}\">Hi</mj-text>"))).unwrap();
        assert!(!made.html.contains("googleapis"), "{}", made.html);
    }
    let usual = make(&section("<mj-text>Hi</mj-text><mj-social><mj-social-element name=\"facebook\" src=\"https://acorn.example/f.png\" href=\"https://acorn.example\">Us</mj-social-element></mj-social>")).unwrap();
    let loaded: Vec<&str> = usual.html.split("src=\"").skip(1).collect();
    assert!(loaded.iter().all(|src| src.starts_with("https://acorn.example/")), "{}", usual.html);
    let social = "<mj-social><mj-social-element name=\"facebook\" href=\"#\">Us</mj-social-element></mj-social>";
    for foreign in [social, "<mj-carousel></mj-carousel>", "<mj-accordion></mj-accordion>"] {
        let (line, words) = wrong(&section(foreign));
        assert!(line == 4 && words.contains("somebody else's server"), "{line}: {words}");
    }
    let (line, words) = wrong(&mail("\n<mj-include path=\"/etc/passwd\" />"));
    assert!(line == 4 && words.contains("nothing is included"), "{line}: {words}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_to_do() {
    for (source, line, part) in [
        (section("<mj-text>Hi"), 5, "closes <mj-text>"),
        (mail("<mj-section>"), 4, "closes <mj-section>"),
        (mail("<mj-section><p>Hi</p></mj-section>"), 3, "<mj-text>"),
        (mail("{% for line in cart.lines %}"), 3, "<mj-raw>"),
        (section("<mj-txt>Hi</mj-txt>"), 4, "no <mj-txt>"),
        (section("Hi"), 4, "<mj-text>"),
        ("<p>Hi</p>".to_owned(), 1, "<mjml>"),
        ("<mjml>".to_owned(), 1, "never closed"),
        (String::new(), 1, "<mjml>"),
    ] {
        let (at, words) = wrong(&source);
        assert!(at == line && words.contains(part), "{source}: line {at}: {words}");
    }
}

#[test]
fn what_is_hostile_is_refused_before_it_is_converted() {
    let deep = section(&format!("<mj-text>{}{}</mj-text>", "<b>".repeat(50_000), "</b>".repeat(50_000)));
    assert!(wrong(&deep).1.contains("bytes"), "too long");
    let deep = section(&format!("<mj-text>{}{}</mj-text>", "<b>".repeat(5_000), "</b>".repeat(5_000)));
    assert!(wrong(&deep).1.contains("within one another"));
    let wide = section(&"<mj-text>a</mj-text>".repeat(5_000));
    assert!(wrong(&wide).1.contains("elements"));
    let long = section(&format!("<mj-text>{}</mj-text>", "a".repeat(LONGEST)));
    assert!(wrong(&long).1.contains("bytes"));
}

#[tokio::test]
async fn a_variant_has_what_was_made_of_it_and_nothing_that_somebody_brought() {
    let brought = Made { html: "<script>".into(), text: "x".into() };
    let variant = |body| cartwright_domain::content::Variant {
        channel: "email".into(),
        locale: None,
        body,
        made: Some(brought.clone()),
    };
    let mut content: Content = serde_json::from_value(serde_json::json!({ "name": "a", "variants": [] })).unwrap();
    content.variants = vec![
        variant(serde_json::json!({ "mjml": section("<mj-text>Hi</mj-text>") })),
        variant(serde_json::json!({ "text": "Hi" })),
        variant(serde_json::json!({ "mjml": section("<mj-text>Hi</mj-text>"), "html": "<p>" })),
        variant(serde_json::json!({ "mjml": section("<mj-spacer />") })),
    ];
    let faults = make_all(&mut content, "").await;
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["variants[2].body.mjml", "variants[3].body.mjml"]);
    assert_eq!(content.variants[0].made.as_ref().unwrap().text, "Hi");
    assert!(content.variants[1..].iter().all(|variant| variant.made.is_none()));
}
