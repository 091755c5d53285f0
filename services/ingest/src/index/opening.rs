//! From a log and what there is of an index to a state and an index that say the same.

use std::path::Path;
use std::sync::Arc;

use almanac_event_log::{EventLog, ReadError, Record};
use almanac_log_index::{Basis, IndexError, LogIndex};
use almanac_model::{LogId, Revision};
use almanac_wire::Payload;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{Index, IndexLimits, failure, writer};
use crate::ledger::{RecoverError, entry, load};
use crate::state::facts::{Fact, Key};
use crate::state::{InForce, State, rows};

const READ_BYTES: usize = 16 * 1024 * 1024;

/// Why an index is not used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("it belongs to log {found}")]
    OtherLog { found: LogId },
    #[error("it is complete up to revision {revision}, and the log ends at {durable}")]
    Ahead { revision: Revision, durable: Revision },
    #[error("the log holds another revision {revision} than it was derived from")]
    OtherRecord { revision: Revision },
    #[error("requests are to be recognised for another time than it was derived for")]
    OtherRetention,
    #[error("its row of {what} is missing or malformed")]
    Row { what: &'static str },
}

/// Why the index in the folder could not be used or made.
enum Trouble {
    /// It has to be derived anew.
    Unusable(Unusable),
    /// The log is what is wrong.
    Log(RecoverError),
}

impl From<Unusable> for Trouble {
    fn from(cause: Unusable) -> Self {
        Self::Unusable(cause)
    }
}

impl From<IndexError> for Trouble {
    fn from(error: IndexError) -> Self {
        Self::Unusable(error.into())
    }
}

/// The state after the last durable record. Of the log that is read which came after what the index holds; without a usable
/// index, all of it. It blocks on the disk.
pub(crate) fn derive(
    log: &dyn EventLog,
    place: Option<&Path>,
    retention_ms: i64,
    limits: &IndexLimits,
) -> Result<(State, Option<Arc<Index>>), RecoverError> {
    let Some(dir) = place else {
        let mut state = State::new(retention_ms, None);
        read_on(log, &mut state, |_| Ok(()))?;
        return Ok((state, None));
    };
    match with_index(log, dir, retention_ms, limits) {
        Ok(derived) => return Ok(derived),
        Err(Trouble::Log(error)) => return Err(error),
        Err(Trouble::Unusable(cause)) => {
            warn!(index = %dir.display(), cause = %cause, "drop index and derive it anew from the log");
        }
    }
    let failed = |error| RecoverError::Index(failure(&error));
    LogIndex::discard(dir).map_err(failed)?;
    with_index(log, dir, retention_ms, limits).map_err(|trouble| match trouble {
        Trouble::Log(error) => error,
        Trouble::Unusable(Unusable::Index(error)) => failed(error),
        Trouble::Unusable(cause) => failed(IndexError::Damaged {
            place: dir.to_owned(),
            cause: cause.to_string().into(),
        }),
    })
}

fn with_index(
    log: &dyn EventLog,
    dir: &Path,
    retention_ms: i64,
    limits: &IndexLimits,
) -> Result<(State, Option<Arc<Index>>), Trouble> {
    let index = Arc::new(Index::open(dir, limits)?);
    let mut state = match index.basis() {
        None => State::new(retention_ms, Some(Arc::clone(&index))),
        Some(basis) => {
            check(&basis, log, retention_ms)?;
            restored(&index, basis.revision, retention_ms)?
        }
    };
    let indexed = state.head;
    read_on(log, &mut state, |state| {
        if state.facts.is_due(limits) {
            let durable = state.head;
            writer::write(&index, log, &mut state.facts, durable, retention_ms)?;
        }
        Ok(())
    })?;
    info!(
        index.revision = indexed.0,
        log.revision = state.head.0,
        records = state.head.0 - indexed.0,
        "derive state from index and records"
    );
    Ok((state, Some(index)))
}

