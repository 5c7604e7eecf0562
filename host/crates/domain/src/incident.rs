//! An incident: something that went wrong, from the alert to the all-clear, with what people were told of it.
//!
//! Its notices leave as messages do (S22): handed over in a commit before the channel is asked, and never sent again
//! where nobody knows whether they arrived. They wait for no window and count for no cap, and no customer hears of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::alert::{Alarm, AlertCause, AlertTarget, Told};
use crate::ids::{IncidentId, MessageId, ShopId};
use crate::message::{After, Details, Outcome};
use crate::shop::Shop;
use crate::time::{Span, Timestamp};

/// How often it is looked whether an incident still stands, beside what is told of it.
pub const LOOKED_AT_EVERY: Span = Span::minutes(10);
/// A notice that could not be sent for so long is given up.
const LATEST: Span = Span::hours(12);

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Ours.
    pub id: IncidentId,
    /// What went wrong.
    pub cause: AlertCause,
    /// Of which channel, content, plugin or source.
    pub about: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when; none while it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// What people are told.
    pub told: Told,
    /// To whom it was, is or will be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// Whether the alert, and then the all-clear, have become notices.
    #[serde(default)]
    pub planned: Option<NoticeKind>,
    /// When it is looked at next; none once it is over and all is told.
    pub due_at: Option<Timestamp>,
}

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Something is wrong.
    Alert,
    /// It is over.
    AllClear,
}

/// One telling of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// Over which channel, to whom.
    pub target: AlertTarget,
    /// Where it stands.
    #[serde(flatten)]
    pub state: NoticeState,
    /// How often it was handed over.
    #[serde(default)]
    pub attempts: u32,
    /// Past this it is not sent any more.
    pub late_after: Timestamp,
    /// The provider's last words on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<Details>,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NoticeState {
    /// To be sent then.
    Queued {
        /// When.
        due_at: Timestamp,
    },
    /// Committed before the provider is called.
    HandedOver {
        /// Afterwards nobody will come back with the answer.
        lease_until: Timestamp,
    },
    /// The provider has it.
    Accepted,
    /// The provider refused it for certain.
    Rejected,
    /// The provider may or may not have it; not sent again (S22).
    Uncertain,
    /// Not sent: it was over, or too late.
    Dropped,
}

impl Incident {
    /// What becomes of an alarm.
    pub fn open(shop: ShopId, alarm: &Alarm) -> Option<Self> {
        Some(Self {
            id: IncidentId::of(shop, alarm.cause.name(), &alarm.about, alarm.at),
            cause: alarm.cause,
            about: alarm.about.clone(),
            opened_at: alarm.at,
            closed_at: None,
            told: alarm.told.clone()?,
            notices: Vec::new(),
            planned: None,
            due_at: Some(alarm.at),
        })
    }

    /// It is over.
    pub fn close(&mut self, now: Timestamp) {
        self.closed_at = self.closed_at.or(Some(now));
    }

    /// Makes notices of what is to be told. An all-clear goes to those who may have had the alert; an alert that is
    /// over before it was told is told to nobody.
    pub fn plan(&mut self, targets: &[AlertTarget], now: Timestamp) {
        let notice = |kind, target: &AlertTarget| Notice {
            kind,
            target: target.clone(),
            state: NoticeState::Queued { due_at: now },
            attempts: 0,
            late_after: now + LATEST,
            last_answer: None,
        };
        if self.planned.is_none() {
            if self.closed_at.is_none() {
                self.notices.extend(targets.iter().map(|target| notice(NoticeKind::Alert, target)));
            }
            self.planned = Some(NoticeKind::Alert);
        }
        if self.closed_at.is_some() && self.planned == Some(NoticeKind::Alert) {
            for alert in &mut self.notices {
                if matches!(alert.state, NoticeState::Queued { .. }) {
                    alert.state = NoticeState::Dropped;
                }
            }
            let may_know = self.notices.iter().filter(|alert| alert.state.may_have_arrived());
            let clear: Vec<Notice> = may_know.map(|alert| notice(NoticeKind::AllClear, &alert.target)).collect();
            self.notices.extend(clear);
            self.planned = Some(NoticeKind::AllClear);
        }
        self.schedule(now);
    }

