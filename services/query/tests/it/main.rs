//! The query service over real sockets, against a log that the test writes.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

mod asking;
mod checkpoints;
mod columns;
mod comparing;
mod completeness;
mod explaining;
mod following;
mod formulas;
mod lag;
mod lists;
mod pages;
mod past;
mod ranking;
mod refusals;
mod reports;
mod rules;
mod shares;
mod snapshots;
mod streams;
mod support;
mod tallies;
mod vintages;
mod watches;
