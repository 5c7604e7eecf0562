//! The local channel: a message becomes an entry in the shop's own inbox. Nothing leaves the host.
//!
//! The smallest channel, and the one to read first: `begin` says what to do, the host does it, `resume` says what
//! the answer means.

cartwright_sdk::channel_plugin!(Inbox);

use bindings::*;
use cartwright_sdk::json;

/// The channel.
pub struct Inbox;

impl Channel for Inbox {
    fn describe() -> Descriptor {
        Descriptor::new("Inbox", "Shows messages in the console instead of sending them.")
            .config(include_str!("../config.schema.json"))
    }

    fn ability() -> ChannelAbility {
        ChannelAbility {
            channel: "inbox".to_owned(),
            tasks: vec![TaskKind::Send, TaskKind::Probe],
            addresses: vec![AddressKind::Handle],
            content_schema: include_str!("../content.schema.json").to_owned(),
            sends: Repeat::Idempotent,
            receipts: Vec::new(),
        }
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::no_config(&config)
    }

    fn begin(task: Task) -> Result<Step, Fault> {
        match task {
            Task::Send(message) => {
                let entry = InboxEntry { to: message.to.value, document: message.content };
                Ok(Step::call(Request::sending(entry), message.id))
            }
            Task::Probe => Ok(Step::Done(Outcome::accepted("inbox"))),
            Task::Lookup(_) => Err(Fault::bad_input("the inbox looks nothing up: sending again is harmless")),
        }
    }

    fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
        let id = String::from_utf8_lossy(&state);
        Ok(Step::Done(match responses.first() {
            Some(Response::Inbox) => Outcome::accepted(id),
            Some(Response::Failed(failure)) => Outcome::unanswered(failure),
            _ => Outcome::uncertain("the inbox gave an answer of another kind"),
        }))
    }

    fn verify(_: Webhook) -> Verification {
        Verification::Refused("the inbox takes no webhooks".to_owned())
    }

    fn receive(_: Webhook) -> Result<Vec<Receipt>, Fault> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let Ok(Step::Call(pending)) = Inbox::begin(Task::Send(message())) else { panic!("no request") };
        let entry = InboxEntry { to: "c-7".to_owned(), document: r#"{"text":"Hello"}"#.to_owned() };
        assert_eq!(pending.requests, [Request::sending(entry)]);
        let done = Inbox::resume(pending.state, vec![Response::Inbox]).unwrap();
        assert_eq!(done, Step::Done(Outcome::accepted("m-1")));
    }

    #[test]
    fn an_entry_that_was_never_made_may_be_made_again() {
        let failed = Response::Failed(Failure::NotSent("the database is busy".to_owned()));
        let Ok(Step::Done(Outcome::Rejected(rejection))) = Inbox::resume(b"m-1".to_vec(), vec![failed]) else {
            panic!("not refused");
        };
        assert_eq!(rejection.class, RejectionClass::Transient);
    }
}
