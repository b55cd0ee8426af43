//! Puts a block in the order in which a CPU with four vector units runs it best, and gives each value a register.
//!
//! The model: four instructions a cycle, two of them rotations or shifts at most, each result there after two cycles. Of what could start,
//! what most of the rest waits for comes first. Registers are given out on the way; an instruction that finds none waits.

use std::collections::HashMap;

use super::ir::{Block, Home, Instruction, Kind, Operand, Place, Value};

/// Cycles until a result can be used.
const LATENCY: u32 = 2;
/// Cycles until a stored vector can be loaded.
const STORE_LATENCY: u32 = 10;
/// How far the order may run ahead of the oldest waiting instruction of the stream, in instructions.
const WINDOW: usize = 64;
/// Spare registers that only the oldest waiting instruction of a stream may take, so that there is always a way on.
const KEPT: usize = 4;
/// Registers for state: two streams of eight. The rest are spare.
const FIRST_SPARE: usize = 16;
const REGISTERS: usize = 32;

/// An instruction with registers.
pub struct Placed {
    pub kind: Kind,
    pub sources: Vec<PlacedOperand>,
    pub result: Option<usize>,
}

/// What it reads.
pub enum PlacedOperand {
    Register(usize),
    Full(Place),
    Broadcast(Place),
}

/// An edge: `after` may start `delay` cycles after `before` at the earliest, and never earlier in the order.
struct Edge {
    before: usize,
    delay: u32,
}

/// Orders `block` and gives it registers.
pub fn schedule(block: &Block) -> Vec<Placed> {
    let edges = edges(block);
    let urgency = urgency(block, &edges);
    Scheduler::new(block, edges, urgency).run()
}

