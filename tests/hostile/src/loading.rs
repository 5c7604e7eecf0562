//! Guests that never come to decide: something is wrong with the file, its imports, its exports, or what it says of
//! itself.

use crate::bombs::cut;
use crate::condition::{Condition, MANY, MILLION};
use crate::guests::{tame, with_schema};
use crate::layout::EDITION;
use crate::{component_of, core_module_of, with_metadata, wrapped};

/// Never comes back from its start function.
pub fn endless_start() -> Condition {
    let mut guest = Condition::new("endless-start");
    guest.start = Some("(loop $again (br $again))");
    guest
}

/// Wants all its memory at once, before it runs.
pub fn memory_bomb_at_start() -> Condition {
    let mut guest = Condition::new("memory-bomb-at-start");
    guest.pages = 2000;
    guest
}

/// Asks for a fact that there is not.
pub fn unknown_fact() -> Condition {
    let mut guest = Condition::new("unknown-fact");
    guest.facts = vec!["weather.today"];
    guest
}

/// Its config schema is none.
pub fn bad_schema() -> Condition {
    let mut guest = Condition::new("bad-schema");
    guest.config_schema = r#"{"type": "objekt"}"#;
    guest
}

/// Has no metadata.
pub fn nameless() -> Condition {
    Condition { name: None, ..Condition::new("") }
}

/// Says that it has 200,000 branches.
pub fn many_branches() -> Condition {
    Condition { branches: MANY, ..Condition::new("many-branches") }
}

/// Imports something nobody offers.
pub fn backdoor() -> Condition {
    let mut guest = Condition::new("backdoor");
    guest.imports = vec![("evil:host/backdoor@1.0.0", "open", "(result i32)")];
    guest.packages = vec!["package evil:host@1.0.0; interface backdoor { open: func() -> u32; }"];
    guest.evaluate = "(drop (call $backdoor.open)) (i32.const 0x100)";
    guest
}

/// Imports what only selectors may.
pub fn reading_candidates() -> Condition {
    let mut guest = Condition::new("reading-candidates");
    guest.imports = vec![("candidates", "count", "(result i32)")];
    guest.evaluate = "(drop (call $candidates.count)) (i32.const 0x100)";
    guest
}

/// Built for an edition that this host does not speak.
pub fn next_edition() -> Condition {
    let mut guest = tame();
    guest.name = Some("next-edition".to_owned());
    guest.edition = "0.3.0";
    guest
}

/// Built for a later patch of this edition, and uses a function that came with it.
pub fn later_function() -> Condition {
    let mut guest = Condition::new("later-function");
    guest.edition = "0.2.1";
    guest.more_orders = "returned: func() -> u32;";
    guest.imports = vec![("orders", "returned", "(result i32)")];
    guest.evaluate = "(drop (call $orders.returned)) (i32.const 0x100)";
    guest
}

/// Built for a later patch of this edition, and uses only what there was before.
pub fn later_patch() -> Condition {
    let mut guest = tame();
    guest.name = Some("later-patch".to_owned());
    guest.edition = "0.2.1";
    guest.more_orders = "returned: func() -> u32;";
    guest
}

/// A component of no kind: it has one function of its own.
pub fn of_no_kind() -> Vec<u8> {
    let module = r#"(module (func (export "test:other/thing@1.0.0#run")))"#;
    let world = "package test:guest; world guest { export test:other/thing@1.0.0; }";
    let other = "package test:other@1.0.0; interface thing { run: func(); }";
    component_of(EDITION, module, world, &[other], &|text| text, Some(("of-no-kind", "1.0.0")), None)
}

