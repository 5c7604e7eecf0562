//! Meta's error codes, each with its class. A new code costs one line.

use serde::Deserialize;

use crate::bindings::RejectionClass::{self, *};

/// An error as the Graph API and the webhooks write it.
#[derive(Deserialize)]
pub(crate) struct GraphError {
    pub(crate) code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    title: String,
    error_data: Option<ErrorData>,
}

#[derive(Deserialize)]
struct ErrorData {
    #[serde(default)]
    details: String,
}

impl GraphError {
    /// Meta's own words, the most telling ones.
    pub(crate) fn words(&self) -> String {
        let details = self.error_data.as_ref().map_or("", |data| &data.details);
        let told = [details, &self.message, &self.title].into_iter().find(|words| !words.is_empty());
        told.unwrap_or("no words").to_owned()
    }
}

pub(crate) fn class(code: i64) -> RejectionClass {
    match code {
        // The token is expired or lacks a permission.
        0 | 3 | 10 | 190 | 200..=299 | 131005 | 131045 => Auth,
        // A payment is due or its method does not work.
        131042 | 131044 => Billing,

        // Quotas of the app, the account and the number; 131056 is the pair of sender and recipient.
        4 | 80007 | 130429 | 131056 | 132069 | 133016 => RateLimited(None),
        // Meta's own limit per customer, and its experiment groups.
        130472 | 131049 => FrequencyCap,

        // The customer stopped marketing messages from this business.
        131050 => OptOut,
        // The recipient is the sender.
        131021 => InvalidRecipient,
        // No WhatsApp account, an old app, terms not accepted.
        131026 => NotOnChannel,
        // More than 24 hours since the customer wrote.
        131047 => WindowClosed,

        // The account is restricted, locked, or may not write to this country.
        368 | 130497 | 131031 | 131037 | 131048 | 131064 => SenderPolicy,
        // The template is absent, paused, disabled or fits the parameters badly; 131063: not on this endpoint.
        131063 | 132000 | 132001 | 132005 | 132007 | 132008 | 132012 | 132015 | 132016 | 132018 | 132068 => Template,

        // Meta is down, in maintenance, or could not fetch the picture this time.
        1 | 2 | 131000 | 131016 | 131052 | 131057 => Transient,
        // A parameter is wrong or missing, the number is gone, the recipient is not on the test list.
        33 | 100 | 131008 | 131009 | 131030 | 131051 | 131053 | 131062 | 137000 => BadRequest,
        _ => Unknown,
    }
}
