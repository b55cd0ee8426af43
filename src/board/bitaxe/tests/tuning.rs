//! The walk to the best point on an emulated board, and what is remembered of it.

use super::rig::{Mined, Rig};
use crate::board::bitaxe::emulator::Firmware;
use crate::board::bitaxe::kind::{BITAXES, GAMMA};

/// Mines until the walk is over, for some hours at most; the last part.
fn walk(rig: &mut Rig) -> Mined {
    for _ in 0..20 {
        let mined = rig.mine(600);
        assert!(!rig.truth().in_reset, "{:?}", mined.notices);
        if mined.said("tuned: ") {
            return mined;
        }
    }
    panic!("the walk has no end");
}

#[test]
fn a_walk_ends_within_the_limits_and_is_remembered_by_serial_number() {
    let folder = tempfile::tempdir().unwrap();
    let options = format!("tune=efficiency,state-dir={}", folder.path().display());
    let mut rig = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V0, &options);
    rig.start().unwrap();
    let mined = walk(&mut rig);
    assert!(mined.hottest < 80.0);
    let volts = rig.truth().volts;
    assert!(
        (1.0..1.15).contains(&volts),
        "less voltage for the same hashes: {volts}"
    );
    let file = folder.path().join("tuning/B310CC52.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("efficiency"), "{kept}");
    // The next start goes where the walk ended.
    let mut again = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V0, &options);
    again.start().unwrap();
    let mined = again.mine(60);
    assert!(
        (again.truth().volts - volts).abs() < 0.01,
        "{}",
        again.truth().volts
    );
    assert!(mined.good > 20 && mined.wrong == 0, "{mined:?}");
}
