//! Every member's driver mines on its emulator.

use std::time::Duration;

use super::super::*;
use super::rig::{Rig, header_job, job, mine};
use crate::board::{BoardEvent, Model};
use crate::units::{Hash256, Target};
use crate::work::{Assignment, Checked, HeaderTemplate};

const MEMBERS: [&Model; 12] = [
    &ICARUS,
    &LANCELOT,
    &CAIRNSMORE1,
    &BLOCK_ERUPTER,
    &FPGA_SERIAL,
    &FPGA_KRAMBLE,
    &FPGA_SIMPLERS232,
    &FPGA_KC705,
    &AVALON_NANO,
    &ANTMINER_U1,
    &ANTMINER_U2,
    &ANTMINER_U3,
];

#[test]
fn every_member_is_probed_and_mines() {
    for model in MEMBERS {
        let mut rig = Rig::alike(model, "rate=1M,zero-bits=14");
        let ability = rig
            .board
            .start()
            .unwrap_or_else(|error| panic!("{}: {error}", model.name));
        assert_eq!(ability.threshold, Target::from_zero_bits(14));
        let mined = mine(&mut *rig.board, &job(1, 16), ability.threshold, |mined| {
            mined.good() >= 40
        });
        assert_eq!(
            (mined.wrong, mined.garbage),
            (0, 0),
            "{}: {mined:?}",
            model.name
        );
        assert_eq!(mined.other, 0, "{}: {mined:?}", model.name);
        rig.board.stop().unwrap();
    }
}

#[test]
fn the_measured_rate_is_the_boards() {
    for model in [
        &ICARUS,
        &BLOCK_ERUPTER,
        &FPGA_SERIAL,
        &FPGA_KC705,
        &ANTMINER_U1,
    ] {
        let mut rig = Rig::new(model, "zero-bits=16", "rate=700k,zero-bits=16");
        let ability = rig.board.start().unwrap();
        let mined = mine(&mut *rig.board, &job(2, 16), ability.threshold, |mined| {
            mined.rate.is_some() && mined.good() > 30
        });
        let rate = mined.rate.unwrap().get();
        assert!((rate / 7e5 - 1.0).abs() < 0.05, "{}: {rate}", model.name);
    }
}
