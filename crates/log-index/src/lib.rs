//! An index of a log: rows derived from its records, on disk, complete up to one revision, and disposable.
//!
//! It holds nothing that is not in the log, so that it may be dropped at any time and derived anew. It says what it was
//! derived from ([`Basis`]), so that its reader can tell whether it may be trusted: it is to be discarded when it belongs to
//! another log, when it is ahead of the log's durable end, or when the log holds another record at its revision.
//!
//! ```
//! use almanac_log_index::{Basis, IndexOptions, LogIndex};
//! use almanac_model::{LogId, Revision};
//!
//! # let folder = tempfile::tempdir()?;
//! let index = LogIndex::open(&folder.path().join("index"), &IndexOptions::default())?;
//! assert_eq!(index.basis(), None);
//! let basis = Basis {
//!     log: LogId::from_random([7; 16]),
//!     revision: Revision(12),
//!     record_digest: [1; 32],
//!     terms: 30,
//! };
//! index.write(&basis, [(b"request 5".as_slice(), b"revision 12".as_slice())])?;
//! assert_eq!(index.get(b"request 5")?.as_deref(), Some(b"revision 12".as_slice()));
//! assert_eq!(index.basis(), Some(basis));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # On disk
//!
//! A log-structured merge tree of the crate `lsm-tree`, which no other crate of the project names. Each
//! [`write`](LogIndex::write) adds one run of rows in the order of their keys. The basis is a row of the same run: after a
//! crash or a loss of power there are the rows and the basis of before, or those of after. The tree syncs the files of a run
//! before it lists them, and replaces its list atomically. It needs no journal of its own, because the log is one.
//!
//! A row that is not there is usually recognised without reading a block of rows, by the Bloom filter of each run. Filters and
//! blocks are read through a cache of bounded size ([`IndexOptions::cache_bytes`]), but for the whole filters of rows that were merged once
//! since the start: by estimate some 10 MiB.
//!
//! Every block has a checksum, and so has the list of runs. What cannot be read condemns the index: the next open refuses it
//! ([`IndexError::Damaged`]), whoever asks.

mod basis;
mod error;
mod forget;
mod manifest;
mod tree;

pub use basis::{Basis, FORMAT};
pub use error::IndexError;
pub use forget::Forget;
pub use tree::{IndexOptions, LogIndex, Row, Value};
