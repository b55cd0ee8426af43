//! Found blocks on disk: each is written before it is sent, so that none is lost when its node is away or the program ends.
//!
//! A block that nobody has taken yet is `NAME.block`, its content what `bitcoin-cli submitblock` takes; once the node has spoken it becomes
//! `NAME.accepted` or `NAME.refused`. Nothing is ever deleted.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;

use super::link::Link;
use crate::pool::{BlockFate, BlockNews};

/// The largest block that is read back, in bytes of hex: four million weight units make at most eight million digits.
const MAX_BLOCK: u64 = 9_000_000;
/// How many blocks are read back.
const MAX_KEPT: usize = 64;

/// The folder of found blocks.
#[derive(Debug)]
pub(super) struct Blocks {
    folder: PathBuf,
}

impl Blocks {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes news of a block down.
    ///
    /// # Errors
    /// As the file system's.
    fn keep(&self, news: &BlockNews) -> io::Result<()> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !news.name.bytes().all(is_plain) {
            return Err(io::Error::other("its name is no file's"));
        }
        let path = |ending: &str| self.folder.join(format!("{}.{ending}", news.name));
        match &news.fate {
            BlockFate::Found(block) => self.write(&path("block"), block),
            BlockFate::Accepted => self.rename(&path("block"), &path("accepted")),
            BlockFate::Refused => self.rename(&path("block"), &path("refused")),
        }
    }

    /// Whole or not at all: a temporary file is brought to the disk and then renamed.
    fn write(&self, path: &Path, block: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let unfinished = path.with_extension("unfinished");
        let mut file = File::create(&unfinished)?;
        file.write_all(block)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        self.rename(&unfinished, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        File::open(&self.folder)?.sync_all()
    }
}

/// The blocks in `folder` that no node has taken yet: name and whole block in hex. What cannot be read is told and left alone.
pub fn kept_blocks(folder: &Path) -> Vec<(String, Bytes)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "block"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .take(MAX_KEPT)
        .filter_map(|path| read(&path))
        .collect()
}

fn read(path: &Path) -> Option<(String, Bytes)> {
    let name = path.file_stem()?.to_str()?.to_owned();
    let size = fs::metadata(path).ok()?.len();
    let text = if size <= MAX_BLOCK {
        fs::read_to_string(path)
    } else {
        Err(io::Error::other("it is too large for a block"))
    };
    match text {
        Ok(text)
            if !text.trim().is_empty()
                && text.trim().bytes().all(|digit| digit.is_ascii_hexdigit()) =>
        {
            Some((name, Bytes::from(text.trim().to_owned())))
        }
        Ok(_) => {
            tracing::warn!("{}: no block in hex, left alone", path.display());
            None
        }
        Err(error) => {
            tracing::warn!("{}: {error}", path.display());
            None
        }
    }
}

impl Link {
    /// Writes down what the session has to say of its blocks. A block that cannot be written is sent all the same.
    pub(super) fn keep_blocks(&mut self, now: Instant) {
        while let Some(news) = self.session.poll_block() {
            let Some(blocks) = &self.blocks else {
                continue;
            };
            if let Err(error) = blocks.keep(&news) {
                let folder = blocks.folder.display();
                self.complain(format!("block {} in {folder}: {error}", news.name), now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(fate: BlockFate) -> BlockNews {
        BlockNews {
            name: "regtest-17-00ff".into(),
            fate,
        }
    }

    #[test]
    fn a_block_is_kept_until_its_node_has_spoken() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("deep/blocks");
        let blocks = Blocks::new(folder.clone());
        assert!(kept_blocks(&folder).is_empty());
        let block = Bytes::from_static(b"00ff");
        blocks.keep(&news(BlockFate::Found(block.clone()))).unwrap();
        // Found again after a reconnect, say.
        blocks.keep(&news(BlockFate::Found(block.clone()))).unwrap();
        assert_eq!(
            kept_blocks(&folder),
            [("regtest-17-00ff".to_owned(), block)]
        );
        blocks.keep(&news(BlockFate::Accepted)).unwrap();
        assert!(kept_blocks(&folder).is_empty());
        let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
        assert_eq!(left.len(), 1);
        assert!(folder.join("regtest-17-00ff.accepted").exists());
    }

    #[test]
    fn what_is_no_block_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.block"), "xyz").unwrap();
        fs::write(folder.path().join("b.block"), "").unwrap();
        fs::write(folder.path().join("c.unfinished"), "00").unwrap();
        fs::write(folder.path().join("d.block"), [0xff, 0xfe]).unwrap();
        fs::write(folder.path().join("e.block"), "00ff\n").unwrap();
        let kept = kept_blocks(folder.path());
        assert_eq!(kept, [("e".to_owned(), Bytes::from_static(b"00ff"))]);
    }
}
