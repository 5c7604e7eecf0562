//! The guests. Each does one thing wrong; its name says which.

use crate::condition::{Condition, FAULT, HUGE, LYING, MANY, MAYBE, YES};
use crate::{component_of, core_module_of};

const SOCKETS: &str = "package wasi:sockets@0.2.6;
    interface network {
      enum error-code {
        unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict,
        not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use,
        remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large,
        name-unresolvable, temporary-resolver-failure, permanent-resolver-failure,
      }
      enum ip-address-family { ipv4, ipv6 }
    }
    interface tcp { resource tcp-socket; }
    interface tcp-create-socket {
      use network.{error-code, ip-address-family};
      use tcp.{tcp-socket};
      create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
    }";
const CLOCKS: &str = "package wasi:clocks@0.2.6;
    interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }";
const CHANCE: &str = "package wasi:random@0.2.6; interface random { get-random-u64: func() -> u64; }";
const COUNT: (&str, &str, &str) = ("orders", "count", "(result i32)");
const SPENT: (&str, &str, &str) = ("orders", "spent", "(param i32)");
const LOG: (&str, &str, &str) = ("decision", "log", "(param i32 i32)");

/// Does nothing wrong: yes, after reading `orders.count`.
pub fn tame() -> Condition {
    let mut guest = Condition::new("tame");
    guest.facts = vec!["orders.count"];
    guest.imports = vec![COUNT];
    guest.evaluate = "(drop (call $orders.count)) (i32.const 0x100)";
    guest
}

/// Never comes back from `evaluate`.
pub fn endless_loop() -> Condition {
    let mut guest = Condition::new("endless-loop");
    guest.evaluate = "(loop $again (br $again)) unreachable";
    guest
}

/// Never comes back from its start function.
pub fn endless_start() -> Condition {
    let mut guest = Condition::new("endless-start");
    guest.start = Some("(loop $again (br $again))");
    guest
}

/// Calls itself until the stack is full.
pub fn endless_recursion() -> Condition {
    let mut guest = Condition::new("endless-recursion");
    guest.definitions = "(func $deeper (result i32) (i32.add (call $deeper) (i32.const 1)))";
    guest.evaluate = "(drop (call $deeper)) (i32.const 0x100)";
    guest
}

/// Takes memory until it gets no more.
pub fn memory_bomb() -> Condition {
    let mut guest = Condition::new("memory-bomb");
    guest.evaluate = "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) unreachable";
    guest
}

/// Wants all its memory at once, before it runs.
pub fn memory_bomb_at_start() -> Condition {
    let mut guest = Condition::new("memory-bomb-at-start");
    guest.pages = 2000;
    guest
}

/// Two memories, each within the limit, not together.
pub fn two_memories() -> Condition {
    let mut guest = Condition::new("two-memories");
    guest.definitions = "(memory $second 1)";
    guest.evaluate =
        "(drop (memory.grow (i32.const 600))) (drop (memory.grow $second (i32.const 600))) (i32.const 0x100)";
    guest
}

/// Answers with a text of 1 MiB.
pub fn huge_answer() -> Condition {
    let mut guest = Condition::new("huge-answer");
    guest.evaluate = HUGE;
    guest
}

/// Answers with a text that is not in its memory.
pub fn lying_pointer() -> Condition {
    let mut guest = Condition::new("lying-pointer");
    guest.evaluate = LYING;
    guest
}

/// Takes a branch that it does not declare.
pub fn undeclared_branch() -> Condition {
    let mut guest = Condition::new("undeclared-branch");
    guest.evaluate = MAYBE;
    guest
}

/// Answers with a fault.
pub fn faulty() -> Condition {
    let mut guest = Condition::new("faulty");
    guest.evaluate = FAULT;
    guest
}

/// Logs a thousand lines.
pub fn log_flood() -> Condition {
    let mut guest = Condition::new("log-flood");
    guest.imports = vec![LOG];
    guest.definitions = "(global $left (mut i32) (i32.const 0))";
    guest.evaluate = "(global.set $left (i32.const 1000))
        (loop $again
          (call $decision.log (i32.const 0x1c0) (i32.const 5))
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))
          (br_if $again (global.get $left)))
        (i32.const 0x100)";
    guest
}

/// Crashes for the customer with 3 orders and says yes to all others.
pub fn trap_on_three() -> Condition {
    let mut guest = Condition::new("trap-on-three");
    guest.facts = vec!["orders.count"];
    guest.imports = vec![COUNT];
    guest.evaluate = "(if (i32.eq (call $orders.count) (i32.const 3)) (then unreachable)) (i32.const 0x100)";
    guest
}

/// Counts its calls in its own memory and crashes when it sees the second: it must always be a fresh one, or the
/// batch goes on in a new one.
pub fn remembering() -> Condition {
    let mut guest = Condition::new("remembering");
    guest.definitions = "(global $calls (mut i32) (i32.const 0))";
    guest.evaluate = "(if (global.get $calls) (then unreachable))
        (global.set $calls (i32.const 1)) (i32.const 0x100)";
    guest
}

/// Turns a loop ten times for each subject.
pub fn slow() -> Condition {
    let mut guest = Condition::new("slow");
    guest.definitions = "(global $left (mut i32) (i32.const 0))";
    guest.evaluate = "(global.set $left (i32.const 10))
        (loop $again
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))
          (br_if $again (global.get $left)))
        (i32.const 0x100)";
    guest
}