/// For each instruction what it must come after.
fn edges(block: &Block) -> Vec<Vec<Edge>> {
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
            self.stored.insert(place, index);
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
fn urgency(block: &Block, edges: &[Vec<Edge>]) -> Vec<u32> {
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

struct Scheduler<'a> {
    block: &'a Block,
    edges: Vec<Vec<Edge>>,
    urgency: Vec<u32>,
    /// When each was started.
    started: Vec<Option<u32>>,
    /// How many instructions still read each value.
    uses: Vec<usize>,
    register: Vec<Option<usize>>,
    spare: Vec<usize>,
    placed: Vec<Placed>,
}

impl<'a> Scheduler<'a> {
    fn new(block: &'a Block, edges: Vec<Vec<Edge>>, urgency: Vec<u32>) -> Self {
        let mut uses = vec![0; block.homes.len()];
        for source in block
            .instructions
            .iter()
            .flat_map(|instruction| &instruction.sources)
        {
            if let Operand::Value(value) = source {
                uses[value.0] += 1;
            }
        }
        let register = block.homes.iter().map(|home| match home {
            Home::Register(register) => Some(*register),
            Home::Spare => None,
        });
        Self {
            block,
            edges,
            urgency,
            started: vec![None; block.instructions.len()],
            uses,
            register: register.collect(),
            spare: (FIRST_SPARE..REGISTERS).rev().collect(),
            placed: Vec::new(),
        }
    }

    fn run(mut self) -> Vec<Placed> {
        let mut cycle = 0;
        while self.placed.len() < self.block.instructions.len() {
            let before = self.placed.len();
            self.fill(cycle);
            cycle += 1;
            let waiting_for_time = self
                .started
                .iter()
                .flatten()
                .any(|start| start + STORE_LATENCY >= cycle);
            assert!(
                self.placed.len() > before || waiting_for_time,
                "too few registers"
            );
        }
        self.placed
    }

    /// Starts what fits into one cycle.
    fn fill(&mut self, cycle: u32) {
        let (mut slots, mut rotations) = (4, 2);
        let mut free_of_charge = 4;
        while let Some(index) =
            self.most_urgent(cycle, rotations > 0, slots > 0, free_of_charge > 0)
        {
            match self.block.instructions[index].kind {
                Kind::Copy | Kind::Store(_) => free_of_charge -= 1,
                Kind::RotateRight(_) | Kind::ShiftRight(_) => {
                    slots -= 1;
                    rotations -= 1;
                }
                _ => slots -= 1,
            }
            self.start(index, cycle);
        }
    }

    fn most_urgent(&self, cycle: u32, rotation: bool, slot: bool, copy: bool) -> Option<usize> {
        let fits = |index: &usize| match self.block.instructions[*index].kind {
            Kind::Copy | Kind::Store(_) => copy,
            Kind::RotateRight(_) | Kind::ShiftRight(_) => slot && rotation,
            _ => slot,
        };
        (0..2)
            .flat_map(|stream| self.waiting(stream))
            .filter(fits)
            .filter(|index| self.is_ready(*index, cycle) && self.finds_a_register(*index))
            .max_by_key(|index| (self.urgency[*index], std::cmp::Reverse(*index)))
    }

    /// The stream's instructions that may be next.
    fn waiting(&self, stream: usize) -> impl Iterator<Item = usize> {
        let of_stream = move |index: &usize| self.block.instructions[*index].stream == stream;
        (0..self.started.len())
            .filter(of_stream)
            .filter(|index| self.started[*index].is_none())
            .take(WINDOW)
    }

    fn is_ready(&self, index: usize, cycle: u32) -> bool {
        self.edges[index]
            .iter()
            .all(|edge| self.started[edge.before].is_some_and(|start| start + edge.delay <= cycle))
    }

    fn finds_a_register(&self, index: usize) -> bool {
        let instruction = &self.block.instructions[index];
        let Some(result) = instruction.result else {
            return true;
        };
        let is_oldest = || self.waiting(instruction.stream).next() == Some(index);
        self.register[result.0].is_some()
            || self.dying(instruction).next().is_some()
            || self.spare.len() > KEPT
            || (!self.spare.is_empty() && is_oldest())
    }

    /// Spare registers that nobody reads after `instruction`.
    fn dying(&self, instruction: &Instruction) -> impl Iterator<Item = usize> {
        instruction
            .sources
            .iter()
            .filter_map(|source| match source {
                Operand::Value(value)
                    if self.uses[value.0] == 1 && self.block.homes[value.0] == Home::Spare =>
                {
                    self.register[value.0]
                }
                _ => None,
            })
    }

    fn start(&mut self, index: usize, cycle: u32) {
        let block = self.block;
        let instruction = &block.instructions[index];
        let sources = instruction
            .sources
            .iter()
            .map(|source| self.place(*source))
            .collect();
        let freed: Vec<usize> = self.dying(instruction).collect();
        for source in &instruction.sources {
            if let Operand::Value(value) = source {
                self.uses[value.0] -= 1;
            }
        }
        // The first operand's register on top: a ternary's result replaces it.
        self.spare.extend(freed.into_iter().rev());
        let result = instruction.result.map(|value| self.register_for(value));
        self.started[index] = Some(cycle);
        self.placed.push(Placed {
            kind: instruction.kind,
            sources,
            result,
        });
    }

    fn place(&self, source: Operand) -> PlacedOperand {
        match source {
            Operand::Value(value) => {
                PlacedOperand::Register(self.register[value.0].expect("written before it is read"))
            }
            Operand::Full(place) => PlacedOperand::Full(place),
            Operand::Broadcast(place) => PlacedOperand::Broadcast(place),
        }
    }

    fn register_for(&mut self, value: Value) -> usize {
        let register =
            self.register[value.0].unwrap_or_else(|| self.spare.pop().expect("checked before"));
        self.register[value.0] = Some(register);
        if self.uses[value.0] == 0 && self.block.homes[value.0] == Home::Spare {
            self.spare.push(register);
        }
        register
    }
}
