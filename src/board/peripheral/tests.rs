//! Each driver against its emulated part: values go in as volts, amperes and degrees, and come out again.

use super::emulated::{self, Part, Surroundings};
use super::*;

/// A bus with parts on it.
struct Bus(Vec<Box<dyn Part>>);

impl Bus {
    fn with(part: impl Part + 'static) -> Self {
        Self(vec![Box::new(part)])
    }

    fn feel(&mut self, world: Surroundings) {
        self.0.iter_mut().for_each(|part| part.feel(&world));
    }

    fn volts(&self) -> f32 {
        self.0.iter().find_map(|part| part.core_volts()).unwrap()
    }

    fn fan(&self) -> f32 {
        self.0.iter().find_map(|part| part.fan()).unwrap()
    }
}

impl I2c for Bus {
    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), PeripheralError> {
        self.write_read(address, bytes, &mut [])
    }

    fn write_read(
        &mut self,
        address: u8,
        bytes: &[u8],
        into: &mut [u8],
    ) -> Result<(), PeripheralError> {
        let part = self.0.iter_mut().find(|part| part.address() == address);
        let part = part.ok_or_else(|| PeripheralError::Refused {
            step: format!("address {address:02x}"),
            why: "nobody there".to_owned(),
        })?;
        into.copy_from_slice(&part.transfer(bytes, into.len()));
        Ok(())
    }
}

fn close(value: f32, expected: f32, tolerance: f32) {
    assert!(
        (value - expected).abs() <= tolerance,
        "{value}, not {expected}"
    );
}

const GAMMA: Tps546Limits = Tps546Limits {
    output: (1.0, 2.0),
    input: (4.8, 4.5),
    amps: (25.0, 30.0),
    celsius: (105.0, 145.0),
};

fn busy() -> Surroundings {
    Surroundings {
        chip: 61.3,
        board: 48.7,
        input_volts: 5.1,
        input_amps: 3.4,
        core_volts: 1.147,
        core_amps: 14.5,
        fan_rpm: 4321,
    }
}

#[test]
fn a_tps546_is_configured_set_switched_and_read() {
    let mut bus = Bus::with(emulated::Tps546::new());
    let tps = Tps546::find(&mut bus, 0x24, GAMMA).unwrap().unwrap();
    tps.configure(&mut bus).unwrap();
    assert!(bus.volts() < 1e-6);
    tps.set_volts(&mut bus, 1.15).unwrap();
    assert!(bus.volts() < 1e-6, "set, and still off");
    tps.on(&mut bus).unwrap();
    close(bus.volts(), 1.15, 0.001);
    bus.feel(busy());
    close(tps.output_volts(&mut bus).unwrap(), 1.147, 0.002);
    close(tps.output_amps(&mut bus).unwrap(), 14.5, 0.1);
    close(tps.input_volts(&mut bus).unwrap(), 5.1, 0.1);
    close(tps.celsius(&mut bus).unwrap(), 48.7, 0.3);
    assert_eq!(tps.status(&mut bus).unwrap().fault(), None);
    tps.off(&mut bus).unwrap();
    assert!(bus.volts() < 1e-6);
}

#[test]
fn a_tps546_protects_itself_by_the_limits_it_was_given() {
    let trips = [
        (
            Surroundings {
                core_amps: 30.5,
                ..busy()
            },
            "output over-current",
        ),
        (
            Surroundings {
                input_volts: 4.4,
                ..busy()
            },
            "input under-voltage",
        ),
        (
            Surroundings {
                board: 146.0,
                ..busy()
            },
            "regulator temperature",
        ),
    ];
    for (world, words) in trips {
        let mut bus = Bus::with(emulated::Tps546::new());
        bus.feel(Surroundings {
            input_volts: 5.0,
            ..busy()
        });
        let tps = Tps546::find(&mut bus, 0x24, GAMMA).unwrap().unwrap();
        tps.configure(&mut bus).unwrap();
        tps.set_volts(&mut bus, 1.2).unwrap();
        tps.on(&mut bus).unwrap();
        bus.feel(world);
        assert_eq!(tps.status(&mut bus).unwrap().fault(), Some(words));
        assert!(bus.volts() < 1e-6, "{words}");
        bus.feel(busy());
        assert!(bus.volts() < 1e-6, "{words} stays until it is cleared");
        tps.on(&mut bus).unwrap();
        close(bus.volts(), 1.2, 0.001);
    }
}

