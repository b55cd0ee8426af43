//! What a clock or a voltage may be on one model, as data: its stock value, and what users may ask for.

use std::fmt::Display;
use std::str::FromStr;

use super::options::problem;
use super::{BoardError, BoardOptions};

/// A stock value, and what users may ask for unless they lift the limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span<T> {
    /// What boards ship with.
    pub stock: T,
    /// The least.
    pub least: T,
    /// The most.
    pub most: T,
}

/// A span as an option of a board has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit<'a, T> {
    /// The board, as people call it.
    pub(super) board: &'a str,
    pub(super) key: &'static str,
    pub(super) unit: &'static str,
    pub(super) span: Span<T>,
    /// Whether the span is already what the parts themselves can do.
    pub(super) is_lifted: bool,
}

impl<T: PartialOrd + Copy + Display + FromStr> Limit<'_, T> {
    /// The option's value, or the stock one.
    ///
    /// # Errors
    /// [`BoardError::Option`] with the board, the value and the range.
    pub(super) fn read(&self, options: &BoardOptions) -> Result<T, BoardError> {
        self.check(self.number(options)?)
    }

    /// The number that the option has, whatever it is.
    ///
    /// # Errors
    /// As [`read`](Limit::read), for what is no number.
    pub(super) fn number(&self, options: &BoardOptions) -> Result<Option<T>, BoardError> {
        let parse = |text: &str| text.parse().map_err(|_| self.refuse(text));
        options.text(self.key).map(parse).transpose()
    }

    /// `value` if it is within the span, or the stock one.
    ///
    /// # Errors
    /// As [`read`](Limit::read).
    pub(super) fn check(&self, value: Option<T>) -> Result<T, BoardError> {
        let Span { stock, least, most } = self.span;
        match value {
            None => Ok(stock),
            Some(value) if least <= value && value <= most => Ok(value),
            Some(value) => Err(self.refuse(&value.to_string())),
        }
    }

    fn refuse(&self, value: &str) -> BoardError {
        let Span { least, most, .. } = self.span;
        let article = if self.board.starts_with('E') {
            "an"
        } else {
            "a"
        };
        let lift = if self.is_lifted {
            ", which is all that its parts can do"
        } else {
            " (unsafe-limits=yes lifts this, at your risk)"
        };
        let (board, unit) = (self.board, self.unit);
        let words = format!("{article} {board} takes {least} to {most} {unit}{lift}");
        problem(self.key, value, &words)
    }
}
