//! What the tests' programs share.

pub mod powerloss;
pub mod proxy;
pub mod random;
