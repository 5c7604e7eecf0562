//! Requests and answers, between the words of the contract and those of the ports.

use cartwright_domain::plugin::PluginFailure;
use cartwright_engine::ports::{
    Action, Capture, EgressFailure, HttpRequest, Mail, Request, RequestEffect, Response, Verification, Webhook,
};
use cartwright_plugins_bindings::v0_2::imports::transport as wit;

use super::convert::json;
use crate::failure::{invalid, too_large};
use crate::limits::Limits;

/// What a step asks for: some requests, not too many, none too large, and a state that can be stored.
pub(crate) fn pending(
    limits: &Limits,
    requests: Vec<wit::Request>,
    state: Vec<u8>,
) -> Result<(Vec<Request>, Vec<u8>), PluginFailure> {
    if requests.is_empty() {
        return Err(invalid("step.call without a request: return `done`, or ask for one"));
    }
    if requests.len() > limits.requests {
        return Err(invalid(format!("{} requests in one step; the limit is {}", requests.len(), limits.requests)));
    }
    if state.len() > limits.state_bytes {
        return Err(too_large("the state", state.len(), limits.state_bytes));
    }
    let sends = requests.iter().filter(|request| request.effect == wit::Effect::Send).count();
    if sends > 1 {
        return Err(invalid(format!("{sends} requests with the effect `send` in one step; one message is sent once")));
    }
    let requests = requests.into_iter().map(|one| request(limits, one)).collect::<Result<_, _>>()?;
    Ok((requests, state))
}

fn request(limits: &Limits, request: wit::Request) -> Result<Request, PluginFailure> {
    let effect = match request.effect {
        wit::Effect::None => RequestEffect::None,
        wit::Effect::Send => RequestEffect::Send,
    };
    let action = match request.action {
        wit::Action::Http(http) => {
            if http.body.len() > limits.body_bytes {
                return Err(too_large("the body of the request", http.body.len(), limits.body_bytes));
            }
            Action::Http(HttpRequest {
                method: http.method,
                url: http.url,
                headers: headers(http.headers),
                body: http.body,
            })
        }
        wit::Action::Mail(mail) => {
            let size = mail.text.len() + mail.html.as_ref().map_or(0, String::len);
            if size > limits.body_bytes {
                return Err(too_large("the mail", size, limits.body_bytes));
            }
            Action::Mail(Mail {
                server: mail.server,
                username_secret: mail.username_secret,
                password_secret: mail.password_secret,
                envelope_from: mail.envelope_from,
                envelope_to: mail.envelope_to,
                headers: headers(mail.headers),
                text: mail.text,
                html: mail.html,
            })
        }
        wit::Action::Inbox(entry) => {
            Action::Inbox { to: entry.to, document: json("the document of the inbox entry", &entry.document)? }
        }
    };
    let captures = request.captures.into_iter().map(capture).collect();
    Ok(Request { effect, action, captures })
}

fn capture(capture: wit::Capture) -> Capture {
    Capture { pointer: capture.pointer, name: capture.name, expires_in: capture.expires_in }
}

fn headers(headers: Vec<wit::Header>) -> Vec<(String, String)> {
    headers.into_iter().map(|header| (header.name, header.value)).collect()
}

fn headers_out(headers: &[(String, String)]) -> Vec<wit::Header> {
    headers.iter().map(|(name, value)| wit::Header { name: name.clone(), value: value.clone() }).collect()
}

pub(crate) fn responses_out(responses: &[Response]) -> Vec<wit::Response> {
    responses.iter().map(response_out).collect()
}

fn response_out(response: &Response) -> wit::Response {
    match response {
        Response::Http { status, headers, body } => wit::Response::Http(wit::HttpResponse {
            status: *status,
            headers: headers_out(headers),
            body: body.clone(),
        }),
        Response::Mail { code, enhanced, text } => {
            wit::Response::Mail(wit::MailResponse { code: *code, enhanced: enhanced.clone(), text: text.clone() })
        }
        Response::Inbox => wit::Response::Inbox,
        Response::Failed(failure) => wit::Response::Failed(match failure {
            EgressFailure::NotSent(why) => wit::Failure::NotSent(why.clone()),
            EgressFailure::NoAnswer(why) => wit::Failure::NoAnswer(why.clone()),
            EgressFailure::TooLarge(bytes) => wit::Failure::TooLarge(*bytes),
            EgressFailure::Refused(why) => wit::Failure::Refused(why.clone()),
        }),
    }
}

