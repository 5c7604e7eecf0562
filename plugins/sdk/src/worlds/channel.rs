//! The macros of a channel.

/// Makes a type that implements `bindings::Channel` the channel of this component. `name` and `wit` as for
/// [`condition_plugin`](crate::condition_plugin). Where each task is one request: [`simple_channel_plugin`].
#[macro_export]
macro_rules! channel_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::__channel!([$($name)?], [$($wit)?]);
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}

/// Makes a type that implements `bindings::SimpleChannel` the channel of this component: each of its tasks is one
/// request, or none.
///
/// `request` builds it, `answer` says what the answer means, and no state is to be kept. An answer that never came is
/// read without asking: only what never left may be tried again.
#[macro_export]
macro_rules! simple_channel_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::__channel!([$($name)?], [$($wit)?]);
        #[cfg(target_family = "wasm")]
        type Stepped = bindings::Simple<$plugin>;
        #[cfg(target_family = "wasm")]
        generated::export!(Stepped with_types_in generated);
    };
}

/// The bindings of the world, and short ways around them. Not called directly.
#[doc(hidden)]
#[macro_export]
macro_rules! __channel {
    ([$($name:literal)?], [$($wit:literal)?]) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!(
            "channel-plugin", [$($wit)?], "cartwright:plugin/transport@0.2.0": ::cartwright_sdk::transport
        );
        /// The contract of a channel.
        #[allow(unused_imports, dead_code)]
        mod bindings {
            pub use super::generated::cartwright::plugin::{connection, secrets, templates, words};
            pub use super::generated::exports::cartwright::plugin::channel::*;
            pub use super::generated::exports::cartwright::plugin::channel::Guest as Channel;
            pub use ::cartwright_sdk::transport::{
                Failure, HttpRequest, HttpResponse, InboxEntry, Mail, MailResponse,
            };

            /// A channel whose tasks are one request each, or none.
            pub trait SimpleChannel {
                /// What it is and needs.
                fn describe() -> Descriptor;
                /// What it can do as a channel.
                fn ability() -> ChannelAbility;
                /// Whether the configuration makes sense beyond its schema.
                fn check_config(config: Json) -> Result<(), Fault>;
                /// The one request of a task, or what it came to without any.
                fn request(task: Task) -> Result<Ask, Fault>;
                /// What the answer to that request means.
                fn answer(asked: Asked, response: Response) -> Result<Completion, Fault>;
                /// Whether a webhook comes from the provider.
                fn verify(_webhook: Webhook) -> Verification {
                    Verification::Refused("this channel takes no webhooks".to_owned())
                }
                /// What an authentic webhook tells.
                fn receive(_webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
                    Ok(Vec::new())
                }
            }

            /// What a task begins with.
            #[derive(Debug, PartialEq)]
            pub enum Ask {
                /// This request, whose answer is then read.
                Request(Request),
                /// Nothing: it is done.
                Done(Completion),
            }

            /// The task whose answer came. Of a message only the id is kept: it may be long.
            #[derive(Debug, Clone, PartialEq)]
            pub enum Asked {
                /// The message of this id was sent.
                Send(String),
                /// What became of the message of this id.
                Lookup(String),
                /// What it cost, by the provider's id.
                Price(String),
                /// Whether the credentials work.
                Probe,
                /// The templates that the provider knows.
                ListTemplates,
                /// This template, to be approved.
                CreateTemplate(Template),
                /// The secret of this name.
                Refresh(String),
            }

            /// A simple channel as the steps that the host takes.
            pub struct Simple<T>(::core::marker::PhantomData<T>);

            impl<T: SimpleChannel> Channel for Simple<T> {
                fn describe() -> Descriptor {
                    T::describe()
                }
                fn ability() -> ChannelAbility {
                    T::ability()
                }
                fn check_config(config: Json) -> Result<(), Fault> {
                    T::check_config(config)
                }
                fn begin(task: Task) -> Result<Step, Fault> {
                    let state = Asked::of(&task).to_state();
                    Ok(match T::request(task)? {
                        Ask::Request(request) => Step::call(request, state),
                        Ask::Done(completion) => Step::Done(completion),
                    })
                }
                fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
                    let asked = Asked::from_state(&state)?;
                    let completion = match responses.into_iter().next() {
                        // Where sending twice is harmless, nobody needs to know whether it came through the first time.
                        Some(Response::Failed(Failure::NoAnswer(why)))
                            if T::ability().sends == Repeat::Idempotent =>
                        {
                            asked.refused(Rejection::new(RejectionClass::Transient, None, why))
                        }
                        Some(Response::Failed(failure)) => asked.unanswered(&failure),
                        Some(response) => T::answer(asked, response)?,
                        None => return Err(Fault::bad_input("there is no answer to the request")),
                    };
                    Ok(Step::Done(completion))
                }
                fn verify(webhook: Webhook) -> Verification {
                    T::verify(webhook)
                }
                fn receive(webhook: Webhook) -> Result<Vec<Receipt>, Fault> {
                    T::receive(webhook)
                }
            }

            impl Asked {
                /// What of a task its answer is read with.
                pub fn of(task: &Task) -> Self {
                    match task {
                        Task::Send(message) => Self::Send(message.id.clone()),
                        Task::Lookup(message) => Self::Lookup(message.id.clone()),
                        Task::Price(id) => Self::Price(id.clone()),
                        Task::Probe => Self::Probe,
                        Task::ListTemplates => Self::ListTemplates,
                        Task::CreateTemplate(template) => Self::CreateTemplate(template.clone()),
                        Task::Refresh(secret) => Self::Refresh(secret.clone()),
                    }
                }

                /// As the state of a step.
                pub fn to_state(&self) -> Vec<u8> {
                    ::cartwright_sdk::state::write(&match self {
                        Self::Send(id) => vec!["send", id],
                        Self::Lookup(id) => vec!["lookup", id],
                        Self::Price(id) => vec!["price", id],
                        Self::Probe => vec!["probe"],
                        Self::ListTemplates => vec!["list-templates"],
                        Self::CreateTemplate(new) => vec!["create-template", &new.name, &new.locale, &new.content],
                        Self::Refresh(secret) => vec!["refresh", secret],
                    })
                }

                /// From the state of a step.
                pub fn from_state(state: &[u8]) -> Result<Self, Fault> {
                    let texts = ::cartwright_sdk::state::read(state)?;
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    Ok(match texts[..] {
                        ["send", id] => Self::Send(id.to_owned()),
                        ["lookup", id] => Self::Lookup(id.to_owned()),
                        ["price", id] => Self::Price(id.to_owned()),
                        ["probe"] => Self::Probe,
                        ["list-templates"] => Self::ListTemplates,
                        ["create-template", name, locale, content] => Self::CreateTemplate(Template {
                            name: name.to_owned(),
                            locale: locale.to_owned(),
                            content: content.to_owned(),
                            state: TemplateState::Pending,
                            words: None,
                        }),
                        ["refresh", secret] => Self::Refresh(secret.to_owned()),
                        _ => return Err(::cartwright_sdk::state::foreign()),
                    })
                }

                /// What it means that no answer came.
                pub fn unanswered(&self, failure: &Failure) -> Completion {
                    match (self, Outcome::unanswered(failure)) {
                        (Self::Send(_), outcome) => outcome.into(),
                        // What only asks or may be repeated is never in doubt.
                        (_, Outcome::Rejected(rejection)) => self.refused(rejection),
                        (_, Outcome::Uncertain(details)) => {
                            self.refused(Rejection { class: RejectionClass::Transient, details })
                        }
                        (_, Outcome::Accepted(_)) => self.refused(Rejection::new(RejectionClass::Unknown, None, "")),
                    }
                }

                /// The provider refused; each task has its own way to say so.
                pub fn refused(&self, rejection: Rejection) -> Completion {
                    match self {
                        Self::Send(_) | Self::Lookup(_) => Completion::Sent(Outcome::Rejected(rejection)),
                        _ => Completion::Failed(rejection),
                    }
                }
            }

            impl From<Request> for Ask {
                fn from(request: Request) -> Self {
                    Self::Request(request)
                }
            }

            impl From<Completion> for Ask {
                fn from(done: Completion) -> Self {
                    Self::Done(done)
                }
            }

            impl From<Outcome> for Ask {
                fn from(outcome: Outcome) -> Self {
                    Self::Done(outcome.into())
                }
            }

            impl From<Outcome> for Completion {
                fn from(outcome: Outcome) -> Self {
                    Self::Sent(outcome)
                }
            }

            impl ChannelAbility {
                /// A channel of this name that only sends, to addresses of this kind.
                pub fn new(channel: &str, address: AddressKind, content_schema: &str) -> Self {
                    Self {
                        channel: channel.to_owned(),
                        tasks: vec![TaskKind::Send],
                        addresses: vec![address],
                        content_schema: content_schema.to_owned(),
                        sends: Repeat::NotIdempotent,
                        receipts: Vec::new(),
                        billed: Billing::Never,
                        refreshes: Vec::new(),
                    }
                }
            }

            impl Step {
                /// Make this one request, and come back with the state.
                pub fn call(request: Request, state: impl Into<Vec<u8>>) -> Self {
                    Self::Call(Pending { requests: vec![request], state: state.into() })
                }
            }

            impl Rejection {
                /// The provider refused, with its own code and words.
                pub fn new(class: RejectionClass, code: Option<String>, text: impl Into<String>) -> Self {
                    Self { class, details: Details { code, text: text.into() } }
                }
            }

            impl Outcome {
                /// The provider has it, under this id of its own.
                pub fn accepted(provider_id: impl Into<String>) -> Self {
                    Self::Accepted(Acceptance { provider_id: provider_id.into(), price: None })
                }
                /// The provider refused, with its own code and words.
                pub fn rejected(class: RejectionClass, code: Option<String>, text: impl Into<String>) -> Self {
                    Self::Rejected(Rejection::new(class, code, text))
                }
                /// Nobody knows whether the provider has it.
                pub fn uncertain(text: impl Into<String>) -> Self {
                    Self::Uncertain(Details { code: None, text: text.into() })
                }
                /// What a send without an answer means: only what never left may be tried again.
                pub fn unanswered(failure: &Failure) -> Self {
                    match failure {
                        Failure::NotSent(why) => Self::rejected(RejectionClass::Transient, None, why),
                        Failure::NoAnswer(why) => Self::uncertain(why),
                        Failure::TooLarge(bytes) => Self::uncertain(format!("the answer has {bytes} bytes")),
                        Failure::Refused(why) => Self::rejected(RejectionClass::BadRequest, None, why),
                    }
                }
            }
        }
    };
}
