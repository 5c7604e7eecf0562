//! A condition, written by hand: what it exports besides `evaluate` is the least that the contract wants.

use std::fmt::Write;

use crate::component::component_of;

/// A condition that is tame unless it is told otherwise.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Its name in the metadata; none leaves the metadata out.
    pub name: Option<String>,
    /// Facts in its descriptor.
    pub facts: Vec<&'static str>,
    /// Hosts in its descriptor: host, method, path prefix.
    pub hosts: Vec<(&'static str, &'static str, &'static str)>,
    /// Secrets in its descriptor.
    pub secrets: Vec<&'static str>,
    /// Its config schema.
    pub config_schema: &'static str,
    /// Core functions it imports: interface, function, type. `orders`, `count` is called as `$orders.count`.
    pub imports: Vec<(&'static str, &'static str, &'static str)>,
    /// Interfaces of its world beside those of the imported functions.
    pub world: Vec<&'static str>,
    /// Packages of those interfaces.
    pub packages: Vec<&'static str>,
    /// Definitions beside the functions: memories, globals, functions.
    pub definitions: &'static str,
    /// Body of `branches`; leaves the address of a list.
    pub branches: &'static str,
    /// Body of `evaluate`; leaves the address of its answer.
    pub evaluate: &'static str,
    /// Body of the start function, if it has one.
    pub start: Option<&'static str>,
    /// Pages of its memory.
    pub pages: u32,
    /// The tool that made it, in its metadata.
    pub made_with: Option<&'static str>,
    /// The edition it is built for.
    pub edition: &'static str,
    /// More text in the interface `orders`, for a host that came later.
    pub more_orders: &'static str,
}

/// Answers that stand ready in memory. First: an empty list.
pub(crate) const NONE: &str = "(i32.const 0x40)";
/// A list of 200,000 texts.
pub(crate) const MANY: &str = "(i32.const 0x1a0)";
/// The branch `yes`.
pub(crate) const YES: &str = "(i32.const 0x100)";
/// The branch `maybe`, which nobody declared.
pub(crate) const MAYBE: &str = "(i32.const 0x120)";
/// A text of 1 MiB.
pub(crate) const HUGE: &str = "(i32.const 0x140)";
/// A text that begins far behind the end of memory.
pub(crate) const LYING: &str = "(i32.const 0x160)";
/// The fault `internal`.
pub(crate) const FAULT: &str = "(i32.const 0x180)";

impl Condition {
    /// A condition that always says yes.
    pub fn new(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            facts: Vec::new(),
            hosts: Vec::new(),
            secrets: Vec::new(),
            config_schema: "{}",
            imports: Vec::new(),
            world: Vec::new(),
            packages: Vec::new(),
            definitions: "",
            branches: NONE,
            evaluate: YES,
            start: None,
            pages: 32,
            made_with: None,
            edition: "0.1.0",
            more_orders: "",
        }
    }

    /// Its component.
    pub fn component(&self) -> Vec<u8> {
        let metadata = self.name.as_deref().map(|name| (name, "1.0.0"));
        let edit = |text: String| {
            let text = text.replace("@0.1.0;", &format!("@{};", self.edition));
            text.replace("interface orders {", &format!("interface orders {{ {}", self.more_orders))
        };
        component_of(&self.module(), &self.world(), &self.packages, &edit, metadata, self.made_with)
    }

    fn world(&self) -> String {
        let mut world = "package test:guest;\nworld guest {\n".to_owned();
        let mut interfaces: Vec<String> =
            self.imports.iter().map(|(interface, ..)| self.interface(interface)).collect();
        interfaces.extend(self.world.iter().map(|&interface| interface.to_owned()));
        interfaces.sort();
        interfaces.dedup();
        for interface in interfaces {
            let _ = writeln!(world, "import {interface};");
        }
        let _ = writeln!(world, "export cartwright:plugin/condition@{};\n}}", self.edition);
        world
    }

    /// The full name of an interface of the contract; others are written in full.
    fn interface(&self, name: &str) -> String {
        if name.contains(':') { name.to_owned() } else { format!("cartwright:plugin/{name}@{}", self.edition) }
    }

    /// The core module. Everything it answers stands ready in the first pages of its memory:
    /// 0x000 the descriptor, 0x040 an empty list, 0x050 a success, from 0x100 verdicts, 0x1c0 the line `hello`, from
    /// 0x400 texts and lists.
    fn module(&self) -> String {
        let mut imports = String::new();
        for (interface, function, kind) in &self.imports {
            let short = interface.rsplit('/').next().and_then(|name| name.split('@').next()).unwrap_or(interface);
            let interface = self.interface(interface);
            let _ = writeln!(imports, "(import \"{interface}\" \"{function}\" (func ${short}.{function} {kind}))");
        }
        let mut data = Data::default();
        let title = data.text("Hostile");
        let schema = data.text(self.config_schema);
        let why = [0, 0];
        let facts = data.list(&self.facts, |data, fact| [data.text(fact), why].concat());
        let hosts = data.list(&self.hosts, |data, (host, method, prefix)| {
            let method = data.text(method);
            let methods = [data.words(&method), 1];
            [data.text(host), methods, data.text(prefix), why].concat()
        });
        let secrets = data.list(&self.secrets, |data, name| [data.text(name), why, why].concat());
        let [yes, maybe, no] = ["yes", "maybe", "gave up"].map(|text| data.text(text));
        let descriptor = [title, title, schema, facts, hosts, secrets].concat();
        let verdict = |branch: [u32; 2]| [0, branch[0], branch[1], 0, 0, 0];
        let answers = [
            (0x000, descriptor.as_slice()),
            (0x100, &verdict(yes)),
            (0x120, &verdict(maybe)),
            (0x140, &verdict([0x1000, 1 << 20])),
            (0x160, &verdict([0x7fff_ff00, 64])),
            // fault { kind: internal, message }
            (0x180, &[1, 3, no[0], no[1], 0, 0]),
            (0x1a0, &[0x1000, 200_000]),
        ];
        let mut segments = String::new();
        for (at, words) in answers {
            let _ = writeln!(segments, "(data (i32.const {at}) \"{}\")", escaped(&bytes_of(words)));
        }
        let (start, run) = match self.start {
            Some(body) => (format!("(func $start {body})"), "(start $start)"),
            None => (String::new(), ""),
        };
        let interface = format!("cartwright:plugin/condition@{}", self.edition);
        let (pages, definitions) = (self.pages, self.definitions);
        let (branches, evaluate) = (self.branches, self.evaluate);
        let texts = escaped(&data.0);
        format!(
            r#"(module
              {imports}
              (memory (export "memory") {pages})
              {definitions}
              (global $free (mut i32) (i32.const 0x180000))
              (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.set $free (i32.add (local.get $at) (local.get $new)))
                (local.get $at))
              (func (export "{interface}#describe") (result i32) (i32.const 0))
              (func (export "{interface}#branches") (result i32) {branches})
              (func (export "{interface}#check-config") (param i32 i32) (result i32) (i32.const 0x50))
              (func (export "{interface}#evaluate") (result i32) {evaluate})
              {start} {run}
              {segments}
              (data (i32.const 0x1c0) "hello")
              (data (i32.const 0x400) "{texts}"))"#
        )
    }
}

/// Texts and lists, one behind the other from 0x400.
#[derive(Default)]
struct Data(Vec<u8>);

impl Data {
    fn text(&mut self, text: &str) -> [u32; 2] {
        let at = self.next();
        self.0.extend_from_slice(text.as_bytes());
        [at, u32::try_from(text.len()).unwrap_or(0)]
    }

    /// A list of records, each some words long.
    fn list<T>(&mut self, items: &[T], record: impl Fn(&mut Self, &T) -> Vec<u32>) -> [u32; 2] {
        let words: Vec<u32> = items.iter().flat_map(|item| record(self, item)).collect();
        [self.words(&words), u32::try_from(items.len()).unwrap_or(0)]
    }

    fn words(&mut self, words: &[u32]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = self.next();
        self.0.extend(bytes_of(words));
        at
    }

    fn next(&self) -> u32 {
        0x400 + u32::try_from(self.0.len()).unwrap_or(0)
    }
}

fn bytes_of(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
