//! Heat, sensors, switches: no stick is left hot.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::rig::{Rig, Told};
use crate::board::gekko::{GEKKO_COMPAC_A1, GEKKO_COMPAC_A2, GEKKO_COMPACF};
use crate::board::{BoardError, BoardOptions, Model};
use crate::transport::{Emulator, TransportError, VendorRequests, VirtualClock};

const SECOND: Duration = Duration::from_secs(1);
/// Slow hashing, so that minutes cost nothing.
const SLOW: &str = "rate=20k";

fn rig(model: &Model, options: &str) -> Rig {
    Rig::new(model, &format!("{SLOW},{options}"))
}

fn ran(model: &Model, options: &str, seconds: u32) -> Told {
    let mut rig = rig(model, options);
    rig.start().unwrap();
    rig.mine(seconds * SECOND).unwrap();
    std::mem::take(&mut rig.told)
}

#[test]
fn readings_of_every_version_of_the_controller_are_told() {
    for version in [10, 20, 21, 30] {
        let told = ran(&GEKKO_COMPAC_A1, &format!("telemetry={version}"), 60);
        let (_, values) = told.telemetry.last().unwrap();
        assert!(
            values.chip_temperature.unwrap() > 30.0,
            "{version}: {values:?}"
        );
        assert!(
            (values.core_voltage.unwrap() - 0.3).abs() < 0.01,
            "{version}: {values:?}"
        );
        assert!(
            (values.input_voltage.unwrap() - 5.0).abs() < 0.1,
            "{version}: {values:?}"
        );
        assert_eq!(
            values.power.is_some(),
            version > 10,
            "{version}: {values:?}"
        );
        assert_eq!(values.fan_percent, None, "an A1 has none that we drive");
    }
}

#[test]
fn the_fan_keeps_the_temperature() {
    let told = ran(&GEKKO_COMPAC_A2, "target-temp=55", 400);
    let (_, last) = told.telemetry.last().unwrap();
    assert!(
        (last.chip_temperature.unwrap() - 55.0).abs() < 4.0,
        "{last:?}"
    );
    let percent = last.fan_percent.unwrap();
    assert!(percent > 20 && percent < 100, "{last:?}");
    let fixed = ran(&GEKKO_COMPAC_A2, "fan=40%", 60);
    assert_eq!(fixed.telemetry.last().unwrap().1.fan_percent, Some(40));
}

#[test]
fn heat_costs_clock_first_and_never_passes_the_limit_for_long() {
    // Air as hot as this leaves the stopped fan no chance.
    let told = ran(&GEKKO_COMPAC_A2, "fault-fan=30,ambient=30,max-temp=70", 400);
    assert!(told.said("clock lowered"), "{:?}", told.notices);
    assert!(
        told.hottest() < 76.0,
        "{} {:?}",
        told.hottest(),
        told.notices
    );
}

#[test]
fn too_hot_is_switched_off_and_on_again_when_it_is_cool() {
    let told = ran(&GEKKO_COMPAC_A1, "max-temp=45,ambient=24", 900);
    assert!(told.hottest() < 51.0, "{}", told.hottest());
    assert!(told.good > 20, "{told:?}");
    if told.said("switched off") {
        assert!(told.said("on again"), "{:?}", told.notices);
    }
}

#[test]
fn a_silent_controller_is_no_heat_but_ends_the_same_way_in_bounded_time() {
    for fault in ["fault-mute=60", "fault-frozen=60"] {
        let mut rig = rig(&GEKKO_COMPAC_A2, fault);
        rig.start().unwrap();
        let before = rig.mine(60 * SECOND).unwrap().good;
        let told = rig.mine(200 * SECOND).unwrap();
        assert!(
            told.said("core voltage switched off"),
            "{fault}: {:?}",
            told.notices
        );
        assert!(told.good > before / 2, "{fault}");
        let good = told.good;
        let told = rig.mine(60 * SECOND).unwrap();
        assert_eq!(told.good, good, "{fault}: it is off");
    }
}

#[test]
fn too_much_current_and_another_voltage_than_was_set_switch_off() {
    for (fault, words) in [
        ("fault-over-current=40", "A, above 3.0 A"),
        ("fault-regulator=40", "another core voltage than was set"),
    ] {
        let mut rig = rig(&GEKKO_COMPAC_A1, fault);
        rig.start().unwrap();
        rig.mine(38 * SECOND).unwrap();
        assert!(!rig.told.said("switched off"), "{:?}", rig.told.notices);
        let told = rig.mine(20 * SECOND).unwrap();
        assert!(told.said(words), "{fault}: {:?}", told.notices);
        assert!(told.said("switched off"), "{fault}: {:?}", told.notices);
    }
    // The regulator is told anew, and the chips go on.
    let mut rig = rig(&GEKKO_COMPAC_A1, "fault-regulator=20,ambient=20");
    rig.start().unwrap();
    rig.mine(300 * SECOND).unwrap();
    assert!(rig.told.said("on again"), "{:?}", rig.told.notices);
    // With their voltage: the regulator waits for its switch each time that the latch was off.
    let good = rig.told.good;
    let told = rig.mine(60 * SECOND).unwrap();
    assert!(told.good > good + 10, "{good} {}", told.good);
    let (_, last) = told.telemetry.last().unwrap();
    assert!(last.core_voltage.unwrap() > 0.25, "{last:?}");
}

