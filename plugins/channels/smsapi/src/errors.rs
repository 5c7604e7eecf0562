//! SMSAPI's error codes, each with its class. A new code costs one line.

use crate::bindings::RejectionClass::{self, *};

/// The `idx` is known: the message went out before.
pub(crate) const ALREADY_SENT: i64 = 53;

pub(crate) fn class(code: i64) -> RejectionClass {
    match code {
        // Token, rights, or the address that calls.
        101 | 102 | 105 => Auth,
        // No points left, or the account is restricted.
        98 | 103 => Billing,
        // One number within a minute, or the account altogether.
        52 | 202 | 203 => RateLimited(None),
        // The hours that are set on the account.
        74 => FrequencyCap,
        13 => InvalidRecipient,
        // The sender's name is not approved.
        14 => SenderPolicy,
        // Links are not allowed.
        94 => ContentPolicy,
        104 => Template,
        // Longer than one message, or than the parts that are allowed.
        11 | 12 => TooLarge,
        200 | 201 | 999 => Transient,
        8 | 17 | 19 | 21 | 22 | 28 | 54 | 70 => BadRequest,
        _ => Unknown,
    }
}
