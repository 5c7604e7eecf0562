//! Conditions that decide. Each does one thing wrong; its name says which.

use crate::condition::{
    Condition, FAULT, HUGE, HUNDRED_MB, LYING, MAYBE, NEGATIVE, NO_CASE, NO_OPTION, NO_TEXT, ODD, OVERFLOW, WORDY, YES,
};

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

/// Wants a number in `limit`.
pub fn with_schema() -> Condition {
    let mut guest = Condition::new("with-schema");
    guest.config_schema =
        r#"{"type": "object", "properties": {"limit": {"type": "integer"}}, "additionalProperties": false}"#;
    guest
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

/// Answers with a text of 100 MB, which is more than all of its memory.
pub fn hundred_mb_answer() -> Condition {
    Condition { evaluate: HUNDRED_MB, ..Condition::new("hundred-mb-answer") }
}

/// Answers with a text of -1 bytes.
pub fn negative_length() -> Condition {
    Condition { evaluate: NEGATIVE, ..Condition::new("negative-length") }
}

/// Answers with a text whose end is before its beginning.
pub fn overflowing_length() -> Condition {
    Condition { evaluate: OVERFLOW, ..Condition::new("overflowing-length") }
}

/// Answers with neither a success nor a failure.
pub fn no_case() -> Condition {
    Condition { evaluate: NO_CASE, ..Condition::new("no-case") }
}

/// Answers with an option that is neither there nor not.
pub fn no_option() -> Condition {
    Condition { evaluate: NO_OPTION, ..Condition::new("no-option") }
}

/// Answers with bytes that are no text.
pub fn no_text() -> Condition {
    Condition { evaluate: NO_TEXT, ..Condition::new("no-text") }
}

/// Answers at an address where no answer can stand.
pub fn odd_address() -> Condition {
    Condition { evaluate: ODD, ..Condition::new("odd-address") }
}

/// Answers with a fault of 200,000 bytes of words.
pub fn wordy_fault() -> Condition {
    Condition { evaluate: WORDY, ..Condition::new("wordy-fault") }
}

const CONFIG: (&str, &str, &str) = ("decision", "config", "(param i32)");
const READ_CONFIG: &str = "(call $decision.config (i32.const 0x300)) (i32.const 0x100)";

/// Says that there is room where there is none, when the host has a text for it.
pub fn lying_allocator() -> Condition {
    let mut guest = Condition::new("lying-allocator");
    guest.imports = vec![CONFIG];
    guest.realloc =
        Some(r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0xfffffff0))"#);
    guest.evaluate = READ_CONFIG;
    guest
}

/// Never comes back from making room.
pub fn endless_allocator() -> Condition {
    let mut guest = Condition::new("endless-allocator");
    guest.imports = vec![CONFIG];
    guest.realloc = Some(
        r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop $again (br $again)) unreachable)"#,
    );
    guest.evaluate = READ_CONFIG;
    guest
}

/// Asks for more and more room in a table.
pub fn table_bomb() -> Condition {
    let mut guest = Condition::new("table-bomb");
    guest.definitions = "(table $table 1 funcref)";
    guest.evaluate = "(loop $again
          (drop (table.grow $table (ref.null func) (i32.const 5000))) (br $again)) unreachable";
    guest
}

/// Fills its memory over and over.
pub fn endless_filling() -> Condition {
    let mut guest = Condition::new("endless-filling");
    guest.evaluate = "(drop (memory.grow (i32.const 900)))
        (loop $again (memory.fill (i32.const 0x180000) (i32.const 1) (i32.const 50000000)) (br $again)) unreachable";
    guest
}

/// Asks for facts without end.
pub fn endless_asking() -> Condition {
    let mut guest = tame();
    guest.name = Some("endless-asking".to_owned());
    guest.evaluate = "(loop $again (drop (call $orders.count)) (br $again)) unreachable";
    guest
}

/// Asks for tags that nobody has, each another one and each very long.
pub fn asking_flood() -> Condition {
    let mut guest = Condition::new("asking-flood");
    guest.facts = vec!["customer.*"];
    guest.imports = vec![("customer", "has-tag", "(param i32 i32) (result i32)")];
    guest.definitions = "(global $at (mut i32) (i32.const 1))";
    guest.evaluate = "(loop $again
          (i32.store (i32.const 0x1000) (i32.and (global.get $at) (i32.const 0x7f7f7f7f)))
          (global.set $at (i32.add (global.get $at) (i32.const 1)))
          (drop (call $customer.has-tag (i32.const 0x1000) (i32.const 200000))) (br $again)) unreachable";
    guest
}

/// Reads a fact that it declares and nobody granted.
pub fn reading_tags() -> Condition {
    let mut guest = Condition::new("reading-tags");
    guest.facts = vec!["customer.has-tag"];
    guest.imports = vec![("customer", "has-tag", "(param i32 i32) (result i32)")];
    guest.evaluate = "(drop (call $customer.has-tag (i32.const 0x1c0) (i32.const 5))) (i32.const 0x100)";
    guest
}

const EXIT: &str = "package wasi:cli@0.2.6; interface exit { exit: func(status: result); }";

/// Leaves in the middle of a decision, as if the process were its own.
pub fn leaving() -> Condition {
    let mut guest = Condition::new("leaving");
    guest.imports = vec![("wasi:cli/exit@0.2.6", "exit", "(param i32)")];
    guest.packages = vec![EXIT];
    guest.evaluate = "(call $exit.exit (i32.const 1)) unreachable";
    guest
}

const BYTES: &str = "package wasi:random@0.2.6; interface random { get-random-bytes: func(len: u64) -> list<u8>; }";

/// Asks for a terabyte of chance.
pub fn chance_bomb() -> Condition {
    let mut guest = Condition::new("chance-bomb");
    guest.imports = vec![("wasi:random/random@0.2.6", "get-random-bytes", "(param i64 i32)")];
    guest.packages = vec![BYTES];
    guest.evaluate = "(call $random.get-random-bytes (i64.const 0x10000000000) (i32.const 0x300)) (i32.const 0x100)";
    guest
}

/// The guest, but tame until its configuration says anything: nothing that an upload would see.
pub fn once_configured(guest: Condition) -> Condition {
    let mut guest = guest;
    guest.imports.push(CONFIG);
    let evaluate = format!(
        "(call $decision.config (i32.const 0x300))
        (if (result i32) (i32.gt_u (i32.load (i32.const 0x304)) (i32.const 2))
          (then {}) (else (i32.const 0x100)))",
        guest.evaluate
    );
    guest.evaluate = evaluate.leak();
    guest
}

/// Says yes, but crashes for whoever has 13 orders: nothing that an upload would see.
pub fn trap_on_thirteen() -> Condition {
    let mut guest = tame();
    guest.name = Some("trap-on-thirteen".to_owned());
    guest.evaluate = "(if (i32.eq (call $orders.count) (i32.const 13)) (then unreachable)) (i32.const 0x100)";
    guest
}

/// Says yes, but never comes back for whoever has 13 orders: nothing that an upload would see.
pub fn endless_on_thirteen() -> Condition {
    let mut guest = tame();
    guest.name = Some("endless-on-thirteen".to_owned());
    guest.evaluate = "(if (i32.eq (call $orders.count) (i32.const 13)) (then (loop $again (br $again))))
        (i32.const 0x100)";
    guest
}
