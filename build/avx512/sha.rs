//! SHA-256 in terms of the block's instructions.

use super::ir::{Block, Home, Operand, Place, Value};

/// First register of each stream's working variables.
pub const REGISTERS: [usize; 2] = [0, 8];

/// One of the eight working variables.
#[derive(Clone, Copy)]
pub enum Variable {
    /// It differs from lane to lane, or has been changed already.
    Vector(Value),
    /// It is the same word in all lanes still.
    Constant(Place),
}

impl Variable {
    fn operand(self) -> Operand {
        match self {
            Self::Vector(value) => value.into(),
            Self::Constant(place) => Operand::Broadcast(place),
        }
    }
}

/// What a round adds besides its functions.
pub struct RoundWords {
    /// Constants and words of the schedule, and `h` where that has been added up with them.
    pub addends: Vec<Operand>,
    /// Whether `h` is among the addends already.
    pub includes_h: bool,
}

/// The working variables of one stream, each in the register of its place and round.
pub struct State {
    pub variables: [Variable; 8],
    /// First of the stream's eight registers.
    pub registers: usize,
}

impl State {
    /// The variables as they stand in their registers before round `round`.
    pub fn entry(block: &mut Block, registers: usize, round: usize) -> Self {
        let variables =
            std::array::from_fn(|i| Variable::Vector(block.entry(registers + place(i, round))));
        Self {
            variables,
            registers,
        }
    }

    fn home(&self, variable: usize, round: usize) -> Home {
        Home::Register(self.registers + place(variable, round))
    }

    /// Round `round`. With `new_a` false only the half that gives the new `e` is done.
    pub fn round(&mut self, block: &mut Block, round: usize, words: &RoundWords, new_a: bool) {
        let [a, b, c, d, e, f, g, h] = self.variables;
        let (next_a, next_e) = (self.home(7, round), self.home(3, round));
        let choose = ternary(block, choose_bit, [e, f, g]);
        // What does not wait for the newest `e` is added first.
        let start = if words.includes_h {
            choose.into()
        } else {
            h.operand()
        };
        let add = |sum, addend: &Operand| block.add(sum, *addend, next_a).into();
        let mut t1 = words.addends.iter().fold(start, add);
        if !words.includes_h {
            t1 = block.add(t1, choose.into(), next_a).into();
        }
        let sigma = sigma(block, e, [6, 11, 25]);
        let t1 = block.add(t1, sigma.into(), next_a);
        let new_e = block.add(t1.into(), d.operand(), next_e);
        let new_a = if new_a {
            let sigma = self::sigma(block, a, [2, 13, 22]);
            let majority = ternary(block, majority_bit, [a, b, c]);
            let t2 = block.sum(majority, sigma);
            block.add(t1.into(), t2.into(), next_a)
        } else {
            t1
        };
        self.variables = [
            Variable::Vector(new_a),
            a,
            b,
            c,
            Variable::Vector(new_e),
            e,
            f,
            g,
        ];
    }

    /// The value of a variable that is a vector by now.
    pub fn vector(&self, variable: usize) -> Value {
        match self.variables[variable] {
            Variable::Vector(value) => value,
            Variable::Constant(_) => panic!("variable {variable} is still constant"),
        }
    }
}

/// The register of a variable before a round: each round renames all eight, and eight rounds rename them back.
fn place(variable: usize, round: usize) -> usize {
    (variable + 8 - round % 8) % 8
}

fn choose_bit(e: bool, f: bool, g: bool) -> bool {
    if e { f } else { g }
}

fn majority_bit(a: bool, b: bool, c: bool) -> bool {
    (a && b) || (c && (a || b))
}

/// A bitwise function of three variables of which at most two are constant.
fn ternary(
    block: &mut Block,
    bit: fn(bool, bool, bool) -> bool,
    variables: [Variable; 3],
) -> Value {
    // The first operand is overwritten: a constant is best there, it must be loaded anyway. The last may be a constant in memory.
    let mut order = [0, 1, 2];
    let is_constant = |i: usize| matches!(variables[i], Variable::Constant(_));
    let constants: Vec<usize> = order.into_iter().filter(|i| is_constant(*i)).collect();
    if let Some(first) = constants.first() {
        order.swap(0, *first);
    }
    if let Some(second) = constants.get(1) {
        let at = order
            .iter()
            .position(|i| i == second)
            .expect("it is one of the three");
        order.swap(2, at);
    }
    let table = truth_table(bit, order);
    let [x, y, z] = order.map(|i| variables[i].operand());
    let x = block.copy(x, Home::Spare);
    let Operand::Value(y) = y else {
        panic!("a round on three constants")
    };
    block.ternary(table, x, y, z)
}

/// The table of `bit` when its arguments are handed over in `order`.
fn truth_table(bit: fn(bool, bool, bool) -> bool, order: [usize; 3]) -> u8 {
    (0..8).fold(0, |table, index| {
        let mut arguments = [false; 3];
        for (position, argument) in order.into_iter().enumerate() {
            arguments[argument] = index >> (2 - position) & 1 == 1;
        }
        table | u8::from(bit(arguments[0], arguments[1], arguments[2])) << index
    })
}

const XOR3: u8 = 0x96;

fn sigma(block: &mut Block, x: Variable, bits: [u32; 3]) -> Value {
    let [p, q, r] = bits.map(|bits| block.rotate(x.operand(), bits));
    block.ternary(XOR3, p, q, r.into())
}

/// σ0 of the schedule.
pub fn small_sigma0(block: &mut Block, x: Operand) -> Value {
    let (p, q, r) = (block.rotate(x, 7), block.rotate(x, 18), block.shift(x, 3));
    block.ternary(XOR3, p, q, r.into())
}

/// σ1 of the schedule.
pub fn small_sigma1(block: &mut Block, x: Operand) -> Value {
    let (p, q, r) = (block.rotate(x, 17), block.rotate(x, 19), block.shift(x, 10));
    block.ternary(XOR3, p, q, r.into())
}
