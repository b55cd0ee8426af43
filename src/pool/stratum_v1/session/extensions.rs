//! The pool's other wishes: difficulty, extranonce, version mask and redirects.

use std::time::Instant;

use serde_json::Value;

use super::{StratumSession, fields};
use crate::pool::SessionError;
use crate::pool::stratum_v1::messages::{check_extranonce1, check_extranonce2_size, wrong};
use crate::units::Target;

impl StratumSession {
    pub(super) fn set_difficulty(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let (difficulty, target) =
            fields("mining.set_difficulty", params).difficulty(0, self.one())?;
        self.link.target = target;
        self.talk.tell_difficulty(target, difficulty);
        Ok(())
    }

    pub(super) fn set_target(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let fields = fields("mining.set_target", params);
        let target = Target::from_be_bytes(fields.bytes32(0, "target")?);
        if target == Target::ZERO {
            return Err(fields.wrong(0, "target", "above zero"));
        }
        self.link.target = target;
        self.tell_difficulty(target);
        Ok(())
    }

    /// Either item may be null: it stays as it is. Holds from the next notify on; jobs keep the one that they were made with.
    pub(super) fn set_extranonce(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let fields = fields("mining.set_extranonce", params);
        let Some(mut next) = self.link.extranonce.clone() else {
            let problem = "came before the answer to mining.subscribe";
            return Err(wrong("mining.set_extranonce", problem));
        };
        if !fields.get(0).is_null() {
            next.first = check_extranonce1(&fields, 0)?;
        }
        if !fields.get(1).is_null() {
            next.second_size = check_extranonce2_size(&fields, 1)?;
        }
        self.link.extranonce = Some(next);
        Ok(())
    }

    /// Holds at once, for the running job too (BIP310). Without version rolling there is nothing to change.
    pub(super) fn set_version_mask(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let mask = fields("mining.set_version_mask", params).word(0, "mask")?;
        if self.link.pool_mask.is_some() {
            self.link.pool_mask = Some(mask);
            self.renew_running_job();
        }
        Ok(())
    }

    pub(super) fn reconnect(&mut self, params: &[Value], now: Instant) -> Result<(), SessionError> {
        let redirect = self.redirects.follow(params, now)?;
        self.talk.events.push_back(redirect);
        Ok(())
    }
}
