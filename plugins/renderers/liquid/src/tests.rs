use super::*;
use cartwright_sdk::serde_json::json;
use cartwright_sdk::types::FaultKind;

fn part(template: &str, escape: Escape) -> Part {
    Part { name: "/text".to_owned(), template: template.to_owned(), escape }
}

fn rendered(template: &str, escape: Escape) -> Result<String, Fault> {
    Liquid::load(vec![part(template, escape)]).unwrap_or_else(|error| panic!("{template}: {}", error.message));
    let data = json!({
        "user_name": "Ana <b>", "coupon": null, "city": "", "discount": 0.05,
        "cart": {"total": "250.00", "lines": [
            {"title": "Lamp & shade", "quantity": 2, "image_url": "https://cdn.example/a.png"},
            {"title": "Rug", "quantity": 1},
        ]},
        "tags": [],
    });
    Liquid::render(data.to_string()).map(|mut texts| texts.remove(0).value)
}

fn text(template: &str) -> String {
    rendered(template, Escape::None).unwrap_or_else(|fault| panic!("{template}: {}", fault.message))
}

fn html(template: &str) -> String {
    rendered(template, Escape::Html).unwrap_or_else(|fault| panic!("{template}: {}", fault.message))
}

fn missing(template: &str) -> String {
    let fault = rendered(template, Escape::None).expect_err(template);
    assert_eq!(fault.kind, FaultKind::MissingFact, "{}", fault.message);
    fault.message
}

fn variables(template: &str) -> Vec<String> {
    let report = Liquid::check(vec![part(template, Escape::None)]);
    assert!(report.errors.is_empty(), "{template}: {:?}", report.errors);
    report.variables
}

#[test]
fn merge_tags_are_another_way_to_write_variables() {
    assert_eq!(text("Hi *|USER_NAME|*, *|cart.total|* 5*|2 | 3|*"), "Hi Ana <b>, 250.00 5*|2 | 3|*");
    assert_eq!(variables("*|COUPON|* {{ coupon }}"), ["coupon"]);
}

#[test]
fn loops_conditions_and_filters_work() {
    assert_eq!(
        text(
            "{% for line in cart.lines %}{{ line.quantity }} x {{ line.title | upcase }}{% unless forloop.last %}, {% endunless %}{% endfor %}"
        ),
        "2 x LAMP & SHADE, 1 x RUG"
    );
    assert_eq!(text("{% assign pieces = cart.lines.size %}{{ pieces | plus: 1 }}"), "3");
    assert_eq!(text("{% if cart.total == '250.00' and user_name %}yes{% else %}no{% endif %}"), "yes");
    assert_eq!(text("{{ user_name | truncate: 4, '' }}\n {%- if city == '' -%} x {%- endif %}"), "Ana x");
    assert_eq!(text("{{ discount | times: 100 }}%"), "5%");
}

#[test]
fn s14_what_is_shown_without_a_value_is_missing_by_its_path() {
    assert_eq!(missing("{{ coupon }}"), "coupon");
    assert_eq!(missing("{{ product.stock }}"), "product.stock");
    assert_eq!(missing("{{ coupon.code | upcase }}"), "coupon.code");
    assert_eq!(missing("{% for line in cart.lines %}{{ line.image_url }}{% endfor %}"), "cart.lines.image_url");
    assert_eq!(missing("{% for item in wishlist.items %}{{ item }}{% endfor %}"), "wishlist.items");
    assert_eq!(missing("{% assign code = coupon %}{{ code }}"), "coupon");
}

#[test]
fn a_default_a_condition_and_an_empty_value_are_no_gap() {
    assert_eq!(text("{{ coupon | default: 'none' }}{{ deep.er | default: 1 }}"), "none1");
    assert_eq!(text("{% if coupon %}{{ coupon }}{% endif %}{% if a.b.c == 1 %}x{% endif %}[{{ city }}]"), "[]");
    assert_eq!(text("{% for tag in tags %}{{ tag }}{% else %}none{% endfor %}"), "none");
    assert_eq!(text("{% for line in cart.lines %}{% if line.image_url %}+{% else %}-{% endif %}{% endfor %}"), "+-");
    assert_eq!(
        text("{% for line in cart.lines %}{% if line.sku == 'x' %}+{% endif %}{{ line.a.b | default: 0 }}{% endfor %}"),
        "00"
    );
}

