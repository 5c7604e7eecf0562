//! The state of a task that is one request: which task it was, and the few words its answer is read with.

use crate::types::{Fault, FaultKind};

/// Texts as a state.
pub fn write(texts: &[&str]) -> Vec<u8> {
    // A list of texts: there is nothing here that JSON cannot say.
    serde_json::to_vec(texts).unwrap_or_default()
}

/// The texts of a state that [`write`] made.
pub fn read(state: &[u8]) -> Result<Vec<String>, Fault> {
    serde_json::from_slice(state).map_err(|_| foreign())
}

/// The state is not one of this plugin.
pub fn foreign() -> Fault {
    Fault { kind: FaultKind::Internal, message: "the state is of another version of this plugin".to_owned() }
}
