//! Instructions before they have registers: what is computed, not yet when and where.

/// A place in memory: a base register and an offset in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    pub base: &'static str,
    pub offset: usize,
}

/// The result of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Value(pub usize);

/// What an instruction reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A register.
    Value(Value),
    /// Sixteen words in memory.
    Full(Place),
    /// One word in memory, for all sixteen lanes.
    Broadcast(Place),
}

/// Where a value lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Home {
    /// This register.
    Register(usize),
    /// Any of the spare registers.
    Spare,
}

/// What an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Add,
    RotateRight(u32),
    ShiftRight(u32),
    /// Any function of three bits, given by its truth table; the result replaces the first operand.
    Ternary(u8),
    /// A copy from a register or from memory.
    Copy,
    Store(Place),
    /// One of the instructions that interleave two vectors within each 128 bits.
    Unpack(&'static str),
    /// The last of each four words in the second and the last place, zero in the others; needs mask register 1 to be `0xaaaa`.
    SpreadLast,
    /// Sets mask register `.0` to the lanes of the first operand that have none of the second's bits.
    TestNone(usize),
}

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    pub kind: Kind,
    pub sources: Vec<Operand>,
    pub result: Option<Value>,
    /// Which of the interleaved streams it belongs to.
    pub stream: usize,
}

/// Straight-line code: instructions in an order that computes the right thing, to be put in a faster one.
#[derive(Default)]
pub struct Block {
    pub instructions: Vec<Instruction>,
    /// Home of each value.
    pub homes: Vec<Home>,
    /// The stream that instructions are being added to.
    pub stream: usize,
}

impl Block {
    /// A value that is in `register` when the block begins.
    pub fn entry(&mut self, register: usize) -> Value {
        self.value(Home::Register(register))
    }

    fn value(&mut self, home: Home) -> Value {
        self.homes.push(home);
        Value(self.homes.len() - 1)
    }

    fn push(&mut self, kind: Kind, sources: Vec<Operand>, result: Option<Value>) {
        self.instructions.push(Instruction {
            kind,
            sources,
            result,
            stream: self.stream,
        });
    }

    /// `a + b`; one of the two may be in memory.
    pub fn add(&mut self, a: Operand, b: Operand, home: Home) -> Value {
        let (a, b) = match a {
            Operand::Value(_) => (a, b),
            _ => (b, a),
        };
        let result = self.value(home);
        self.push(Kind::Add, vec![a, b], Some(result));
        result
    }

    /// `a + b` in a spare register.
    pub fn sum(&mut self, a: impl Into<Operand>, b: impl Into<Operand>) -> Value {
        self.add(a.into(), b.into(), Home::Spare)
    }

    pub fn rotate(&mut self, x: Operand, bits: u32) -> Value {
        let result = self.value(Home::Spare);
        self.push(Kind::RotateRight(bits), vec![x], Some(result));
        result
    }

    pub fn shift(&mut self, x: Operand, bits: u32) -> Value {
        let result = self.value(Home::Spare);
        self.push(Kind::ShiftRight(bits), vec![x], Some(result));
        result
    }

    pub fn copy(&mut self, x: Operand, home: Home) -> Value {
        let result = self.value(home);
        self.push(Kind::Copy, vec![x], Some(result));
        result
    }

    /// `table` of three operands; `x` is used up, `y` is in a register.
    pub fn ternary(&mut self, table: u8, x: Value, y: Value, z: Operand) -> Value {
        let result = self.value(Home::Spare);
        self.push(
            Kind::Ternary(table),
            vec![x.into(), y.into(), z],
            Some(result),
        );
        result
    }

    /// `a` and `b` interleaved by `instruction`.
    pub fn unpack(&mut self, instruction: &'static str, a: Value, b: Value) -> Value {
        let result = self.value(Home::Spare);
        let sources = vec![a.into(), b.into()];
        self.push(Kind::Unpack(instruction), sources, Some(result));
        result
    }

    pub fn spread_last(&mut self, x: Operand) -> Value {
        let result = self.value(Home::Spare);
        self.push(Kind::SpreadLast, vec![x], Some(result));
        result
    }

    pub fn store(&mut self, place: Place, x: Value) {
        self.push(Kind::Store(place), vec![x.into()], None);
    }

    pub fn test_none(&mut self, mask: usize, x: Value, bits: Operand) {
        self.push(Kind::TestNone(mask), vec![x.into(), bits], None);
    }
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}
