//! Slack's words for a refusal, each with its class. A new word costs one line.

use crate::bindings::RejectionClass::{self, *};

pub(crate) fn class(word: &str) -> RejectionClass {
    match word {
        // The webhook or the token is gone, or the workspace forbids it.
        "no_service" | "no_active_hooks" | "no_team" | "team_disabled" | "action_prohibited" => Auth,
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" | "missing_scope" => {
            Auth
        }
        "rate_limited" | "ratelimited" => RateLimited(None),
        "rollup_error" | "fatal_error" | "internal_error" => Transient,
        "msg_too_long" => TooLarge,
        // The conversation is gone or the bot is not in it; the text is none.
        "channel_not_found" | "channel_is_archived" | "is_archived" | "not_in_channel" => BadRequest,
        "invalid_payload" | "no_text" | "too_many_attachments" | "invalid_blocks" => BadRequest,
        _ => Unknown,
    }
}
