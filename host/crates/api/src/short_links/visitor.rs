//! Whether a request is somebody who follows a link, or a program that looks what is behind it.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use cartwright_engine::Visitor;

/// What programs call themselves, in small letters: previews of messengers, scanners of mail, crawlers, tools.
const PROGRAMS: [&str; 34] = [
    "bot",
    "crawl",
    "spider",
    "preview",
    "scanner",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "slack-imgproxy",
    "embedly",
    "pinterest/",
    "vkshare",
    "iframely",
    "safelinks",
    "microsoft office",
    "ms-office",
    "bingpreview",
    "barracuda",
    "proofpoint",
    "mimecast",
    "trendmicro",
    "symantec",
    "forcepoint",
    "zgrab",
    "headlesschrome",
    "phantomjs",
    "curl/",
    "wget/",
    "python-",
    "go-http-client",
    "java/",
    "apache-httpclient",
    "axios/",
    "node-fetch",
];

/// Messengers whose own name stands first only where they make a preview; within a browser's it stands behind.
const MESSENGERS: [&str; 4] = ["whatsapp", "viber", "telegram", "signal"];

/// Makers of phones whose name holds another word of the list.
const PHONES: [&str; 1] = ["cubot"];

pub(super) fn visitor(request: &Request) -> Visitor {
    let headers = request.headers();
    match request.method() == Method::GET && !is_ahead_of_time(headers) && is_browser(headers) {
        true => Visitor::Person,
        false => Visitor::Machine,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Browsers say so where they fetch what nobody has asked for yet, or fetch it as a part of something else.
fn is_ahead_of_time(headers: &HeaderMap) -> bool {
    let says = |name: &str| {
        text(headers, name).is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("prefetch") || value.contains("prerender") || value.contains("preview")
        })
    };
    ["purpose", "sec-purpose", "x-purpose", "x-moz"].into_iter().any(says)
        || text(headers, "sec-fetch-mode").is_some_and(|mode| mode != "navigate")
}

fn is_browser(headers: &HeaderMap) -> bool {
    let Some(name) = text(headers, header::USER_AGENT.as_str()).filter(|name| !name.trim().is_empty()) else {
        return false;
    };
    let name = PHONES.iter().fold(name.to_ascii_lowercase(), |name, phone| name.replace(phone, ""));
    !PROGRAMS.iter().any(|program| name.contains(program))
        && !MESSENGERS.iter().any(|messenger| name.starts_with(messenger))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    fn with(method: Method, headers: &[(&str, &str)]) -> Visitor {
        let request = headers
            .iter()
            .fold(Request::builder().method(method), |request, (name, value)| request.header(*name, *value));
        visitor(&request.body(Body::empty()).unwrap())
    }

    fn called(name: &str) -> Visitor {
        with(Method::GET, &[("user-agent", name)])
    }

    #[test]
    fn browsers_are_people() {
        for name in [
            FIREFOX,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Mobile/15E148 [FBAN/FBIOS;FBAV/510.0]",
            "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36 Zalo android/1",
        ] {
            assert_eq!(called(name), Visitor::Person, "{name}");
        }
        let followed = [("user-agent", FIREFOX), ("sec-fetch-mode", "navigate")];
        assert_eq!(with(Method::GET, &followed), Visitor::Person);
    }

    #[test]
    fn previews_scanners_and_tools_are_machines() {
        for name in [
            "WhatsApp/2.23.20.0 A",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (Windows NT 10.0) SkypeUriPreview Preview/0.5",
            "Mozilla/5.0 (compatible; Google-Safety; GoogleBot/2.1)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/138.0.0.0 Safari/537.36",
            "curl/8.14.1",
            "",
        ] {
            assert_eq!(called(name), Visitor::Machine, "{name}");
        }
        assert_eq!(with(Method::GET, &[]), Visitor::Machine, "whoever says nothing");
    }

    #[test]
    fn a_look_at_the_head_and_what_is_fetched_ahead_of_time_are_machines() {
        assert_eq!(with(Method::HEAD, &[("user-agent", FIREFOX)]), Visitor::Machine);
        for (name, value) in [
            ("purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("x-moz", "prefetch"),
            ("sec-fetch-mode", "no-cors"),
        ] {
            assert_eq!(with(Method::GET, &[("user-agent", FIREFOX), (name, value)]), Visitor::Machine, "{name}");
        }
    }
}
