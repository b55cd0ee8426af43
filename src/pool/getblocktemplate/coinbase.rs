//! The coinbase: height, extranonce and text in its script, the reward and the witness commitment in its outputs.

use crate::units::printable;

/// Bytes of extranonce2 in a coinbase of ours.
pub(super) const EXTRANONCE2_SIZE: usize = 8;
/// The longest script that consensus allows, in bytes.
const MAX_SCRIPT: usize = 100;
/// Where the script's length stands in a coinbase without witness: after version, number of inputs and the outpoint.
const SCRIPT_AT: usize = 4 + 1 + 36;
/// What a commitment's output script begins with (BIP141): OP_RETURN, a push of 36 bytes, four bytes of a mark.
pub(super) const COMMITMENT_HEAD: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// A coinbase without witness, cut where the extranonce2 goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) prefix: Vec<u8>,
    pub(super) suffix: Vec<u8>,
}

/// What goes into a coinbase of our own.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) height: u32,
    /// The node's own bytes for the script.
    pub(super) aux: &'a [u8],
    pub(super) text: &'a str,
    /// Satoshis.
    pub(super) value: u64,
    pub(super) payout: &'a [u8],
    /// The whole output script of the witness commitment.
    pub(super) commitment: Option<&'a [u8]>,
}

/// The height as BIP34 wants it at the beginning of the script: the opcode of a small number, else a minimal signed push.
pub(super) fn height_push(height: u32) -> Vec<u8> {
    match height {
        0 => vec![0],
        1..=16 => vec![0x50 + height as u8],
        _ => {
            let mut bytes = height.to_le_bytes().to_vec();
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
            // The top bit is the sign.
            if bytes.last().is_some_and(|top| top & 0x80 != 0) {
                bytes.push(0);
            }
            bytes.insert(0, bytes.len() as u8);
            bytes
        }
    }
}

/// A push of at most 75 bytes; nothing for none.
fn push(bytes: &[u8]) -> Vec<u8> {
    let mut script = bytes.to_vec();
    if !bytes.is_empty() {
        script.insert(0, bytes.len() as u8);
    }
    script
}

/// Bitcoin's variable-length number.
pub(super) fn compact_size(number: usize) -> Vec<u8> {
    match number {
        0..0xfd => vec![number as u8],
        0xfd..0x1_0000 => [&[0xfd], &(number as u16).to_le_bytes()[..]].concat(),
        _ => [&[0xfe], &(number as u32).to_le_bytes()[..]].concat(),
    }
}

impl Parts<'_> {
    /// A coinbase of one input, the reward's output and the commitment's behind it (BIP145).
    ///
    /// # Errors
    /// When the script would be longer than consensus allows.
    pub(super) fn cut(&self) -> Result<Cut, String> {
        let before = [
            &height_push(self.height),
            self.aux,
            &[EXTRANONCE2_SIZE as u8],
        ]
        .concat();
        let after = push(self.text.as_bytes());
        let script = before.len() + EXTRANONCE2_SIZE + after.len();
        if script > MAX_SCRIPT || self.text.len() > 75 {
            return Err(format!(
                "the coinbase's script would have {script} bytes, {MAX_SCRIPT} are allowed; shorten --coinbase-text"
            ));
        }
        let mut prefix = 2_u32.to_le_bytes().to_vec();
        prefix.push(1);
        prefix.extend([0; 32]);
        prefix.extend([0xff; 4]);
        prefix.push(script as u8);
        prefix.extend(before);
        let mut suffix = after;
        suffix.extend([0xff; 4]);
        suffix.push(1 + u8::from(self.commitment.is_some()));
        suffix.extend(output(self.value, self.payout));
        if let Some(commitment) = self.commitment {
            suffix.extend(output(0, commitment));
        }
        suffix.extend([0; 4]);
        Ok(Cut { prefix, suffix })
    }
}

fn output(value: u64, script: &[u8]) -> Vec<u8> {
    [
        &value.to_le_bytes()[..],
        &compact_size(script.len()),
        script,
    ]
    .concat()
}

/// A given coinbase (BIP22's `coinbasetxn`), to whose script extranonce and text are appended.
///
/// # Errors
/// What is wrong with it.
pub(super) fn cut_given(transaction: &[u8], text: &str) -> Result<Cut, String> {
    let wrong = || {
        let start = hex::encode(&transaction[..transaction.len().min(60)]);
        format!(
            "coinbasetxn is no coinbase without witness: {}",
            printable(&start, 130)
        )
    };
    let length = usize::from(*transaction.get(SCRIPT_AT).ok_or_else(wrong)?);
    let end = SCRIPT_AT + 1 + length;
    let is_coinbase = transaction[4] == 1 && transaction[5..37] == [0; 32] && length <= MAX_SCRIPT;
    if !is_coinbase || transaction.len() < end + 4 + 1 + 4 {
        return Err(wrong());
    }
    let room = MAX_SCRIPT.saturating_sub(length + 1 + EXTRANONCE2_SIZE);
    let after = if text.len() < room {
        push(text.as_bytes())
    } else {
        Vec::new()
    };
    let script = length + 1 + EXTRANONCE2_SIZE + after.len();
    if script > MAX_SCRIPT {
        return Err(format!(
            "coinbasetxn has a script of {length} bytes: no room for an extranonce"
        ));
    }
    let mut prefix = transaction[..end].to_vec();
    prefix[SCRIPT_AT] = script as u8;
    prefix.push(EXTRANONCE2_SIZE as u8);
    let suffix = [&after[..], &transaction[end..]].concat();
    Ok(Cut { prefix, suffix })
}