/// A component of two kinds; neither ever runs.
pub fn of_two_kinds() -> Vec<u8> {
    let functions = |kind: &str, names: &[(&str, &str)]| {
        let one = |(name, kind_of): &(&str, &str)| {
            format!("(func (export \"cartwright:plugin/{kind}@{EDITION}#{name}\") {kind_of} unreachable)\n")
        };
        names.iter().map(one).collect::<String>()
    };
    let text = "(param i32 i32) (result i32)";
    let condition = [
        ("describe", "(result i32)"),
        ("branches", "(result i32)"),
        ("check-config", text),
        ("evaluate", "(result i32)"),
    ];
    let selector = [("describe", "(result i32)"), ("check-config", text), ("select", "(result i32)")];
    let module = format!(
        r#"(module (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable) {} {})"#,
        functions("condition", &condition),
        functions("selector", &selector)
    );
    let world = format!(
        "package test:guest; world guest {{
        export cartwright:plugin/condition@{EDITION}; export cartwright:plugin/selector@{EDITION}; }}"
    );
    component_of(EDITION, &module, &world, &[], &|text| text, Some(("of-two-kinds", "1.0.0")), None)
}

/// A core module, sound in itself.
pub fn core_module() -> Vec<u8> {
    core_module_of("(module (func (export \"run\")))")
}

/// The first half of a component.
pub fn truncated() -> Vec<u8> {
    let mut component = tame().component();
    component.truncate(component.len() / 2);
    component
}

/// A name that would not fit a line, nor a path.
pub fn misnamed() -> Vec<u8> {
    with_metadata(&Condition { name: None, ..Condition::new("") }.component(), "../../etc/passwd", "1.0.0", None)
}

/// A version that is none.
pub fn misversioned() -> Vec<u8> {
    with_metadata(&Condition { name: None, ..Condition::new("") }.component(), "misversioned", "latest", None)
}

/// Looks like a condition and answers with a number.
pub fn misshapen() -> Vec<u8> {
    let module = format!(
        r#"(module (memory (export "memory") 1)
          (func (export "cartwright:plugin/condition@{EDITION}#evaluate") (result i32) (i32.const 1)))"#
    );
    let world = format!("package test:guest; world guest {{ export cartwright:plugin/condition@{EDITION}; }}");
    let edit = |text: String| {
        let at = text.find("interface condition {").unwrap_or_default();
        let end = at + text[at..].find("world ").unwrap_or_default();
        format!("{}interface condition {{ evaluate: func() -> u32; }}\n{}", &text[..at], &text[end..])
    };
    component_of(EDITION, &module, &world, &[], &edit, Some(("misshapen", "1.0.0")), None)
}

/// Wants to make requests by itself.
pub fn going_out() -> Condition {
    let mut guest = Condition::new("going-out");
    guest.imports = vec![("wasi:http/outgoing-handler@0.2.6", "handle", "(result i32)")];
    guest.packages = vec!["package wasi:http@0.2.6; interface outgoing-handler { handle: func() -> u32; }"];
    guest.evaluate = "(drop (call $outgoing-handler.handle)) (i32.const 0x100)";
    guest
}

/// Imports two thousand functions that nobody has.
pub fn import_flood() -> Condition {
    let names: Vec<String> = (0..2_000).map(|number| format!("nobody{number}")).collect();
    let functions: String = names.iter().map(|name| format!("{name}: func() -> u32;\n")).collect();
    let mut guest = Condition::new("import-flood");
    let leaked = |text: String| -> &'static str { text.leak() };
    guest.packages = vec![leaked(format!("package evil:flood@1.0.0; interface many {{ {functions} }}"))];
    guest.imports = names.into_iter().map(|name| ("evil:flood/many@1.0.0", leaked(name), "(result i32)")).collect();
    guest
}

/// Crashes in its start function.
pub fn crashing_start() -> Condition {
    Condition { start: Some("unreachable"), ..Condition::new("crashing-start") }
}

/// Crashes when it is asked what it is.
pub fn crashing_description() -> Condition {
    Condition { describe: "unreachable", ..Condition::new("crashing-description") }
}

/// Never says what it is.
pub fn endless_description() -> Condition {
    Condition { describe: "(loop $again (br $again)) unreachable", ..Condition::new("endless-description") }
}

/// Never comes to the end of its branches.
pub fn endless_branches() -> Condition {
    Condition { branches: "(loop $again (br $again)) unreachable", ..Condition::new("endless-branches") }
}

