//! Placed instructions as assembly in Intel's syntax.

use std::fmt::Write;

use super::ir::{Kind, Place};
use super::schedule::{Placed, PlacedOperand};

/// The lines of `code`.
pub fn lines(code: &[Placed]) -> Vec<String> {
    code.iter().map(line).collect()
}

/// The text of `code`.
pub fn text(code: &[Placed]) -> String {
    code.iter().fold(String::new(), |mut text, placed| {
        writeln!(text, "    {}", line(placed)).expect("a string takes everything");
        text
    })
}

fn line(placed: &Placed) -> String {
    let result = placed
        .result
        .map(|register| format!("zmm{register}"))
        .unwrap_or_default();
    let sources: Vec<String> = placed.sources.iter().map(operand).collect();
    match placed.kind {
        Kind::Add => format!("vpaddd {result}, {}, {}", sources[0], sources[1]),
        Kind::RotateRight(bits) => format!("vprord {result}, {}, {bits}", sources[0]),
        Kind::ShiftRight(bits) => format!("vpsrld {result}, {}, {bits}", sources[0]),
        Kind::Ternary(table) => {
            assert_eq!(result, sources[0], "a ternary replaces its first operand");
            format!(
                "vpternlogd {result}, {}, {}, {table}",
                sources[1], sources[2]
            )
        }
        Kind::Unpack(instruction) => {
            format!("{instruction} {result}, {}, {}", sources[0], sources[1])
        }
        Kind::SpreadLast => format!("vpshufd {result}{{k1}}{{z}}, {}, 0xff", sources[0]),
        Kind::Copy => copy(&result, &placed.sources[0], &sources[0]),
        Kind::Store(place) => format!("vmovdqa64 {}, {}", address("zmmword", place), sources[0]),
        Kind::TestNone(mask) => format!("vptestnmd k{mask}, {}, {}", sources[0], sources[1]),
    }
}

fn copy(result: &str, from: &PlacedOperand, text: &str) -> String {
    match from {
        PlacedOperand::Broadcast(place) => {
            format!("vpbroadcastd {result}, {}", address("dword", *place))
        }
        PlacedOperand::Register(_) | PlacedOperand::Full(_) => {
            format!("vmovdqa64 {result}, {text}")
        }
    }
}

fn operand(operand: &PlacedOperand) -> String {
    match operand {
        PlacedOperand::Register(register) => format!("zmm{register}"),
        PlacedOperand::Full(place) => address("zmmword", *place),
        PlacedOperand::Broadcast(place) => format!("{}{{1to16}}", address("dword", *place)),
    }
}

fn address(size: &str, place: Place) -> String {
    format!("{size} ptr [{} + {}]", place.base, place.offset)
}
