//! Every stick from reset to right nonces, with what goes wrong on the way.

use std::time::Duration;

use super::rig::Rig;
use crate::board::Model;
use crate::board::gekko::*;

const SECOND: Duration = Duration::from_secs(1);

const ALL: [&Model; 11] = [
    &GEKKO_COMPAC,
    &GEKKO_2PAC,
    &GEKKO_TERMINUS,
    &GEKKO_NEWPAC,
    &GEKKO_R606,
    &GEKKO_COMPACF,
    &GEKKO_R909,
    &GEKKO_COMPAC_A1,
    &GEKKO_TERMINUS_A1,
    &GEKKO_COMPAC_A2,
    &GEKKO_TERMINUS_A2,
];

#[test]
fn every_stick_mines_right_nonces_and_no_others() {
    for model in ALL {
        let mut rig = Rig::new(model, "rate=500k");
        let ability = rig
            .start()
            .unwrap_or_else(|error| panic!("{}: {error}", model.name));
        let told = rig.mine(8 * SECOND).unwrap();
        println!(
            "{}: {} good {} wrong {} twice {} garbage {:?} faults {:?} {:?}",
            model.name,
            told.good,
            told.wrong,
            told.twice,
            told.garbage,
            told.faults.len(),
            told.notices,
            ability.details
        );
        assert!(told.good > 10, "{}: {told:?}", model.name);
        assert_eq!(
            (told.wrong, told.twice, told.garbage),
            (0, 0, 0),
            "{}",
            model.name
        );
    }
}
