//! A selector, written by hand, that answers with whatever it is told to.

use crate::component::component_of;
use crate::layout::{self, Asks, Data, EDITION, descriptor, escaped};

/// A selector that chooses the first candidate unless it is told otherwise.
#[derive(Debug, Clone)]
pub struct Selector {
    /// Its name in the metadata.
    pub name: &'static str,
    /// Which candidate it chooses.
    pub candidate: u32,
    /// How many variables it says that it adds; they stand in its memory as far as it goes.
    pub variables: u32,
    /// The edition it is built for.
    pub edition: &'static str,
}

impl Selector {
    /// A selector that always chooses the first.
    pub fn new(name: &'static str) -> Self {
        Self { name, candidate: 0, variables: 0, edition: EDITION }
    }

    /// Its component.
    pub fn component(&self) -> Vec<u8> {
        let world = layout::world(self.edition, std::iter::empty(), "selector");
        let metadata = Some((self.name, "1.0.0"));
        component_of(self.edition, &self.module(), &world, &[], &|text| text, metadata, None)
    }

    fn module(&self) -> String {
        let mut data = Data::default();
        let descriptor = descriptor(self.edition, &mut data, "{}", &Asks::default());
        let choice = [0, self.candidate, 0x1000, self.variables, 0, 0, 0];
        let segments = layout::segments(&[(0x000, &descriptor), (0x100, &choice)]);
        let (interface, realloc) = (layout::interface_name(self.edition, "selector"), layout::REALLOC);
        let texts = escaped(&data.0);
        format!(
            r#"(module
              (memory (export "memory") 32)
              {realloc}
              (func (export "{interface}#describe") (result i32) (i32.const 0))
              (func (export "{interface}#check-config") (param i32 i32) (result i32) (i32.const 0x50))
              (func (export "{interface}#select") (result i32) (i32.const 0x100))
              {segments}
              (data (i32.const 0x400) "{texts}"))"#
        )
    }
}
