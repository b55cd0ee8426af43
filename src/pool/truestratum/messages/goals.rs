//! `mining.set_difficulty`, which in TrueStratum carries a target.

use serde_json::Value;

use crate::algorithm::truehash::Goals;
use crate::pool::SessionError;
use crate::pool::stratum_v1::messages::Fields;

const STEP: &str = "mining.set_difficulty";

/// Reads `["target"]` in big-endian hex, with or without `0x`.
///
/// 16 digits are the upper half of 32 (miners of early March 2019 compared only those); 32 digits hold for both halves of a digest; 64 are
/// the block's target and then the fruit's.
///
/// # Errors
/// Other lengths, what is no hex, and a target that nothing is below.
pub(in crate::pool::truestratum) fn goals(params: &[Value]) -> Result<Goals, SessionError> {
    let fields = Fields::new(STEP, params);
    let text = fields.text(0, "target")?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let goals = match digits.len() {
        16 => number(digits).map(|upper| Goals::alike(upper << 64)),
        32 => number(digits).map(Goals::alike),
        64 if digits.is_ascii() => {
            let (block, fruit) = digits.split_at(32);
            let both = number(block).zip(number(fruit));
            both.map(|(block, fruit)| Goals { block, fruit })
        }
        _ => None,
    };
    goals
        .filter(|goals| *goals != Goals::alike(0))
        .ok_or_else(|| fields.wrong(0, "target", "16, 32 or 64 hex digits, not all zero"))
}

fn number(digits: &str) -> Option<u128> {
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_forms_of_the_vectors_and_both_halves() {
        let text = include_str!("../../../../tests/data/truehash.json");
        let vectors: Value = serde_json::from_str(text).unwrap();
        let forms = vectors["target_forms"].as_array().unwrap();
        assert_eq!(forms.len(), 2);
        for form in forms {
            let expected = u128::from_str_radix(form["as_16_bytes"].as_str().unwrap(), 16).unwrap();
            let param = &form["param"];
            assert_eq!(
                goals(std::slice::from_ref(param)).unwrap(),
                Goals::alike(expected)
            );
            let prefixed = json!(format!("0x{}", param.as_str().unwrap()));
            assert_eq!(goals(&[prefixed]).unwrap(), Goals::alike(expected));
        }
        let both = json!(format!("{:032x}{:032x}", 5, 7));
        assert_eq!(goals(&[both]).unwrap(), Goals { block: 5, fruit: 7 });
    }

    #[test]
    fn what_is_no_target_is_refused() {
        let zero = "0".repeat(32);
        for bad in [
            json!("0545415ab8418cb"),
            json!("+545415ab8418cbb"),
            json!("g545415ab8418cbb"),
            json!("é".repeat(32)),
            json!(zero),
            json!(5),
            json!(null),
        ] {
            let error = goals(std::slice::from_ref(&bad)).unwrap_err().to_string();
            assert!(
                error.starts_with("mining.set_difficulty: target must be"),
                "{bad}"
            );
        }
    }
}
