//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    backtest, content, customer, demo, doctor, import, key, node, plugin, serve, shop, simulate, strategy, user,
};
use crate::failure::Failure;
use crate::telemetry::{self, Audience};

/// Cart-recovery and customer-journey strategies, scriptable with sandboxed WebAssembly.
#[derive(Debug, Parser)]
#[command(name = "cartwright", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: API, webhooks and workers
    Serve(serve::Args),
    /// Run the service with a sample shop and a clock that can be skipped ahead
    Demo(demo::Args),
    /// Play an event log through a strategy in virtual time, and print what would be sent and why
    Simulate(simulate::Args),
    /// Play the recorded events of a shop through versions of a strategy, and compare with what really happened
    Backtest(backtest::Args),
    /// Look at strategy files
    #[command(subcommand)]
    Strategy(strategy::Command),
    /// Look at plugin components
    #[command(subcommand)]
    Plugin(plugin::Command),
    /// Find out what is wrong with an installation, and what to do
    Doctor(doctor::Args),
    /// See who works on a database, and confirm that it is the true one
    #[command(subcommand)]
    Node(node::Command),
    /// Make keys: for secrets in the database, and for the API
    #[command(subcommand)]
    Key(key::Command),
    /// Bring along what a shop knew elsewhere
    #[command(subcommand)]
    Import(import::Command),
    /// Try contents on the shop's own people
    #[command(subcommand)]
    Content(content::Command),
    /// Erase customers
    #[command(subcommand)]
    Customer(customer::Command),
    /// Make and list shops
    #[command(subcommand)]
    Shop(shop::Command),
    /// Invite, list and forget people who sign in
    #[command(subcommand)]
    User(user::Command),
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        telemetry::start(match self.command {
            Command::Serve(_) => Audience::Operators,
            _ => Audience::Person,
        });
        match self.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Demo(args) => demo::run(args).await,
            Command::Simulate(args) => simulate::run(args).await,
            Command::Backtest(args) => backtest::run(args).await,
            Command::Strategy(command) => strategy::run(command).await,
            Command::Plugin(command) => plugin::run(command).await,
            Command::Doctor(args) => doctor::run(args).await,
            Command::Node(command) => node::run(command).await,
            Command::Key(command) => key::run(command).await,
            Command::Import(command) => import::run(command).await,
            Command::Content(command) => content::run(command).await,
            Command::Customer(command) => customer::run(command).await,
            Command::Shop(command) => shop::run(command).await,
            Command::User(command) => user::run(command).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
