//! The closed list of problem codes. Each has a page in `host/docs/errors`.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $status:ident, $title:literal;)+) => {
        /// Why a request was refused. Codes are never renamed or given another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Code {
            $($(#[$doc])* $code,)+
        }

        impl Code {
            /// All of them.
            pub(crate) const ALL: &[Code] = &[$(Code::$code,)+];

            /// The stable name.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// The HTTP status that goes with it.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)+ }
            }

            /// The same words for every request.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)+ }
            }

            /// The page that explains it, as Markdown.
            pub(crate) fn page(self) -> &'static str {
                match self {
                    $(Self::$code => include_str!(concat!(
                        env!("CARGO_MANIFEST_DIR"), "/../../docs/errors/", $name, ".md"
                    )),)+
                }
            }
        }
    };
}

codes! {
    /// The body is no JSON.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON";
    /// A parameter of the query does not fit.
    InvalidQuery = "invalid_query", BAD_REQUEST, "A parameter of the query does not fit";
    /// An operator's key without a shop.
    ShopNotNamed = "shop_not_named", BAD_REQUEST, "The shop is not named";
    /// No key, or not a good one.
    Unauthorized = "unauthorized", UNAUTHORIZED, "No valid API key or session";
    /// A name or password that is not right.
    WrongPassword = "wrong_password", UNAUTHORIZED, "The name or the password is wrong";
    /// A webhook that its sender did not sign.
    WebhookUnsigned = "webhook_unsigned", UNAUTHORIZED, "The webhook is not signed by its sender";
    /// Only the operator may.
    OperatorOnly = "operator_only", FORBIDDEN, "Only an operator's key may do this";
    /// The role in the shop does not go so far.
    RoleTooSmall = "role_too_small", FORBIDDEN, "The role does not go so far";
    /// A request that our own page did not make.
    ForgedRequest = "forged_request", FORBIDDEN, "The request was not made by the console";
    /// A page that is none of the shop's.
    ForeignOrigin = "foreign_origin", FORBIDDEN, "The page is none of the shop's";
    /// No such thing in this shop.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// No such route.
    UnknownRoute = "unknown_route", NOT_FOUND, "There is no such address";
    /// Not with this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This address does not take this method";
    /// The name belongs to another.
    NameTaken = "name_taken", CONFLICT, "The name is taken";
    /// The same event id with other content.
    EventConflict = "event_conflict", CONFLICT, "Another event has this id";
    /// Two changes at once.
    ChangedMeanwhile = "changed_meanwhile", CONFLICT, "It was changed meanwhile";
    /// A plugin version that would break what is at work.
    PluginBreaksStrategies = "plugin_breaks_strategies", CONFLICT, "Strategies would not be sound with it";
    /// A version that cannot go to a stage from where it stands.
    PluginStage = "plugin_stage", CONFLICT, "The version cannot go there";
    /// A strategy that is at work.
    StrategyAtWork = "strategy_at_work", CONFLICT, "The strategy is at work";
    /// A test send to whom it may not go.
    TestAddressRefused = "test_address_refused", CONFLICT, "A test may not go there";
    /// A channel over which nothing goes at the moment.
    ChannelHeld = "channel_held", CONFLICT, "Nothing goes over the channel now";
    /// An answer that comes too late for its channel.
    WindowClosed = "window_closed", CONFLICT, "The channel takes no answer any more";
    /// An answer that cannot go out on its channel.
    NotAnswerable = "not_answerable", CONFLICT, "The reply cannot be answered there";
    /// A link that works once and was used, or whose time is over.
    LinkGone = "link_gone", GONE, "The link is good for nothing any more";
    /// Too much.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// Not the kind of body that is taken.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is of another type";
    /// JSON with fields that do not fit.
    InvalidRequest = "invalid_request", UNPROCESSABLE_ENTITY, "The request does not fit";
    /// A strategy that may not be published.
    StrategyFaults = "strategy_faults", UNPROCESSABLE_ENTITY, "The strategy has faults";
    /// A content that may not be saved.
    ContentFaults = "content_faults", UNPROCESSABLE_ENTITY, "The content has faults";
    /// A file that is not taken as a plugin.
    PluginRejected = "plugin_rejected", UNPROCESSABLE_ENTITY, "The file is not taken as a plugin";
    /// A component that nobody has signed.
    PluginUnsigned = "plugin_unsigned", UNPROCESSABLE_ENTITY, "The shop takes signed plugins only";
    /// A signature that is of another file.
    PluginSignatureWrong = "plugin_signature_wrong", UNPROCESSABLE_ENTITY, "The signature does not fit the file";
    /// A component that somebody else has signed.
    PluginSignerUnknown = "plugin_signer_unknown", UNPROCESSABLE_ENTITY, "The shop does not trust who signed it";
    /// A channel or source that cannot work so.
    ConnectionFaults = "connection_faults", UNPROCESSABLE_ENTITY, "The connection does not fit its plugin";
    /// Wrong passwords, one after the other.
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS, "The password was wrong too often";
    /// One address that asks for public pages all the time.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "This address asks too often";
    /// More test sends or codes than a shop has in an hour.
    TooManyTests = "too_many_tests", TOO_MANY_REQUESTS, "The shop has sent too many tests within the hour";
    /// Our fault.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The service failed";
    /// No key to seal secrets with.
    NoSecretKey = "no_secret_key", SERVICE_UNAVAILABLE, "The service has no key for secrets";
    /// Not ready to serve.
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "The service is not ready";
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        let pages: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().into_string().ok()?.strip_suffix(".md").map(str::to_owned))
            .collect();
        let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.name().to_owned()).collect();
        assert_eq!(pages, codes);
    }

    #[test]
    fn every_page_says_what_happened_and_what_to_do() {
        for code in Code::ALL {
            let page = code.page();
            let heading = format!("# {}", code.name());
            assert!(page.starts_with(&heading), "{} must begin with `{heading}`", code.name());
            assert!(page.contains(&format!("HTTP {}", code.status().as_u16())), "{} names its status", code.name());
            assert!(page.contains("## What to do"), "{} says what to do", code.name());
        }
    }
}
