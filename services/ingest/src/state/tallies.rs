//! Which tallied events were recorded, and which of them were taken back.

use std::collections::HashMap;

use almanac_catalog::{Catalog, Method};
use almanac_event_log::Failure;
use almanac_model::{Batch, Revision};

use super::State;
use super::facts::{Fact, Key, Looked};
use crate::draft::{Draft, Row, TallyEvent, tally_content, tally_id};

/// A tallied event: what it says, where it is, and whether it was taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct KnownTally {
    pub(crate) content: [u8; 16],
    pub(crate) revision: Revision,
    pub(crate) is_retracted: bool,
}

/// How an event id of a tally stands to what was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    New,
    /// The same event again.
    Same,
    /// Another event under the same id.
    Other,
}

/// What is known of the tallied events of one request or record.
#[derive(Debug, Default)]
pub(crate) struct KnownTallies(HashMap<[u8; 16], KnownTally>);

impl KnownTallies {
    /// How an event of a tally, or its retraction, stands to what was recorded.
    pub(crate) fn seen(&self, tally: &TallyEvent, is_retraction: bool) -> Seen {
        match self.0.get(&tally.id) {
            Some(known) if known.content != tally.content => Seen::Other,
            // an event that was taken back is not recorded again by a late retry
            Some(known) if !is_retraction || known.is_retracted => Seen::Same,
            _ => Seen::New,
        }
    }
}

/// The keys of a draft's tallied events.
pub(crate) fn keys(draft: &Draft) -> impl Iterator<Item = Key> {
    let tallies = draft.rows.iter().filter_map(|row| row.tally);
    tallies.map(|tally| Key::Tally(tally.id))
}

/// An event of a batch that is tallied under the catalogue in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Tallied {
    event: TallyEvent,
    is_retraction: bool,
}

/// The tallied ones of the rows that become a batch.
pub(crate) fn of_rows(rows: &[Row]) -> Vec<Tallied> {
    let tallied = rows.iter().filter_map(|row| {
        let Row {
            tally, is_retraction, ..
        } = *row;
        tally.map(|event| Tallied { event, is_retraction })
    });
    tallied.collect()
}

/// The tallied ones of the events of a batch, under a catalogue.
pub(super) fn of_batch(catalog: Option<&Catalog>, batch: &Batch) -> Vec<Tallied> {
    let Some(catalog) = catalog else { return Vec::new() };
    let is_tally = |id: &str| catalog.metric(id).is_some_and(|metric| metric.method == Method::Tally);
    let rows = batch.rows_with_extras().filter_map(|(row, extra)| {
        let series = row.series;
        let event_id = extra.event_id.as_deref().filter(|_| is_tally(series.metric.as_str()))?;
        Some(Tallied {
            event: TallyEvent {
                id: tally_id(&series.reporter, &series.metric, event_id),
                content: tally_content(series, row.period, row.value, u32::from(row.status.bits())),
            },
            is_retraction: row.is_retraction,
        })
    });
    rows.collect()
}

impl State {
    /// What is known of the tallied events with these keys, which were looked up before, first and in this order.
    pub(super) fn tallies(&self, keys: impl Iterator<Item = Key>, looked: &Looked) -> Result<KnownTallies, Failure> {
        let mut known = HashMap::new();
        for (place, key) in keys.enumerate() {
            if let (Key::Tally(id), Some(Fact::Tally(tally))) = (key, self.facts.get_looked(&key, looked, place)?) {
                known.insert(id, tally);
            }
        }
        Ok(KnownTallies(known))
    }

    /// The content and the revision of a tallied event. Its key was looked up before.
    pub(crate) fn tally(&self, id: &[u8; 16], looked: &Looked) -> Result<Option<([u8; 16], Revision)>, Failure> {
        Ok(match self.facts.get_looked(&Key::Tally(*id), looked, 0)? {
            Some(Fact::Tally(known)) => Some((known.content, known.revision)),
            _ => None,
        })
    }
}

/// What is said of a tallied event. It keeps what was said of it first.
pub(super) fn fact(tallied: Tallied, before: &KnownTallies, said: Option<&Fact>, revision: Revision) -> Fact {
    let Tallied { event, is_retraction } = tallied;
    let known = match said {
        Some(Fact::Tally(known)) => Some(*known),
        _ => before.0.get(&event.id).copied(),
    };
    let known = known.unwrap_or(KnownTally {
        content: event.content,
        revision,
        is_retracted: false,
    });
    Fact::Tally(KnownTally {
        is_retracted: known.is_retracted || is_retraction,
        ..known
    })
}

impl Tallied {
    pub(super) fn key(&self) -> Key {
        Key::Tally(self.event.id)
    }
}
