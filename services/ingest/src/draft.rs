//! A request's events before they are ordered: each checked against the catalogue, the good ones and the bad ones.

use std::collections::{HashMap, HashSet};

use almanac_catalog::{Catalog, CheckedEvent, Method};
use almanac_model::{BatchExtra, BatchSeries, Event, MetricId, ReporterId, Revision};
use almanac_wire::pb::shared as pb;
use almanac_wire::{FieldViolation, event_from_proto};
use foldhash::fast::RandomState;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::error::reason;

/// The events of one request.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) rows: Vec<Row>,
    pub(crate) rejected: Vec<Rejected>,
}

/// An event that fits the catalogue.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its index in the request.
    pub(crate) index: usize,
    pub(crate) event: CheckedEvent,
    pub(crate) extra: BatchExtra,
    /// For tallies: what tells a retry from a second event.
    pub(crate) tally: Option<TallyEvent>,
    /// Whether it takes back what it says.
    pub(crate) is_retraction: bool,
}

/// An event that cannot be recorded, with everything that is wrong with it. Fields are those of the event.
#[derive(Clone, Debug)]
pub(crate) struct Rejected {
    /// Its index in the request.
    pub(crate) index: usize,
    pub(crate) violations: Vec<FieldViolation>,
    /// For a correction that is too late: the revision of the newest value.
    pub(crate) current_revision: Option<Revision>,
}

/// The identity of a tallied event, and a digest of what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TallyEvent {
    pub(crate) id: [u8; 16],
    pub(crate) content: [u8; 16],
}

/// A value's place: its series and the ordinal of its period.
pub(crate) type CellKey<'a> = (&'a BatchSeries, i32);

impl Row {
    pub(crate) fn key(&self) -> CellKey<'_> {
        (&self.event.series, self.event.period.ordinal())
    }

    /// The revision that a corrector saw.
    pub(crate) fn expected_revision(&self) -> Option<Revision> {
        self.extra
            .correction
            .as_ref()
            .and_then(|correction| correction.expected_revision)
    }

    pub(crate) fn reject(&self, violation: FieldViolation, current_revision: Option<Revision>) -> Rejected {
        Rejected {
            index: self.index,
            violations: vec![violation],
            current_revision,
        }
    }
}

impl Draft {
    /// Checks events one by one, then against each other. `today` is the day in the catalogue's time zone.
    pub(crate) fn check(events: &[pb::Event], reporter: &ReporterId, catalog: &Catalog, today: Date) -> Self {
        let events = events.iter().map(|event| event_from_proto(event, catalog));
        Self::check_each("events", events, reporter, catalog, today)
    }

    /// The same for the events of a list, or what is wrong with the form of each.
    pub(crate) fn check_each(
        list: &str,
        events: impl ExactSizeIterator<Item = Result<Event, Vec<FieldViolation>>>,
        reporter: &ReporterId,
        catalog: &Catalog,
        today: Date,
    ) -> Self {
        let mut draft = Self {
            rows: Vec::with_capacity(events.len()),
            rejected: Vec::new(),
        };
        for (index, event) in events.enumerate() {
            let checked = event.and_then(|event| check_event(index, event, reporter, catalog, today));
            match checked {
                Ok(row) => draft.rows.push(row),
                Err(violations) => draft.rejected.push(Rejected {
                    index,
                    violations,
                    current_revision: None,
                }),
            }
        }
        draft.reject_repeated(list);
        draft
    }

    /// Two events for one value, or with one event id, contradict each other or count twice: both indexes are named.
    pub(crate) fn reject_repeated(&mut self, list: &str) {
        let mut repeated = Vec::new();
        let mut first_of_key: HashMap<CellKey<'_>, usize, RandomState> = HashMap::default();
        let mut first_of_id: HashMap<[u8; 16], usize, RandomState> = HashMap::default();
        first_of_key.reserve(self.rows.len());
        for row in &self.rows {
            let (first, field) = match row.tally {
                Some(tally) => (*first_of_id.entry(tally.id).or_insert(row.index), "event_id"),
                None => (*first_of_key.entry(row.key()).or_insert(row.index), "period"),
            };
            if first != row.index {
                let message = format!(
                    "{list}[{first}] and {list}[{}] are the same {}; send it once",
                    row.index,
                    if field == "event_id" {
                        "event"
                    } else {
                        "series and period"
                    },
                );
                repeated.push(row.reject(FieldViolation::new(field, reason::REPEATED_IN_REQUEST, message), None));
            }
        }
        let left_out: HashSet<usize> = repeated.iter().map(|rejected| rejected.index).collect();
        self.rows.retain(|row| !left_out.contains(&row.index));
        self.rejected.extend(repeated);
        self.rejected.sort_by_key(|rejected| rejected.index);
    }
}

fn check_event(
    index: usize,
    event: Event,
    reporter: &ReporterId,
    catalog: &Catalog,
    today: Date,
) -> Result<Row, Vec<FieldViolation>> {
    let checked = catalog.check_event(reporter, &event, today);
    let checked = checked.map_err(|wrong| wrong.into_iter().map(FieldViolation::from).collect::<Vec<_>>())?;
    let is_tally = catalog
        .metric(event.metric.as_str())
        .is_some_and(|metric| metric.method == Method::Tally);
    if is_tally && event.correction.is_some() {
        let message = "a tally has no value to correct; only reports have corrections";
        return Err(vec![FieldViolation::new(
            "correction",
            reason::CORRECTION_OF_TALLY,
            message,
        )]);
    }
    let tally = is_tally.then(|| tally_event(&checked.series, &checked, event.event_id.as_deref().unwrap_or_default()));
    let extra = extra(event, &checked);
    Ok(Row {
        index,
        event: checked,
        extra,
        tally,
        is_retraction: false,
    })
}

fn extra(event: Event, checked: &CheckedEvent) -> BatchExtra {
    BatchExtra {
        row: 0,
        event_id: event.event_id,
        note: event.note,
        occurred_at_ms: checked.occurred_at.map(jiff::Timestamp::as_millisecond),
        correction: event.correction,
    }
}

fn tally_event(series: &BatchSeries, event: &CheckedEvent, event_id: &str) -> TallyEvent {
    let status = u32::from(event.status.bits());
    TallyEvent {
        id: tally_id(&series.reporter, &series.metric, event_id),
        content: tally_content(series, event.period.ordinal(), event.value, status),
    }
}

/// What a tallied event is known by: reporter, metric and event id.
pub(crate) fn tally_id(reporter: &ReporterId, metric: &MetricId, event_id: &str) -> [u8; 16] {
    digest(&[
        reporter.as_str().as_bytes(),
        metric.as_str().as_bytes(),
        event_id.as_bytes(),
    ])
}

/// What a tallied event says beside that.
pub(crate) fn tally_content(series: &BatchSeries, period: i32, value: i64, status: u32) -> [u8; 16] {
    let (period, value, status) = (period.to_le_bytes(), value.to_le_bytes(), status.to_le_bytes());
    let mut parts: Vec<&[u8]> = vec![series.area.as_str().as_bytes(), &period, &value, &status];
    let codes = series.dimensions.iter();
    parts.extend(codes.flat_map(|(dimension, code)| [dimension.as_str().as_bytes(), code.as_str().as_bytes()]));
    digest(&parts)
}

/// Half of a SHA-256 over the parts, each after its length.
fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let hash = hasher.finalize();
    std::array::from_fn(|index| hash[index])
}
