//! Reading blocks and transactions byte by byte (BIP144), with ids and roots by the plain rules.

use sha2::{Digest, Sha256};

/// SHA-256 twice.
pub(super) fn double(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// The merkle root of whole levels, the last node of an odd one taken twice.
pub(super) fn merkle_root(leaves: &[[u8; 32]]) -> [u8; 32] {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        if level.len() % 2 == 1 {
            level.extend_from_within(level.len() - 1..);
        }
        level = level.chunks(2).map(|pair| double(&pair.concat())).collect();
    }
    level.first().copied().unwrap_or_default()
}

/// A block as submitted.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) header: [u8; 80],
    pub(super) transactions: Vec<Transaction>,
}

/// A transaction of a block.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: [u8; 32],
    pub(super) witness_id: [u8; 32],
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
}

/// An input: what it spends, its script, and its witness.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) outpoint: [u8; 36],
    pub(super) script: Vec<u8>,
    pub(super) witness: Vec<Vec<u8>>,
}

/// An output: satoshis and script.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) value: u64,
    pub(super) script: Vec<u8>,
}

impl Block {
    /// A block that ends where its last transaction does.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let header = reader.array()?;
        let count = reader.count()?;
        let transactions: Option<Vec<_>> =
            (0..count).map(|_| Transaction::read(&mut reader)).collect();
        let block = Self {
            header,
            transactions: transactions?,
        };
        (reader.0.is_empty() && !block.transactions.is_empty()).then_some(block)
    }

    /// Its hash, internal order.
    pub(super) fn hash(&self) -> [u8; 32] {
        double(&self.header)
    }

    /// The number at byte `at` of the header.
    pub(super) fn number(&self, at: usize) -> u32 {
        let bytes = &self.header[at..at + 4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

impl Transaction {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let start = reader.0;
        let version = reader.take(4)?;
        let has_witness = reader.0.starts_with(&[0, 1]);
        if has_witness {
            reader.take(2)?;
        }
        let body = reader.0;
        let mut inputs = (0..reader.count()?)
            .map(|_| Input::read(reader))
            .collect::<Option<Vec<_>>>()?;
        let outputs = (0..reader.count()?)
            .map(|_| Output::read(reader))
            .collect::<Option<Vec<_>>>()?;
        let body = &body[..body.len() - reader.0.len()];
        if has_witness {
            for input in &mut inputs {
                let items = (0..reader.count()?).map(|_| reader.bytes());
                input.witness = items.collect::<Option<Vec<_>>>()?;
            }
        }
        let locktime = reader.take(4)?;
        let whole = &start[..start.len() - reader.0.len()];
        Some(Self {
            id: double(&[version, body, locktime].concat()),
            witness_id: double(whole),
            inputs,
            outputs,
        })
    }

    /// One input that spends nothing.
    pub(super) fn is_coinbase(&self) -> bool {
        let nothing = [&[0; 32][..], &[0xff; 4]].concat();
        matches!(self.inputs.as_slice(), [only] if only.outpoint[..] == nothing[..])
    }

    /// Whether any input has a witness.
    pub(super) fn has_witness(&self) -> bool {
        self.id != self.witness_id
    }
}

impl Input {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let outpoint = reader.array()?;
        let script = reader.bytes()?;
        reader.take(4)?;
        Some(Self {
            outpoint,
            script,
            witness: Vec::new(),
        })
    }
}

impl Output {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            value: u64::from_le_bytes(reader.array()?),
            script: reader.bytes()?,
        })
    }
}

/// Bytes that are not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A number of things, each of which takes a byte at least.
    fn count(&mut self) -> Option<usize> {
        let count = match self.take(1)?[0] {
            0xfd => u16::from_le_bytes(self.array()?).into(),
            0xfe => u32::from_le_bytes(self.array()?).into(),
            0xff => u64::from_le_bytes(self.array()?),
            small => small.into(),
        };
        let count = usize::try_from(count).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = self.count()?;
        self.take(length).map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_real_block_is_read_to_its_last_byte() {
        let vectors = include_str!("../../../../tests/data/http-pools.json");
        let vectors: Value = serde_json::from_str(vectors).unwrap();
        let vector = &vectors["getblocktemplate"];
        let bytes = hex::decode(vector["submitblock_params"][0].as_str().unwrap()).unwrap();
        let block = Block::read(&bytes).unwrap();
        let ids: Vec<_> = block.transactions.iter().map(|one| one.id).collect();
        assert_eq!(merkle_root(&ids), block.header[36..68]);
        let mut witness_ids: Vec<_> = block
            .transactions
            .iter()
            .map(|one| one.witness_id)
            .collect();
        witness_ids[0] = [0; 32];
        assert_eq!(
            hex::encode(merkle_root(&witness_ids)),
            vector["witness_merkle_root_internal"].as_str().unwrap()
        );
        assert!(block.transactions[0].is_coinbase() && block.transactions[0].has_witness());
        for end in 0..bytes.len() {
            assert!(Block::read(&bytes[..end]).is_none(), "cut at {end}");
        }
        assert!(Block::read(&[&bytes[..], &[0]].concat()).is_none());
    }
}
