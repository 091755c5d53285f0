//! The ingest service: checks metric events against the catalogue and keeps them for ever.
//!
//! ```text
//! rpc/            one file per method: convert, call, convert
//! columns.rs      a batch of a stream, taken apart into the events it states
//! packed.rs       ... or recorded as it came, when nothing is to be said of its rows one by one
//! known_series.rs plain events of a request, whose series were checked before: recorded without more
//! draft.rs        ... and all others,, checked one by one against the catalogue
//! ledger.rs       what the log says so far, and the one place where its order is decided
//! ledger/stream   ... of the batches of streams: each sequence of a producer is decided once
//! sorting.rs      ... which events of a request are recorded
//! state.rs        ... derived from the log's records alone, when opened and after each append
//! acknowledging   who waits until something is durable, and is told with all others of its sync
//! index.rs        ... and what of it is on disk, so that neither memory nor the start grow with the log
//! retraction.rs   what is taken back, found in the log
//! corrections.rs  whether a corrector saw the newest value
//! error.rs        every refusal, as a status
//! ```
//!
//! It never computes an indicator.

mod acknowledging;
mod columns;
pub mod config;
mod corrections;
mod draft;
mod error;
mod index;
mod known_series;
mod ledger;
mod packed;
mod retraction;
mod rpc;
mod service;
mod sorting;
mod start;
mod state;

pub use error::reason;
pub use index::IndexLimits;
pub use ledger::{Clock, Ledger, LedgerOptions, OrderError, RecoverError};
pub use service::{Deps, INGEST_SERVICE, LOG_SERVICE, RunError, serve};
pub use start::{CatalogSource, StartError, ensure_catalog, open};
