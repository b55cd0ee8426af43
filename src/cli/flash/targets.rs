//! The boards that can be flashed: their parts, tools and USB ids. Facts: `hdl.md` section 6, trabucayre/openFPGALoader `src/board.hpp`.

use std::path::{Path, PathBuf};

use super::bitstream::Part;
use super::tool::{DFU_UTIL, ICEPROG, OPENFPGALOADER, Tool};

/// A board that can be flashed.
#[derive(Debug)]
pub(super) struct Target {
    /// Its name, as `flash` and `hdl/boards/build` take it.
    pub(super) name: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    /// Its part.
    pub(super) part: Part,
    /// What loads it.
    pub(super) tool: &'static Tool,
    /// What the tool is told before the file.
    words: &'static [&'static str],
    /// USB ids that its serial port may show.
    pub(super) usb: &'static [(u16, u16)],
}

const fn target(
    name: &'static str,
    title: &'static str,
    part: Part,
    tool: &'static Tool,
    words: &'static [&'static str],
    usb: &'static [(u16, u16)],
) -> Target {
    Target {
        name,
        title,
        part,
        tool,
        words,
        usb,
    }
}

const FT231X: &[(u16, u16)] = &[(0x0403, 0x6015)];
const FT2232H: &[(u16, u16)] = &[(0x0403, 0x6010)];

/// Every board, in the order in which they are listed.
#[rustfmt::skip]
pub(super) static TARGETS: &[Target] = &[
    target("ulx3s-85f", "ULX3S with LFE5U-85F", Part::Ecp5_85, &OPENFPGALOADER, &["-b", "ulx3s"], FT231X),
    target("ulx3s-45f", "ULX3S with LFE5U-45F", Part::Ecp5_45, &OPENFPGALOADER, &["-b", "ulx3s"], FT231X),
    target("ulx3s-25f", "ULX3S with LFE5U-25F", Part::Ecp5_25, &OPENFPGALOADER, &["-b", "ulx3s"], FT231X),
    target("ulx3s-12f", "ULX3S with LFE5U-12F", Part::Ecp5_12, &OPENFPGALOADER, &["-b", "ulx3s"], FT231X),
    target("orangecrab-85f", "OrangeCrab r0.2 with LFE5U-85F", Part::Ecp5_85, &DFU_UTIL, &["-d", "1209:5af0", "-a", "0", "-D"], &[]),
    target("icebreaker", "iCEBreaker", Part::Up5k, &ICEPROG, &[], FT2232H),
    target("hx8k", "iCE40-HX8K breakout board", Part::Hx8k, &ICEPROG, &[], FT2232H),
    target("tangnano9k", "Tang Nano 9K", Part::Gw1nr9, &OPENFPGALOADER, &["-b", "tangnano9k"], FT2232H),
    // By its cable: the loader's older versions do not know the board's name.
    target("tangnano20k", "Tang Nano 20K", Part::Gw2ar18, &OPENFPGALOADER, &["-c", "ft2232"], FT2232H),
];

/// Boards whose bitstreams `hdl/boards/build` does not make.
const UNBUILT: &[&str] = &["orangecrab-85f"];

/// The board called `name`.
pub(super) fn target_named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// Where `hdl/boards/build` puts this board's bitstream.
    pub(super) fn built_file(&self) -> PathBuf {
        Path::new("target/hdl/boards").join(format!("{}.{}", self.name, self.part.extension()))
    }

    /// How one comes by a bitstream: `hdl/boards/build` makes those of the boards that it has pins for.
    pub(super) fn where_from(&self) -> String {
        if UNBUILT.contains(&self.name) {
            "name your own with --bitstream, as hdl/ has no pins of this board".to_owned()
        } else {
            format!("build it: hdl/boards/build {}", self.name)
        }
    }

    /// The tool and its words for loading `file`.
    pub(super) fn command(&self, file: &Path) -> Vec<String> {
        let program = std::iter::once(self.tool.name);
        let words = program.chain(self.words.iter().copied());
        let file = file.display().to_string();
        words.map(str::to_owned).chain([file]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_be_built_is_known_to_the_build() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl/boards/build");
        let script = std::fs::read_to_string(script).unwrap();
        for target in TARGETS {
            let known = script.contains(&format!("\n  {}) ", target.name));
            assert_eq!(known, !UNBUILT.contains(&target.name), "{}", target.name);
            assert_eq!(
                known,
                target.where_from().contains("hdl/boards/build "),
                "{}",
                target.name
            );
        }
    }
}