    /// When it is to be looked at next.
    pub fn schedule(&mut self, now: Timestamp) {
        let notices = self.notices.iter().filter_map(|notice| match notice.state {
            NoticeState::Queued { due_at } => Some(due_at),
            NoticeState::HandedOver { lease_until } => Some(lease_until),
            _ => None,
        });
        let look = self.closed_at.is_none().then_some(now + LOOKED_AT_EVERY);
        self.due_at = notices.chain(look).min();
    }

    /// A notice's id, as its channel knows it.
    pub fn message_id(&self, notice: &Notice) -> MessageId {
        let kind = match notice.kind {
            NoticeKind::Alert => "alert",
            NoticeKind::AllClear => "all_clear",
        };
        self.id.notice(kind, &notice.target.channel, &notice.target.to)
    }

    /// What a notice says, for contents of a channel.
    pub fn document(&self, notice: &Notice, shop: &Shop, channel: &str) -> Value {
        let headline = self.cause.headline(&self.about);
        let (subject, rest) = match notice.kind {
            NoticeKind::Alert => (headline.clone(), format!("{}\n{}", self.told.words, self.told.next_step)),
            NoticeKind::AllClear => (format!("All clear: {headline}"), "This is over.".to_owned()),
        };
        let subject = format!("{}: {subject}", shop.name);
        match channel {
            "email" => json!({
                "subject": subject,
                "text": format!("{headline}, since {}.\n\n{rest}\n", self.opened_at),
            }),
            "webhook" => json!({
                "type": match notice.kind {
                    NoticeKind::Alert => "alert.opened",
                    NoticeKind::AllClear => "alert.closed",
                },
                "timestamp": self.closed_at.filter(|_| notice.kind == NoticeKind::AllClear).unwrap_or(self.opened_at),
                "data": {
                    "alert": self.id, "cause": self.cause, "about": self.about, "opened_at": self.opened_at,
                    "closed_at": self.closed_at, "headline": headline, "words": self.told.words,
                    "next_step": self.told.next_step,
                },
            }),
            // A text message is short, and what is to be done stands in the console.
            "sms" => json!({ "text": subject }),
            _ => json!({ "text": format!("{subject}\n{rest}") }),
        }
    }
}

impl NoticeState {
    fn may_have_arrived(self) -> bool {
        matches!(self, Self::Accepted | Self::Uncertain | Self::HandedOver { .. })
    }
}

