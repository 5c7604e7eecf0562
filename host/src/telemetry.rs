//! Logs, on standard error: `RUST_LOG` chooses what, such as `RUST_LOG=cartwright=debug`.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Who reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Those who run the service: everything that happens.
    Operators,
    /// A person who waits for a command: only what goes wrong.
    Person,
}

/// From now on, what is logged is seen.
pub(crate) fn start(audience: Audience) {
    let level = match audience {
        Audience::Operators => LevelFilter::INFO,
        Audience::Person => LevelFilter::WARN,
    };
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match audience {
        Audience::Operators => log.init(),
        Audience::Person => log.without_time().with_target(false).init(),
    }
}
