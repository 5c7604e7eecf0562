//! A server of the shop's own, asked by HTTP and signed as Standard Webhooks says.
//!
//! `webhook-id` is the message's id over all attempts: a server that has seen it answers as before, so an attempt that
//! nobody answered is made again. While a key is replaced, both sign. What the server answers is read by the host.
//! Whether it is there is asked with a `ping`, signed like everything else.

cartwright_sdk::simple_channel_plugin!(Webhooks);

use bindings::*;
use cartwright_sdk::encoding::to_base64;
use cartwright_sdk::serde_json::json;
use cartwright_sdk::{json, time};
use secrets::Algorithm;
use serde::Deserialize;

/// The key that signs, and the one before it while servers still know that one.
const KEYS: [&str; 2] = ["signing_key", "former_signing_key"];
/// What keys begin with; the rest is base64.
const PREFIX: &str = "whsec_";

/// The channel.
pub struct Webhooks;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    endpoint: String,
}

impl SimpleChannel for Webhooks {
    fn describe() -> Descriptor {
        Descriptor::new("Signed webhook", "Asks a server of the shop's own, signed as Standard Webhooks says.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .host("{config:/endpoint}", &["POST"], "Your server is asked there.")
            .secret(KEYS[0], "Signing key", "Signs what is sent: whsec_ and the key in base64.")
            .secret(KEYS[1], "Former signing key", "Signs as well, while your server still expects it.")
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            sends: Repeat::Idempotent,
            ..ChannelAbility::new("webhook", AddressKind::Handle, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        let config: Config = json::config(&config)?;
        if !config.endpoint.starts_with("https://") && !config.endpoint.starts_with("http://") {
            return Err(Fault::bad_config("endpoint: use an address like https://hooks.example.com/cartwright"));
        }
        Ok(())
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        let config: Config = json::config(&connection::config())?;
        let now = connection::now();
        let signed = |key: &str, data: &[u8]| {
            let is_set = secrets::is_set(key);
            is_set.then(|| secrets::sign_encoded(key, PREFIX, Algorithm::HmacSha256, data))
        };
        Ok(match task {
            Task::Send(message) => match ask(&config, &message.id, &message.content, now, signed) {
                Ok(request) => Request::sending(request).into(),
                Err(rejection) => Outcome::Rejected(rejection).into(),
            },
            Task::Probe => {
                let (id, body) = ping(now);
                match ask(&config, &id, &body, now, signed) {
                    Ok(request) => Request::asking(request).into(),
                    Err(rejection) => Completion::Failed(rejection).into(),
                }
            }
            _ => return Err(Fault::not_supported("a webhook can only be sent")),
        })
    }

    fn answer(asked: Asked, response: Response) -> Result<Completion, Fault> {
        match (asked, response) {
            (Asked::Send(id), Response::Http(response)) => Ok(outcome(id, &response, connection::now()).into()),
            (Asked::Probe, Response::Http(response)) => Ok(probed(&response, connection::now())),
            _ => Err(Fault::bad_input("an answer of another kind")),
        }
    }
}

/// A question that no server has to understand, and its id.
fn ping(now: Instant) -> (String, String) {
    let body = json!({ "type": "ping", "timestamp": time::format(now), "data": {} });
    (format!("ping_{now}"), body.to_string())
}

/// `signed` is the signature by a key: none where it is not set, an empty one within where it is not written as a key.
fn ask(
    config: &Config,
    id: &str,
    body: &str,
    now: Instant,
    signed: impl Fn(&str, &[u8]) -> Option<Option<Vec<u8>>>,
) -> Result<HttpRequest, Rejection> {
    let seconds = now.div_euclid(1_000);
    let content = [id, ".", &seconds.to_string(), ".", body].concat();
    let mut signatures = Vec::new();
    for key in KEYS {
        match signed(key, content.as_bytes()) {
            Some(Some(signature)) => signatures.push(format!("v1,{}", to_base64(&signature))),
            Some(None) => return Err(unsigned(&format!("the secret `{key}` is not {PREFIX} and a key in base64"))),
            None if key == KEYS[0] => return Err(unsigned(&format!("the secret `{key}` is not stored"))),
            None => {}
        }
    }
    let mut request = HttpRequest::post(&config.endpoint)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", signatures.join(" "));
    request.body = body.as_bytes().to_vec();
    Ok(request)
}

fn unsigned(why: &str) -> Rejection {
    Rejection::new(RejectionClass::Auth, None, why)
}

/// A server that refuses the ping itself has read it: it is there, and takes the signature.
fn probed(response: &HttpResponse, now: Instant) -> Completion {
    match (response.status, refusal(response, now)) {
        (_, None) => Completion::Probed("the server is there and took a ping".to_owned()),
        (401 | 403 | 410, Some(rejection)) => Completion::Failed(rejection),
        (status @ 400..500, _) => {
            Completion::Probed(format!("the server is there; it answered {status} to a ping, which it need not know"))
        }
        (_, Some(rejection)) => Completion::Failed(rejection),
    }
}

/// Any 2xx is an answer. Whatever may be put right or may be a bad moment is asked again under the same id.
fn outcome(id: String, response: &HttpResponse, now: Instant) -> Outcome {
    match refusal(response, now) {
        None => Outcome::accepted(id),
        Some(rejection) => Outcome::Rejected(rejection),
    }
}

fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    let status = response.status;
    let class = match status {
        200..300 => return None,
        401 | 403 => RejectionClass::Auth,
        402 => RejectionClass::Billing,
        // Standard Webhooks: the server wants no more of these.
        410 => RejectionClass::SenderPolicy,
        413 => RejectionClass::TooLarge,
        429 => RejectionClass::RateLimited(response.retry_after(now)),
        408 | 409 | 425 | 500..600 => match response.retry_after(now) {
            None => RejectionClass::Transient,
            later => RejectionClass::RateLimited(later),
        },
        _ => RejectionClass::BadRequest,
    };
    let words = match status {
        410 => "the server answered 410 Gone: it takes no webhooks here any more; configure another address".to_owned(),
        300..400 => format!("the server answered {status}, and redirects are not followed; configure the new address"),
        _ => format!("the server answered {status}"),
    };
    Some(Rejection::new(class, Some(status.to_string()), words))
}

#[cfg(test)]
mod tests;