impl Notice {
    /// Whether it is to be sent now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.state, NoticeState::Queued { due_at } if due_at <= now)
    }

    /// The channel cannot take it now.
    pub fn wait(&mut self, now: Timestamp) {
        self.again(now + crate::plan::LOOK_AGAIN);
    }

    /// It is handed over, and nobody else touches it for so long.
    pub fn hand_over(&mut self, lease: Span, now: Timestamp) {
        self.attempts += 1;
        self.state = NoticeState::HandedOver { lease_until: now + lease };
        self.last_answer = None;
    }

    /// Whoever handed it over did not come back. Sent again only where that is harmless (S22).
    pub fn recover(&mut self, is_idempotent: bool, now: Timestamp) {
        let NoticeState::HandedOver { lease_until } = self.state else { return };
        if lease_until <= now {
            self.state = match is_idempotent {
                true => NoticeState::Queued { due_at: now },
                false => NoticeState::Uncertain,
            };
        }
    }

    /// What the provider said of an attempt.
    pub fn settle(&mut self, attempt: u32, outcome: &Outcome, now: Timestamp) {
        if self.attempts != attempt || !matches!(self.state, NoticeState::HandedOver { .. } | NoticeState::Uncertain) {
            return;
        }
        match outcome {
            Outcome::Accepted { .. } => self.state = NoticeState::Accepted,
            Outcome::Uncertain(details) => {
                self.state = NoticeState::Uncertain;
                self.last_answer = Some(details.clone());
            }
            Outcome::Rejected(rejection) => {
                self.last_answer = Some(rejection.details.clone());
                match rejection.class.after(self.attempts, now, 0) {
                    After::Done => self.state = NoticeState::Rejected,
                    After::Again(at) => self.again(at),
                    After::Held(_) => self.wait(now),
                }
            }
        }
    }

    /// It could not even be asked for.
    pub fn refuse(&mut self, words: String) {
        self.state = NoticeState::Rejected;
        self.last_answer = Some(Details { code: None, text: words });
    }

    fn again(&mut self, at: Timestamp) {
        self.state = match at > self.late_after {
            true => NoticeState::Dropped,
            false => NoticeState::Queued { due_at: at },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Mint;
    use crate::message::{Rejection, RejectionClass};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(0) + Span::minutes(minute)
    }

    fn targets() -> [AlertTarget; 2] {
        ["mail", "slack"].map(|channel| AlertTarget { channel: channel.into(), to: "staff".into() })
    }

    fn incident() -> Incident {
        let shop = Mint::new(at(0), [1; 32]).next();
        let alarm = Alarm::raise(AlertCause::ChannelHeld, "whatsapp", "no credit", "top up", at(0));
        Incident::open(shop, &alarm).unwrap()
    }

    fn states(incident: &Incident) -> Vec<(NoticeKind, NoticeState)> {
        incident.notices.iter().map(|notice| (notice.kind, notice.state)).collect()
    }

    fn accepted() -> Outcome {
        Outcome::Accepted { provider_id: "1".into(), price: None }
    }

    #[test]
    fn s23_an_incident_is_told_once_to_each_and_its_end_to_those_who_were_told() {
        let mut incident = incident();
        incident.plan(&targets(), at(1));
        incident.plan(&targets(), at(2));
        assert_eq!(incident.notices.len(), 2, "planning twice tells once");
        incident.notices[0].hand_over(Span::minutes(1), at(2));
        incident.notices[0].settle(1, &accepted(), at(2));
        incident.close(at(3));
        incident.plan(&targets(), at(3));
        let queued = NoticeState::Queued { due_at: at(3) };
        let told = [
            (NoticeKind::Alert, NoticeState::Accepted),
            (NoticeKind::Alert, NoticeState::Dropped),
            (NoticeKind::AllClear, queued),
        ];
        assert_eq!(states(&incident), told);
        assert_eq!(incident.notices[2].target.channel, "mail");
        assert_eq!(incident.due_at, Some(at(3)));
        incident.notices[2].state = NoticeState::Accepted;
        incident.plan(&targets(), at(4));
        assert_eq!((incident.notices.len(), incident.due_at), (3, None), "nothing more is to be done");
    }

    #[test]
    fn s27_what_is_over_before_anybody_was_told_is_told_to_nobody() {
        let mut incident = incident();
        incident.close(at(1));
        incident.plan(&targets(), at(1));
        assert_eq!((states(&incident), incident.due_at), (Vec::new(), None));
    }

    #[test]
    fn s22_a_notice_that_nobody_came_back_from_is_sent_again_only_where_that_is_harmless() {
        let mut incident = incident();
        incident.plan(&targets(), at(1));
        for notice in &mut incident.notices {
            notice.hand_over(Span::minutes(1), at(1));
            notice.recover(true, at(1));
            assert!(matches!(notice.state, NoticeState::HandedOver { .. }), "its lease is not over");
        }
        incident.notices[0].recover(false, at(2));
        incident.notices[1].recover(true, at(2));
        let stand = [NoticeState::Uncertain, NoticeState::Queued { due_at: at(2) }];
        assert_eq!(incident.notices.iter().map(|notice| notice.state).collect::<Vec<_>>(), stand);
        incident.notices[0].settle(1, &accepted(), at(3));
        assert_eq!(incident.notices[0].state, NoticeState::Accepted, "the answer came late, and came");
        incident.notices[1].settle(1, &accepted(), at(3));
        assert_eq!(incident.notices[1].state, NoticeState::Queued { due_at: at(2) }, "it is of an attempt before");
    }

    #[test]
    fn s23_a_notice_is_tried_again_until_it_is_too_late() {
        let mut incident = incident();
        incident.plan(&targets(), at(0));
        let notice = &mut incident.notices[0];
        let refused =
            |class| Outcome::Rejected(Rejection { class, details: Details { code: None, text: "no".into() } });
        notice.hand_over(Span::minutes(1), at(0));
        notice.settle(1, &refused(RejectionClass::RateLimited { after: Some(at(30)) }), at(0));
        assert_eq!(notice.state, NoticeState::Queued { due_at: at(30) });
        notice.hand_over(Span::minutes(1), at(30));
        notice.settle(2, &refused(RejectionClass::RateLimited { after: Some(at(13 * 60)) }), at(30));
        assert_eq!(notice.state, NoticeState::Dropped);
        let other = &mut incident.notices[1];
        other.hand_over(Span::minutes(1), at(0));
        other.settle(1, &refused(RejectionClass::BadRequest), at(0));
        assert_eq!(other.state, NoticeState::Rejected);
    }
}
