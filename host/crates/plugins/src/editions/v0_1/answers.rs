//! Values of this edition and of the newest one, into each other.

use cartwright_domain::shop::ChannelTaskKind;
use cartwright_plugins_bindings::v0_1::channel::exports::cartwright::plugin::channel as old_channel;
use cartwright_plugins_bindings::v0_1::condition::exports::cartwright::plugin::condition as old_condition;
use cartwright_plugins_bindings::v0_1::imports as old;
use cartwright_plugins_bindings::v0_1::renderer::exports::cartwright::plugin::renderer as old_renderer;
use cartwright_plugins_bindings::v0_1::selector::exports::cartwright::plugin::selector as old_selector;
use cartwright_plugins_bindings::v0_1::source::exports::cartwright::plugin::source as old_source;
use cartwright_plugins_bindings::v0_2::imports as new;

use crate::kinds::{channel, condition, renderer, selector, source};

/// A value that has a counterpart in the other edition.
pub(super) trait Twin {
    type Of;
    fn twin(self) -> Self::Of;
}

macro_rules! same {
    ($($type:ty),+) => {$(
        impl Twin for $type {
            type Of = Self;
            fn twin(self) -> Self {
                self
            }
        }
    )+};
}
same!((), bool, u8, u16, u32, u64, i64, String);

impl<T: Twin> Twin for Vec<T> {
    type Of = Vec<T::Of>;
    fn twin(self) -> Self::Of {
        self.into_iter().map(Twin::twin).collect()
    }
}

impl<T: Twin> Twin for Option<T> {
    type Of = Option<T::Of>;
    fn twin(self) -> Self::Of {
        self.map(Twin::twin)
    }
}

/// Fields of the same names; what the other edition has beyond them stands behind the semicolon.
macro_rules! record {
    ($from:ty => $to:path { $($field:ident),+ $(; $($new:ident: $value:expr),+)? }) => {
        impl Twin for $from {
            type Of = $to;
            fn twin(self) -> $to {
                $to { $($field: self.$field.twin(),)+ $($($new: $value,)+)? }
            }
        }
    };
}

/// Cases of the same names, with a value or without.
macro_rules! variant {
    ($from:ty => $to:path { $($case:ident $(($value:ident))?),+ }) => {
        impl Twin for $from {
            type Of = $to;
            fn twin(self) -> $to {
                match self {
                    $(Self::$case $(($value))? => <$to>::$case $(($value.twin()))?,)+
                }
            }
        }
    };
}

record!(new::types::Money => old::types::Money { minor, currency });
record!(old::types::Fault => new::types::Fault { kind, message });
variant!(old::types::FaultKind => new::types::FaultKind { BadConfig, BadInput, MissingFact, Internal });
record!(old::types::Descriptor => new::types::Descriptor {
    title, summary, config_schema, facts, hosts, secrets;
    translations: "{}".to_owned(),
    instances: new::types::Instances::PerBatch
});
record!(old::types::FactNeed => new::types::FactNeed { fact, why; within_days: None });
record!(old::types::HostNeed => new::types::HostNeed { host, methods, path_prefix, why; per_minute: None });
record!(old::types::SecretNeed => new::types::SecretNeed { name, title, why });

variant!(new::contact::Consent => old::contact::Consent { Unknown, Subscribed, Unsubscribed });
record!(new::cart::CartLine => old::cart::CartLine {
    title, sku, variant_id, quantity, price, image_url, product_url
});
variant!(old::secrets::Algorithm => new::secrets::Algorithm { HmacSha256, HmacSha1 });

record!(old_condition::Verdict => condition::wit::Verdict { branch, reason });
record!(old_selector::Choice => selector::wit::Choice { candidate, variables, reason });
record!(old_selector::Variable => selector::wit::Variable { name, value });

record!(renderer::wit::Part => old_renderer::Part { name, template, escape });
variant!(renderer::wit::Escape => old_renderer::Escape { None, Html });
record!(old_renderer::Text => renderer::wit::Text { name, value });
record!(old_renderer::TemplateError => renderer::wit::TemplateError { name, message });
record!(old_renderer::CheckReport => renderer::wit::CheckReport { variables, errors });

