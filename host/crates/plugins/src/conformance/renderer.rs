//! Renderers: a text is made of its template and its data alone.

use cartwright_engine::ports::{Escape, Plugins, TemplatePart};
use serde_json::{Value, json};

use super::report::Rule;
use super::{Depth, Kit};

const PLAIN: Rule = Rule {
    name: "plain-text-stays",
    statement: "a template without markup is rendered as it stands, in any script",
    remedy: "copy what is not markup byte by byte",
};
const SINGLES: Rule = Rule {
    name: "batch-equals-singles",
    statement: "a document is rendered the same alone, again, and in any order",
    remedy: "keep nothing between two calls of `render` but the loaded templates",
};
const ODD: Rule = Rule {
    name: "odd-templates-no-trap",
    statement: "a template that is none is an error, not a crash",
    remedy: "answer `check` with errors, and `load` with the first of them",
};

pub(super) async fn examine(kit: &mut Kit<'_>) {
    let config = json!({});
    let plain = ["Hello", "Xin chào Ánh, giỏ hàng của bạn", "مرحبا \u{202e}abc\u{202c}", "👩‍👩‍👧 e\u{301} 𠜎", ""];
    let mut seen = Ok(());
    for text in plain {
        match render(kit, &config, text, &[json!({})]).await.remove(0) {
            Ok(texts) if texts == [("/text".to_owned(), text.to_owned())] => {}
            answer => seen = Err(format!("`{text}` became {answer:?}")),
        }
    }
    kit.report.note(PLAIN, seen);

    let count = if kit.depth == Depth::Full { 64 } else { 8 };
    let data: Vec<Value> = (0..count)
        .map(|number| match number % 4 {
            0 => json!({}),
            1 => json!({"name": "Zoë <b>&"}),
            2 => json!({"name": null}),
            _ => json!({"name": {"deep": [number]}}),
        })
        .collect();
    let mut seen = Ok(());
    for template in ["Hi {{ name }}", "Hi *|NAME|*", "Hi"] {
        let together = render(kit, &config, template, &data).await;
        let mut backwards = render(kit, &config, template, &data.iter().rev().cloned().collect::<Vec<_>>()).await;
        backwards.reverse();
        for (place, document) in data.iter().enumerate() {
            let alone = render(kit, &config, template, std::slice::from_ref(document)).await.remove(0);
            if alone != together[place] || backwards[place] != together[place] {
                seen = Err(format!("`{template}` with {document}: {:?}, alone {alone:?}", together[place]));
            }
        }
    }
    kit.report.note(SINGLES, seen);

    let mut seen = Ok(());
    let odd = ["{{", "{% if %}", "*|", "{{ a | no_such_filter }}", "{% for x in y %}", "\u{0}{{\u{202e}}}"];
    let long = "{{ a }}".repeat(if kit.depth == Depth::Full { 300 } else { 50 });
    for template in odd.into_iter().chain([long.as_str()]) {
        let part = part(template);
        if let Err(failure) = kit.runtime.check_templates(&kit.call(&config), &[part]).await {
            seen = Err(format!("check(`{}`): {failure}", template.chars().take(40).collect::<String>()));
        }
    }
    kit.report.note(ODD, seen);
}

fn part(template: &str) -> TemplatePart {
    TemplatePart { name: "/text".to_owned(), template: template.to_owned(), escape: Escape::None }
}

type Rendered = Result<Vec<(String, String)>, cartwright_domain::plugin::PluginFailure>;

async fn render(kit: &Kit<'_>, config: &Value, template: &str, data: &[Value]) -> Vec<Rendered> {
    kit.runtime.render(&kit.call(config), &[part(template)], data).await
}