/// Reads `orders.count` and declares only `orders.spent`.
pub fn undeclared_fact() -> Condition {
    let mut guest = tame();
    guest.name = Some("undeclared-fact".to_owned());
    guest.facts = vec!["orders.spent"];
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

/// Wants a number in `limit`.
pub fn with_schema() -> Condition {
    let mut guest = Condition::new("with-schema");
    guest.config_schema =
        r#"{"type": "object", "properties": {"limit": {"type": "integer"}}, "additionalProperties": false}"#;
    guest
}

/// Has no metadata.
pub fn nameless() -> Condition {
    Condition { name: None, ..Condition::new("") }
}

/// Imports a socket and opens it.
pub fn socket() -> Condition {
    let mut guest = Condition::new("socket");
    guest.imports = vec![("wasi:sockets/tcp-create-socket@0.2.6", "create-tcp-socket", "(param i32 i32)")];
    guest.packages = vec![SOCKETS];
    guest.evaluate = "(call $tcp-create-socket.create-tcp-socket (i32.const 0) (i32.const 0x300)) (i32.const 0x100)";
    guest
}

/// The same, made by a tool that always imports sockets.
pub fn interpreter_with_socket() -> Condition {
    Condition { made_with: Some("componentize-py"), ..socket() }
}

/// Says yes if the clock of WASI shows the moment of the decision, and logs a random number of WASI in letters.
pub fn looking_around() -> Condition {
    let mut guest = Condition::new("looking-around");
    guest.imports = vec![
        ("wasi:clocks/wall-clock@0.2.6", "now", "(param i32)"),
        ("wasi:random/random@0.2.6", "get-random-u64", "(result i64)"),
        ("decision", "now", "(result i64)"),
        LOG,
    ];
    guest.packages = vec![CLOCKS, CHANCE];
    guest.definitions = "(global $chance (mut i64) (i64.const 0)) (global $at (mut i32) (i32.const 0))";
    guest.evaluate = "(global.set $chance (call $random.get-random-u64))
        (global.set $at (i32.const 0x320))
        (loop $again
          (i32.store8 (global.get $at)
            (i32.add (i32.const 97) (i32.wrap_i64 (i64.and (global.get $chance) (i64.const 15)))))
          (global.set $chance (i64.shr_u (global.get $chance) (i64.const 4)))
          (global.set $at (i32.add (global.get $at) (i32.const 1)))
          (br_if $again (i32.lt_u (global.get $at) (i32.const 0x330))))
        (call $decision.log (i32.const 0x320) (i32.const 16))
        (call $wall-clock.now (i32.const 0x300))
        (i64.eq (call $decision.now) (i64.mul (i64.load (i32.const 0x300)) (i64.const 1000)))
        (if (result i32) (then (i32.const 0x100)) (else (i32.const 0x120)))";
    guest
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
    guest.edition = "0.1.1";
    guest.more_orders = "returned: func() -> u32;";
    guest.imports = vec![("orders", "returned", "(result i32)")];
    guest.evaluate = "(drop (call $orders.returned)) (i32.const 0x100)";
    guest
}

/// Built for a later patch of this edition, and uses only what there was before.
pub fn later_patch() -> Condition {
    let mut guest = tame();
    guest.name = Some("later-patch".to_owned());
    guest.edition = "0.1.1";
    guest.more_orders = "returned: func() -> u32;";
    guest
}

/// Reads money, a fact that may be absent.
pub fn reading_money() -> Condition {
    let mut guest = Condition::new("reading-money");
    guest.facts = vec!["orders.*"];
    guest.imports = vec![SPENT];
    guest.evaluate = "(call $orders.spent (i32.const 0x300)) (i32.const 0x100)";
    guest
}

/// Always says yes without asking for anything: nothing but the price of the sandbox.
pub fn yes() -> Condition {
    Condition { evaluate: YES, ..Condition::new("yes") }
}

/// Asks for requests to the server in its configuration, and for two secrets. It makes none itself: its descriptor is
/// for what is sent in its name.
pub fn asking() -> Condition {
    let mut guest = Condition::new("asking");
    guest.hosts = vec![
        ("{config:/server}", "GET", "/v1/"),
        ("{config:/server}", "POST", "/v1/"),
        ("{config:/server}", "SMTP", "/"),
    ];
    guest.secrets = vec!["token", "password"];
    guest
}

/// A component of no kind: it has one function of its own.
pub fn of_no_kind() -> Vec<u8> {
    let module = r#"(module (func (export "test:other/thing@1.0.0#run")))"#;
    let world = "package test:guest; world guest { export test:other/thing@1.0.0; }";
    let other = "package test:other@1.0.0; interface thing { run: func(); }";
    component_of(module, world, &[other], &|text| text, Some(("of-no-kind", "1.0.0")), None)
}

/// A component of two kinds; neither ever runs.
pub fn of_two_kinds() -> Vec<u8> {
    let functions = |kind: &str, names: &[(&str, &str)]| {
        let one = |(name, kind_of): &(&str, &str)| {
            format!("(func (export \"cartwright:plugin/{kind}@0.1.0#{name}\") {kind_of} unreachable)\n")
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
    let world = "package test:guest; world guest {
        export cartwright:plugin/condition@0.1.0; export cartwright:plugin/selector@0.1.0; }";
    component_of(&module, world, &[], &|text| text, Some(("of-two-kinds", "1.0.0")), None)
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
