//! `cartwright plugin`: from nothing to a live plugin, with the very code of the service on the author's machine.

mod asks;
mod bench;
mod check;
mod conformance;
mod diff;
mod fixture;
mod inspect;
mod install;
mod life;
mod logs;
mod new;
mod pack;
mod play;
mod records;
mod registry;
mod remote;
mod replay;
mod run;
mod sign;
mod stage;
mod test;
mod workbench;

pub(crate) use remote::ServiceArgs;

use crate::failure::Failure;
use crate::output;

/// What to do with plugins.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Begin a plugin: a project that builds and passes its test as it stands
    New(new::Args),
    /// Make a component of what a toolchain built, with its name, version and licence inside
    Pack(pack::Args),
    /// Check a component as an upload would
    Check(check::Args),
    /// Show what a component says of itself, and what it asks for
    Inspect(inspect::Args),
    /// Try a component on fixtures: what the shop has, and what should come of it
    Test(test::Args),
    /// Print the JSON Schema of fixtures
    Schema,
    /// Make one call, and show the answer, what was read and what was used
    Run(run::Args),
    /// Measure what a subject costs, alone and in batches
    Bench(bench::Args),
    /// Make past decisions again from their records, bit for bit
    Replay(replay::Args),
    /// Show which recorded decisions a new version would change
    Diff(diff::Args),
    /// Examine whether a component keeps the promises of its kind
    Conformance(conformance::Args),
    /// Install a component in a running service, with no more rights than you say
    Install(install::Args),
    /// List the plugins of a running service
    List(life::ListArgs),
    /// Move an installed version to another stage: shadow, canary, active
    Promote(life::PromoteArgs),
    /// Go back to the version before
    Rollback(life::RollBackArgs),
    /// Stop a plugin in all its versions; its runs hold
    Kill(life::KillArgs),
    /// Let a stopped plugin go on
    Revive(life::ReviveArgs),
    /// Show what an installed version wrote into its log
    Logs(logs::LogsArgs),
    /// Print the decisions of an installed version as JSON Lines, for replay and diff
    Decisions(logs::DecisionsArgs),
    /// Make a key pair to sign components with
    Keygen(sign::KeygenArgs),
    /// Sign a component
    Sign(sign::SignArgs),
    /// Say whether a component is signed with a key
    Verify(sign::VerifyArgs),
    /// Store a component with its signature in an OCI registry
    Push(registry::PushArgs),
    /// Bring a component with its signature from an OCI registry
    Pull(registry::PullArgs),
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::New(args) => new::run(&args),
        Command::Pack(args) => pack::run(&args),
        Command::Check(args) => check::run(args).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::Test(args) => test::run(args).await,
        Command::Schema => {
            output::say_json(&fixture::schema());
            Ok(())
        }
        Command::Run(args) => run::run(args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Diff(args) => diff::run(args).await,
        Command::Conformance(args) => conformance::run(args).await,
        Command::Install(args) => install::run(args).await,
        Command::List(args) => life::list(args).await,
        Command::Promote(args) => life::promote(args).await,
        Command::Rollback(args) => life::roll_back(args).await,
        Command::Kill(args) => life::kill(args).await,
        Command::Revive(args) => life::revive(args).await,
        Command::Logs(args) => logs::logs(args).await,
        Command::Decisions(args) => logs::decisions(args).await,
        Command::Keygen(args) => sign::keygen(&args),
        Command::Sign(args) => sign::sign(&args),
        Command::Verify(args) => sign::verify(&args),
        Command::Push(args) => registry::push(args).await,
        Command::Pull(args) => registry::pull(args).await,
    }
}
