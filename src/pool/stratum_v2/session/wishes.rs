//! The pool's other wishes: target, extranonce, groups, closing, and going elsewhere.

use std::time::Duration;

use common_messages_sv2::ReconnectOwned;
use mining_sv2::{
    CloseChannelOwned, SetExtranoncePrefixOwned, SetGroupChannelOwned, SetTargetOwned,
};

use super::Sv2Session;
use super::channel::target_of;
use crate::pool::stratum_v2::messages::{shown_text, wrong};
use crate::pool::{PoolEvent, SessionError};

impl Sv2Session {
    /// Holds for the jobs that begin from now on; the running one keeps its own.
    pub(super) fn set_target(&mut self, message: &SetTargetOwned) -> Result<(), SessionError> {
        let target = target_of("SetTarget", &message.maximum_target)?;
        if let Some(channel) = self.channel_meant_by(message.channel_id)
            && channel.target != target
        {
            channel.target = target;
            let difficulty = target.to_difficulty_lossy();
            self.talk
                .events
                .push_back(PoolEvent::Difficulty(difficulty));
        }
        Ok(())
    }

    /// Holds for the jobs that come from now on.
    pub(super) fn set_extranonce_prefix(&mut self, message: &SetExtranoncePrefixOwned) {
        if let Some(channel) = self.channel_meant_by(message.channel_id) {
            channel.prefix = message.extranonce_prefix.as_bytes().to_vec();
        }
    }

    pub(super) fn set_group_channel(&mut self, message: &SetGroupChannelOwned) {
        if let Some(channel) = &mut self.link.channel
            && message.channel_ids.iter().any(|id| *id == channel.id)
        {
            channel.group = message.group_channel_id;
        }
    }

    pub(super) fn channel_closed(&mut self, message: &CloseChannelOwned) {
        if self.channel_meant_by(message.channel_id).is_some() {
            let reason = shown_text(&message.reason_code);
            self.talk.fail(
                "CloseChannel",
                format!("the pool closed the channel: {reason:?}"),
            );
        }
    }

    /// Elsewhere the same key must be proven. Whether we go, and how often, is decided by whoever holds the connection.
    pub(super) fn reconnect(&mut self, message: &ReconnectOwned) -> Result<(), SessionError> {
        let host = String::from_utf8(message.new_host.as_bytes().to_vec());
        let host = host.map_err(|_| wrong("Reconnect", "a host that is no text"))?;
        self.talk.events.push_back(PoolEvent::Redirect {
            host: Some(host).filter(|host| !host.is_empty()),
            port: Some(message.new_port).filter(|port| *port != 0),
            wait: Duration::ZERO,
        });
        Ok(())
    }
}
