//! What the tests' programs share.

pub mod checkpoints;
pub mod ledger;
pub mod powerloss;
pub mod proxy;
pub mod random;
pub mod raw;
pub mod streams;

/// Why a proof does not hold, or cannot be made.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;
