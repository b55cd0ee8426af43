//! getblocktemplate: mining on one's own Bitcoin node, which gives everything but the coinbase (BIP22, 23, 34, 141, 145).

mod payout;

pub use payout::{Payout, PayoutError};
