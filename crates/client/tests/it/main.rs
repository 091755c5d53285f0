//! The client against the real services, and against one that fails on purpose.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

mod failing;
mod ranking;
mod retry;
mod round_trip;
mod services;