#[test]
fn voltages_out_of_range_or_not_taken_are_refused_by_name() {
    let mut bus = Bus::with(emulated::Tps546::new());
    let tps = Tps546::find(&mut bus, 0x24, GAMMA).unwrap().unwrap();
    let error = tps.set_volts(&mut bus, 2.01).unwrap_err().to_string();
    assert_eq!(error, "TPS546: 2.010 V is outside of 1.000 to 2.000 V");
    // Not configured, the part cuts what is set at its own maximum, which was lowered here.
    bus.write(0x24, &[0x24, 0x00, 0x02]).unwrap();
    let error = tps.set_volts(&mut bus, 1.2).unwrap_err().to_string();
    assert_eq!(error, "TPS546: expected 1.200 V set, got 1.000 V read back");
}

#[test]
fn what_is_not_there_is_none_and_what_is_another_is_an_error() {
    let mut nobody = Bus(Vec::new());
    assert!(Tps546::find(&mut nobody, 0x24, GAMMA).unwrap().is_none());
    assert!(Ina260::find(&mut nobody, 0x40).unwrap().is_none());
    assert!(Emc2101::find(&mut nobody, 0x4c).unwrap().is_none());
    assert!(Tmp1075::find(&mut nobody, 0x4a).unwrap().is_none());
    let mut bus = Bus::with(emulated::Tmp1075::new(0x40));
    let error = Ina260::find(&mut bus, 0x40).unwrap_err();
    assert!(
        matches!(error, PeripheralError::Implausible { .. }),
        "{error}"
    );
}

/// Feedback of the Bitaxe's regulator.
const BITAXE: Feedback = Feedback {
    reference: 0.6,
    upper: 4750.0,
    lower: 3320.0,
    full_scale: 98.921e-6,
    sources_below: 1.451,
};

#[test]
fn a_ds4432u_has_the_codes_of_the_fact_sheet() {
    // ceil(|0.6/3320 - (V-0.6)/4750| / 98.921e-6 x 127), bit 7 below 1.451 V.
    for (volts, code) in [
        (1.2, 0x80 + 70),
        (1.4, 0x80 + 16),
        (1.5, 11),
        (1.166, 0x80 + 79),
    ] {
        let computed = BITAXE.code(volts).unwrap();
        assert!(
            computed.abs_diff(code) <= 1,
            "{volts} V: {computed:02x}, by hand {code:02x}"
        );
        close(BITAXE.volts(computed), volts, 0.004);
    }
    // Around the output without current it is the sheet's rounded value that decides.
    for (volts, code) in [(1.45, 0x83), (1.452, 2), (1.454, 2), (1.456, 1), (1.458, 1)] {
        assert_eq!(BITAXE.code(volts), Some(code), "{volts}");
    }
    assert_eq!(BITAXE.code(0.9), None);
    let (least, most) = BITAXE.range();
    close(least, 0.989, 0.002);
    close(most, 1.928, 0.002);
}

#[test]
fn a_ds4432u_bends_its_regulator() {
    let mut bus = Bus::with(emulated::Ds4432u::new(1.4584, 0.4699));
    let dac = Ds4432u::find(&mut bus, 0x48, BITAXE).unwrap().unwrap();
    for volts in [1.0, 1.2, 1.4, 1.8] {
        dac.set_volts(&mut bus, volts).unwrap();
        close(bus.volts(), volts, 0.005);
    }
    let error = dac.set_volts(&mut bus, 2.5).unwrap_err().to_string();
    assert_eq!(error, "DS4432U: 2.500 V is outside of 0.989 to 1.928 V");
    dac.set_lowest(&mut bus).unwrap();
    close(bus.volts(), 0.989, 0.002);
}

#[test]
fn an_ina260_measures() {
    let mut bus = Bus::with(emulated::Ina260::new());
    let meter = Ina260::find(&mut bus, 0x40).unwrap().unwrap();
    bus.feel(busy());
    close(meter.volts(&mut bus).unwrap(), 5.1, 0.002);
    close(meter.amps(&mut bus).unwrap(), 3.4, 0.002);
    close(meter.watts(&mut bus).unwrap(), 17.34, 0.02);
    bus.feel(Surroundings {
        input_amps: -0.5,
        ..busy()
    });
    close(meter.amps(&mut bus).unwrap(), -0.5, 0.002);
}

