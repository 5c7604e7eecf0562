//! What every kind must do: describe itself the same each time, and judge a configuration without falling over.

use cartwright_domain::plugin::Problem;
use serde_json::{Value, json};

use super::report::Rule;
use super::{Depth, Kit, schema};
use crate::check;

const STABLE: Rule = Rule {
    name: "describe-stable",
    statement: "it describes itself the same at every call",
    remedy: "build the descriptor from constants only",
};
const EXAMPLES: Rule = Rule {
    name: "example-configuration",
    statement: "it takes the configurations that are said to fit",
    remedy: "mend the example, or check-config",
};
const REFUSED: Rule = Rule {
    name: "junk-configuration-refused",
    statement: "a configuration that does not fit is refused",
    remedy: "say in config-schema what fits: types, `required`, `additionalProperties`",
};
const NO_TRAP: Rule = Rule {
    name: "junk-configuration-no-trap",
    statement: "check-config answers whatever it is given",
    remedy: "answer with the fault `bad-config` instead of crashing",
};

/// Asked again, in the same instance and in new ones.
pub(super) async fn describe(kit: &mut Kit<'_>) {
    let call = kit.call(&Value::Null);
    let again = match kit.runtime.asked(&kit.plugin, &call).await {
        Err(failure) => Err(failure.to_string()),
        Ok(mut session) => {
            let first = session.live.describe(&mut session.store).await;
            let second = session.live.describe(&mut session.store).await;
            let both = first.and_then(|first| Ok((first, second?)));
            session.close(both).map_err(|failure| failure.to_string())
        }
    };
    let seen = again.and_then(|(first, second)| {
        if first != second {
            return Err(format!("first {first:?}, then {second:?}"));
        }
        match check::described(second) {
            Ok(descriptor) if descriptor == *kit.plugin.descriptor => Ok(()),
            Ok(descriptor) => Err(format!("first {:?}, then {descriptor:?}", kit.plugin.descriptor)),
            Err(why) => Err(why.to_string()),
        }
    });
    kit.report.note(STABLE, seen);
}

/// Configurations that it takes: the fixture's, those its schema offers, or one made after the schema.
pub(super) async fn configurations(kit: &mut Kit<'_>) -> Vec<Value> {
    let schema = &kit.plugin.descriptor.config_schema;
    let promised = match kit.fixture.configs.as_slice() {
        [] => schema::offered(schema),
        configs => configs.to_vec(),
    };
    let mut taken = Vec::new();
    if promised.is_empty() {
        let made = [json!({})].into_iter().chain(schema::fitting(schema, &kit.plugin.config_schema));
        for config in made {
            if taken.is_empty() && kit.takes(&config).await.is_ok() {
                taken.push(config);
            }
        }
        let why = match taken.is_empty() {
            true => "no configuration is known: give `examples` in config-schema, or a fixture",
            false => "config-schema gives no example; one was made after it",
        };
        kit.report.leave_out(EXAMPLES, why);
        return taken;
    }
    let mut seen = Ok(());
    for config in promised {
        match kit.takes(&config).await {
            Ok(()) => taken.push(config),
            Err(why) => seen = Err(format!("{config}: {why}")),
        }
    }
    kit.report.note(EXAMPLES, seen);
    if kit.depth == Depth::Upload {
        taken.truncate(1);
    }
    taken
}

/// Junk is refused, and nothing of it makes it fall over.
pub(super) async fn junk(kit: &mut Kit<'_>, fitting: Option<&Value>) {
    let (schema, validator) = (&kit.plugin.descriptor.config_schema, &kit.plugin.config_schema);
    let mut junk = schema::refused(schema, fitting, validator);
    if kit.depth == Depth::Upload {
        junk.truncate(12);
    }
    if junk.is_empty() {
        kit.report.leave_out(REFUSED, "its config-schema takes everything");
    } else {
        let mut seen = Ok(());
        for config in &junk {
            match kit.takes(config).await {
                Err(failure) if is_refusal(failure.problem) => {}
                answer => seen = Err(format!("{config} was answered with {answer:?}")),
            }
        }
        kit.report.note(REFUSED, seen);
    }
    // The schema stands before the plugin; its own mind is asked as if it did not.
    let mut texts: Vec<String> = junk.iter().map(Value::to_string).collect();
    texts.extend(["", "{", "\u{feff}{}", "null", "{\"a\":1,\"a\":2}"].map(str::to_owned));
    let mut seen = Ok(());
    for text in texts {
        let call = kit.call(&Value::Null);
        let answer = match kit.runtime.asked(&kit.plugin, &call).await {
            Err(failure) => Err(failure),
            Ok(mut session) => {
                let answer = session.live.check_config(&mut session.store, &text).await;
                session.close(answer).map(|_| ())
            }
        };
        if let Err(failure) = answer {
            seen = Err(format!("check-config({text}): {failure}"));
            break;
        }
    }
    kit.report.note(NO_TRAP, seen);
}

fn is_refusal(problem: Problem) -> bool {
    matches!(problem, Problem::BadConfig | Problem::BadInput | Problem::MissingFact)
}
