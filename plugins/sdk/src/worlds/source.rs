//! The macros of a source.

/// Makes a type that implements `bindings::Source` the source of this component. `name` and `wit` as for
/// [`condition_plugin`](crate::condition_plugin). Where each task is one request: [`simple_source_plugin`].
#[macro_export]
macro_rules! source_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::__source!([$($name)?], [$($wit)?]);
        #[cfg(target_family = "wasm")]
        generated::export!($plugin with_types_in generated);
    };
}

/// Makes a type that implements `bindings::SimpleSource` the source of this component: each of its tasks is one
/// request, or there are none. `request` builds it, `answer` says what the answer means, and no state is to be kept.
#[macro_export]
macro_rules! simple_source_plugin {
    ($plugin:ident $(, name: $name:literal)? $(, wit: $wit:literal)?) => {
        $crate::__source!([$($name)?], [$($wit)?]);
        #[cfg(target_family = "wasm")]
        type Stepped = bindings::Simple<$plugin>;
        #[cfg(target_family = "wasm")]
        generated::export!(Stepped with_types_in generated);
    };
}

/// The bindings of the world, and short ways around them. Not called directly.
#[doc(hidden)]
#[macro_export]
macro_rules! __source {
    ([$($name:literal)?], [$($wit:literal)?]) => {
        $crate::package_metadata!($($name)?);
        $crate::__generate!(
            "source-plugin", [$($wit)?], "cartwright:plugin/transport@0.2.0": ::cartwright_sdk::transport
        );
        /// The contract of a source.
        #[allow(unused_imports, dead_code)]
        mod bindings {
            pub use super::generated::cartwright::plugin::{connection, secrets};
            pub use super::generated::exports::cartwright::plugin::source::*;
            pub use super::generated::exports::cartwright::plugin::source::Guest as Source;
            pub use ::cartwright_sdk::events::{Fact, Subject};
            pub use ::cartwright_sdk::transport::{Failure, HttpRequest, HttpResponse};

            /// A source whose tasks are one request each, or that only listens.
            pub trait SimpleSource {
                /// What it is and needs.
                fn describe() -> Descriptor;
                /// The tasks that it does.
                fn tasks() -> Vec<Ability> {
                    Vec::new()
                }
                /// Whether the configuration makes sense beyond its schema.
                fn check_config(config: Json) -> Result<(), Fault>;
                /// Whether a webhook comes from the platform.
                fn verify(webhook: Webhook) -> Verification;
                /// What an authentic webhook tells.
                fn parse(webhook: Webhook) -> Result<Parsed, Fault>;
                /// The one request of a task.
                fn request(_task: Task) -> Result<Request, Fault> {
                    Err(Fault::not_supported("this source only listens: it has no tasks"))
                }
                /// What the answer to that request means.
                fn answer(_task: Task, _response: Response) -> Result<Completion, Fault> {
                    Err(Fault::not_supported("this source only listens: it has no tasks"))
                }
            }

            /// A simple source as the steps that the host takes.
            pub struct Simple<T>(::core::marker::PhantomData<T>);

            impl<T: SimpleSource> Source for Simple<T> {
                fn describe() -> Descriptor {
                    T::describe()
                }
                fn tasks() -> Vec<Ability> {
                    T::tasks()
                }
                fn check_config(config: Json) -> Result<(), Fault> {
                    T::check_config(config)
                }
                fn verify(webhook: Webhook) -> Verification {
                    T::verify(webhook)
                }
                fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
                    T::parse(webhook)
                }
                fn begin(task: Task) -> Result<Step, Fault> {
                    let state = task.to_state();
                    Ok(Step::Call(Pending { requests: vec![T::request(task)?], state }))
                }
                fn resume(state: Vec<u8>, responses: Vec<Response>) -> Result<Step, Fault> {
                    let task = Task::from_state(&state)?;
                    Ok(Step::Done(match responses.into_iter().next() {
                        Some(Response::Failed(failure)) => Completion::Failed(Refusal::unanswered(&failure)),
                        Some(response) => T::answer(task, response)?,
                        None => return Err(Fault::bad_input("there is no answer to the request")),
                    }))
                }
            }

            impl Task {
                /// As the state of a step.
                pub fn to_state(&self) -> Vec<u8> {
                    ::cartwright_sdk::state::write(&match self {
                        Self::Poll(cursor) => ["poll"].into_iter().chain(cursor.as_deref()).collect(),
                        Self::Backfill(Backfill { kind, cursor }) => {
                            ["backfill", kind.name()].into_iter().chain(cursor.as_deref()).collect()
                        }
                        Self::OrdersOf(keys) => {
                            let keys = keys.iter().flat_map(|key| [key.kind.as_str(), &key.value]);
                            ["orders-of"].into_iter().chain(keys).collect()
                        }
                        Self::Subscribe(address) => vec!["subscribe", address],
                        Self::Probe => vec!["probe"],
                    })
                }

                /// From the state of a step.
                pub fn from_state(state: &[u8]) -> Result<Self, Fault> {
                    let texts = ::cartwright_sdk::state::read(state)?;
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    let key = |pair: &[&str]| Key { kind: pair[0].to_owned(), value: pair[1].to_owned() };
                    Ok(match &texts[..] {
                        ["poll"] => Self::Poll(None),
                        ["poll", cursor] => Self::Poll(Some((*cursor).to_owned())),
                        ["backfill", kind, cursor @ ..] if cursor.len() < 2 => Self::Backfill(Backfill {
                            kind: BackfillKind::named(kind).ok_or_else(::cartwright_sdk::state::foreign)?,
                            cursor: cursor.first().map(|cursor| (*cursor).to_owned()),
                        }),
                        ["orders-of", keys @ ..] => Self::OrdersOf(keys.chunks_exact(2).map(key).collect()),
                        ["subscribe", address] => Self::Subscribe((*address).to_owned()),
                        ["probe"] => Self::Probe,
                        _ => return Err(::cartwright_sdk::state::foreign()),
                    })
                }
            }

            impl BackfillKind {
                /// What is read, as a word.
                pub fn name(self) -> &'static str {
                    match self {
                        Self::Customers => "customers",
                        Self::Orders => "orders",
                        Self::Products => "products",
                    }
                }

                /// The kind of this name.
                pub fn named(name: &str) -> Option<Self> {
                    [Self::Customers, Self::Orders, Self::Products].into_iter().find(|kind| kind.name() == name)
                }
            }

            impl Ability {
                /// A task that people or a need ask for.
                pub fn new(task: TaskKind) -> Self {
                    Self { task, every_minutes: None }
                }

                /// A task that the host asks for by itself.
                pub fn every(minutes: u32, task: TaskKind) -> Self {
                    Self { task, every_minutes: Some(minutes) }
                }
            }

            impl Refusal {
                /// What the status of an answer means, where the platform says no more; none where it is a success.
                pub fn http(response: &HttpResponse, now: Instant) -> Option<Self> {
                    let kind = match response.status {
                        200..300 => return None,
                        401 | 403 => RefusalKind::Auth,
                        429 => RefusalKind::RateLimited(response.retry_after(now)),
                        500.. => RefusalKind::Transient,
                        _ => RefusalKind::Permanent,
                    };
                    let text = String::from_utf8_lossy(&response.body).chars().take(500).collect();
                    Some(Self { kind, code: Some(response.status.to_string()), text })
                }

                /// What it means that no answer came: a task of a source may always be repeated.
                pub fn unanswered(failure: &Failure) -> Self {
                    let (kind, text) = match failure {
                        Failure::NotSent(why) | Failure::NoAnswer(why) => (RefusalKind::Transient, why.clone()),
                        Failure::TooLarge(bytes) => {
                            (RefusalKind::Permanent, format!("the answer has {bytes} bytes; ask for shorter pages"))
                        }
                        Failure::Refused(why) => (RefusalKind::Permanent, why.clone()),
                    };
                    Self { kind, code: None, text }
                }
            }

            impl Event {
                /// A fact in the host's words.
                pub fn new(id: String, occurred_at: Instant, subject: Subject, fact: &Fact) -> Self {
                    let subject = subject.keys().map(|(kind, value)| Key { kind: kind.to_owned(), value }).collect();
                    Self { id, type_: fact.name().to_owned(), occurred_at, subject, body: fact.body().to_string() }
                }
            }
        }
    };
}
