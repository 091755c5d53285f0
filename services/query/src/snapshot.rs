//! Snapshots: a replica that is new, far behind, or behind what the log still has takes over what another one derived.
//!
//! ```text
//! give    `SnapshotService`: the checkpoint of this replica, written to the network instead of a file    snapshot/give.rs
//! take    the same, read from the network: all of it is verified before any of it is used              snapshot/take.rs
//! chunks  a checkpoint as bytes between a thread that may block and messages                           snapshot/chunks.rs
//! ```
//!
//! What is taken is what the log would have come to. That it is of the very log that is followed is known when the log accepts
//! the digest of its last record.

mod chunks;
mod give;
mod take;

pub(crate) use give::Snapshots;
pub(crate) use take::take;
