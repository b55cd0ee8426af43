//! Options that are out of range or contradict each other: the errors name the board, the value and the range.

use crate::board::bitaxe::kind::{BITAXES, GAMMA, MAX};
use crate::board::bitaxe::settings::Settings;
use crate::board::{BoardOptions, MODELS, model};

fn refusal(options: &str) -> String {
    let options = BoardOptions::parse(options).unwrap();
    Settings::parse(&[&GAMMA], &options)
        .unwrap_err()
        .to_string()
}

#[test]
fn limits_are_told_with_the_board_the_value_and_the_range() {
    for (options, words) in [
        (
            "freq=700",
            "option freq=700: a Bitaxe Gamma takes 50 to 650 MHz",
        ),
        (
            "voltage=1400",
            "option voltage=1400: a Bitaxe Gamma takes 1000 to 1300 mV",
        ),
        ("max-temp=90", "option max-temp=90: must be within 40 to 85"),
        ("fan=10%", "option fan=10%: must be auto, or 20% to 100%"),
        ("fan=fast", "option fan=fast: must be auto"),
        (
            "tune=best",
            "option tune=best: must be efficiency, hashrate or off",
        ),
        (
            "unsafe-limits=1",
            "option unsafe-limits=1: must be yes or no",
        ),
        (
            "target-temp=72",
            "option target-temp=72: target-temp (72) must be at least 5 degrees below max-temp (75)",
        ),
        (
            "max-temp=62",
            "option max-temp=62: target-temp (60) must be",
        ),
        (
            "voltage=NaN",
            "option voltage=NaN: a Bitaxe Gamma takes 1000 to 1300 mV",
        ),
        (
            "freq=fast",
            "option freq=fast: a Bitaxe Gamma takes 50 to 650 MHz",
        ),
        (
            "freq=nan",
            "option freq=NaN: a Bitaxe Gamma takes 50 to 650 MHz",
        ),
        (
            "tune=efficiency,freq=500",
            "option freq=500: tune walks clock and voltage by itself",
        ),
        (
            "voltage=1100,tune=hashrate",
            "option voltage=1100: tune walks clock and voltage by itself",
        ),
        (
            "baud=57600",
            "option baud=57600: a Bitaxe Gamma takes 115200, 1000000, 3000000",
        ),
    ] {
        let error = refusal(options);
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn a_board_without_a_fan_of_its_own_takes_none() {
    let emulate = model("emberone00").unwrap().emulate.unwrap();
    let refusal = |options: &str| {
        let options = BoardOptions::parse(options).unwrap();
        emulate(&options).err().map(|error| error.to_string())
    };
    let error = refusal("fan=50%").unwrap();
    assert_eq!(
        error,
        "option fan=50%: the fan of an EmberOne 00 is not driven by it"
    );
    let error = refusal("voltage=1200").unwrap();
    assert!(
        error.contains("an EmberOne 00 takes 3000 to 3900 mV"),
        "{error}"
    );
    assert!(refusal("freq=450,max-temp=80,target-temp=65").is_none());
}

#[test]
fn only_unsafe_limits_lifts_limits_and_never_what_the_parts_can_do() {
    let parse = |options: &str| {
        let options = BoardOptions::parse(options).unwrap();
        Settings::parse(&[&GAMMA], &options)
    };
    parse("freq=900,voltage=1400,max-temp=95,unsafe-limits=yes").unwrap();
    let error = parse("voltage=2100,unsafe-limits=yes")
        .unwrap_err()
        .to_string();
    assert!(error.contains("1000 to 19"), "{error}");
    assert!(parse("freq=1e9,unsafe-limits=yes").is_err());
    assert!(parse("freq=700,unsafe-limits=no").is_err());
}

#[test]
fn a_board_that_may_be_several_takes_what_one_of_them_takes() {
    let parse = |options: &str| {
        let options = BoardOptions::parse(options).unwrap();
        Settings::parse(BITAXES, &options)
    };
    let settings = parse("voltage=1450").unwrap();
    assert_eq!(settings.point(&MAX).unwrap(), (425.0, 1450));
    assert!(settings.point(&GAMMA).is_err());
    assert!(parse("voltage=1600").is_err());
}

#[test]
fn every_model_parses_its_defaults_and_refuses_strangers() {
    for name in [
        "bitaxe",
        "bitaxe-max",
        "bitaxe-ultra",
        "bitaxe-supra",
        "bitaxe-gamma",
        "bitaxe-gamma-rhapd",
        "emberone00",
    ] {
        let model = model(name).unwrap();
        let emulate = model.emulate.unwrap();
        assert!(emulate(&BoardOptions::none()).is_ok());
        let strange = BoardOptions::parse("clock=5").unwrap();
        assert!(emulate(&strange).is_err(), "{name}");
    }
    assert!(MODELS.len() > 10);
}
