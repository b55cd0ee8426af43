//! `key=value` options of one board, as `--board` and `--simulate` take them.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use super::BoardError;

/// The options of one board: text until a driver asks for a key in its own type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardOptions(Vec<(String, String)>);

impl BoardOptions {
    /// No options.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Parses `key=value,key=value`; empty text is no options.
    ///
    /// # Errors
    /// [`BoardError::Option`] for an item without `=` or a key given twice.
    pub fn parse(text: &str) -> Result<Self, BoardError> {
        text.split(',')
            .filter(|item| !item.is_empty())
            .try_fold(Self::none(), |options, item| {
                let (key, value) = item
                    .split_once('=')
                    .ok_or_else(|| problem(item, "", "expected key=value"))?;
                options.with(key.trim(), value.trim())
            })
    }

    /// Adds an option.
    ///
    /// # Errors
    /// [`BoardError::Option`] when the key is there already.
    pub fn with(mut self, key: &str, value: &str) -> Result<Self, BoardError> {
        if self.text(key).is_some() {
            return Err(problem(key, value, "given twice"));
        }
        self.0.push((key.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// The text of `key`, if it was given.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of `key` in the driver's type, if it was given.
    ///
    /// # Errors
    /// [`BoardError::Option`] when it does not parse.
    pub fn get<T: FromStr>(&self, key: &str) -> Result<Option<T>, BoardError>
    where
        T::Err: Display,
    {
        let parse = |value: &str| {
            value
                .parse()
                .map_err(|error: T::Err| problem(key, value, &error.to_string()))
        };
        self.text(key).map(parse).transpose()
    }

    /// The value of `key` within `range`, or `default`.
    ///
    /// # Errors
    /// [`BoardError::Option`] when it does not parse or is out of range; the message names the range.
    pub fn within<T>(
        &self,
        key: &str,
        range: std::ops::RangeInclusive<T>,
        default: T,
    ) -> Result<T, BoardError>
    where
        T: FromStr + PartialOrd + Display,
        T::Err: Display,
    {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(value) if range.contains(&value) => Ok(value),
            _ => {
                let words = format!("must be within {} to {}", range.start(), range.end());
                Err(problem(key, text, &words))
            }
        }
    }

    /// `yes` or `no`, or `default`.
    ///
    /// # Errors
    /// [`BoardError::Option`] for another word.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, BoardError> {
        match self.text(key) {
            None => Ok(default),
            Some("yes") => Ok(true),
            Some("no") => Ok(false),
            Some(other) => Err(problem(key, other, "must be yes or no")),
        }
    }

    /// The drive of a fan, `least` to 100 percent; `None`: `auto`, or not given.
    ///
    /// # Errors
    /// [`BoardError::Option`] with the range.
    pub fn fan(&self, least: u8) -> Result<Option<u8>, BoardError> {
        const KEY: &str = "fan";
        let Some(text) = self.text(KEY).filter(|text| *text != "auto") else {
            return Ok(None);
        };
        match text.strip_suffix('%').unwrap_or(text).parse() {
            Ok(percent) if (least..=100).contains(&percent) => Ok(Some(percent)),
            _ => {
                let words = format!("must be auto, or {least}% to 100%");
                Err(problem(KEY, text, &words))
            }
        }
    }

    /// A time in seconds.
    ///
    /// # Errors
    /// [`BoardError::Option`] when it is none, or longer than a million.
    pub fn seconds(&self, key: &str) -> Result<Option<Duration>, BoardError> {
        let value = self.within(key, 0.0..=1e6, 0.0)?;
        Ok(self.text(key).map(|_| Duration::from_secs_f64(value)))
    }

    /// Two numbers, `A@B`.
    ///
    /// # Errors
    /// [`BoardError::Option`] when it is something else.
    pub fn pair(&self, key: &str) -> Result<Option<(u16, u16)>, BoardError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let numbers = text
            .split_once('@')
            .and_then(|(one, other)| Some((one.parse().ok()?, other.parse().ok()?)));
        let words = "must be two numbers such as 2@30";
        numbers.map(Some).ok_or_else(|| problem(key, text, words))
    }

    /// A rate with an optional SI suffix (`2M`, `333e6`), in hashes a second.
    ///
    /// # Errors
    /// [`BoardError::Option`] when it is not a positive number.
    pub fn rate(&self, key: &str) -> Result<Option<f64>, BoardError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let (digits, scale) = match text.char_indices().next_back() {
            Some((at, 'k')) => (&text[..at], 1e3),
            Some((at, 'M')) => (&text[..at], 1e6),
            Some((at, 'G')) => (&text[..at], 1e9),
            Some((at, 'T')) => (&text[..at], 1e12),
            _ => (text, 1.0),
        };
        match digits.parse::<f64>() {
            Ok(value) if value > 0.0 && value.is_finite() => Ok(Some(value * scale)),
            _ => Err(problem(
                key,
                text,
                "expected a positive number of hashes a second, such as 2M",
            )),
        }
    }

    /// Refuses keys that are not among `known`.
    ///
    /// # Errors
    /// [`BoardError::Option`] that lists the known keys.
    pub fn only<'a>(
        &self,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Result<(), BoardError> {
        match self
            .0
            .iter()
            .find(|(key, _)| !known.clone().into_iter().any(|name| name == key))
        {
            None => Ok(()),
            Some((key, value)) => {
                let names: Vec<&str> = known.into_iter().collect();
                Err(problem(
                    key,
                    value,
                    &format!("unknown; this board takes {}", names.join(", ")),
                ))
            }
        }
    }

    /// Every option given, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// An error about the value of an option.
pub(super) fn problem(key: &str, value: &str, problem: &str) -> BoardError {
    BoardError::Option {
        key: key.to_owned(),
        value: value.to_owned(),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_the_drivers_types() {
        let options = BoardOptions::parse("baud=57600, rate=2.5M").unwrap();
        assert_eq!(options.get::<u32>("baud").unwrap(), Some(57_600));
        assert_eq!(options.rate("rate").unwrap(), Some(2.5e6));
        assert_eq!(options.within("slices", 1..=8, 2).unwrap(), 2);
        assert!(options.only(["baud", "rate"]).is_ok());
    }

    #[test]
    fn errors_name_the_key_the_value_and_what_is_possible() {
        let error = |text: &str| BoardOptions::parse(text).unwrap_err().to_string();
        assert_eq!(error("fast"), "option fast=: expected key=value");
        assert_eq!(error("a=1,a=2"), "option a=2: given twice");
        let options = BoardOptions::parse("clok=9,slices=9,rate=-1").unwrap();
        assert_eq!(
            options.only(["clock"]).unwrap_err().to_string(),
            "option clok=9: unknown; this board takes clock"
        );
        let error = options.within("slices", 1..=8, 2).unwrap_err();
        assert_eq!(error.to_string(), "option slices=9: must be within 1 to 8");
        assert!(options.rate("rate").is_err());
        let error = |text: &str| {
            let options = BoardOptions::parse(text).unwrap();
            options.within("freq", 50.0..=650.0, 1.0).unwrap_err()
        };
        for value in ["", "fast", "NaN", "-5", "1e9"] {
            let error = error(&format!("freq={value}")).to_string();
            let words = format!("option freq={value}: must be within 50 to 650");
            assert_eq!(error, words);
        }
    }
}
