//! Twilio's error codes, each with its class. A new code costs one line.

use crate::bindings::RejectionClass::{self, *};

pub(crate) fn class(code: i64) -> RejectionClass {
    match code {
        // Wrong credentials, or those for tests.
        20003 | 20008 => Auth,
        // The price is above the limit of the message.
        30010 => Billing,

        // Requests, the sender's queue, and what American carriers take a day.
        20429 | 21611 | 30022 | 30023 | 30027 | 63018 | 63038 => RateLimited(None),
        // Quiet hours by law, and WhatsApp's limit per customer.
        30610 | 63032 => FrequencyCap,

        // STOP to this sender; blocked by the recipient.
        21610 | 30004 | 63033 => OptOut,
        // Not a number, not a mobile one, a landline, or nobody's.
        21211 | 21612 | 21614 | 30005 | 30006 | 63003 | 63024 => InvalidRecipient,
        // The carrier has no MMS.
        30011 => NotOnChannel,
        63016 => WindowClosed,

        // The country is switched off, the account is on trial or suspended, the sender is not registered.
        21408 | 21608 | 30002 | 30032..=30035 | 63051 => SenderPolicy,
        // Filtered as spam, or as pumping of traffic.
        30007 | 30450 | 63013 => ContentPolicy,
        63041 | 63042 => Template,

        // A full queue, a handset that is off, a congested carrier, a validity that ended.
        30001 | 30003 | 30017 | 30036 | 30410 => Transient,
        // A parameter is wrong or missing, or the sender cannot do this.
        20404 | 21212 | 21266 | 21601 | 21602 | 21604 | 21606 | 21617 | 21620 | 21623 | 21659 | 21703 | 21705 => {
            BadRequest
        }
        30019 | 63007 => BadRequest,
        _ => Unknown,
    }
}
