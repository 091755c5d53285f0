//! From a log to a ledger, and its end.

use std::path::Path;
use std::sync::{Arc, Mutex};

use almanac_catalog::{Catalog, CatalogFiles, Problem};
use almanac_event_log::{EventLog, Failure, ProducerPosition, ReadError, Record};
use almanac_model::Revision;
use almanac_service_kit::blocking::InTurn;
use almanac_wire::pb::log::Receipt;
use almanac_wire::{Payload, PayloadError};
use prost::Message;
use tokio::sync::watch;

use super::{Clock, Indexed, Ledger, LedgerOptions, stream};
use crate::acknowledging::Waiting;
use crate::index::{self, Index, IndexWriter, Writing};
use crate::known_series::KnownSeries;
use crate::state::producers::Step;
use crate::state::{Content, Entry};

/// Why the state could not be derived from a log.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is of a newer version, or damaged in a way that its checksum does not show.
    #[error("revision {revision} cannot be decoded: {cause}")]
    Payload {
        /// The record.
        revision: Revision,
        /// What is wrong with it.
        cause: PayloadError,
    },
    /// A catalogue that was accepted once is not accepted now: this version is older than the one that wrote it.
    #[error("the catalogue of revision {revision} has {} mistakes, the first: {}", .problems.len(), first(.problems))]
    Catalog {
        /// The record.
        revision: Revision,
        /// Its mistakes.
        problems: Vec<Problem>,
    },
    /// The index can neither be used nor be made anew.
    #[error("the index of the log cannot be made: {0}")]
    Index(Failure),
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}

impl Ledger {
    /// Derives the state from the log and keeps all of it in memory: for logs that are small. It blocks on the disk.
    pub fn recover(log: Arc<dyn EventLog>, clock: Clock, options: LedgerOptions) -> Result<Self, RecoverError> {
        Self::derive(log, None, clock, options)
    }

    /// Derives the state from the index in a folder and from the records that came after; makes the index if there is none, or
    /// none that fits the log. It blocks on the disk.
    pub fn open(
        log: Arc<dyn EventLog>,
        index: &Path,
        clock: Clock,
        options: LedgerOptions,
    ) -> Result<Self, RecoverError> {
        Self::derive(log, Some(index), clock, options)
    }

    fn derive(
        log: Arc<dyn EventLog>,
        place: Option<&Path>,
        clock: Clock,
        options: LedgerOptions,
    ) -> Result<Self, RecoverError> {
        let LedgerOptions {
            request_retention,
            stream_credit_bytes,
            blocking,
            index: limits,
        } = options;
        let retention_ms = i64::try_from(request_retention.as_millis()).unwrap_or(i64::MAX);
        let (state, index) = index::derive(log.as_ref(), place, retention_ms, &limits)?;
        let state = Arc::new(Mutex::new(state));
        let start = |index: Arc<Index>| {
            let writing = Writing {
                index: Arc::clone(&index),
                log: Arc::clone(&log),
                state: Arc::clone(&state),
                limits,
                retention_ms,
            };
            let writer = IndexWriter::start(writing)
                .map_err(|error| RecoverError::Index(Failure::new("start the writer of", index.place(), &error)))?;
            Ok::<_, RecoverError>(Indexed { index, writer })
        };
        let index = index.map(start).transpose()?;
        Ok(Self {
            log,
            clock,
            state,
            index,
            limits,
            stream_credit_bytes,
            blocking,
            in_turn: InTurn::new(blocking),
            known_series: KnownSeries::default(),
            waiting: Waiting::default(),
        })
    }

    /// Makes durable what was appended, writes it to the index, and closes both. It blocks on the disk.
    pub fn close(&self) {
        self.log.close();
        self.close_index();
    }

    fn close_index(&self) {
        if let Some(Indexed { writer, .. }) = &self.index {
            writer.close();
        }
    }

    /// The failure of the index, and word of it; none without an index. After it nothing is acknowledged.
    pub(crate) fn index_failure(&self) -> Option<watch::Receiver<Option<Failure>>> {
        self.index.as_ref().map(|indexed| indexed.index.failure())
    }

    /// Refuses to go on after a failure of the index.
    pub(crate) fn check_index(&self) -> Result<(), Failure> {
        let failure = self.index.as_ref().and_then(|indexed| indexed.index.failed());
        failure.map_or(Ok(()), Err)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.close_index();
    }
}

/// What a record of the log says.
pub(crate) fn entry(record: &Record) -> Result<Entry, RecoverError> {
    let revision = record.revision;
    let damaged = |cause| RecoverError::Payload { revision, cause };
    let content = match Payload::decode(&record.payload).map_err(damaged)? {
        Payload::Events(batch) => Content::Events(Arc::new(batch)),
        Payload::Release(release) => Content::Release(release, record.payload.clone()),
        Payload::Catalog(files) => Content::Catalog(load(revision, &files)?, record.payload.clone()),
    };
    let step = |at: ProducerPosition| -> Result<(ProducerPosition, Step), RecoverError> {
        let receipt = Receipt::decode(record.receipt.clone()).map_err(|cause| damaged(cause.into()))?;
        Ok((at, stream::step(revision, &receipt)))
    };
    Ok(Entry {
        revision,
        at_ms: record.recorded_at_ms,
        request: record.request.map(|request| request.id),
        step: record.producer.map(step).transpose()?,
        content,
        bytes: record.payload.len(),
    })
}

/// A catalogue as it was recorded.
pub(crate) fn load(revision: Revision, files: &CatalogFiles) -> Result<Arc<Catalog>, RecoverError> {
    Catalog::load(files)
        .map(Arc::new)
        .map_err(|problems| RecoverError::Catalog { revision, problems })
}
