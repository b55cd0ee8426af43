//! Boards as people name them: `MODEL:PORT[,key=value...]`, `MODEL[:N][,key=value...]`, `auto`.

use std::fmt;
use std::path::PathBuf;

use super::{ConfigError, Origin, Sourced};
use crate::board::{self, BoardError, BoardOptions, Connection, Model};

/// A board to drive: its model, where it is, its options.
#[derive(Debug, Clone)]
pub struct BoardSpec {
    /// Its model.
    pub model: &'static Model,
    /// The port it is at; empty for a model that needs none, and for those boards of a model whose USB identity proves what they are.
    pub port: PathBuf,
    /// Its options; every key is one of the model's.
    pub options: BoardOptions,
}

/// Boards to simulate.
#[derive(Debug, Clone)]
pub struct SimSpec {
    /// Their model.
    pub model: &'static Model,
    /// How many; at least 1.
    pub count: u32,
    /// Their options; every key is one of the model's.
    pub options: BoardOptions,
}

/// What `--board` names.
#[derive(Debug, Clone)]
pub enum BoardChoice {
    /// Whatever is plugged in and known for certain.
    Auto,
    /// This one.
    One(BoardSpec),
}

/// The most boards that one `--simulate` makes.
const MAX_SIMULATED: u32 = 1000;

impl BoardChoice {
    /// Parses `auto` or `MODEL:PORT[,key=value...]`: the first `:` ends the model, the first `,` after it the port, so a port may hold
    /// `:` but no `,`.
    ///
    /// # Errors
    /// An unknown model, a missing port, or options that the model does not take.
    pub fn parse(text: &str) -> Result<Self, BoardError> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let (model, port, options) = parts(text);
        BoardSpec::new(board::model(model)?, port, BoardOptions::parse(options)?).map(Self::One)
    }
}

impl BoardSpec {
    /// A board of `model` at `port`.
    ///
    /// # Errors
    /// A missing port, or options that the model does not take.
    pub fn new(
        model: &'static Model,
        port: &str,
        options: BoardOptions,
    ) -> Result<Self, BoardError> {
        check_options(model, &options)?;
        let is_found = matches!(model.connection, Connection::Usb(_));
        let serial = model.connection != Connection::Host;
        match (serial, port.is_empty()) {
            (true, true) if !is_found => Err(problem(
                "port",
                "",
                &format!("{0} needs its port, such as {0}:/dev/ttyUSB0", model.name),
            )),
            (false, false) => Err(problem(
                "port",
                port,
                &format!("{} has no port", model.name),
            )),
            _ => Ok(Self {
                model,
                port: port.into(),
                options,
            }),
        }
    }
}

impl SimSpec {
    /// Parses `MODEL[:N][,key=value...]`.
    ///
    /// # Errors
    /// An unknown model, an impossible number, or options that the model does not take.
    pub fn parse(text: &str) -> Result<Self, BoardError> {
        let (model, count, options) = parts(text);
        let count = if count.is_empty() { "1" } else { count };
        Self::new(board::model(model)?, count, BoardOptions::parse(options)?)
    }

    /// `count` boards of `model`.
    ///
    /// # Errors
    /// An impossible number, or options that the model does not take.
    pub fn new(
        model: &'static Model,
        count: &str,
        options: BoardOptions,
    ) -> Result<Self, BoardError> {
        check_options(model, &options)?;
        match count.parse() {
            Ok(number @ 1..=MAX_SIMULATED) => Ok(Self {
                model,
                count: number,
                options,
            }),
            _ => Err(problem(
                "count",
                count,
                &format!("must be a whole number from 1 to {MAX_SIMULATED}"),
            )),
        }
    }
}

/// The text of a board with the limits of its model lifted, if the model has such limits and the text does not speak of them.
pub fn without_limits(text: &str) -> String {
    const KEY: &str = "unsafe-limits";
    let (name, _, options) = parts(text);
    let has = |model: &Model| model.options.iter().any(|option| option.key == KEY);
    if options.contains(KEY) || !board::model(name).is_ok_and(has) {
        return text.to_owned();
    }
    format!("{text},{KEY}=yes")
}

/// Each `--board` text, checked.
pub(super) fn parse_boards<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
    origin: &Origin,
) -> Result<Vec<Sourced<BoardChoice>>, ConfigError> {
    parse_all(texts, origin, BoardChoice::parse)
}

/// Each `--simulate` text, checked.
pub(super) fn parse_sims<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
    origin: &Origin,
) -> Result<Vec<Sourced<SimSpec>>, ConfigError> {
    parse_all(texts, origin, SimSpec::parse)
}

fn parse_all<T: AsRef<str>, S>(
    texts: impl IntoIterator<Item = T>,
    origin: &Origin,
    parse: fn(&str) -> Result<S, BoardError>,
) -> Result<Vec<Sourced<S>>, ConfigError> {
    let checked = |text: T| match parse(text.as_ref()) {
        Ok(value) => Ok(Sourced::new(value, origin.clone())),
        Err(source) => Err(ConfigError::board(origin.clone(), text.as_ref(), source)),
    };
    texts.into_iter().map(checked).collect()
}

/// `model`, what stands behind its `:`, and the options.
fn parts(text: &str) -> (&str, &str, &str) {
    let (head, options) = text.split_once(',').unwrap_or((text, ""));
    let (model, place) = head.split_once(':').unwrap_or((head, ""));
    (model.trim(), place.trim(), options)
}

/// Unknown keys are refused by the model's list, impossible values by the model's emulator: it reads the same keys and opens nothing.
fn check_options(model: &'static Model, options: &BoardOptions) -> Result<(), BoardError> {
    options.only(model.options.iter().map(|option| option.key))?;
    match model.emulate.map(|emulate| emulate(options)) {
        Some(Err(error)) => Err(error),
        _ => Ok(()),
    }
}

