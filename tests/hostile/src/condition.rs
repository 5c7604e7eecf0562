//! A condition, written by hand: what it exports besides `evaluate` is the least that the contract wants.

use crate::component::component_of;
use crate::layout::{self, Asks, Data, EDITION, Import, descriptor, escaped, is_second};

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
    pub imports: Vec<Import>,
    /// Packages of interfaces that are not of the contract.
    pub packages: Vec<&'static str>,
    /// Definitions beside the functions: memories, globals, functions.
    pub definitions: &'static str,
    /// Body of `describe`; leaves the address of a descriptor.
    pub describe: &'static str,
    /// Body of `branches`; leaves the address of a list.
    pub branches: &'static str,
    /// Body of `check-config`; leaves the address of its answer.
    pub check_config: &'static str,
    /// Body of `evaluate`; leaves the address of its answer.
    pub evaluate: &'static str,
    /// Body of the start function, if it has one.
    pub start: Option<&'static str>,
    /// Its allocator, if it is not an honest one.
    pub realloc: Option<&'static str>,
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
/// A text of 100 MB, which is more than its memory.
pub(crate) const HUNDRED_MB: &str = "(i32.const 0x340)";
/// A text of -1 bytes.
pub(crate) const NEGATIVE: &str = "(i32.const 0x358)";
/// Neither a success nor a failure.
pub(crate) const NO_CASE: &str = "(i32.const 0x370)";
/// A text that is no UTF-8.
pub(crate) const NO_TEXT: &str = "(i32.const 0x388)";
/// A reason that is neither there nor not.
pub(crate) const NO_OPTION: &str = "(i32.const 0x3a0)";
/// A text whose end is before its beginning.
pub(crate) const OVERFLOW: &str = "(i32.const 0x3b8)";
/// A fault with very many words.
pub(crate) const WORDY: &str = "(i32.const 0x3d0)";
/// A list of a million elements, all of them there.
pub(crate) const MILLION: &str = "(i32.const 0x1b0)";
/// An answer at an odd address.
pub(crate) const ODD: &str = "(i32.const 0x101)";

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
            packages: Vec::new(),
            definitions: "",
            describe: "(i32.const 0)",
            branches: NONE,
            check_config: "(i32.const 0x50)",
            evaluate: YES,
            start: None,
            realloc: None,
            pages: 32,
            made_with: None,
            edition: EDITION,
            more_orders: "",
        }
    }

    /// Its component.
    pub fn component(&self) -> Vec<u8> {
        let metadata = self.name.as_deref().map(|name| (name, "1.0.0"));
        let edit =
            |text: String| text.replace("interface orders {", &format!("interface orders {{ {}", self.more_orders));
        component_of(self.edition, &self.module(), &self.world(), &self.packages, &edit, metadata, self.made_with)
    }

    fn world(&self) -> String {
        let imported = self.imports.iter().map(|(interface, ..)| layout::interface_name(self.edition, interface));
        layout::world(self.edition, imported, "condition")
    }

    /// The core module. Everything it answers stands ready in the first pages of its memory:
    /// 0x000 the descriptor, 0x040 an empty list, 0x050 a success, from 0x100 verdicts, 0x1c0 the line `hello`, from
    /// 0x300 room to write, from 0x400 texts and lists.
    fn module(&self) -> String {
        let imports = layout::import_lines(self.edition, &self.imports);
        let mut data = Data::default();
        let asks = Asks { facts: &self.facts, hosts: &self.hosts, secrets: &self.secrets };
        let descriptor = descriptor(self.edition, &mut data, self.config_schema, &asks);
        let [yes, maybe, no] = ["yes", "maybe", "gave up"].map(|text| data.text(text));
        let verdict = |branch: [u32; 2]| [0, branch[0], branch[1], 0, 0, 0];
        let internal = if is_second(self.edition) { 4 } else { 3 };
        let segments = layout::segments(&[
            (0x000, &descriptor),
            (0x100, &verdict(yes)),
            (0x120, &verdict(maybe)),
            (0x140, &verdict([0x1000, 1 << 20])),
            (0x160, &verdict([0x7fff_ff00, 64])),
            // fault { kind: internal, message }
            (0x180, &[1, internal, no[0], no[1], 0, 0]),
            (0x1a0, &[0x1000, 200_000]),
            (0x1b0, &[0x1000, 1_000_000]),
            (0x340, &verdict([0x1000, 100 << 20])),
            (0x358, &verdict([0x400, u32::MAX])),
            (0x370, &[7, yes[0], yes[1], 0, 0, 0]),
            (0x388, &verdict([0x3f0, 2])),
            (0x3a0, &[0, yes[0], yes[1], 9, 0, 0]),
            (0x3b8, &verdict([0xffff_fff0, 0x20])),
            (0x3d0, &[1, internal, 0x1000, 200_000]),
            (0x3f0, &[0xfffe]),
        ]);
        let (start, run) = match self.start {
            Some(body) => (format!("(func $start {body})"), "(start $start)"),
            None => (String::new(), ""),
        };
        let interface = layout::interface_name(self.edition, "condition");
        let (pages, definitions, realloc) = (self.pages, self.definitions, self.realloc.unwrap_or(layout::REALLOC));
        let (describe, branches) = (self.describe, self.branches);
        let (check_config, evaluate) = (self.check_config, self.evaluate);
        let texts = escaped(&data.0);
        format!(
            r#"(module
              {imports}
              (memory (export "memory") {pages})
              {definitions}
              {realloc}
              (func (export "{interface}#describe") (result i32) {describe})
              (func (export "{interface}#branches") (result i32) {branches})
              (func (export "{interface}#check-config") (param i32 i32) (result i32) {check_config})
              (func (export "{interface}#evaluate") (result i32) {evaluate})
              {start} {run}
              {segments}
              (data (i32.const 0x1c0) "hello")
              (data (i32.const 0x400) "{texts}"))"#
        )
    }
}
