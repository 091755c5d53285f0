//! The short way of plain events: the series that they name was checked before, so that an event is a look-up and a few
//! comparisons.
//!
//! A series is known by the bytes that name it ([`PlainEvent::series`]), under one catalogue and on one day; another catalogue
//! and another day begin anew. A request is recorded so only if every event of it is admitted by the rules of its series. All
//! others take the long way, which checks each event by itself and tells every mistake: so both give the same answers, and only
//! the long way knows how to refuse.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use almanac_catalog::{Catalog, SeriesRules};
use almanac_model::{Batch, BatchSeries, Measure, Period, ReporterId, Revision};
use almanac_wire::pb::shared as pb;
use almanac_wire::{PlainEvent, event_from_proto};
use bytes::Bytes;
use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};
use jiff::civil::Date;
use prost::Message as _;

use crate::packed::is_each_once;
use crate::state::InForce;

/// So many series are remembered, with about half a kilobyte each. One more, and they are learned anew.
const MOST: usize = 1 << 16;

/// The series that were checked before.
#[derive(Debug)]
pub(crate) struct KnownSeries {
    most: usize,
    memory: RwLock<Memory>,
}

impl Default for KnownSeries {
    fn default() -> Self {
        Self {
            most: MOST,
            memory: RwLock::default(),
        }
    }
}

#[derive(Debug, Default)]
struct Memory {
    /// The catalogue and the day for which they were checked.
    basis: Option<(Revision, Date)>,
    tables: HashMap<ReporterId, Table>,
    len: usize,
}

/// The series of one reporter, by the bytes that name them.
type Table = IndexMap<Box<[u8]>, Known, RandomState>;

/// A series, and what its rows may say from one period to another.
#[derive(Debug)]
struct Known {
    series: BatchSeries,
    rules: SeriesRules,
    first: i32,
    last: i32,
}

/// What events are held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against<'a> {
    pub(crate) reporter: &'a ReporterId,
    pub(crate) in_force: &'a InForce,
    /// The day in the catalogue's time zone.
    pub(crate) today: Date,
}

/// What came of a look at the memory.
enum Looked {
    Batch(Batch),
    /// The events of series that are not known at that time.
    Unknown(Vec<usize>),
}

/// What came of an event that may be plainly recorded.
enum Held {
    Admitted(Row),
    /// Its series is not known at that time.
    Unknown,
}

/// One event in columns: its series as a place in the table.
struct Row {
    place: usize,
    period: i32,
    value: i64,
    bits: u32,
}

impl KnownSeries {
    /// The batch that is recorded of these events; `None` when they have to be checked one by one.
    pub(crate) fn batch(&self, events: &[Bytes], against: Against<'_>) -> Option<Batch> {
        let unknown = match self.look(events, against)? {
            Looked::Batch(batch) => return Some(batch),
            Looked::Unknown(unknown) => unknown,
        };
        let learned = unknown.into_iter().map(|place| learn(&events[place], against));
        self.keep(learned.collect::<Option<Vec<_>>>()?, against);
        match self.look(events, against)? {
            Looked::Batch(batch) => Some(batch),
            Looked::Unknown(_) => None,
        }
    }

    fn look(&self, events: &[Bytes], against: Against<'_>) -> Option<Looked> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let nothing = Table::default();
        let known = memory.tables.get(against.reporter);
        let table = known
            .filter(|_| memory.basis == Some(against.basis()))
            .unwrap_or(&nothing);
        let (mut rows, mut unknown) = (Vec::with_capacity(events.len()), Vec::new());
        let mut before = Before::default();
        for (place, event) in events.iter().enumerate() {
            match row(event, &mut before, table, against)? {
                Held::Admitted(row) => rows.push(row),
                Held::Unknown => unknown.push(place),
            }
        }
        if !unknown.is_empty() {
            return Some(Looked::Unknown(unknown));
        }
        let batch = batch(&rows, table)?;
        is_each_once(&batch).then_some(Looked::Batch(batch))
    }

    fn keep(&self, learned: Vec<(Box<[u8]>, Known)>, against: Against<'_>) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        if memory.basis != Some(against.basis()) || memory.len + learned.len() > self.most {
            *memory = Memory {
                basis: Some(against.basis()),
                ..Memory::default()
            };
        }
        let table = memory.tables.entry(against.reporter.clone()).or_default();
        let before = table.len();
        table.extend(learned);
        let more = table.len() - before;
        memory.len += more;
    }
}

impl Against<'_> {
    fn basis(&self) -> (Revision, Date) {
        (self.in_force.revision, self.today)
    }
}

