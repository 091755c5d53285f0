//! Which tallied events were recorded, and which of them were taken back.

use std::collections::HashMap;

use almanac_catalog::{Catalog, Method};
use almanac_event_log::Failure;
use almanac_model::{Batch, Revision};

use super::State;
use super::facts::{Fact, Key, Looked};
use crate::draft::{Draft, TallyEvent, tally_content, tally_id};

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

/// An event of a batch that is tallied under a catalogue.
pub(super) struct Tallied {
    event: TallyEvent,
    is_retraction: bool,
}

/// The events of a batch that are tallied under a catalogue.
pub(super) fn tallied(catalog: Option<&Catalog>, batch: &Batch) -> Vec<Tallied> {
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
    /// What is known of the tallied events with these keys, which were looked up before.
    pub(super) fn tallies(&self, keys: impl Iterator<Item = Key>, looked: &Looked) -> Result<KnownTallies, Failure> {
        let mut known = HashMap::new();
        for key in keys {
            if let (Key::Tally(id), Some(Fact::Tally(tally))) = (key, self.facts.get_looked(&key, looked)?) {
                known.insert(id, tally);
            }
        }
        Ok(KnownTallies(known))
    }

    /// The content and the revision of a tallied event. Its key was looked up before.
    pub(crate) fn tally(&self, id: &[u8; 16], looked: &Looked) -> Result<Option<([u8; 16], Revision)>, Failure> {
        Ok(match self.facts.get_looked(&Key::Tally(*id), looked)? {
            Some(Fact::Tally(known)) => Some((known.content, known.revision)),
            _ => None,
        })
    }
}

/// What a batch says of tallied events, as facts. An event keeps what was said of it first.
pub(super) fn facts(tallied: Vec<Tallied>, before: &KnownTallies, revision: Revision) -> Vec<(Key, Fact)> {
    let mut known = HashMap::with_capacity(tallied.len());
    for Tallied { event, is_retraction } in tallied {
        let tally = known.entry(event.id).or_insert_with(|| {
            before.0.get(&event.id).copied().unwrap_or(KnownTally {
                content: event.content,
                revision,
                is_retracted: false,
            })
        });
        tally.is_retracted |= is_retraction;
    }
    let facts = known
        .into_iter()
        .map(|(id, tally)| (Key::Tally(id), Fact::Tally(tally)));
    facts.collect()
}

/// The keys of tallied events.
pub(super) fn keys_of(tallied: &[Tallied]) -> impl Iterator<Item = Key> {
    tallied.iter().map(|tallied| Key::Tally(tallied.event.id))
}
