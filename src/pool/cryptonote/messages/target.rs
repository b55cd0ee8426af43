//! Targets: four or eight bytes, least significant first.

use crate::units::Target;

/// The 64-bit target of a field of 4 or 8 bytes; `None`: another size, or zero.
///
/// Four bytes stand for a difficulty, which is made a 64-bit target by two integer divisions, as every miner does it.
pub(in crate::pool::cryptonote) fn from_field(field: &[u8]) -> Option<u64> {
    let target = if let Ok(short) = field.try_into().map(u32::from_le_bytes) {
        u64::MAX / u32::MAX.checked_div(short).map(u64::from)?
    } else {
        u64::from_le_bytes(field.try_into().ok()?)
    };
    (target != 0).then_some(target)
}

/// The target that those hashes meet whose last eight bytes, as a little-endian number, are below `limit`.
pub(in crate::pool::cryptonote) fn below(limit: u64) -> Target {
    let mut bytes = [0xff; 32];
    bytes[..8].copy_from_slice(&limit.saturating_sub(1).to_be_bytes());
    Target::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::units::Hash256;

    #[test]
    fn the_conversions_of_the_vectors() {
        let text = include_str!("../../../../tests/data/cryptonote.json");
        let vectors: Value = serde_json::from_str(text).unwrap();
        let rows = vectors["target_conversion"].as_array().unwrap();
        assert_eq!(rows.len(), 3);
        for row in rows {
            let field = hex::decode(row["field"].as_str().unwrap()).unwrap();
            let target = from_field(&field).unwrap();
            assert_eq!(
                format!("{target:#018x}"),
                row["target_u64"].as_str().unwrap()
            );
            assert_eq!(u64::MAX / target, row["difficulty"].as_u64().unwrap());
        }
        for bad in [&[0; 4][..], &[0; 8], &[1; 3], &[]] {
            assert_eq!(from_field(bad), None);
        }
    }

    proptest! {
        #[test]
        fn short_targets_keep_their_difficulty(difficulty in 1_u32..=u32::MAX) {
            let short = u32::MAX / difficulty;
            let target = from_field(&short.to_le_bytes()).unwrap();
            let kept = u64::MAX / target;
            prop_assert_eq!(kept, u64::from(u32::MAX / short));
            prop_assert!(kept >= u64::from(difficulty));
        }

        #[test]
        fn any_hash_is_below_or_not_as_its_last_word(limit in 1_u64.., word in any::<u64>()) {
            let mut bytes = [0x5a; 32];
            bytes[24..].copy_from_slice(&word.to_le_bytes());
            let met = below(limit).is_met_by(&Hash256::from_internal(bytes));
            prop_assert_eq!(met, word < limit);
        }
    }

    #[test]
    fn a_share_is_strictly_below() {
        let hash = |top: u64| {
            let mut bytes = [0xff; 32];
            bytes[24..].copy_from_slice(&top.to_le_bytes());
            Hash256::from_internal(bytes)
        };
        let target = below(0x0006_8db8_bac7_10cb);
        assert!(target.is_met_by(&hash(0x0006_8db8_bac7_10ca)));
        assert!(!target.is_met_by(&hash(0x0006_8db8_bac7_10cb)));
        assert!(
            target.is_met_by(&hash(0x0001_b4cd_6a04_e0c0)),
            "the document's share"
        );
    }
}