/// What the event before named. Most requests name their series in the order of earlier ones, and one period again and again: what
/// is named here was looked up and read already.
#[derive(Default)]
struct Before<'a> {
    /// The place of the series after its own.
    next: usize,
    period: Option<(&'a str, Period)>,
}

impl<'a> Before<'a> {
    /// The series of these bytes, and its place.
    fn series<'t>(&mut self, named: &[u8], table: &'t Table) -> Option<(usize, &'t Known)> {
        let likely = [self.next, self.next.wrapping_sub(1)].into_iter().find_map(|place| {
            let (bytes, known) = table.get_index(place)?;
            (bytes.as_ref() == named).then_some((place, known))
        });
        let found = likely.or_else(|| table.get_full(named).map(|(place, _, known)| (place, known)))?;
        self.next = found.0 + 1;
        Some(found)
    }

    /// The period of a text.
    fn period(&mut self, text: &'a str, catalog: &Catalog) -> Option<Period> {
        match self.period {
            Some((before, period)) if before == text => Some(period),
            _ => {
                let period = catalog.period(text).ok()?;
                self.period = Some((text, period));
                Some(period)
            }
        }
    }
}

/// The row of an event; `None` when it takes the long way.
fn row<'a>(event: &'a [u8], before: &mut Before<'a>, table: &Table, against: Against<'_>) -> Option<Held> {
    let event = PlainEvent::read(event)?;
    let (measure, status) = event.statement()?;
    let period = before.period(event.period, &against.in_force.catalog)?;
    let known = before.series(event.series, table);
    let Some((place, known)) = known.filter(|(_, known)| known.covers(period.ordinal())) else {
        return Some(Held::Unknown);
    };
    let value = match measure {
        Measure::Value(value) => value.to_scaled(known.series.decimals).ok()?,
        // only a number can be kept secret
        Measure::Missing(_) if status.confidential => return None,
        Measure::Missing(_) => 0,
    };
    let fits = period.granularity() == known.series.granularity && known.rules.admit(period.ordinal(), value, status);
    fits.then_some(Held::Admitted(Row {
        place,
        period: period.ordinal(),
        value,
        bits: u32::from(status.bits()),
    }))
}

impl Known {
    fn covers(&self, period: i32) -> bool {
        (self.first..=self.last).contains(&period)
    }
}

/// The rows as a batch, its series in the order in which they come.
fn batch(rows: &[Row], table: &Table) -> Option<Batch> {
    let (places, series_index) = series_of(rows);
    let series = places.into_iter().map(|place| table[place].series.clone()).collect();
    let period = rows.iter().map(|row| row.period).collect();
    let value = rows.iter().map(|row| row.value).collect();
    let bits = rows.iter().map(|row| row.bits).collect();
    Batch::new(series, series_index, period, value, bits, Vec::new()).ok()
}

/// The places of the series in the order in which they come, and which of these each row is of.
fn series_of(rows: &[Row]) -> (Vec<usize>, Vec<u32>) {
    let places = rows.iter().map(|row| row.place);
    let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    if places.clone().is_sorted() {
        // none comes again after another one
        let mut distinct = Vec::with_capacity(rows.len());
        let of_each = places.map(|place| {
            if distinct.last() != Some(&place) {
                distinct.push(place);
            }
            index(distinct.len() - 1)
        });
        let of_each = of_each.collect();
        return (distinct, of_each);
    }
    let mut distinct: IndexSet<usize, RandomState> =
        IndexSet::with_capacity_and_hasher(rows.len(), RandomState::default());
    let of_each = places.map(|place| index(distinct.insert_full(place).0)).collect();
    (distinct.into_iter().collect(), of_each)
}

/// What an event says of its series, if it can be recorded.
fn learn(event: &Bytes, against: Against<'_>) -> Option<(Box<[u8]>, Known)> {
    let Against {
        reporter,
        in_force,
        today,
    } = against;
    let (catalog, named) = (&in_force.catalog, PlainEvent::read(event)?.series);
    let event = event_from_proto(&pb::Event::decode(event.as_ref()).ok()?, catalog).ok()?;
    let checked = catalog.check_event(reporter, &event, today).ok()?;
    let (rules, (first, last)) =
        catalog.series_rules_around(reporter, &checked.series, checked.period.ordinal(), today)?;
    let known = Known {
        series: catalog.sharing_ids(&checked.series),
        rules,
        first,
        last,
    };
    Some((named.into(), known))
}

#[cfg(test)]
mod tests;
