//! The answer to `mining.subscribe`: a session id and the part of the nonce that the pool keeps.

use std::ops::Range;

use serde_json::Value;

use crate::pool::SessionError;
use crate::pool::stratum_v1::messages::{Fields, session_id, shown, wrong};

const STEP: &str = "mining.subscribe";
/// The longest extranonce, in bytes.
const MAX_EXTRANONCE: usize = 3;

/// What a pool grants to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::truestratum) struct Subscription {
    /// What to give when the connection is to be resumed.
    pub(in crate::pool::truestratum) session_id: Option<String>,
    /// The top bytes of every nonce; may be empty.
    pub(in crate::pool::truestratum) extranonce: Vec<u8>,
}

impl Subscription {
    /// Reads `[["mining.notify", session id, "TrueStratum/1.0.0"], extranonce, extranonce2 size]`. The last does not matter: what of
    /// the nonce is not the pool's is ours.
    ///
    /// # Errors
    /// When it is no such list or the extranonce is too long.
    pub(in crate::pool::truestratum) fn parse(result: &Value) -> Result<Self, SessionError> {
        let Value::Array(items) = result else {
            let problem = format!("expected a list of three, got {}", shown(result));
            return Err(wrong(STEP, &problem));
        };
        let fields = Fields::new(STEP, items);
        let extranonce = match fields.get(1) {
            Value::Null => Vec::new(),
            _ => fields.bytes(1, "extranonce", MAX_EXTRANONCE)?,
        };
        Ok(Self {
            session_id: session_id(fields.get(0)),
            extranonce,
        })
    }

    /// The nonces that begin with the extranonce; the very last of all is left out where it would not fit the range.
    pub(in crate::pool::truestratum) fn nonces(&self) -> Range<u64> {
        let prefix = self
            .extranonce
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let ours = 64 - 8 * self.extranonce.len() as u32;
        let first = prefix.checked_shl(ours).unwrap_or(0);
        let last = u64::MAX.checked_shr(64 - ours).unwrap_or(0) | first;
        first..last.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<Subscription, String> {
        Subscription::parse(value).map_err(|error| error.to_string())
    }

    #[test]
    fn the_documents_flat_triple() {
        let answer = json!([["mining.notify", "ae68", "TrueStratum/1.0.0"], "080c", 4]);
        let subscription = parse(&answer).unwrap();
        assert_eq!(subscription.session_id.as_deref(), Some("ae68"));
        assert_eq!(subscription.nonces(), 0x080c << 48..0x080d << 48);
    }

    proptest! {
        #[test]
        fn the_first_and_the_last_nonce_begin_with_the_extranonce(bytes in prop::collection::vec(any::<u8>(), 0..4)) {
            let subscription = parse(&json!([[], hex::encode(&bytes), 4])).unwrap();
            let nonces = subscription.nonces();
            for nonce in [nonces.start, nonces.end - 1] {
                prop_assert_eq!(&nonce.to_be_bytes()[..bytes.len()], &bytes[..]);
            }
            let room = (nonces.end - nonces.start) as f64;
            prop_assert!((room.log2() - (64 - 8 * bytes.len()) as f64).abs() < 1e-9);
        }
    }

    #[test]
    fn every_length_of_extranonce() {
        let nonces = |extranonce: &str| parse(&json!([[], extranonce, 4])).unwrap().nonces();
        assert_eq!(nonces(""), 0..u64::MAX);
        assert_eq!(nonces("ff"), 0xff << 56..u64::MAX);
        assert_eq!(nonces("000001"), 1 << 40..2 << 40);
        assert!(
            parse(&json!([[], "00000001", 4]))
                .unwrap_err()
                .contains("at most 3")
        );
        assert!(
            parse(&json!("Initialising"))
                .unwrap_err()
                .contains("a list of three")
        );
        assert_eq!(parse(&json!([])).unwrap().nonces(), 0..u64::MAX);
    }
}