fn problem(key: &str, value: &str, problem: &str) -> BoardError {
    BoardError::Option {
        key: key.to_owned(),
        value: value.to_owned(),
        problem: problem.to_owned(),
    }
}

impl fmt::Display for BoardSpec {
    /// As `--board` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model.name)?;
        if !self.port.as_os_str().is_empty() {
            write!(f, ":{}", self.port.display())?;
        }
        write_options(f, &self.options)
    }
}

impl fmt::Display for SimSpec {
    /// As `--simulate` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.model.name, self.count)?;
        write_options(f, &self.options)
    }
}

fn write_options(f: &mut fmt::Formatter<'_>, options: &BoardOptions) -> fmt::Result {
    options
        .iter()
        .try_for_each(|(key, value)| write!(f, ",{key}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    use crate::board::{Emulated, OptionHelp};
    use crate::transport::Emulator;
    use crate::units::Hashrate;

    /// A device that never says anything.
    struct Silent;

    impl Emulator for Silent {
        fn receive(&mut self, _: &[u8], _: Instant) {}

        fn advance(&mut self, until: Instant, _: &mut Vec<u8>) -> Instant {
            until
        }
    }

    static SERIAL: Model = Model {
        name: "testboard",
        aliases: &[],
        title: "a board for tests",
        chips: "none",
        connection: Connection::Serial { baud: 115_200 },
        nominal: Hashrate::ZERO,
        clock_mhz: None,
        core_millivolts: None,
        usb: &[],
        options: &[OptionHelp {
            key: "clock",
            about: "MHz",
        }],
        open: |_, _| Err(BoardError::NoEmulator("testboard")),
        emulate: Some(|options| {
            options.within("clock", 100..=400, 200)?;
            Ok(Emulated::port(Box::new(Silent)))
        }),
    };

    static HOST: Model = Model {
        name: "testhost",
        aliases: &[],
        title: "no board",
        chips: "none",
        connection: Connection::Host,
        nominal: Hashrate::ZERO,
        clock_mhz: None,
        core_millivolts: None,
        usb: &[],
        options: &[OptionHelp {
            key: "clock",
            about: "MHz",
        }],
        open: |_, _| Err(BoardError::NoEmulator("testhost")),
        emulate: None,
    };

    fn options(text: &str) -> BoardOptions {
        BoardOptions::parse(text).unwrap()
    }

    #[test]
    fn a_port_may_hold_colons_and_options_follow_the_first_comma() {
        assert_eq!(
            parts("icarus:/dev/serial/by-path/pci-0:14:0,baud=9,x=1"),
            ("icarus", "/dev/serial/by-path/pci-0:14:0", "baud=9,x=1")
        );
        assert_eq!(parts("icarus"), ("icarus", "", ""));
        assert_eq!(parts("icarus,x=a:b"), ("icarus", "", "x=a:b"));
    }

    #[test]
    fn limits_are_lifted_where_there_are_some_and_nothing_was_said_of_them() {
        assert_eq!(without_limits("r606"), "r606,unsafe-limits=yes");
        assert_eq!(
            without_limits("bitaxe:/dev/ttyACM0,freq=700"),
            "bitaxe:/dev/ttyACM0,freq=700,unsafe-limits=yes"
        );
        for same in ["icarus:/dev/x", "r606:2,unsafe-limits=no", "auto", "none"] {
            assert_eq!(without_limits(same), same);
        }
        assert!(SimSpec::parse("r606,freq=750").is_err());
        // Which Bitaxe it is the chip tells later: only a Max takes so many millivolts.
        assert!(BoardChoice::parse("bitaxe:/dev/x,voltage=1450").is_ok());
        assert!(SimSpec::parse(&without_limits("r606,freq=750")).is_ok());
    }

    #[test]
    fn ports_and_counts_are_checked() {
        let error = BoardSpec::new(&HOST, "/dev/null", options("")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "option port=/dev/null: testhost has no port"
        );
        let spec = BoardSpec::new(&HOST, "", options("clock=1")).unwrap();
        assert_eq!(spec.to_string(), "testhost,clock=1");
        for bad in ["0", "1001", "-1", "x"] {
            let error = SimSpec::new(&HOST, bad, options(""))
                .unwrap_err()
                .to_string();
            assert_eq!(
                error,
                format!("option count={bad}: must be a whole number from 1 to 1000")
            );
        }
        let sim = SimSpec::new(&HOST, "3", options("clock=1")).unwrap();
        assert_eq!(sim.to_string(), "testhost:3,clock=1");
    }

    #[test]
    fn options_are_checked_by_key_and_by_value() {
        let error = |text: &str| {
            BoardSpec::new(&SERIAL, "p", options(text))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("clok=1"),
            "option clok=1: unknown; this board takes clock"
        );
        assert_eq!(
            error("clock=9"),
            "option clock=9: must be within 100 to 400"
        );
        assert!(BoardSpec::new(&SERIAL, "p", options("clock=200")).is_ok());
        assert_eq!(
            BoardSpec::new(&SERIAL, "", options(""))
                .unwrap_err()
                .to_string(),
            "option port=: testboard needs its port, such as testboard:/dev/ttyUSB0"
        );
    }

    #[test]
    fn unknown_models_are_named() {
        let error = BoardChoice::parse("nonsense:/dev/x").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no board model \"nonsense\" (see `midstate models`)"
        );
        assert!(matches!(
            BoardChoice::parse("auto").unwrap(),
            BoardChoice::Auto
        ));
    }
}
