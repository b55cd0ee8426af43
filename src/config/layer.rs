//! One source of settings (flags, environment, a file, defaults), and how a more binding one lies over another.

use std::collections::BTreeMap;

use super::boards::{BoardChoice, SimSpec};
use super::keys::{KEYS, Value};
use super::pools::RawPool;
use super::{Origin, Sourced};
use crate::units::Secret;

/// What one source says, or several laid over each other.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// Single settings by name.
    pub(super) values: BTreeMap<&'static str, Sourced<Value>>,
    /// The failover list; replaced as a whole by a more binding source that has one.
    pub(super) pools: Vec<RawPool>,
    /// Boards to drive; replaced as a whole.
    pub(super) boards: Vec<Sourced<BoardChoice>>,
    /// Boards to simulate; replaced as a whole.
    pub(super) simulate: Vec<Sourced<SimSpec>>,
    /// Worker name for every pool of this source that has none and of all less binding ones.
    pub(super) user: Option<Sourced<String>>,
    /// Password, likewise.
    pub(super) pass: Option<Sourced<Secret>>,
}

impl Layer {
    /// The defaults.
    pub(super) fn defaults() -> Self {
        let value = |text| Sourced::new(text, Origin::Default);
        let values = KEYS.iter().filter_map(|key| {
            let text = key.default?;
            Some((key.name, value(key.kind.parse(text).ok()?)))
        });
        Self {
            values: values.collect(),
            ..Self::default()
        }
    }

    /// This layer over a less binding one.
    pub(super) fn over(self, mut lower: Self) -> Self {
        lower.values.extend(self.values);
        let pools = if self.pools.is_empty() {
            overridden(lower.pools, self.user.as_ref(), self.pass.as_ref())
        } else {
            completed(self.pools, lower.user.as_ref(), lower.pass.as_ref())
        };
        Self {
            values: lower.values,
            pools,
            boards: first_with_any(self.boards, lower.boards),
            simulate: first_with_any(self.simulate, lower.simulate),
            user: self.user.or(lower.user),
            pass: self.pass.or(lower.pass),
        }
    }

    /// The value of a setting, if it has one.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).map(|sourced| &sourced.value)
    }
}

/// Pools of a less binding source: what a more binding one says of user and password wins.
fn overridden(
    mut pools: Vec<RawPool>,
    user: Option<&Sourced<String>>,
    pass: Option<&Sourced<Secret>>,
) -> Vec<RawPool> {
    for pool in &mut pools {
        pool.user = user.cloned().or(pool.user.take());
        pool.pass = pass.cloned().or(pool.pass.take());
    }
    pools
}

/// Pools of a more binding source: what a less binding one says of user and password fills gaps.
fn completed(
    mut pools: Vec<RawPool>,
    user: Option<&Sourced<String>>,
    pass: Option<&Sourced<Secret>>,
) -> Vec<RawPool> {
    for pool in &mut pools {
        let (user_in_url, pass_in_url) = pool.login_in_url();
        if !user_in_url {
            pool.user = pool.user.take().or(user.cloned());
        }
        if !pass_in_url && pool.pass_file.is_none() {
            pool.pass = pool.pass.take().or(pass.cloned());
        }
    }
    pools
}

fn first_with_any<T>(upper: Vec<T>, lower: Vec<T>) -> Vec<T> {
    if upper.is_empty() { lower } else { upper }
}
