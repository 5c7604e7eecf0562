//! Requests that the host makes for a plugin, and their answers.

use cartwright_domain::time::Timestamp;
use serde_json::Value;

use super::Secret;

/// A request that the host makes for a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether it may be repeated.
    pub effect: RequestEffect,
    /// What to do.
    pub action: Action,
    /// Secrets to take out of the answer before the plugin sees it.
    pub captures: Vec<Capture>,
}

/// A secret that the other side gives in its answer (S44).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// JSON pointer of the secret in the body.
    pub pointer: String,
    /// The name it is stored under.
    pub name: String,
    /// JSON pointer of the seconds until it expires.
    pub expires_in: Option<String>,
}

/// A secret that was taken out of an answer. It has to be stored before the answer is handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The name it is stored under.
    pub name: String,
    /// The secret.
    pub secret: Secret,
    /// When it expires, if the other side said so.
    pub expires_at: Option<Timestamp>,
}

/// An answer with the secrets that were taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// The answer, without them.
    pub response: Response,
    /// The secrets, in the order of the captures.
    pub captured: Vec<Captured>,
}

impl From<Response> for Performed {
    fn from(response: Response) -> Self {
        Self { response, captured: Vec::new() }
    }
}

/// Whether a request may be repeated after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEffect {
    /// It changes nothing.
    None,
    /// It sends the message: `handed_over` is committed before.
    Send,
}

/// What a request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Over HTTP.
    Http(HttpRequest),
    /// Over SMTP.
    Mail(Mail),
    /// Into the shop's local inbox; the engine stores it itself.
    Inbox {
        /// To whom.
        to: String,
        /// What.
        document: Value,
    },
}

/// An HTTP request with placeholders for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// In order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `smtp://host:port` or `smtps://host:port`.
    pub server: String,
    /// Name of the secret with the user.
    pub username_secret: Option<String>,
    /// Name of the secret with the password.
    pub password_secret: Option<String>,
    /// MAIL FROM.
    pub envelope_from: String,
    /// RCPT TO.
    pub envelope_to: String,
    /// RFC 5322 header fields.
    pub headers: Vec<(String, String)>,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: Option<String>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Over HTTP.
    Http {
        /// Status.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// Body.
        body: Vec<u8>,
    },
    /// Over SMTP.
    Mail {
        /// Reply code.
        code: u16,
        /// Enhanced code.
        enhanced: Option<String>,
        /// Text.
        text: String,
    },
    /// It is in the inbox.
    Inbox,
    /// There is no answer.
    Failed(EgressFailure),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressFailure {
    /// Nothing was sent.
    NotSent(String),
    /// It was written, and no complete answer came.
    NoAnswer(String),
    /// The answer exceeded its cap.
    TooLarge(u64),
    /// The host did not make it.
    Refused(String),
}
