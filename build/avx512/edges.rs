//! What an instruction waits for.

use std::collections::HashMap;

use super::ir::{Block, Home, Instruction, Kind, Operand, Place, Value};

/// Cycles until a result can be used.
const LATENCY: u32 = 2;
/// Cycles until a stored vector can be loaded.
pub const STORE_LATENCY: u32 = 10;
/// An instruction may start `delay` cycles after `before` at the earliest, and never earlier in the order.
pub struct Edge {
    pub before: usize,
    pub delay: u32,
}

/// For each instruction what it must come after.
pub fn edges(block: &Block) -> Vec<Vec<Edge>> {
    let mut tracker = Tracker::default();
    block
        .instructions
        .iter()
        .enumerate()
        .map(|(index, instruction)| tracker.edges_of(block, index, instruction))
        .collect()
}

/// Who wrote and who read what, while a block is walked in its given order.
#[derive(Default)]
struct Tracker {
    written: HashMap<Value, usize>,
    stored: HashMap<Place, usize>,
    loaded: HashMap<Place, Vec<usize>>,
    /// Readers of a register since it was last written, and the writer.
    register: HashMap<usize, Vec<usize>>,
}

impl Tracker {
    fn edges_of(&mut self, block: &Block, index: usize, instruction: &Instruction) -> Vec<Edge> {
        let mut edges = Vec::new();
        for source in &instruction.sources {
            self.read(block, index, *source, &mut edges);
        }
        if let Kind::Store(place) = instruction.kind {
            for before in self.loaded.remove(&place).unwrap_or_default() {
                edges.push(Edge { before, delay: 0 });
            }
            let before = self.stored.insert(place, index);
            edges.extend(before.map(|before| Edge { before, delay: 0 }));
        }
        if let Some(result) = instruction.result {
            self.written.insert(result, index);
            if let Home::Register(register) = block.homes[result.0] {
                let users = self
                    .register
                    .insert(register, vec![index])
                    .unwrap_or_default();
                edges.extend(
                    users
                        .into_iter()
                        .filter(|user| *user != index)
                        .map(|before| Edge { before, delay: 0 }),
                );
            }
        }
        edges
    }

    fn read(&mut self, block: &Block, index: usize, source: Operand, edges: &mut Vec<Edge>) {
        match source {
            Operand::Value(value) => {
                edges.extend(self.written.get(&value).map(|before| Edge {
                    before: *before,
                    delay: latency(block, *before),
                }));
                if let Home::Register(register) = block.homes[value.0] {
                    self.register.entry(register).or_default().push(index);
                }
            }
            Operand::Full(place) => {
                let delay = STORE_LATENCY;
                edges.extend(self.stored.get(&place).map(|before| Edge {
                    before: *before,
                    delay,
                }));
                self.loaded.entry(place).or_default().push(index);
            }
            Operand::Broadcast(_) => {}
        }
    }
}

/// Cycles from the start of each instruction to the end of the block, at best.
pub fn urgency(block: &Block, edges: &[Vec<Edge>]) -> Vec<u32> {
    let mut urgency = vec![LATENCY; block.instructions.len()];
    for index in (0..block.instructions.len()).rev() {
        for edge in &edges[index] {
            urgency[edge.before] = urgency[edge.before].max(urgency[index] + edge.delay);
        }
    }
    urgency
}

/// Cycles until the result of an instruction can be used; a copy between registers is only another name.
fn latency(block: &Block, index: usize) -> u32 {
    let instruction = &block.instructions[index];
    match (instruction.kind, instruction.sources.first()) {
        (Kind::Copy, Some(Operand::Value(_))) => 0,
        _ => LATENCY,
    }
}
