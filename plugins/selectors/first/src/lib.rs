//! The first content, for everybody: the selector of a step that has one.

cartwright_sdk::selector_plugin!(First);

use bindings::{Choice, Descriptor, Fault, Json, Selector, candidates};
use cartwright_sdk::json;

/// The selector.
pub struct First;

impl Selector for First {
    fn describe() -> Descriptor {
        Descriptor::new("First content", "Shows everybody the first content.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::no_config(&config)
    }

    fn select() -> Result<Choice, Fault> {
        first(candidates::count())
    }
}

fn first(count: u32) -> Result<Choice, Fault> {
    match count {
        0 => Err(Fault::bad_input("there is no content to choose from; give the step one")),
        _ => Ok(Choice { candidate: 0, variables: Vec::new(), reason: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_any_number_is_chosen_and_none_of_none() {
        assert_eq!(first(3).unwrap().candidate, 0);
        assert!(first(0).is_err());
    }
}
