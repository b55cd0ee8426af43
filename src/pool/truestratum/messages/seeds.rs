//! The answer to `mining.seedhash`: the seeds of a dataset.

use serde_json::Value;

use crate::algorithm::truehash::{Dataset, SEED_SIZE};
use crate::pool::stratum_v1::messages::{decode32, shown};

/// A dataset with the seedhash that the pool says it has.
#[derive(Debug)]
pub(in crate::pool::truestratum) struct Seeds {
    pub(in crate::pool::truestratum) dataset: Dataset,
    pub(in crate::pool::truestratum) seedhash: [u8; 32],
}

impl Seeds {
    /// Reads `[[10240 texts of 32 hex digits], seedhash]`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(in crate::pool::truestratum) fn parse(result: &Value) -> Result<Self, String> {
        let Some([Value::Array(seeds), seedhash, ..]) = result.as_array().map(Vec::as_slice) else {
            return Err(format!(
                "expected seeds and seedhash, got {}",
                shown(result)
            ));
        };
        let announced = seedhash.as_str().and_then(decode32);
        let seedhash = announced
            .ok_or_else(|| format!("seedhash must be 64 hex digits, got {}", shown(seedhash)))?;
        let seeds = seeds.iter().map(seed).collect::<Result<Vec<_>, _>>()?;
        let dataset = Dataset::from_seeds(&seeds).map_err(|error| error.to_string())?;
        Ok(Self { dataset, seedhash })
    }
}

fn seed(item: &Value) -> Result<[u8; SEED_SIZE], String> {
    let mut bytes = [0; SEED_SIZE];
    let text = item.as_str().unwrap_or_default();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode_to_slice(digits, &mut bytes)
        .map(|()| bytes)
        .map_err(|_| format!("a seed must be 32 hex digits, got {}", shown(item)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_makes_no_dataset_is_named() {
        let seed = "00".repeat(16);
        let hash = "11".repeat(32);
        let error = |value: Value| Seeds::parse(&value).unwrap_err();
        assert!(error(json!(null)).contains("expected seeds and seedhash"));
        assert!(error(json!([1, hash])).contains("expected seeds"));
        assert!(error(json!([[seed], "11"])).contains("seedhash must be 64"));
        assert!(error(json!([[seed], hash])).contains("10240 seeds, got 1"));
        assert!(error(json!([["00"], hash])).contains("a seed must be 32"));
        let all = vec![seed; 10_240];
        assert_eq!(
            Seeds::parse(&json!([all, hash])).unwrap().seedhash,
            [0x11; 32]
        );
    }
}
