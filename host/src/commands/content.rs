//! `cartwright content`: contents, tried on the shop's own people (S26).

mod preview;

use cartwright_domain::ids::{CustomerId, ShopId};
use cartwright_domain::test_send::{TestSend, TestState};
use cartwright_engine::ports::Standing;
use cartwright_engine::{Engine, TestDraft, judge};
use serde_json::json;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
use crate::mark::MarkArgs;
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// Who sends, in what is written down of it.
const BY: &str = "command line";

/// What to do with contents.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Send a content to a confirmed address of the shop's own people, and print what the provider says
    Test(TestArgs),
    /// Show what a content would say to a customer; nothing is sent and nothing is kept
    Preview(preview::PreviewArgs),
}

/// From where something is sent.
#[derive(Debug, clap::Args)]
pub(crate) struct SendingArgs {
    /// Id of the shop
    #[arg(long, value_name = "ID")]
    shop: ShopId,
    /// The channel over which it goes, by name
    #[arg(long, value_name = "NAME")]
    channel: String,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    runtime: RuntimeArgs,
    #[command(flatten)]
    mark: MarkArgs,
    #[command(flatten)]
    format: Format,
}

/// What is sent, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// The content, by name; its newest revision goes
    content: String,
    /// A confirmed address; `cartwright user test-address` confirms one
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Made of the data of a customer, by id; without it of a made-up one with a cart
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,
    /// In a language, such as `de`; without it in the customer's
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    #[command(flatten)]
    sending: SendingArgs,
}

/// An address of the shop's own people.
#[derive(Debug, clap::Args)]
pub(crate) struct AddressArgs {
    /// The address, as the channel knows it
    address: String,
    /// The code that was found there; without it one is sent
    #[arg(long, value_name = "DIGITS")]
    code: Option<String>,
    #[command(flatten)]
    sending: SendingArgs,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    let args = match command {
        Command::Test(args) => args,
        Command::Preview(args) => return preview::run(args).await,
    };
    let engine = args.sending.open().await?;
    let draft = TestDraft {
        content: args.content,
        channel: args.sending.channel.clone(),
        to: args.to,
        language: args.language,
        customer: args.customer,
        by: BY.to_owned(),
    };
    let test = engine.send_test(args.sending.shop, &draft).await.map_err(Failure::bad_input)?;
    args.sending.say(&test)
}

/// Sends a code to an address, or takes the one that was sent.
pub(crate) async fn test_address(args: AddressArgs) -> Result<(), Failure> {
    let AddressArgs { address, code, sending } = args;
    let engine = sending.open().await?;
    let Some(code) = code else {
        let asked = engine.ask_test_address(sending.shop, &sending.channel, &address, BY).await;
        return match asked.map_err(Failure::bad_input)? {
            (_, Some(sent)) => sending.say(&sent),
            (known, None) => sending.say_confirmed(&known.address.value),
        };
    };
    let to = engine.test_address(sending.shop, &sending.channel, &address).await.map_err(Failure::bad_input)?;
    let known = engine.confirm_test_address(sending.shop, &to, &code).await.map_err(Failure::bad_input)?;
    sending.say_confirmed(&known.address.value)
}

impl SendingArgs {
    /// The engine over a database that is no restored copy, as far as this machine knows (S29).
    async fn open(&self) -> Result<Engine, Failure> {
        let store = self.database.open().await?;
        let mark = self.mark.of(&self.database.database_url).read().map_err(Failure::bad_input)?;
        if judge(mark, store.instance().await?) != Standing::Sound {
            let why = "this machine does not know the database, or knows it with more behind it, so it may be a \
                       restored copy: nothing is sent; if no other installation sends from it, run `cartwright node \
                       confirm` first";
            return Err(Failure::bad_input(why));
        }
        wiring::engine(&self.runtime, store, Arc::new(SystemClock), Arc::new(OsEntropy))
    }

    fn say(&self, test: &TestSend) -> Result<(), Failure> {
        if self.format.json {
            let mut said = json!(test);
            said["next_step"] = json!(test.next_step());
            output::say_json(&said);
        }
        let words = test.answer.as_ref().map(|answer| match &answer.code {
            Some(code) => format!("{} ({code})", answer.text),
            None => answer.text.clone(),
        });
        let words = words.unwrap_or_default();
        match (&test.state, test.next_step()) {
            (TestState::Accepted { provider_id }, _) if !self.format.json => {
                output::say(format_args!("sent to {}: the provider knows it as {provider_id}", test.to.value));
                Ok(())
            }
            (TestState::Rejected { .. }, Some(step)) => {
                Err(Failure::failed(format!("it was refused: {words}. {step}")))
            }
            (_, Some(step)) => Err(Failure::failed(format!("nobody knows whether it was taken: {words}. {step}"))),
            _ => Ok(()),
        }
    }

    fn say_confirmed(&self, value: &str) -> Result<(), Failure> {
        match self.format.json {
            true => output::say_json(&json!({ "value": value, "confirmed": true })),
            false => output::say(format_args!("{value} is confirmed; `cartwright content test` sends there")),
        }
        Ok(())
    }
}