pub(crate) fn webhook_out(webhook: &Webhook) -> wit::Webhook {
    wit::Webhook {
        method: webhook.method.clone(),
        path: webhook.path.clone(),
        headers: headers_out(&webhook.headers),
        body: webhook.body.to_vec(),
    }
}

/// A handshake is sent as it is, so it must be something that can be sent.
pub(crate) fn verification(verification: wit::Verification) -> Result<Verification, PluginFailure> {
    Ok(match verification {
        wit::Verification::Authentic => Verification::Authentic,
        wit::Verification::Refused(why) => Verification::Refused(why),
        wit::Verification::Handshake(reply) => {
            if !(200..600).contains(&reply.status) {
                return Err(invalid(format!("handshake.status: {} is no final HTTP status", reply.status)));
            }
            if reply.content_type.bytes().any(|byte| !(0x20..0x7f).contains(&byte)) {
                return Err(invalid("handshake.content-type has characters that no header may have"));
            }
            Verification::Handshake { status: reply.status, content_type: reply.content_type, body: reply.body }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(effect: wit::Effect, body: usize) -> wit::Request {
        let http = wit::HttpRequest {
            method: "POST".to_owned(),
            url: "https://api.example.com/v1".to_owned(),
            headers: vec![wit::Header { name: "Accept".to_owned(), value: "*/*".to_owned() }],
            body: vec![b'x'; body],
        };
        wit::Request { effect, action: wit::Action::Http(http), captures: Vec::new() }
    }

    fn why(requests: Vec<wit::Request>, state: usize) -> String {
        pending(&Limits::default(), requests, vec![0; state]).unwrap_err().to_string()
    }

    #[test]
    fn s42_a_step_asks_for_one_to_four_requests() {
        let look = || http(wit::Effect::None, 0);
        assert!(pending(&Limits::default(), vec![look(), look(), look(), look()], Vec::new()).is_ok());
        assert!(why(Vec::new(), 0).contains("step.call without a request"));
        let five = why((0..5).map(|_| look()).collect(), 0);
        assert_eq!(five, "invalid answer: 5 requests in one step; the limit is 4");
    }

    #[test]
    fn s42_state_and_bodies_have_their_limits() {
        let state = why(vec![http(wit::Effect::None, 0)], (64 << 10) + 1);
        assert_eq!(state, "answer too large: the state has 65537 bytes; the limit is 64 KiB");
        let body = why(vec![http(wit::Effect::None, (1 << 20) + 1)], 0);
        assert_eq!(body, "answer too large: the body of the request has 1048577 bytes; the limit is 1 MiB");
    }

    #[test]
    fn s22_a_step_sends_once() {
        let twice = why(vec![http(wit::Effect::Send, 0), http(wit::Effect::Send, 0)], 0);
        assert!(twice.contains("one message is sent once"), "{twice}");
    }

    #[test]
    fn an_entry_of_the_inbox_is_json() {
        let entry = wit::InboxEntry { to: "c-1".to_owned(), document: "{".to_owned() };
        let request =
            wit::Request { effect: wit::Effect::Send, action: wit::Action::Inbox(entry), captures: Vec::new() };
        assert!(why(vec![request], 0).contains("the document of the inbox entry is not JSON"));
    }

    #[test]
    fn a_handshake_is_something_that_can_be_sent() {
        let handshake = |status, content_type: &str| {
            let reply = wit::Reply { status, content_type: content_type.to_owned(), body: Vec::new() };
            verification(wit::Verification::Handshake(reply))
        };
        assert!(handshake(200, "text/plain").is_ok());
        assert!(handshake(101, "text/plain").is_err() && handshake(700, "text/plain").is_err());
        assert!(handshake(200, "text/plain\r\nSet-Cookie: a=b").is_err());
    }
}
