//! Components that are no guests: files that are meant to keep the compiler busy, and files that are damaged.

use wasm_encoder::{
    BlockType, CodeSection, Component, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
};

use crate::component::{with_metadata, wrapped};

/// A core module of so many functions of one type, all with the same body.
fn module(count: u32, params: usize, results: usize, body: &Function) -> Module {
    let mut types = TypeSection::new();
    types.ty().function(vec![ValType::I32; params], vec![ValType::I32; results]);
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for _ in 0..count {
        functions.function(0);
        code.function(body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    module
}

fn of(name: &str, count: u32, body: &Function) -> Vec<u8> {
    wrapped(name, &module(count, 0, 0, body).finish())
}

fn repeated(times: usize, instructions: &[Instruction<'_>]) -> Function {
    let mut body = Function::new([]);
    for _ in 0..times {
        for instruction in instructions {
            body.instruction(instruction);
        }
    }
    body.instruction(&Instruction::End);
    body
}

/// More functions than any program has.
pub fn many_functions() -> Vec<u8> {
    of("many-functions", 100_001, &repeated(0, &[]))
}

/// One function of more than 1 MiB.
pub fn huge_function() -> Vec<u8> {
    of("huge-function", 1, &repeated(700_000, &[Instruction::I32Const(1), Instruction::Drop]))
}

/// Functions that are not too large each, and too much together.
pub fn much_code() -> Vec<u8> {
    of("much-code", 26, &repeated(330_000, &[Instruction::I32Const(1), Instruction::Drop]))
}

/// Blocks within blocks within blocks.
pub fn deep_blocks() -> Vec<u8> {
    let mut body = Function::new([]);
    for _ in 0..6_000 {
        body.instruction(&Instruction::Block(BlockType::Empty));
    }
    for _ in 0..=6_000 {
        body.instruction(&Instruction::End);
    }
    of("deep-blocks", 1, &body)
}

/// A function with more locals than anybody can name.
pub fn many_locals() -> Vec<u8> {
    let mut body = Function::new([(50_000, ValType::I64)]);
    body.instruction(&Instruction::End);
    of("many-locals", 1, &body)
}

/// Locals times blocks: each within its limit, the product is not.
pub fn locals_in_blocks() -> Vec<u8> {
    let mut body = Function::new([(4_000, ValType::I32)]);
    for _ in 0..4_000 {
        let looped = [Instruction::LocalGet(0), Instruction::If(BlockType::Empty), Instruction::End];
        looped.iter().for_each(|instruction| {
            body.instruction(instruction);
        });
    }
    body.instruction(&Instruction::End);
    of("locals-in-blocks", 40, &body)
}

/// Calls that carry a thousand values each.
pub fn wide_calls() -> Vec<u8> {
    let body = repeated(9_000, &[Instruction::Call(0)]);
    wrapped("wide-calls", &module(8, 500, 500, &body).finish())
}

/// Thousands of modules.
pub fn many_modules() -> Vec<u8> {
    let mut component = Component::new();
    for _ in 0..1_500 {
        component.section(&wasm_encoder::ModuleSection(&Module::new()));
    }
    with_metadata(&component.finish(), "many-modules", "1.0.0", None)
}

/// Components within components.
pub fn matryoshka() -> Vec<u8> {
    let mut inner = Component::new().finish();
    for _ in 0..150 {
        let mut outer = Component::new();
        outer.section(&wasm_encoder::RawSection { id: 4, data: &inner });
        inner = outer.finish();
    }
    with_metadata(&inner, "matryoshka", "1.0.0", None)
}

/// Code that the validator refuses.
pub fn ill_typed() -> Vec<u8> {
    of("ill-typed", 1, &repeated(1, &[Instruction::I32Add]))
}

/// The component cut off after so many bytes.
pub fn cut(component: &[u8], at: usize) -> Vec<u8> {
    component[..at.min(component.len())].to_vec()
}

/// The component with one bit changed.
pub fn flipped(component: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = component.to_vec();
    if let Some(byte) = flipped.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    flipped
}
