//! The little HTML there is: one page shell, escaping, and enough Markdown for the pages of problems.
//!
//! Pages run no script and load nothing from elsewhere; the policy below makes the browser hold them to it.

use axum::http::{HeaderMap, HeaderValue, header};

const STYLE: &str = include_str!("style.css");

/// A page of ours.
pub(crate) struct Page<'a> {
    title: &'a str,
}

impl<'a> Page<'a> {
    pub(crate) fn new(title: &'a str) -> Self {
        Self { title }
    }

    /// The whole document around a body that is HTML already.
    pub(crate) fn body(self, html: &str) -> String {
        let title = escape(self.title);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title} · Cartwright</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#content\">To the content</a>\n\
             <header><a class=\"brand\" href=\"/\">Cartwright</a></header>\n\
             <main id=\"content\">\n{html}</main>\n</body>\n</html>\n"
        )
    }
}

/// A page for somebody who is no user of ours: nothing on it leads anywhere.
pub(crate) fn leaf(language: &str, title: &str, html: &str) -> String {
    let direction = if language == "ar" { "rtl" } else { "ltr" };
    format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body class=\"leaf\">\n\
         <main>\n{html}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// The style of all pages.
pub(crate) async fn style() -> ([(header::HeaderName, &'static str); 2], &'static str) {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")], STYLE)
}

/// What every answer tells the browser not to do.
pub(crate) fn guard(headers: &mut HeaderMap) {
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                  frame-ancestors 'none'";
    // The console has a policy of its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// Headings, paragraphs, lists and `code`: what the pages of problems are written in.
pub(crate) fn of_markdown(text: &str) -> String {
    let mut html = String::new();
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        if let Some(heading) = block.strip_prefix("## ") {
            html.push_str(&format!("<h2>{}</h2>\n", inline(heading)));
        } else if let Some(heading) = block.strip_prefix("# ") {
            html.push_str(&format!("<h1>{}</h1>\n", inline(heading)));
        } else if block.starts_with("- ") {
            let items = block.lines().map(|line| format!("<li>{}</li>\n", inline(line.trim_start_matches("- "))));
            html.push_str(&format!("<ul>\n{}</ul>\n", items.collect::<String>()));
        } else {
            html.push_str(&format!("<p>{}</p>\n", inline(block)));
        }
    }
    html
}

fn inline(text: &str) -> String {
    let parts = escape(text).split('`').map(str::to_owned).collect::<Vec<_>>();
    let mut html = String::new();
    for (place, part) in parts.iter().enumerate() {
        if place % 2 == 1 {
            html.push_str(&format!("<code>{part}</code>"));
        } else {
            html.push_str(part);
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_wrote_becomes_markup() {
        let page = Page::new("<b>").body(&format!("<p>{}</p>", escape("<script>\"'&")));
        assert!(page.contains("&lt;b&gt;"));
        assert!(page.contains("<p>&lt;script&gt;&quot;&#39;&amp;</p>"));
    }

    #[test]
    fn the_pages_of_problems_become_headings_paragraphs_and_lists() {
        let html = of_markdown("# not_found\n\nHTTP 404. No `x`.\n\n## What to do\n\n- Look.\n- Look again.\n");
        assert_eq!(
            html,
            "<h1>not_found</h1>\n<p>HTTP 404. No <code>x</code>.</p>\n<h2>What to do</h2>\n<ul>\n<li>Look.</li>\n\
             <li>Look again.</li>\n</ul>\n"
        );
    }
}