/// The coinbase as it stands in a block: with its witness, the reserved value of 32 zero bytes (BIP141).
pub(super) fn with_witness(transaction: &[u8]) -> Vec<u8> {
    let (body, locktime) = transaction.split_at(transaction.len() - 4);
    let (version, body) = body.split_at(4);
    let witness = [&[1, 32][..], &[0; 32]].concat();
    [version, &[0, 1], body, &witness, locktime].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../tests/data/http-pools.json")).unwrap()
    }

    #[test]
    fn heights_are_pushed_as_in_bip34() {
        let vectors = vectors();
        for row in vectors["bip34_height_push"]["rows"].as_array().unwrap() {
            let height = row["height"].as_u64().unwrap() as u32;
            assert_eq!(
                hex::encode(height_push(height)),
                row["script"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn the_real_blocks_coinbase_gets_its_witness() {
        let vectors = vectors();
        let block = &vectors["getblocktemplate"];
        let bytes = |key: &str| hex::decode(block[key].as_str().unwrap()).unwrap();
        let plain = bytes("coinbase_tx_without_witness_used_for_the_txid");
        assert_eq!(with_witness(&plain), bytes("coinbase_tx_with_witness"));
    }

    #[test]
    fn a_coinbase_of_ours_is_put_together_as_the_real_one() {
        let vectors = vectors();
        let block = &vectors["getblocktemplate"];
        let bytes = |key: &str| hex::decode(block[key].as_str().unwrap()).unwrap();
        let template = &block["template_result"];
        let commitment =
            hex::decode(template["default_witness_commitment"].as_str().unwrap()).unwrap();
        let parts = Parts {
            height: template["height"].as_u64().unwrap() as u32,
            aux: &[],
            text: "",
            value: template["coinbasevalue"].as_u64().unwrap(),
            payout: &bytes("payout_script_pubkey"),
            commitment: Some(&commitment),
        };
        let cut = parts.cut().unwrap();
        let real = bytes("coinbase_tx_without_witness_used_for_the_txid");
        assert!(cut.prefix[42..].starts_with(&bytes("script_sig_height_push")));
        // Everything behind the script is the same.
        assert!(real.ends_with(&cut.suffix));
        let script = bytes("script_sig");
        assert_eq!(real.len(), SCRIPT_AT + 1 + script.len() + cut.suffix.len());
    }

    #[test]
    fn a_given_coinbase_is_appended_to() {
        let vectors = vectors();
        let real =
            vectors["getblocktemplate"]["coinbase_tx_without_witness_used_for_the_txid"].as_str();
        let real = hex::decode(real.unwrap()).unwrap();
        let cut = cut_given(&real, "hi").unwrap();
        let whole = [&cut.prefix[..], &[7; EXTRANONCE2_SIZE], &cut.suffix].concat();
        assert_eq!(whole.len(), real.len() + 1 + EXTRANONCE2_SIZE + 3);
        assert_eq!(
            usize::from(whole[SCRIPT_AT]),
            usize::from(real[SCRIPT_AT]) + 12
        );
        let end = SCRIPT_AT + 1 + usize::from(real[SCRIPT_AT]);
        assert_eq!(
            whole[end..end + 12],
            *b"\x08\x07\x07\x07\x07\x07\x07\x07\x07\x02hi"
        );
        assert_eq!(whole[end + 12..], real[end..]);
        for broken in [&real[..20], &real[..60], &[0; 200], &[]] {
            assert!(cut_given(broken, "").unwrap_err().contains("no coinbase"));
        }
        let mut full = real.clone();
        full[SCRIPT_AT] = 95;
        assert!(cut_given(&full, "").unwrap_err().contains("no room"));
    }

    #[test]
    fn a_script_beyond_consensus_is_refused() {
        let cut = |aux: &[u8], text: &str| {
            Parts {
                height: 900_000,
                aux,
                text,
                value: 1,
                payout: &[0x51],
                commitment: None,
            }
            .cut()
        };
        assert!(cut(&[], &"x".repeat(super::super::MAX_COINBASE_TEXT)).is_ok());
        assert!(
            cut(&[0; 40], &"x".repeat(60))
                .unwrap_err()
                .contains("--coinbase-text")
        );
        assert!(cut(&[], &"x".repeat(76)).is_err());
    }
}
