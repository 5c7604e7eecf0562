//! A channel, written by hand, whose every step asks for the same requests.

use crate::component::component_of;
use crate::layout::{self, Asks, Data, EDITION, Import, descriptor, escaped, is_second};

/// A request over HTTP as a channel asks for it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whether it is the one that sends.
    pub sends: bool,
    /// Method.
    pub method: &'static str,
    /// URL.
    pub url: String,
    /// Headers.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Body.
    pub body: String,
}

impl Asked {
    /// A look at the granted server.
    pub fn get(url: &str) -> Self {
        Self { sends: false, method: "GET", url: url.to_owned(), headers: Vec::new(), body: String::new() }
    }

    /// The message itself, to the granted server.
    pub fn post(url: &str) -> Self {
        Self { sends: true, method: "POST", ..Self::get(url) }
    }
}

/// A channel that posts a message to `https://api.example.com/v1/` and never comes to an end.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name in the metadata.
    pub name: &'static str,
    /// What every step asks for.
    pub requests: Vec<Asked>,
    /// How many requests it says that there are, if it does not say the truth.
    pub says: Option<u32>,
    /// Bytes of its state.
    pub state: u32,
    /// Core functions it imports, as of a condition.
    pub imports: Vec<Import>,
    /// Body of `begin`; leaves the address of its answer.
    pub begin: &'static str,
    /// Body of `resume`; leaves the address of its answer.
    pub resume: &'static str,
    /// Body of `receive`; leaves the address of its answer.
    pub receive: &'static str,
    /// Hosts in its descriptor: host, method, path prefix.
    pub hosts: Vec<(&'static str, &'static str, &'static str)>,
    /// Secrets in its descriptor.
    pub secrets: Vec<&'static str>,
    /// The edition it is built for.
    pub edition: &'static str,
}

/// Asks for the requests.
pub(crate) const CALL: &str = "(i32.const 0x100)";
/// Says that the message was accepted.
pub(crate) const ACCEPTED: &str = "(i32.const 0x140)";
/// Writes its configuration into its log, and asks for the requests.
pub(crate) const TELL: &str = "(call $connection.config (i32.const 0x300))
    (call $connection.log (i32.load (i32.const 0x300)) (i32.load (i32.const 0x304))) (i32.const 0x100)";
/// A list of a million receipts.
pub(crate) const MILLION_RECEIPTS: &str = "(i32.const 0x1c0)";

impl Channel {
    /// A channel that asks for one request, again and again.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            requests: vec![Asked::post("https://api.example.com/v1/")],
            says: None,
            state: 4,
            imports: Vec::new(),
            begin: CALL,
            resume: CALL,
            receive: "(i32.const 0x1e0)",
            hosts: vec![("api.example.com", "GET", "/v1/"), ("api.example.com", "POST", "/v1/")],
            secrets: vec!["token"],
            edition: EDITION,
        }
    }

    /// Its component.
    pub fn component(&self) -> Vec<u8> {
        let imported = self.imports.iter().map(|(interface, ..)| layout::interface_name(self.edition, interface));
        let world = layout::world(self.edition, imported, "channel");
        let metadata = Some((self.name, "1.0.0"));
        component_of(self.edition, &self.module(), &world, &[], &|text| text, metadata, None)
    }

    /// The core module: 0x000 the descriptor, 0x080 the ability, 0x0f0 a success, 0x100 a step that asks, 0x140 one
    /// that is done, 0x1c0 and 0x1e0 receipts, 0x200 a refused webhook, from 0x300 room to write, from 0x400 texts and
    /// lists.
    fn module(&self) -> String {
        let second = is_second(self.edition);
        let mut data = Data::default();
        let asks = Asks { facts: &[], hosts: &self.hosts, secrets: &self.secrets };
        let descriptor = descriptor(self.edition, &mut data, "{}", &asks);
        let [channel, schema, id, why] = ["hostile", "{}", "p-1", "not mine"].map(|text| data.text(text));
        // The tasks: `send`; the addresses: `email`; it sends once.
        let (send, email) = (data.words(&[0]), data.words(&[1]));
        let none = [0x40, 0];
        let ability: Vec<u32> = match second {
            false => {
                [channel, [send, 1], [email, 1], schema].concat().into_iter().chain([1, none[0], none[1]]).collect()
            }
            true => {
                let tail = [1, none[0], none[1], 0, none[0], none[1]];
                [channel, [send, 1], [email, 1], schema].concat().into_iter().chain(tail).collect()
            }
        };
        let requests = data.list(&self.requests, |data, request| {
            let headers =
                data.list(&request.headers, |data, (name, value)| [data.text(name), data.text(value)].concat());
            let http = [data.text(request.method), data.text(&request.url), headers, data.text(&request.body)].concat();
            let effect = u32::from(request.sends);
            // The action takes as much room as a mail.
            let mut words: Vec<u32> = [effect, 0].into_iter().chain(http).collect();
            words.resize(21, 0);
            if second {
                words.extend([0, 0]);
            }
            words
        });
        let count = self.says.unwrap_or(requests[1]);
        let call = [0, 0, 0, 0, requests[0], count, 0x1000, self.state];
        let accepted: Vec<u32> = match second {
            false => vec![0, 0, 1, 0, 0, 0, id[0], id[1], 0, 0],
            true => vec![0, 0, 1, 0, 0, 0, 0, 0, id[0], id[1], 0, 0],
        };
        let segments = layout::segments(&[
            (0x000, &descriptor),
            (0x080, &ability),
            (0x100, &call),
            (0x140, &accepted),
            // result ok: a list
            (0x1c0, &[0, 0x1000, 1_000_000]),
            (0x1e0, &[0, 0x1000, 0]),
            // verification: refused
            (0x200, &[2, why[0], why[1], 0, 0, 0]),
        ]);
        let (interface, realloc) = (layout::interface_name(self.edition, "channel"), layout::REALLOC);
        let imports = layout::import_lines(self.edition, &self.imports);
        let (begin, resume, receive) = (self.begin, self.resume, self.receive);
        let texts = escaped(&data.0);
        let webhook = "(param i32 i32 i32 i32 i32 i32 i32 i32)";
        format!(
            r#"(module
              {imports}
              (memory (export "memory") 64)
              {realloc}
              (func (export "{interface}#describe") (result i32) (i32.const 0))
              (func (export "{interface}#ability") (result i32) (i32.const 0x80))
              (func (export "{interface}#check-config") (param i32 i32) (result i32) (i32.const 0xf0))
              (func (export "{interface}#begin") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32) {begin})
              (func (export "{interface}#resume") (param i32 i32 i32 i32) (result i32) {resume})
              (func (export "{interface}#verify") {webhook} (result i32) (i32.const 0x200))
              (func (export "{interface}#receive") {webhook} (result i32) {receive})
              {segments}
              (data (i32.const 0x400) "{texts}"))"#
        )
    }
}
