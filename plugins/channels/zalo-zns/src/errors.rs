//! Zalo's error codes, each with its class. A new code costs one line.

use crate::bindings::Instant;
use crate::bindings::RejectionClass::{self, *};

const DAY: Instant = 86_400_000;
/// Vietnam has one zone, and no summer time.
const VIETNAM: Instant = 7 * 3_600_000;

pub(crate) fn class(code: i64, now: Instant) -> RejectionClass {
    match code {
        // The application, its secret, or the token.
        -105..=-101 | -120 | -124 | -1241 | -125 | -216 | -220 => Auth,
        // The account's money.
        -115 | -126 | -136 | -137 => Billing,
        // The quotas of account and template are those of a day; the one for promotion is of a month.
        -144 | -147 | -1471 | -1472 | -148 => RateLimited(Some(next_day(now))),
        // Not at night; not to this person so often.
        -133 | -140 | -149 => FrequencyCap,
        -139 | -141 => OptOut,
        -108 => InvalidRecipient,
        // No account, an old app, an account that takes no notices.
        -110 | -114 | -118 | -119 => NotOnChannel,
        // The account may not send notices, or not of this kind.
        -135 | -145 => SenderPolicy,
        // The template is absent, not approved, stopped, or its parameters do not fit.
        -109 | -111 | -112 | -1121 | -1122 | -113 | -116 | -117 | -127 | -131 | -146 => Template,
        -100 => Transient,
        -106 | -107 | -132 => BadRequest,
        _ => Unknown,
    }
}

fn next_day(now: Instant) -> Instant {
    now + DAY - (now + VIETNAM).rem_euclid(DAY)
}
