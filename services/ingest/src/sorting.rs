//! What of a draft is recorded: not what came before, nor what cannot be. Asked under the ledger's lock.

use std::collections::HashSet;

use almanac_catalog::CheckedEvent;
use almanac_model::{Batch, BatchBuilder};
use almanac_wire::FieldViolation;

use crate::corrections::Search;
use crate::draft::{Draft, Rejected, Row};
use crate::error::reason;
use crate::state::State;
use crate::state::tallies::{KnownTallies, Seen};

/// The corrections that came too late; `None` when the search does not reach the newest batch.
pub(crate) fn late_corrections(state: &State, draft: &Draft, search: Option<Search>) -> Option<Vec<Rejected>> {
    let Some(mut search) = search else {
        return Some(Vec::new());
    };
    for (revision, batch) in state.batches_after(search.through)? {
        search.look_at(revision, &batch);
    }
    Some(draft.rows.iter().filter_map(|row| search.stale(row)).collect())
}

/// The rows of a draft, sorted.
pub(crate) struct Sorted {
    pub(crate) rows: Vec<Row>,
    pub(crate) duplicates: usize,
    pub(crate) rejected: Vec<Rejected>,
}

/// Sets aside what was recorded before and what cannot be recorded.
pub(crate) fn sort_rows(known: &KnownTallies, draft: Draft, late: Vec<Rejected>) -> Sorted {
    let mut sorted = Sorted {
        rows: Vec::with_capacity(draft.rows.len()),
        duplicates: 0,
        rejected: draft.rejected,
    };
    let late_rows: HashSet<usize> = late.iter().map(|rejected| rejected.index).collect();
    for row in draft.rows {
        match row
            .tally
            .as_ref()
            .map_or(Seen::New, |tally| known.seen(tally, row.is_retraction))
        {
            Seen::New if late_rows.contains(&row.index) => {}
            Seen::New => sorted.rows.push(row),
            Seen::Same => sorted.duplicates += 1,
            Seen::Other => {
                let message = "another event was recorded under this id; give a new event an id of its own";
                sorted
                    .rejected
                    .push(row.reject(FieldViolation::new("event_id", reason::EVENT_ID_REUSED, message), None));
            }
        }
    }
    sorted.rejected.extend(late);
    sorted.rejected.sort_by_key(|rejected| rejected.index);
    sorted
}

pub(crate) fn batch(rows: Vec<Row>) -> Batch {
    let mut builder = BatchBuilder::default();
    for Row {
        event,
        extra,
        is_retraction,
        ..
    } in rows
    {
        let CheckedEvent {
            series,
            period,
            value,
            status,
            occurred_at: _,
        } = event;
        if is_retraction {
            builder.push_retraction(series, period.ordinal(), value, status, extra);
        } else {
            builder.push(series, period.ordinal(), value, status, extra);
        }
    }
    builder.finish()
}
