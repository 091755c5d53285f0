//! The kit over real sockets: a small hand-written service, served as the binaries serve theirs.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

mod admission;
mod connections;
mod deadline;
mod health;
mod mistakes;
mod reflection;
mod shutdown;
mod support;
mod telemetry;
