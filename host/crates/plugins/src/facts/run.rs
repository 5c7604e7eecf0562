//! The run that asks.

use cartwright_plugins_bindings::v0_2::imports::run;
use wasmtime::Result;

use super::Fact;
use crate::guest::Guest;

impl run::Host for Guest {
    fn started_at(&mut self) -> Result<i64> {
        Ok(self.fact(Fact::RunStartedAt, |subject| subject.started_at)?.millis())
    }

    fn step(&mut self) -> Result<String> {
        self.fact(Fact::RunStep, |subject| subject.step.to_string())
    }

    fn strategy(&mut self) -> Result<String> {
        self.fact(Fact::RunStrategy, |subject| subject.strategy.to_string())
    }

    fn messages_sent(&mut self) -> Result<u32> {
        self.fact(Fact::RunMessagesSent, |subject| subject.messages_sent)
    }

    fn answer(&mut self, place: String) -> Result<Option<String>> {
        let about = || vec![place.as_str().into()];
        self.fact_about(Fact::RunAnswer, about, |subject| subject.answer_at(&place).map(ToString::to_string))
    }
}
