//! What the tests' programs share.

pub mod powerloss;