#[test]
fn html_is_escaped_once_unless_the_template_says_raw() {
    assert_eq!(html("<p>{{ user_name }}</p>"), "<p>Ana &lt;b&gt;</p>");
    assert_eq!(html("{{ user_name | escape }}"), "Ana &lt;b&gt;");
    assert_eq!(html("{{ user_name | raw }}"), "Ana <b>");
    assert_eq!(html("{% capture who %}<i>{{ user_name }}</i>{% endcapture %}{{ who }}"), "<i>Ana &lt;b&gt;</i>");
    assert_eq!(html("{% assign who = user_name %}{{ who }}"), "Ana &lt;b&gt;");
    assert_eq!(html("{{ '<br>' }}{{- user_name | append: '<' -}} !"), "&lt;br&gt;Ana &lt;b&gt;&lt;!");
}

#[test]
fn a_capture_vouches_only_for_what_it_made() {
    let captured = "{% capture who %}<i>{{ user_name }}</i>{% endcapture %}";
    assert_eq!(html(&format!("{captured}{{% assign who = user_name %}}{{{{ who }}}}")), "Ana &lt;b&gt;");
    assert_eq!(html(&format!("{{% assign who = user_name %}}{captured}{{{{ who }}}}")), "<i>Ana &lt;b&gt;</i>");
    assert_eq!(
        html("{% if coupon %}{% capture user_name %}x{% endcapture %}{% endif %}{{ user_name }}"),
        "Ana &lt;b&gt;"
    );
    let looped = "{% capture line %}x{% endcapture %}{% for line in cart.lines limit: 1 %}{{ line.title }}{% endfor %}{{ line }}";
    assert_eq!(html(looped), "Lamp &amp; shadex");
    let again = "{% for line in cart.lines %}{{ who }}{% assign who = user_name %}{% endfor %}";
    assert_eq!(html(&format!("{captured}{again}")), "<i>Ana &lt;b&gt;</i>Ana &lt;b&gt;");
    assert_eq!(html("a {%- capture x -%} <i> {%- endcapture -%} b{{ x }}"), "ab<i>");
}

#[test]
fn check_names_what_is_read_and_nothing_else() {
    assert_eq!(
        variables(
            "{% for line in cart.lines limit: 3 %}{{ line.title }}{{ forloop.index }}{% endfor %}\
             {% assign n = cart.lines.size %}{{ n }}{{ user_name | append: suffix | default: \"a b c\" }}\
             {% if stock > 5 and customer.tier contains 'gold' %}{% endif %}\
             {% comment %}{{ not.read }}{% endcomment %}{% raw %}{{ nor.this }}{% endraw %}"
        ),
        ["cart.lines", "customer.tier", "stock", "suffix", "user_name"]
    );
}

#[test]
fn what_does_not_parse_is_told_with_its_part() {
    for template in ["{{ user_name", "{% if a %}", "{{ a | nonsense }}", "{% include 'x' %}", "{{ 1 + }}"] {
        let report = Liquid::check(vec![part("fine", Escape::None), part(template, Escape::Html)]);
        assert_eq!(report.errors.len(), 1, "{template}");
        assert!(!report.errors[0].message.is_empty(), "{template}");
        assert!(Liquid::load(vec![part(template, Escape::Html)]).is_err(), "{template}");
    }
}

#[test]
fn templates_inside_data_stay_text() {
    Liquid::load(vec![part("{{ name }}", Escape::None)]).unwrap();
    let texts = Liquid::render(json!({"name": "{{ coupon }} *|X|*", "coupon": "SECRET"}).to_string()).unwrap();
    assert_eq!(texts[0].value, "{{ coupon }} *|X|*");
}

#[test]
fn a_short_link_is_marked_for_the_host() {
    assert_eq!(text("{{ 'https://s.example/?a=1&b' | short_link }}"), "\u{2}https://s.example/?a=1&b\u{3}");
    assert_eq!(text("{{ user_name | short_link: 'buy' }}"), "\u{2}Ana <b>\u{1f}buy\u{3}");
    let anchor = html("<a href=\"{{ 'https://s.example/?a=1&b' | short_link: \"b&w\" }}\">");
    assert_eq!(anchor, "<a href=\"\u{2}https://s.example/?a=1&amp;b\u{1f}b&amp;w\u{3}\">");
    assert_eq!(missing("{{ coupon | short_link }}"), "coupon");
    assert_eq!(variables("{{ recovery_link | short_link: 'buy' }}"), ["recovery_link"]);
}
