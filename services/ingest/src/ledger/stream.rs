//! The order of a stream's batches: each sequence of a producer is decided once, by the record that holds its position.

use almanac_event_log::{Failure, NewRecord, ProducerPosition, RecordKind};
use almanac_model::{Batch, Revision};
use almanac_wire::FieldViolation;
use almanac_wire::pb::ingest::RejectedEvent;
use almanac_wire::pb::log::Receipt;
use prost::Message;

use super::{Checked, Events, Ledger, OrderError};
use crate::corrections::Search;
use crate::draft::{Draft, Rejected};
use crate::sorting::{batch, late_corrections, sort_rows};
use crate::state::facts::Key;
use crate::state::producers::{self, BatchDigest, Decision, Position, Standing, Step};
use crate::state::{Before, Content, State, tallies};

/// The most mistakes of a batch that its refusal lists.
const MAX_MISTAKES: usize = 100;

/// A batch, with what was known when it was checked.
pub(crate) struct BatchProposal {
    pub(crate) at: ProducerPosition,
    pub(crate) digest: BatchDigest,
    /// What the catalogue says of it, or why it is wrong as a whole.
    pub(crate) checked: Result<Checked, FieldViolation>,
    /// The catalogue it was checked against.
    pub(crate) checked_under: Revision,
    pub(crate) principal: String,
}

/// How a stream may begin.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// From this position.
    At(Position),
    /// A newer epoch of the producer began.
    Fenced { epoch: u64 },
    /// The log knows no such epoch.
    UnknownEpoch { newest: u64 },
}

impl Ledger {
    /// Where the stream of a producer begins: at its position when it names its epoch, or in a new epoch when that is 0.
    pub(crate) fn begin_stream(
        &self,
        producer: [u8; 16],
        epoch: u64,
        principal: String,
    ) -> Result<Beginning, OrderError> {
        let looked = self.look_up(std::iter::once(Key::Producer(producer)))?;
        let mut state = self.state();
        let position = state.position(&producer, &looked)?;
        if epoch != 0 {
            return Ok(match epoch.cmp(&position.epoch) {
                std::cmp::Ordering::Equal => Beginning::At(position),
                std::cmp::Ordering::Less => Beginning::Fenced { epoch: position.epoch },
                std::cmp::Ordering::Greater => Beginning::UnknownEpoch { newest: position.epoch },
            });
        }
        // recorded, or the epoch might be given twice
        let at = ProducerPosition {
            producer,
            epoch: position.epoch + 1,
            sequence: position.last_sequence,
        };
        let before = state.before(std::iter::empty(), &looked, Some(&producer))?;
        let none = Events::from(Batch::default());
        self.append_step(&mut state, at, principal, &Receipt::default(), none, &before)?;
        Ok(Beginning::At(state.position(&producer, &looked)?))
    }

    /// How a batch stands to what its producer sent before.
    pub(crate) fn standing(&self, at: &ProducerPosition, digest: &BatchDigest) -> Result<Standing, Failure> {
        let looked = self.look_up(producers::keys(at))?;
        self.state().standing(at, digest, &looked)
    }

    /// Decides a batch if it is the next of its producer: its events are ordered, or the refusal of all of them is. `None`
    /// when it has to be checked again: the catalogue, or a value that it corrects, changed meanwhile.
    pub(crate) fn decide(&self, proposal: BatchProposal) -> Result<Option<Standing>, OrderError> {
        let BatchProposal {
            at,
            digest,
            checked,
            checked_under,
            principal,
        } = proposal;
        let tallied = || checked.iter().flat_map(Checked::tallies);
        let looked = self.look_up(tallied().chain(producers::keys(&at)))?;
        let mut state = self.state();
        let standing = state.standing(&at, &digest, &looked)?;
        if standing != Standing::Next {
            return Ok(Some(standing));
        }
        let in_force = state.in_force.as_ref().map(|in_force| in_force.revision);
        if in_force != Some(checked_under) {
            return Ok(None);
        }
        let mut before = state.before(tallied(), &looked, Some(&at.producer))?;
        let (mut receipt, events) = match checked {
            Err(violation) => (refusal(vec![mistake(None, violation)], 0), Batch::default().into()),
            Ok(Checked::AsItCame(events)) => (Receipt::default(), events),
            Ok(Checked::Rows(draft, search)) => match sorted(&state, &mut before, draft, search) {
                Some((receipt, batch)) => (receipt, batch.into()),
                None => return Ok(None),
            },
        };
        receipt.batch_digest = digest.to_vec();
        self.append_step(&mut state, at, principal, &receipt, events, &before)?;
        Ok(Some(state.standing(&at, &digest, &looked)?))
    }

    /// Appends a record that moves a producer on. It may hold no event: the position alone is worth a record.
    fn append_step(
        &self,
        state: &mut State,
        at: ProducerPosition,
        principal: String,
        receipt: &Receipt,
        events: Events,
        before: &Before,
    ) -> Result<Revision, OrderError> {
        let Events { batch, payload } = events;
        let stored = receipt.encode_to_vec().into();
        let record = NewRecord {
            producer: Some(at),
            ..self.new_record(RecordKind::Events, principal, None, stored, payload)
        };
        let content = Content::Events(batch);
        self.append(state, record, content, Some((at, receipt)), before)
    }
}

/// What a record with a producer says of it.
pub(super) fn step(revision: Revision, receipt: &Receipt) -> Step {
    match BatchDigest::try_from(receipt.batch_digest.as_slice()) {
        Err(_) => Step::Epoch,
        Ok(digest) => Step::Batch(Decision {
            revision,
            digest,
            is_refused: !receipt.rejected.is_empty(),
        }),
    }
}

/// The receipt and the batch that are recorded; `None` when the search for corrections has to go on.
fn sorted(state: &State, before: &mut Before, draft: Draft, search: Option<Search>) -> Option<(Receipt, Batch)> {
    let late = late_corrections(state, &draft, search)?;
    let sorted = sort_rows(&before.tallies, draft, late);
    if sorted.rejected.is_empty() {
        let receipt = Receipt {
            duplicate_event_count: crate::rpc::count(sorted.duplicates),
            ..Receipt::default()
        };
        before.tallied = tallies::of_rows(&sorted.rows);
        return Some((receipt, batch(sorted.rows)));
    }
    let rejected_count = sorted.rejected.len();
    let mistakes = sorted.rejected.into_iter().flat_map(mistakes_of).take(MAX_MISTAKES);
    Some((refusal(mistakes.collect(), rejected_count), Batch::default()))
}

fn refusal(rejected: Vec<RejectedEvent>, rejected_count: usize) -> Receipt {
    Receipt {
        rejected,
        rejected_count: crate::rpc::count(rejected_count),
        ..Receipt::default()
    }
}

fn mistakes_of(rejected: Rejected) -> impl Iterator<Item = RejectedEvent> {
    let row = crate::rpc::count(rejected.index);
    let violations = rejected.violations.into_iter();
    violations.map(move |violation| mistake(Some(row), violation))
}

fn mistake(row: Option<i32>, violation: FieldViolation) -> RejectedEvent {
    let FieldViolation { field, reason, message } = violation;
    RejectedEvent {
        index: row,
        field,
        reason: reason.to_owned(),
        message,
    }
}
