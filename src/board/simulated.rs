//! What driver and emulator of a simulated board agree on: emulators are slow beside hardware, so they report easier hashes.

use super::{BoardError, BoardOptions, Connection, Model, icarus};

/// Hashes a second of an emulated board whose rate nobody has asked for.
const RATE: f64 = 2e6;

/// Adds to `options` of a board inside the program, or behind a pseudo-terminal, what driver and emulator must agree on.
///
/// # Errors
/// [`BoardError::Option`] for an impossible rate.
pub fn simulated(model: &Model, options: BoardOptions) -> Result<BoardOptions, BoardError> {
    match model.connection {
        _ if model.emulate.is_none() => Ok(options),
        Connection::Usb(_) => with_zero_bits(model, options),
        Connection::Serial { .. } | Connection::Host => icarus::simulated(options),
    }
}

/// As many zero bits less than 32 as the emulator is slower than the board: replies come about as often as from the board. The rate itself
/// is no power of two.
fn with_zero_bits(model: &Model, options: BoardOptions) -> Result<BoardOptions, BoardError> {
    if options.text("zero-bits").is_some() {
        return Ok(options);
    }
    let asked = options.rate("rate")?;
    let rate = asked.unwrap_or(RATE);
    let slower = (model.nominal.get() / rate).log2().round();
    let bits = (32.0 - slower).clamp(1.0, 32.0) as u32;
    let options = options.with("zero-bits", &bits.to_string())?;
    match asked {
        Some(_) => Ok(options),
        None => options.with("rate", &rate.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::model;

    #[test]
    fn easier_hashes_make_up_for_the_slower_rate() {
        let bits = |name: &str, options: &str| {
            let options = BoardOptions::parse(options).unwrap();
            let options = simulated(model(name).unwrap(), options).unwrap();
            options.get::<u32>("zero-bits").unwrap().unwrap()
        };
        // 1.07 TH/s is 2^19 times two million.
        assert_eq!(bits("bitaxe-gamma", ""), 13);
        let rate = |options: &str| {
            let options = BoardOptions::parse(options).unwrap();
            let options = simulated(model("r606").unwrap(), options).unwrap();
            options.rate("rate").unwrap()
        };
        assert_eq!((rate(""), rate("rate=3M")), (Some(2e6), Some(3e6)));
        assert_eq!(rate("zero-bits=20"), None);
        assert_eq!(bits("bitaxe-gamma", "rate=1M"), 12);
        assert_eq!(bits("bitaxe-gamma", "rate=2M,zero-bits=20"), 20);
        assert_eq!(bits("icarus", ""), 20);
        assert!(
            simulated(
                model("bitaxe-gamma").unwrap(),
                BoardOptions::parse("rate=0").unwrap()
            )
            .is_err()
        );
    }
}
