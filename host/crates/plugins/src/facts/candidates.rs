//! The contents to choose from. They come from the strategy, not from the customer: reading them needs no grant.

use cartwright_plugins_bindings::v0_2::imports::candidates;
use wasmtime::Result;

use crate::guest::Guest;

impl candidates::Host for Guest {
    fn count(&mut self) -> Result<u32> {
        Ok(u32::try_from(self.candidates.len()).unwrap_or(u32::MAX))
    }

    fn name(&mut self, index: u32) -> Result<Option<String>> {
        Ok(self.candidates.get(index as usize).map(|candidate| candidate.name.clone()))
    }

    fn has_label(&mut self, index: u32, label: String) -> Result<bool> {
        Ok(self.candidates.get(index as usize).is_some_and(|candidate| candidate.labels.contains(&label)))
    }

    fn labels(&mut self, index: u32) -> Result<Vec<String>> {
        Ok(self.candidates.get(index as usize).map(|candidate| candidate.labels.clone()).unwrap_or_default())
    }
}