/// An index is believed only when the log still holds what it was derived from.
fn check(basis: &Basis, log: &dyn EventLog, retention_ms: i64) -> Result<(), Trouble> {
    let Basis {
        log: found,
        revision,
        record_digest,
        terms,
    } = *basis;
    if found != log.id() {
        return Err(Unusable::OtherLog { found }.into());
    }
    let durable = log.status().borrow().durable;
    if revision > durable {
        return Err(Unusable::Ahead { revision, durable }.into());
    }
    let records = log.read(revision, 1).map_err(|error| Trouble::Log(error.into()))?;
    if records.first().map(digest) != Some(record_digest) {
        return Err(Unusable::OtherRecord { revision }.into());
    }
    if terms != retention_ms.cast_unsigned() {
        return Err(Unusable::OtherRetention.into());
    }
    Ok(())
}

/// A digest of everything that a record says.
pub(super) fn digest(record: &Record) -> [u8; 32] {
    let Record {
        revision,
        kind,
        recorded_at_ms,
        principal,
        producer,
        request,
        receipt,
        payload,
    } = record;
    let mut hasher = Sha256::new();
    hasher.update(revision.0.to_be_bytes());
    hasher.update([kind.as_byte()]);
    hasher.update(recorded_at_ms.to_be_bytes());
    for text in [principal.as_bytes(), receipt, payload] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    if let Some(producer) = producer {
        hasher.update(b"producer");
        hasher.update(producer.producer);
        hasher.update(producer.epoch.to_be_bytes());
        hasher.update(producer.sequence.to_be_bytes());
    }
    if let Some(request) = request {
        hasher.update(b"request");
        hasher.update(request.id);
        hasher.update(request.digest);
    }
    hasher.finalize().into()
}

/// The state at the revision of an index, without what stays there.
fn restored(index: &Arc<Index>, revision: Revision, retention_ms: i64) -> Result<State, Trouble> {
    let mut state = State::after(revision, retention_ms, Some(Arc::clone(index)));
    let row = |what| Trouble::Unusable(Unusable::Row { what });
    let get = |key: Key| -> Result<Option<Fact>, Trouble> {
        let stored = index.rows.get(rows::key(&key).as_ref())?;
        Ok(stored.and_then(|value| rows::fact(&key, &value)))
    };
    let Some(Fact::Clocks(clocks)) = get(Key::Clocks)? else {
        return Err(row("times"));
    };
    state.clocks = clocks;
    index.forget_before(clocks.requests_ms, retention_ms);
    if let Some(Fact::Payload(revision, payload)) = get(Key::Catalog)? {
        let Ok(Payload::Catalog(files)) = Payload::decode(&payload) else {
            return Err(row("the catalogue"));
        };
        let catalog = load(revision, &files).map_err(Trouble::Log)?;
        state.in_force = Some(InForce { revision, catalog });
    }
    for (_, value) in index.rows.scan(&rows::RELEASES)? {
        let fact = rows::fact(&Key::Release(revision), &value);
        let Some(Fact::Payload(recorded, payload)) = fact else {
            return Err(row("a release"));
        };
        let Ok(Payload::Release(release)) = Payload::decode(&payload) else {
            return Err(row("a release"));
        };
        state.releases.insert(release.name.clone(), (release, recorded));
    }
    Ok(state)
}

/// Takes in the records after the state's head, from the first one on if it has none, to the durable end. This is the one
/// place where the past is read: records that were moved out of the log have to come back here.
fn read_on(
    log: &dyn EventLog,
    state: &mut State,
    mut after_each: impl FnMut(&mut State) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let of_log = |error: ReadError| Trouble::Log(error.into());
    loop {
        let records = log.read(state.head.next(), READ_BYTES).map_err(of_log)?;
        if records.is_empty() {
            return Ok(());
        }
        for record in records {
            let entry = entry(&record).map_err(Trouble::Log)?;
            let before = state.before_entry(&entry).map_err(|failure| {
                Trouble::Unusable(Unusable::Index(IndexError::Damaged {
                    place: failure.place,
                    cause: failure.cause,
                }))
            })?;
            state.apply(entry, &before);
            after_each(state)?;
        }
    }
}

impl From<Trouble> for RecoverError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Log(error) => error,
            Trouble::Unusable(_) => unreachable!("there is no index"),
        }
    }
}