#[test]
fn an_emc2101_drives_counts_and_measures() {
    let mut bus = Bus::with(emulated::Emc2101::new(None));
    let fan = Emc2101::find(&mut bus, 0x4c).unwrap().unwrap();
    bus.feel(busy());
    assert_eq!(
        fan.rpm(&mut bus).unwrap(),
        0,
        "not configured, nothing is counted"
    );
    fan.configure(&mut bus, Some((0x24, 0))).unwrap();
    bus.feel(busy());
    close(fan.rpm(&mut bus).unwrap() as f32, 4321.0, 4.0);
    for percent in [0, 35, 100] {
        fan.set_fan(&mut bus, percent).unwrap();
        close(bus.fan() * 100.0, f32::from(percent), 0.9);
    }
    close(fan.diode_celsius(&mut bus).unwrap(), 61.3, 0.13);
    close(fan.internal_celsius(&mut bus).unwrap(), 48.7, 1.0);
    bus.feel(Surroundings {
        chip: -12.5,
        fan_rpm: 0,
        ..busy()
    });
    close(fan.diode_celsius(&mut bus).unwrap(), -12.5, 0.01);
    assert_eq!(fan.rpm(&mut bus).unwrap(), 0);
}

#[test]
fn an_open_diode_is_no_heat() {
    let mut bus = Bus::with(emulated::Emc2101::new(Some(5.0)));
    let fan = Emc2101::find(&mut bus, 0x4c).unwrap().unwrap();
    bus.feel(busy());
    close(fan.internal_celsius(&mut bus).unwrap(), 56.3, 1.0);
    let error = fan.diode_celsius(&mut bus).unwrap_err();
    assert!(
        matches!(error, PeripheralError::Implausible { .. }),
        "{error}"
    );
}

#[test]
fn an_emc2103_drives_counts_and_measures() {
    let mut bus = Bus::with(emulated::Emc2103::new());
    let fan = Emc2103::find(&mut bus, 0x2e).unwrap().unwrap();
    fan.configure(&mut bus).unwrap();
    fan.set_fan(&mut bus, 40).unwrap();
    close(bus.fan(), 0.4, 0.003);
    bus.feel(busy());
    close(fan.rpm(&mut bus).unwrap() as f32, 4321.0, 10.0);
    close(fan.diode_celsius(&mut bus).unwrap(), 61.3, 0.13);
    close(fan.internal_celsius(&mut bus).unwrap(), 48.7, 0.13);
    bus.feel(Surroundings {
        chip: -128.0,
        fan_rpm: 0,
        ..busy()
    });
    assert_eq!(fan.rpm(&mut bus).unwrap(), 0);
    assert!(fan.diode_celsius(&mut bus).is_err());
}

#[test]
fn thermometers_read_to_a_sixteenth_and_take_an_offset() {
    let mut bus = Bus(vec![
        Box::new(emulated::Tmp1075::new(0x4a)),
        Box::new(emulated::Tmp451::new(0x49, 7.0)),
    ]);
    let left = Tmp1075::find(&mut bus, 0x4a).unwrap().unwrap();
    let right = Tmp451::find(&mut bus, 0x49).unwrap().unwrap();
    bus.feel(busy());
    close(left.celsius(&mut bus).unwrap(), 48.7, 0.07);
    close(right.local_celsius(&mut bus).unwrap(), 48.7, 0.07);
    close(right.diode_celsius(&mut bus).unwrap(), 68.3, 0.07);
    right.set_offset(&mut bus, -7).unwrap();
    bus.feel(busy());
    close(right.diode_celsius(&mut bus).unwrap(), 61.3, 0.07);
    bus.feel(Surroundings {
        board: -10.25,
        chip: -3.5,
        ..busy()
    });
    close(left.celsius(&mut bus).unwrap(), -10.25, 0.01);
    close(right.diode_celsius(&mut bus).unwrap(), -3.5, 0.07);
}
