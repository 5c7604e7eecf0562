//! What providers answer: one recording per outcome, for requests of every kind.

use cartwright_engine::ports::{Action, EgressFailure, Response};

/// One way in which a task can go.
pub(super) struct Cassette {
    pub(super) name: &'static str,
    /// Whether the message can be with the provider: whether `accepted` is a possible answer at all.
    pub(super) may_be_accepted: bool,
    play: Play,
}

enum Play {
    Http { status: u16, headers: &'static [(&'static str, &'static str)], body: Body },
    Failed(EgressFailure),
}

#[derive(Clone, Copy)]
enum Body {
    Text(&'static str),
    /// As long as a body may be.
    Huge,
}

impl Cassette {
    /// Whether the answer is as long as one may be.
    pub(super) fn is_huge(&self) -> bool {
        matches!(self.play, Play::Http { body: Body::Huge, .. })
    }

    /// The answer to a request. Mail and the inbox have answers of their own.
    pub(super) fn answer(&self, action: &Action, body_limit: usize) -> Response {
        match (&self.play, action) {
            (Play::Failed(failure), _) => Response::Failed(failure.clone()),
            (Play::Http { status, .. }, Action::Mail(_)) => mail(*status),
            (Play::Http { status: 200..300, .. }, Action::Inbox { .. }) => Response::Inbox,
            (Play::Http { .. }, Action::Inbox { .. }) => {
                Response::Failed(EgressFailure::NotSent("the inbox is not there".to_owned()))
            }
            (Play::Http { status, headers, body }, Action::Http(_)) => Response::Http {
                status: *status,
                headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                body: match body {
                    Body::Text(text) => text.as_bytes().to_vec(),
                    Body::Huge => vec![b'['; body_limit],
                },
            },
        }
    }
}

/// The reply of a mail server that comes nearest to a status of HTTP.
fn mail(status: u16) -> Response {
    let (code, enhanced, text) = match status {
        200..300 => (250, "2.0.0", "queued"),
        401 => (535, "5.7.8", "authentication credentials invalid"),
        402 => (552, "5.2.2", "quota exceeded"),
        429 => (421, "4.7.0", "too many messages, try again later"),
        400 => (550, "5.1.1", "no such user here"),
        300..400 => (551, "5.1.6", "user not local; please try another server"),
        _ => (451, "4.3.0", "local error in processing"),
    };
    Response::Mail { code, enhanced: Some(enhanced.to_owned()), text: text.to_owned() }
}

/// Every cassette.
pub(super) fn all() -> Vec<Cassette> {
    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
    let http = |name, may_be_accepted, status, headers, body| Cassette {
        name,
        may_be_accepted,
        play: Play::Http { status, headers, body },
    };
    let failed = |name, failure| Cassette { name, may_be_accepted: false, play: Play::Failed(failure) };
    let empty = Body::Text("{}");
    let refused = Body::Text(r#"{"error":{"code":1,"message":"no"},"code":21211,"errors":[{"code":"x"}]}"#);
    vec![
        http("2xx", true, 200, JSON, Body::Text(r#"{"id":"p-1","messages":[{"id":"p-1"}],"sid":"p-1"}"#)),
        http("2xx-without-content", true, 204, &[], Body::Text("")),
        http("bad-recipient", false, 400, JSON, refused),
        http("401", false, 401, JSON, refused),
        http("402", false, 402, JSON, refused),
        http("429-with-retry-after", false, 429, &[("content-type", "application/json"), ("retry-after", "17")], empty),
        http("429-without-retry-after", false, 429, JSON, empty),
        http("429-with-an-odd-retry-after", false, 429, &[("retry-after", "99999999999999999999999")], empty),
        http("5xx", false, 500, JSON, empty),
        http("503-in-html", false, 503, &[("content-type", "text/html")], Body::Text("<html>bad gateway</html>")),
        http("redirect", false, 302, &[("location", "http://169.254.169.254/latest")], Body::Text("")),
        http("malformed-body", true, 200, JSON, Body::Text("{\"messages\":[{\"id\":")),
        http("body-of-another-shape", true, 200, JSON, Body::Text("[[[null]]]")),
        http("body-with-wrong-types", true, 200, JSON, Body::Text(r#"{"id":7,"messages":"x","sid":[],"error":true}"#)),
        http("huge-body", true, 200, JSON, Body::Huge),
        failed("too-large-answer", EgressFailure::TooLarge(1 << 40)),
        failed("time-out-before-sending", EgressFailure::NotSent("time-out: connecting".to_owned())),
        failed("time-out-after-sending", EgressFailure::NoAnswer("time-out: no answer within 10000 ms".to_owned())),
        failed("refused-by-the-host", EgressFailure::Refused("POST a.example:443/ is not granted".to_owned())),
    ]
}
