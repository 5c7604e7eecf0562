//! How values of the contract stand in the memory of a guest.

use std::fmt::Write;

/// The edition that guests are built for unless they say otherwise.
pub const EDITION: &str = "0.2.0";

/// Whether an edition has what came with the second one.
pub(crate) fn is_second(edition: &str) -> bool {
    !edition.starts_with("0.1.")
}

/// What a descriptor asks for.
#[derive(Default)]
pub(crate) struct Asks<'a> {
    pub(crate) facts: &'a [&'static str],
    /// Host, method, path prefix.
    pub(crate) hosts: &'a [(&'static str, &'static str, &'static str)],
    pub(crate) secrets: &'a [&'static str],
}

/// The words of a descriptor.
pub(crate) fn descriptor(edition: &str, data: &mut Data, config_schema: &str, asks: &Asks<'_>) -> Vec<u32> {
    let second = is_second(edition);
    let title = data.text("Hostile");
    let schema = data.text(config_schema);
    let why = [0, 0];
    // An option that is none.
    let none: &[u32] = if second { &[0, 0] } else { &[] };
    let facts = data.list(asks.facts, |data, fact| [&data.text(fact), none, &why].concat());
    let hosts = data.list(asks.hosts, |data, (host, method, prefix)| {
        let method = data.text(method);
        let methods = [data.words(&method), 1];
        [&data.text(host), &methods, &data.text(prefix), none, &why].concat()
    });
    let secrets = data.list(asks.secrets, |data, name| [data.text(name), why, why].concat());
    let mut words = [title, title, schema, facts, hosts, secrets].concat();
    if second {
        words.extend(data.text("{}"));
        words.push(0);
    }
    words
}

/// Data segments from words at addresses.
pub(crate) fn segments(answers: &[(u32, &[u32])]) -> String {
    let mut segments = String::new();
    for (at, words) in answers {
        let _ = writeln!(segments, "(data (i32.const {at}) \"{}\")", escaped(&bytes_of(words)));
    }
    segments
}

/// Imports of core functions: interface, function, type.
pub(crate) type Import = (&'static str, &'static str, &'static str);

/// The import lines of a core module. `orders`, `count` is called as `$orders.count`.
pub(crate) fn import_lines(edition: &str, imports: &[Import]) -> String {
    let mut lines = String::new();
    for (interface, function, kind) in imports {
        let short = interface.rsplit('/').next().and_then(|name| name.split('@').next()).unwrap_or(interface);
        let interface = interface_name(edition, interface);
        let _ = writeln!(lines, "(import \"{interface}\" \"{function}\" (func ${short}.{function} {kind}))");
    }
    lines
}

/// The full name of an interface of the contract; others are written in full.
pub(crate) fn interface_name(edition: &str, name: &str) -> String {
    if name.contains(':') { name.to_owned() } else { format!("cartwright:plugin/{name}@{edition}") }
}

/// A world that imports these interfaces and exports one kind.
pub(crate) fn world(edition: &str, interfaces: impl Iterator<Item = String>, kind: &str) -> String {
    let mut interfaces: Vec<String> = interfaces.collect();
    interfaces.sort();
    interfaces.dedup();
    let imports: String = interfaces.iter().map(|interface| format!("import {interface};\n")).collect();
    format!("package test:guest;\nworld guest {{\n{imports}export cartwright:plugin/{kind}@{edition};\n}}")
}

/// An allocator that never frees.
pub(crate) const REALLOC: &str = r#"(global $free (mut i32) (i32.const 0x180000))
    (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get $new)))
      (local.get $at))"#;

/// Texts and lists, one behind the other from 0x400.
#[derive(Default)]
pub(crate) struct Data(pub(crate) Vec<u8>);

impl Data {
    pub(crate) fn text(&mut self, text: &str) -> [u32; 2] {
        let at = self.next();
        self.0.extend_from_slice(text.as_bytes());
        [at, u32::try_from(text.len()).unwrap_or(0)]
    }

    /// A list of records, each some words long.
    pub(crate) fn list<T>(&mut self, items: &[T], record: impl Fn(&mut Self, &T) -> Vec<u32>) -> [u32; 2] {
        let words: Vec<u32> = items.iter().flat_map(|item| record(self, item)).collect();
        [self.words(&words), u32::try_from(items.len()).unwrap_or(0)]
    }

    pub(crate) fn words(&mut self, words: &[u32]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = self.next();
        self.0.extend(bytes_of(words));
        at
    }

    fn next(&self) -> u32 {
        0x400 + u32::try_from(self.0.len()).unwrap_or(0)
    }
}

pub(crate) fn bytes_of(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