/// Leaves when it is asked what it is.
pub fn leaving_description() -> Condition {
    Condition {
        name: Some("leaving-description".to_owned()),
        describe: "(call $exit.exit (i32.const 1)) unreachable",
        evaluate: "(i32.const 0x100)",
        ..crate::guests::leaving()
    }
}

/// Reads a fact while it is asked what it is.
pub fn curious_description() -> Condition {
    Condition {
        name: Some("curious-description".to_owned()),
        describe: "(drop (call $orders.count)) (i32.const 0)",
        ..tame()
    }
}

/// Says at each call that it is something else.
pub fn changing_description() -> Condition {
    let mut guest = Condition::new("changing-description");
    guest.describe = "(i32.store8 (i32.const 0x400) (i32.add (i32.load8_u (i32.const 0x400)) (i32.const 1)))
        (i32.const 0)";
    guest
}

/// Says that it has a million branches.
pub fn million_branches() -> Condition {
    Condition { branches: MILLION, ..Condition::new("million-branches") }
}

/// Describes itself in 100 MB.
pub fn hundred_mb_description() -> Condition {
    Condition {
        describe: "(i32.store (i32.const 4) (i32.const 104857600)) (i32.const 0)",
        ..Condition::new("hundred-mb-description")
    }
}

/// Falls over when it is shown a configuration.
pub fn crashing_config() -> Condition {
    Condition { check_config: "unreachable", name: Some("crashing-config".to_owned()), ..with_schema() }
}

/// More memories than any language has.
pub fn many_memories() -> Condition {
    let mut guest = Condition::new("many-memories");
    guest.definitions =
        "(memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1)";
    guest
}

/// A table that is too large from the start.
pub fn table_bomb_at_start() -> Condition {
    Condition { definitions: "(table 10000000 funcref)", ..Condition::new("table-bomb-at-start") }
}

fn schema(name: &str, text: String) -> Condition {
    Condition { config_schema: text.leak(), ..Condition::new(name) }
}

/// Its config schema is no JSON.
pub fn no_schema() -> Condition {
    schema("no-schema", "{".to_owned())
}

/// Its config schema nests deeper than JSON is read.
pub fn deep_schema() -> Condition {
    schema("deep-schema", format!("{}{}", "{\"not\":".repeat(5_000), "{}".to_owned() + &"}".repeat(5_000)))
}

/// Its config schema doubles with each of forty references.
pub fn schema_bomb() -> Condition {
    let levels: String = (1..40)
        .map(|level| {
            format!(r##","a{level}":{{"allOf":[{{"$ref":"#/$defs/a{0}"}},{{"$ref":"#/$defs/a{0}"}}]}}"##, level - 1)
        })
        .collect();
    schema("schema-bomb", format!(r##"{{"$ref":"#/$defs/a39","$defs":{{"a0":{{"type":"string"}}{levels}}}}}"##))
}

/// Its config schema is itself.
pub fn endless_schema() -> Condition {
    schema("endless-schema", r##"{"allOf":[{"$ref":"#"}]}"##.to_owned())
}

/// Its config schema stands somewhere else.
pub fn far_schema() -> Condition {
    schema("far-schema", r#"{"$ref":"http://169.254.169.254/schema.json"}"#.to_owned())
}

/// A pattern that is larger than anything it could match.
pub fn pattern_bomb() -> Condition {
    schema("pattern-bomb", r#"{"pattern":"((a{1000}){1000}){1000}"}"#.to_owned())
}

/// A pattern that can only be matched by trying everything.
pub fn pattern_that_looks_back() -> Condition {
    schema("pattern-that-looks-back", r#"{"pattern":"^(a+)+\\1$"}"#.to_owned())
}

/// WebAssembly of a version that nobody has made.
pub fn unborn() -> Vec<u8> {
    b"\0asm\x99\x00\x09\x00".to_vec()
}

/// A component whose module ends in the middle.
pub fn half_a_module() -> Vec<u8> {
    wrapped("half-a-module", &cut(&core_module_of("(module (func (export \"run\")))"), 20))
}