variant!(old::transport::Effect => new::transport::Effect { None, Send });
record!(old::transport::Header => new::transport::Header { name, value });
record!(new::transport::Header => old::transport::Header { name, value });
record!(old::transport::HttpRequest => new::transport::HttpRequest { method, url, headers, body });
record!(old::transport::Mail => new::transport::Mail {
    server, username_secret, password_secret, envelope_from, envelope_to, headers, text, html
});
record!(old::transport::InboxEntry => new::transport::InboxEntry { to, document });
variant!(old::transport::Action => new::transport::Action { Http(http), Mail(mail), Inbox(entry) });
record!(old::transport::Request => new::transport::Request { effect, action; captures: Vec::new() });
record!(new::transport::HttpResponse => old::transport::HttpResponse { status, headers, body });
record!(new::transport::MailResponse => old::transport::MailResponse { code, enhanced, text });
variant!(new::transport::Failure => old::transport::Failure {
    NotSent(why), NoAnswer(why), TooLarge(bytes), Refused(why)
});
variant!(new::transport::Response => old::transport::Response { Http(http), Mail(mail), Inbox, Failed(failure) });
record!(new::transport::Webhook => old::transport::Webhook { method, path, headers, body });
record!(old::transport::Reply => new::transport::Reply { status, content_type, body });
variant!(old::transport::Verification => new::transport::Verification { Authentic, Handshake(reply), Refused(why) });

variant!(old_channel::TaskKind => channel::wit::TaskKind { Send, Lookup, Probe });
variant!(old_channel::AddressKind => channel::wit::AddressKind { Phone, Email, Handle });
variant!(channel::wit::AddressKind => old_channel::AddressKind { Phone, Email, Handle });
record!(old_channel::Address => channel::wit::Address { kind, value });
record!(channel::wit::Address => old_channel::Address { kind, value });
variant!(old_channel::Repeat => channel::wit::Repeat { Idempotent, NotIdempotent });
variant!(old_channel::ReceiptKind => channel::wit::ReceiptKind {
    Accepted, Delivered, Read, Clicked, Replied, Failed, OptedOut
});
record!(old_channel::ChannelAbility => channel::wit::ChannelAbility {
    channel, tasks, addresses, content_schema, sends, receipts;
    // An acceptance of that edition may name a price, and nothing else does.
    billed: channel::wit::Billing::Accepted,
    refreshes: Vec::new()
});
record!(channel::wit::Message => old_channel::Message { id, to, locale, content, created_at });
record!(old_channel::Pending => channel::wit::Pending { requests, state });
record!(old_channel::Price => channel::wit::Price { micros, currency });
record!(old_channel::Acceptance => channel::wit::Acceptance { provider_id, price });
record!(old_channel::Details => channel::wit::Details { code, text });
record!(old_channel::Rejection => channel::wit::Rejection { class, details });
variant!(old_channel::RejectionClass => channel::wit::RejectionClass {
    InvalidRecipient, NotOnChannel, OptOut, WindowClosed, FrequencyCap, RateLimited(after), Transient, Template,
    ContentPolicy, SenderPolicy, Auth, Billing, TooLarge, BadRequest, Unknown
});
variant!(old_channel::Outcome => channel::wit::Outcome { Accepted(acceptance), Rejected(rejection), Uncertain(details) });
record!(old_channel::Receipt => channel::wit::Receipt {
    id, kind, at, provider_id, message_id, sender, text, failure, price
});

record!(old_source::Key => source::wit::Key { kind, value });
record!(old_source::Event => source::wit::Event { id, type_, occurred_at, subject, body });
variant!(old_source::Parsed => source::wit::Parsed { Events(events), UnknownTopic(topic) });
record!(old_source::Pending => source::wit::Pending { requests, state });

impl Twin for old_source::TaskKind {
    type Of = source::wit::Ability;
    fn twin(self) -> source::wit::Ability {
        match self {
            Self::Probe => source::wit::Ability { task: source::wit::TaskKind::Probe, every_minutes: None },
        }
    }
}

/// Every task of a channel ended with an outcome then.
pub(super) fn completion(task: ChannelTaskKind, outcome: old_channel::Outcome) -> channel::wit::Completion {
    use channel::wit::{Completion, Rejection, RejectionClass};
    match (task, outcome) {
        (ChannelTaskKind::Probe, old_channel::Outcome::Accepted(acceptance)) => {
            Completion::Probed(acceptance.provider_id)
        }
        (ChannelTaskKind::Probe, old_channel::Outcome::Rejected(rejection)) => Completion::Failed(rejection.twin()),
        (ChannelTaskKind::Probe, old_channel::Outcome::Uncertain(details)) => {
            Completion::Failed(Rejection { class: RejectionClass::Transient, details: details.twin() })
        }
        (_, outcome) => Completion::Sent(outcome.twin()),
    }
}

/// The only task of a source was its probe, which ended with a document.
pub(super) fn source_completion(found: String) -> source::wit::Completion {
    source::wit::Completion::Probed(found)
}