/// A chain of many chips takes seconds to come up, in which nobody else reads the sensors.
#[test]
fn a_controller_that_falls_silent_while_the_chips_come_up_ends_that() {
    // Where chips are missing it is asked for them again, from reset.
    let mut rig = rig(&GEKKO_COMPAC_A1, "chips=128,fault-missing=1,fault-mute=3");
    let error = rig.start().unwrap_err();
    assert!(matches!(error, BoardError::Unsafe(_)), "{error}");
    assert!(error.to_string().contains("silent"), "{error}");
}

#[test]
fn a_regulator_that_fails_while_the_chips_come_up_ends_that() {
    let error = rig(&GEKKO_COMPAC_A1, "chips=128,fault-regulator=3").start();
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("another core voltage than was set"),
        "{error}"
    );
}

#[test]
fn a_hot_stick_is_not_started() {
    let mut rig = rig(&GEKKO_COMPAC_A1, "ambient=85");
    let error = rig.start().unwrap_err();
    assert!(matches!(error, BoardError::Unsafe(_)), "{error}");
}

/// What went out at the bridge and at the control port.
type Log = Arc<Mutex<Vec<String>>>;

struct Requests(Box<dyn VendorRequests>, Log);

impl VendorRequests for Requests {
    fn write_control(
        &mut self,
        request_type: u8,
        request: u8,
        value: u16,
        index: u16,
        data: &[u8],
    ) -> Result<(), TransportError> {
        let line = format!(
            "{request_type:02x} {request:02x} {value:04x} {}",
            hex::encode(data)
        );
        self.1.lock().unwrap().push(line.trim().to_owned());
        self.0
            .write_control(request_type, request, value, index, data)
    }
}

struct Commands(Box<dyn Emulator>, Log);

impl Emulator for Commands {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        let text = String::from_utf8_lossy(&bytes[..1]).into_owned();
        let line = format!("{text} {:02x}", bytes[1]);
        self.1.lock().unwrap().push(line);
        self.0.receive(bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.0.advance(until, out)
    }
}

/// Starts a stick and ends it by `end`; what went out.
fn switched(model: &Model, end: impl FnOnce(Box<dyn crate::board::Board>)) -> Vec<String> {
    let log = Log::default();
    let options = BoardOptions::parse(SLOW).unwrap();
    let mut emulated = (model.emulate.unwrap())(&options).unwrap();
    emulated.vendor = emulated
        .vendor
        .map(|vendor| Box::new(Requests(vendor, Arc::clone(&log))) as _);
    emulated.control = emulated
        .control
        .map(|control| Box::new(Commands(control, Arc::clone(&log))) as _);
    let clock = VirtualClock::new(Instant::now());
    let mut board = (model.open)(emulated.virtual_time("stick", &clock), &options).unwrap();
    board.start().unwrap();
    end(board);
    let log = log.lock().unwrap();
    log.clone()
}

#[test]
fn the_bridges_are_told_what_the_sheet_says_and_left_cold_whatever_ends_the_run() {
    type End = fn(Box<dyn crate::board::Board>);
    let ends: [End; 2] = [|mut board| board.stop().unwrap(), drop];
    for end in ends {
        let ftx = switched(&GEKKO_COMPACF, end);
        assert_eq!(ftx[..3], ["40 0b 20f2", "40 0b 20f0", "40 0b 20f2"]);
        assert_eq!(ftx.last().unwrap(), "40 0b 20f0");
        let cp2105 = switched(&GEKKO_COMPAC_A1, end);
        // The latch takes the regulator along, so it has its last word before the regulator's switch, until the end.
        let latch = |line: &&String| line.starts_with("41 ff");
        let on = cp2105.iter().position(|line| line == "B 4f").unwrap();
        let before: Vec<&String> = cp2105[..on].iter().filter(latch).collect();
        assert_eq!(before, ["41 ff 37e1 0707", "41 ff 37e1 0700"]);
        assert_eq!(cp2105[on..].iter().filter(latch).count(), 1, "{cp2105:?}");
        let commands: Vec<&str> = cp2105
            .iter()
            .map(String::as_str)
            .filter(|line| line.len() == 4)
            .collect();
        // Version, a look at the temperature, 60 times 5 mV, regulator, light.
        assert_eq!(commands[..5], ["? 76", "G 2e", "V 3c", "B 4f", "L 4e"]);
        assert_eq!(
            cp2105[cp2105.len() - 3..],
            ["B 2d", "L 2d", "41 ff 37e1 0707"]
        );
    }
}
