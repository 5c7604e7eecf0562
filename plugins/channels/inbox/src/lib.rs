//! The local channel: a message becomes an entry in the shop's own inbox. Nothing leaves the host.
//!
//! The smallest channel, and the one to read first: `request` says what to do, the host does it, `answer` says what
//! came of it.

cartwright_sdk::simple_channel_plugin!(Inbox);

use bindings::*;
use cartwright_sdk::json;

/// The channel.
pub struct Inbox;

impl SimpleChannel for Inbox {
    fn describe() -> Descriptor {
        Descriptor::new("Inbox", "Shows messages in the console instead of sending them.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            sends: Repeat::Idempotent,
            ..ChannelAbility::new("inbox", AddressKind::Handle, include_str!("../content.schema.json"))
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::no_config(&config)
    }

    fn request(task: Task) -> Result<Ask, Fault> {
        match task {
            Task::Send(message) => {
                let entry = InboxEntry { to: message.to.value, document: message.content };
                Ok(Request::sending(entry).into())
            }
            Task::Probe => Ok(Completion::Probed("the shop's own inbox".to_owned()).into()),
            _ => Err(Fault::not_supported("the inbox only takes messages")),
        }
    }

    fn answer(asked: Asked, response: Response) -> Result<Completion, Fault> {
        Ok(match (asked, response) {
            (Asked::Send(id), Response::Inbox) => Outcome::accepted(id).into(),
            _ => Outcome::uncertain("the inbox gave an answer of another kind").into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_sdk::types::FaultKind;

    fn message() -> Message {
        Message {
            id: "m-1".to_owned(),
            to: Address { kind: AddressKind::Handle, value: "c-7".to_owned() },
            locale: "en".to_owned(),
            content: r#"{"text":"Hello"}"#.to_owned(),
            created_at: 0,
        }
    }

    #[test]
    fn a_message_becomes_one_entry_and_keeps_its_id() {
        let Ok(Step::Call(pending)) = Simple::<Inbox>::begin(Task::Send(message())) else { panic!("no request") };
        let entry = InboxEntry { to: "c-7".to_owned(), document: r#"{"text":"Hello"}"#.to_owned() };
        assert_eq!(pending.requests, [Request::sending(entry)]);
        let done = Simple::<Inbox>::resume(pending.state, vec![Response::Inbox]).unwrap();
        assert_eq!(done, Step::Done(Outcome::accepted("m-1").into()));
    }

    #[test]
    fn an_entry_that_was_never_made_may_be_made_again() {
        let failed = Response::Failed(Failure::NotSent("the database is busy".to_owned()));
        let state = Asked::Send("m-1".to_owned()).to_state();
        let Ok(Step::Done(Completion::Sent(Outcome::Rejected(rejection)))) =
            Simple::<Inbox>::resume(state, vec![failed])
        else {
            panic!("not refused");
        };
        assert_eq!(rejection.class, RejectionClass::Transient);
    }

    #[test]
    fn a_probe_needs_no_request() {
        assert!(matches!(Simple::<Inbox>::begin(Task::Probe), Ok(Step::Done(Completion::Probed(_)))));
        assert_eq!(Simple::<Inbox>::begin(Task::ListTemplates).unwrap_err().kind, FaultKind::NotSupported);
    }
}
