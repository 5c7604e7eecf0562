//! What compiling may cost, counted before the compiler sees the file.
//!
//! The compiler cannot be interrupted, so what it is given is bounded: most of its work grows with the code, some
//! with locals times blocks, some with the values that calls and branches carry. Interpreters of whole languages
//! (JavaScript, Python) stay below a half of each limit.

use cartwright_engine::ports::{CheckStage, PluginRejection};
use wasmparser::{BlockType, FunctionBody, Operator, Parser, Payload, TypeRef};

use crate::failure::reject;
use crate::limits::bytes;

const FUNCTIONS: u64 = 100_000;
const FUNCTION_BYTES: u64 = 1 << 20;
const CODE_BYTES: u64 = 24 << 20;
const LOCALS: u64 = 5_000;
const NESTING: u64 = 5_000;
/// Locals times blocks, over all functions: each local may need a value of its own in each block.
const LOCALS_IN_BLOCKS: u64 = 500_000_000;
/// Operators and the values that calls and branches carry, over all functions.
const VALUES: u64 = 64_000_000;
/// Core modules, and components within the component.
const PARTS: u64 = 1_000;

/// Refuses what would keep the compiler too long, naming the limit.
pub(crate) fn bounded(component: &[u8]) -> Result<(), PluginRejection> {
    let mut seen = Seen::default();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(damaged)?;
        seen.payload(payload)?;
    }
    Ok(())
}

#[derive(Default)]
struct Seen {
    parts: u64,
    functions: u64,
    code_bytes: u64,
    locals_in_blocks: u64,
    values: u64,
    module: Module,
}

/// What is known of the module at hand.
#[derive(Default)]
struct Module {
    /// Values that a function of each type takes and gives.
    arities: Vec<u64>,
    /// Type of each function, imported ones first.
    functions: Vec<u32>,
}

impl Seen {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), PluginRejection> {
        match payload {
            Payload::Version { .. } => {
                self.module = Module::default();
                self.parts += 1;
                within("modules and components", self.parts, PARTS)?;
            }
            Payload::TypeSection(types) => {
                for types in types {
                    for one in types.map_err(damaged)?.into_types() {
                        let arity = match &one.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(function) => {
                                (function.params().len() + function.results().len()) as u64
                            }
                            _ => 0,
                        };
                        self.module.arities.push(arity);
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(kind) = import.map_err(damaged)?.ty {
                        self.module.functions.push(kind);
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for kind in functions {
                    self.module.functions.push(kind.map_err(damaged)?);
                }
            }
            Payload::CodeSectionStart { count, .. } => {
                self.functions += u64::from(count);
                within("functions", self.functions, FUNCTIONS)?;
            }
            Payload::CodeSectionEntry(body) => self.function(&body)?,
            _ => {}
        }
        Ok(())
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), PluginRejection> {
        let size = (body.range().end - body.range().start) as u64;
        within_bytes("a function", size, FUNCTION_BYTES)?;
        self.code_bytes += size;
        within_bytes("its code", self.code_bytes, CODE_BYTES)?;
        let mut locals = 0;
        for group in body.get_locals_reader().map_err(damaged)? {
            locals += u64::from(group.map_err(damaged)?.0);
            within("locals in one function", locals, LOCALS)?;
        }
        let (mut blocks, mut depth, mut widest) = (1, 0, 0);
        for operator in body.get_operators_reader().map_err(damaged)? {
            self.values += 1;
            match operator.map_err(damaged)? {
                Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                    blocks += 1;
                    depth += 1;
                    within("nested blocks in one function", depth, NESTING)?;
                    widest = widest.max(self.width(blockty));
                }
                Operator::Else => blocks += 1,
                Operator::End => depth = depth.saturating_sub(1),
                Operator::Br { .. } | Operator::BrIf { .. } => {
                    blocks += 1;
                    self.values += widest;
                }
                Operator::BrTable { targets } => {
                    let count = u64::from(targets.len());
                    blocks += 1;
                    self.values += count * (1 + widest);
                }
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    let kind = self.module.functions.get(function_index as usize).copied();
                    self.values += kind.map_or(0, |kind| self.arity(kind));
                }
                Operator::CallIndirect { type_index, .. } | Operator::ReturnCallIndirect { type_index, .. } => {
                    self.values += self.arity(type_index);
                }
                _ => {}
            }
            within("values carried by its code", self.values, VALUES)?;
        }
        self.locals_in_blocks += locals * blocks;
        within("locals times blocks", self.locals_in_blocks, LOCALS_IN_BLOCKS)
    }

    fn arity(&self, kind: u32) -> u64 {
        self.module.arities.get(kind as usize).copied().unwrap_or(0)
    }

    fn width(&self, block: BlockType) -> u64 {
        match block {
            BlockType::Empty => 0,
            BlockType::Type(_) => 1,
            BlockType::FuncType(kind) => self.arity(kind),
        }
    }
}

fn within(what: &str, count: u64, limit: u64) -> Result<(), PluginRejection> {
    if count <= limit {
        return Ok(());
    }
    refuse(format!("it has {count} or more {what}; the limit is {limit}"))
}

fn within_bytes(what: &str, size: u64, limit: u64) -> Result<(), PluginRejection> {
    if size <= limit {
        return Ok(());
    }
    refuse(format!(
        "{what} has {size} bytes or more; the limit is {}",
        bytes(usize::try_from(limit).unwrap_or(usize::MAX))
    ))
}

fn refuse(what: String) -> Result<(), PluginRejection> {
    let why = "compiling it would take too long";
    Err(reject(CheckStage::Compile, format!("{what}: {why}; split the code into smaller functions, or leave some out")))
}

fn damaged(error: wasmparser::BinaryReaderError) -> PluginRejection {
    let (text, at) = (error.message(), error.offset());
    reject(CheckStage::Compile, format!("its code cannot be read: {text} (byte {at}); build it again"))
}
