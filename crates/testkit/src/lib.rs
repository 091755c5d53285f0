//! Support for tests: a second opinion on every figure, and random catalogues, events and questions to ask it about.

pub mod generate;
pub mod oracle;
