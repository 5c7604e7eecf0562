//! `POST /v1/session`

use axum::extract::State;
use axum::response::Response;
use cartwright_engine::SignInError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::SessionView;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// Who somebody says they are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// What they sign in with, in any case.
    name: String,
    /// Their password.
    password: String,
}

described!(Credentials);

/// Signs somebody in.
///
/// The answer leaves a cookie (HttpOnly, SameSite=Strict). Wrong passwords of one name make it wait, longer each time.
#[utoipa::path(
    post, path = "/v1/session", tag = "session", security(()), request_body = Credentials,
    responses((status = 200, description = "Who is signed in.", body = SessionView))
)]
pub(crate) async fn begin_session(
    State(api): State<Api>,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<Response, Problem> {
    let (signed_in, text) = api.engine.sign_in(&credentials.name, &credentials.password).await?;
    super::answer(&api, &signed_in, &text).await
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::new(Code::WrongPassword, "The name or the password is wrong."),
            SignInError::Wait(_) => Self::new(Code::TooManyAttempts, sentence(&error.to_string())),
            SignInError::Store(error) => error.into(),
        }
    }
}

/// An error as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}
