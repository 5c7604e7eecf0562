//! The decision itself: its moment, its configuration, its chance, and the plugin's own words.

use cartwright_domain::fact::FactRead;
use cartwright_plugins_bindings::v0_2::imports::{decision, words};
use wasmtime::Result;

use crate::failure::Stopped;
use crate::guest::{Guest, Present};

impl decision::Host for Guest {
    fn now(&mut self) -> Result<i64> {
        Ok(Guest::now(self).millis())
    }

    fn config(&mut self) -> Result<String> {
        Ok(self.config.to_string())
    }

    fn random(&mut self) -> Result<u64> {
        if matches!(self.present, Present::Nobody) {
            return Err(Stopped::NoSubject("decision.random".to_owned()).into());
        }
        let chance = self.chance();
        self.note(FactRead::new("decision.random", chance))?;
        Ok(chance)
    }

    fn log(&mut self, line: String) -> Result<()> {
        self.log.line(&line);
        Ok(())
    }
}

/// The words come with the plugin: reading them needs no grant, and says nothing about the subject.
impl words::Host for Guest {
    fn translate(&mut self, key: String, language: String) -> Result<Option<String>> {
        let descriptor = self.descriptor.as_ref();
        Ok(descriptor.and_then(|descriptor| descriptor.translate(&key, &language)).map(str::to_owned))
    }
}
