//! The hostile kit: every guest that misbehaves, with the named error it must meet.

use crate::channel::{ACCEPTED, Asked, MILLION_RECEIPTS, TELL};
use crate::layout::Import;
use crate::{Channel, Condition, Selector, bombs, guests, loading};

/// One hostile component.
pub struct Hostile {
    /// What it is.
    pub name: &'static str,
    /// Makes it.
    pub make: fn() -> Vec<u8>,
    /// What it must meet.
    pub meets: Meets,
}

impl Hostile {
    /// The name of its file, such as `an-endless-loop.wasm`.
    pub fn file(&self) -> String {
        let plain = self.name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        format!("{}.wasm", plain.replace("--", "-"))
    }
}

/// What the host does with it.
#[derive(Debug, Clone, Copy)]
pub enum Meets {
    /// It is refused at upload, and the refusal has all these words.
    Refused(&'static [&'static str]),
    /// Its types fit; asked to decide about one subject, it fails with this problem and these words.
    Fails(&'static str, &'static [&'static str]),
    /// It is asked to choose, with two candidates.
    Chooses(&'static str, &'static [&'static str]),
    /// It is asked to send a message.
    Sends(&'static str, &'static [&'static str]),
    /// It is told of a webhook.
    Receives(&'static str, &'static [&'static str]),
    /// Its requests are not made, with these words.
    StaysIn(&'static [&'static str]),
    /// It logs its configuration, in which the merchant typed a secret, and the log has these words instead.
    Logs(&'static [&'static str]),
    /// It does no harm: it says yes.
    Harmless,
}

use Meets::{Chooses, Fails, Harmless, Logs, Receives, Refused, Sends, StaysIn};

macro_rules! kit {
    ($($name:literal: $make:expr => $meets:expr;)+) => {
        vec![$(Hostile { name: $name, make: || $make, meets: $meets }),+]
    };
}

/// All of them.
pub fn all() -> Vec<Hostile> {
    let mut all = files();
    all.extend(descriptions());
    all.extend(decisions());
    all.extend(connections());
    all
}

fn files() -> Vec<Hostile> {
    const SLOW: &str = "compiling it would take too long";
    kit! {
        "a core module": loading::core_module() => Refused(&["file: this is a core module, not a component; build it for wasm32-wasip2"]);
        "half a file": loading::truncated() => Refused(&["file: the file is cut off or damaged", "upload it again"]);
        "half a module in a whole component": loading::half_a_module() => Refused(&["file: the file is cut off or damaged"]);
        "nothing": Vec::new() => Refused(&["file: the file is empty"]);
        "a text": b"(component)".to_vec() => Refused(&["file: this is no WebAssembly"]);
        "precompiled code": b"\x7fELF and so on".to_vec() => Refused(&["file: this is precompiled code, which is never taken from outside"]);
        "WebAssembly from the future": loading::unborn() => Refused(&["file: this is WebAssembly of a version that this host does not know"]);
        "no name": loading::nameless().component() => Refused(&["metadata: the component has no name; add it with"]);
        "a path as its name": loading::misnamed() => Refused(&["metadata: `../../etc/passwd` is no plugin name"]);
        "no version": loading::misversioned() => Refused(&["metadata: the version `latest` is not of the form 1.2.3"]);
        "very many functions": bombs::many_functions() => Refused(&["compile: it has 100001 or more functions; the limit is 100000", SLOW]);
        "a huge function": bombs::huge_function() => Refused(&["compile: a function has ", "the limit is 1 MiB", SLOW]);
        "very much code": bombs::much_code() => Refused(&["compile: its code has ", "the limit is 24 MiB", SLOW]);
        "blocks in blocks": bombs::deep_blocks() => Refused(&["compile: it has 5001 or more nested blocks in one function; the limit is 5000", SLOW]);
        "very many locals": bombs::many_locals() => Refused(&["compile: it has 50000 or more locals in one function; the limit is 5000", SLOW]);
        "locals times blocks": bombs::locals_in_blocks() => Refused(&["locals times blocks; the limit is 500000000", SLOW]);
        "calls with a thousand values": bombs::wide_calls() => Refused(&["values carried by its code; the limit is 64000000", SLOW]);
        "thousands of modules": bombs::many_modules() => Refused(&["compile: it has 1001 or more modules and components; the limit is 1000", SLOW]);
        "components in components": bombs::matryoshka() => Refused(&["world: it exports nothing; a plugin exports one of"]);
        "code of wrong types": bombs::ill_typed() => Refused(&["compile: it cannot be compiled"]);
        "many memories": loading::many_memories().component() => Refused(&["compile: it cannot be compiled: ", "memories count of 10 exceeds the per-instance limit of 8"]);
        "a huge table": loading::table_bomb_at_start().component() => Refused(&["compile: it cannot be compiled: ", "element size of 10000000 which exceeds the limit of 20000"]);
    }
}

fn descriptions() -> Vec<Hostile> {
    kit! {
        "no kind": loading::of_no_kind() => Refused(&["world: it exports `test:other/thing@1.0.0`; a plugin exports one of cartwright:plugin/{condition"]);
        "two kinds": loading::of_two_kinds() => Refused(&["world: it exports condition and selector; a component exports exactly one kind"]);
        "another shape": loading::misshapen() => Refused(&["world: its condition is not the one of cartwright:plugin@", "rebuild with wit/v0."]);
        "another edition": loading::next_edition().component() => Refused(&["imports: built for `cartwright:plugin/", "` 0.3.0, this host offers", "; rebuild with wit/v0."]);
        "a later function": loading::later_function().component() => Refused(&["imports: it needs the function `returned`: built for `cartwright:plugin/orders` 0.2.1, this host offers", "; rebuild with wit/v0."]);
        "a back door": loading::backdoor().component() => Refused(&["imports: it imports `evil:host/backdoor@1.0.0`, which this host does not offer"]);
        "two thousand imports": loading::import_flood().component() => Refused(&["imports: it imports `evil:flood/many@1.0.0`, which this host does not offer"]);
        "requests of its own": loading::going_out().component() => Refused(&["imports: it imports `wasi:http/outgoing-handler@0.2.6`, which this host does not offer"]);
        "a socket": guests::socket().component() => Refused(&["imports: it imports the socket interface `wasi:sockets/network@0.2.6`; sockets are not offered"]);
        "what only selectors may": loading::reading_candidates().component() => Refused(&["world: a condition cannot import `cartwright:plugin/candidates@", "it is for selectors"]);
        "an unknown fact": loading::unknown_fact().component() => Refused(&["describe: descriptor.facts: `weather.today` is no fact"]);
        "a schema that is none": loading::bad_schema().component() => Refused(&["describe: descriptor.config-schema is no JSON Schema"]);
        "a schema that is no JSON": loading::no_schema().component() => Refused(&["describe: descriptor.config-schema is not JSON"]);
        "a schema without a floor": loading::deep_schema().component() => Refused(&["describe: descriptor.config-schema is not JSON: recursion limit"]);
        "a schema that doubles": loading::schema_bomb().component() => Refused(&["describe: descriptor.config-schema has more than 10000 parts"]);
        "a schema within itself": loading::endless_schema().component() => Refused(&["describe: descriptor.config-schema refers to itself at `#`"]);
        "a schema elsewhere": loading::far_schema().component() => Refused(&["describe: descriptor.config-schema refers to `http://169.254.169.254/schema.json`", "nothing is fetched"]);
        "a pattern bomb": loading::pattern_bomb().component() => Refused(&["describe: descriptor.config-schema is no JSON Schema"]);
        "a pattern that looks back": loading::pattern_that_looks_back().component() => Refused(&["describe: descriptor.config-schema is no JSON Schema"]);
        "200,000 branches": loading::many_branches().component() => Refused(&["describe: asked what it is: answer too large: it handed more than 256 KiB to the host in one call"]);
        "a million branches": loading::million_branches().component() => Refused(&["describe: asked what it is: "]);
        "a title of 100 MB": loading::hundred_mb_description().component() => Refused(&["describe: asked what it is: "]);
        "an endless start": loading::endless_start().component() => Refused(&["describe: asked what it is: time-out: it ran longer than 100 ms for starting"]);
        "a start that crashes": loading::crashing_start().component() => Refused(&["describe: asked what it is: trap: it crashed"]);
        "125 MiB at the start": loading::memory_bomb_at_start().component() => Refused(&["describe: asked what it is: memory limit: it asked for 125 MiB of memory in all; the limit is 64 MiB"]);
        "a description that crashes": loading::crashing_description().component() => Refused(&["describe: asked what it is: trap: it crashed"]);
        "an endless description": loading::endless_description().component() => Refused(&["describe: asked what it is: time-out: it ran longer than 100 ms for one call"]);
        "endless branches": loading::endless_branches().component() => Refused(&["describe: asked what it is: time-out: it ran longer than 100 ms for one call"]);
        "a description that leaves": loading::leaving_description().component() => Refused(&["describe: asked what it is: trap: it left with exit code 1"]);
        "a description that reads facts": loading::curious_description().component() => Refused(&["describe: asked what it is: ", "it read `orders.count`"]);
        "a description that changes": loading::changing_description().component() => Refused(&["conformance: it describes itself the same at every call"]);
        "a configuration check that crashes": loading::crashing_config().component() => Refused(&["conformance: check-config answers whatever it is given"]);
    }
}

fn decisions() -> Vec<Hostile> {
    const TOO_LARGE: &[&str] = &["it handed more than 256 KiB to the host in one call"];
    kit! {
        "an endless loop": guests::endless_loop().component() => Fails("time-out", &["it ran longer than 50 ms for one subject"]);
        "endless filling of memory": guests::endless_filling().component() => Fails("time-out", &["it ran longer than 50 ms for one subject"]);
        "endless asking": guests::endless_asking().component() => Fails("time-out", &["it ran longer than 50 ms for one subject"]);
        "an endless allocator": guests::endless_allocator().component() => Fails("time-out", &["it ran longer than 50 ms for one subject"]);
        "endless recursion": guests::endless_recursion().component() => Fails("trap", &["it called itself too deeply: the stack overflowed"]);
        "a memory bomb": guests::memory_bomb().component() => Fails("memory limit", &["of memory in all; the limit is 64 MiB"]);
        "two memories": guests::two_memories().component() => Fails("memory limit", &["of memory in all; the limit is 64 MiB"]);
        "a table bomb": guests::table_bomb().component() => Fails("memory limit", &["it asked for a table of ", "the limit is 20000"]);
        "a terabyte of chance": guests::chance_bomb().component() => Fails("invalid answer", &["requested len 1099511627776 exceeds limit 65536"]);
        "an answer of 1 MiB": guests::huge_answer().component() => Fails("answer too large", TOO_LARGE);
        "an answer of 100 MB": guests::hundred_mb_answer().component() => Fails("invalid answer", &["its answer cannot be read", "out of bounds"]);
        "an answer of -1 bytes": guests::negative_length().component() => Fails("invalid answer", &["its answer cannot be read"]);
        "an answer that ends before it begins": guests::overflowing_length().component() => Fails("invalid answer", &["its answer cannot be read", "out of bounds"]);
        "a lying pointer": guests::lying_pointer().component() => Fails("invalid answer", &["its answer cannot be read", "out of bounds of memory"]);
        "an odd address": guests::odd_address().component() => Fails("invalid answer", &["its answer cannot be read", "aligned"]);
        "neither success nor failure": guests::no_case().component() => Fails("invalid answer", &["its answer cannot be read", "discriminant"]);
        "an option that is neither": guests::no_option().component() => Fails("invalid answer", &["its answer cannot be read", "discriminant"]);
        "bytes that are no text": guests::no_text().component() => Fails("invalid answer", &["its answer cannot be read", "utf-8"]);
        "a lying allocator": guests::lying_allocator().component() => Fails("invalid answer", &["realloc"]);
        "an undeclared branch": guests::undeclared_branch().component() => Fails("invalid answer", &["it took the branch `maybe`; declared are yes, no"]);
        "a fault": guests::faulty().component() => Fails("fault", &["gave up"]);
        "a fault of 200,000 bytes": guests::wordy_fault().component() => Fails("fault", &["…"]);
        "leaving": guests::leaving().component() => Fails("trap", &["it left with exit code 1"]);
        "a socket, opened all the same": guests::interpreter_with_socket().component() => Fails("not granted", &["it tried to open a TCP socket, but sockets are not offered"]);
        "an undeclared fact": guests::undeclared_fact().component() => Fails("fact not declared", &["it read `orders.count`, which its descriptor does not declare"]);
        "a fact that nobody granted": guests::reading_tags().component() => Fails("not granted", &["it read `customer.has-tag`, which the shop did not grant"]);
        "a flood of questions": guests::asking_flood().component() => Fails("answer too large", &["what it asked facts about has more than 256 KiB in one call"]);
        "a flood of log lines": guests::log_flood().component() => Harmless;
        "an endless loop of the first edition": first(guests::endless_loop()) => Fails("time-out", &["it ran longer than 50 ms for one subject"]);
        "a lying pointer of the first edition": first(guests::lying_pointer()) => Fails("invalid answer", &["its answer cannot be read", "out of bounds of memory"]);
        "a fault of the first edition": first(guests::faulty()) => Fails("fault", &["gave up"]);
        "nothing wrong, in the first edition": first(guests::tame()) => Harmless;
        "nothing wrong": guests::tame().component() => Harmless;
    }
}

fn connections() -> Vec<Hostile> {
    const URL: &str = "https://api.example.com/v1/";
    const TELLING: [Import; 2] = [("connection", "config", "(param i32)"), ("connection", "log", "(param i32 i32)")];
    kit! {
        "a candidate that nobody offered": Selector { candidate: 4_000_000_000, ..Selector::new("out-of-range") }.component() => Chooses("invalid answer", &["it chose candidate 4000000000, counted from 0, of 2"]);
        "a million variables": Selector { variables: 1_000_000, ..Selector::new("many-variables") }.component() => Chooses("invalid answer", &["its answer cannot be read", "out of bounds"]);
        "a hundred thousand variables": Selector { variables: 100_000, ..Selector::new("more-variables") }.component() => Chooses("answer too large", &["it handed more than 256 KiB to the host in one call"]);
        "five requests": of("five-requests", vec![Asked::get(URL); 5]) => Sends("invalid answer", &["5 requests in one step; the limit is 4"]);
        "a million requests": Channel { says: Some(1_000_000), ..Channel::new("many-requests") }.component() => Sends("invalid answer", &["out of bounds"]);
        "two sends": of("two-sends", vec![Asked::post(URL); 2]) => Sends("invalid answer", &["2 requests with the effect `send` in one step; one message is sent once"]);
        "a step without a request": of("no-request", Vec::new()) => Sends("invalid answer", &["step.call without a request"]);
        "a state too large": Channel { state: (64 << 10) + 1, ..Channel::new("large-state") }.component() => Sends("answer too large", &["the state has 65537 bytes; the limit is 64 KiB"]);
        "a body too large": of("large-body", vec![Asked { body: "x".repeat((1 << 20) + 1), ..Asked::post(URL) }]) => Sends("answer too large", &["the body of the request has 1048577 bytes; the limit is 1 MiB"]);
        "a task that never ends": Channel { begin: "(loop $again (br $again)) unreachable", ..Channel::new("endless-task") }.component() => Sends("time-out", &["it ran longer than 100 ms for one call"]);
        "a million receipts": Channel { receive: MILLION_RECEIPTS, ..Channel::new("many-receipts") }.component() => Receives("invalid answer", &["out of bounds"]);
        "rounds without end": Channel::new("endless-rounds").component() => Refused(&["conformance: every answer of a provider becomes an outcome", "it asks for more than 5 rounds"]);
        "a send in every round": Channel { resume: ACCEPTED, ..Channel::new("always-accepted") }.component() => Refused(&["conformance: a send that was refused or not answered is never `accepted`"]);
        "a placeholder for an undeclared secret": of("undeclared-secret", vec![Asked { headers: vec![("authorization", "Bearer {secret:other}")], ..Asked::post(URL) }]) => StaysIn(&["it used the secret `other`, which its descriptor does not declare"]);
        "a secret in its log": Channel { imports: TELLING.to_vec(), begin: TELL, ..Channel::new("telling") }.component() => Logs(&["{\"note\":\"{secret:token}\"}"]);
        "a secret in the host name": of("secret-host", vec![Asked::get("https://{secret:token}.example.com/v1/")]) => StaysIn(&["the URL is malformed"]);
        "a server that nobody granted": of("elsewhere", vec![Asked::get("https://evil.example.com/v1/")]) => StaysIn(&["GET evil.example.com:443/v1/ is not declared"]);
        "a way up": of("way-up", vec![Asked::get("https://api.example.com/v1/..%2f..%2fadmin")]) => StaysIn(&["the path has `..` in it"]);
        "a header with a line break": of("line-break", vec![Asked { headers: vec![("x-a", "b\r\nhost: evil")], ..Asked::post(URL) }]) => StaysIn(&["the header `x-a` has a line break"]);
        "a loopback address": at("loopback", "https://127.0.0.1/v1/", "127.0.0.1") => StaysIn(&["`127.0.0.1` is at 127.0.0.1, which is no public address"]);
        "the metadata service of a cloud": at("metadata", "https://169.254.169.254/v1/", "169.254.169.254") => StaysIn(&["which is no public address"]);
        "an address in disguise": at("disguise", "https://[::ffff:10.0.0.1]/v1/", "[::ffff:a00:1]") => StaysIn(&["which is no public address"]);
        "a name for loopback": at("loopback-name", "https://localhost/v1/", "localhost") => StaysIn(&["`localhost` is at ", "which is no public address"]);
    }
}

/// The same guest as it was built before the second edition.
fn first(guest: Condition) -> Vec<u8> {
    Condition { edition: "0.1.0", ..guest }.component()
}

/// A channel whose steps ask for these requests.
fn of(name: &'static str, requests: Vec<Asked>) -> Vec<u8> {
    Channel { requests, ..Channel::new(name) }.component()
}

/// A channel that declares one host and looks at it.
fn at(name: &'static str, url: &str, host: &'static str) -> Vec<u8> {
    Channel { requests: vec![Asked::get(url)], hosts: vec![(host, "GET", "/")], ..Channel::new(name) }.component()
}
