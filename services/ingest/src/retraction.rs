//! What is to be taken back, found in the log: an event of a tally by its id, a reported value by its place and revision.

use std::cell::RefCell;
use std::rc::Rc;

use almanac_catalog::{Catalog, CheckedEvent, Method, Metric};
use almanac_event_log::EventLog;
use almanac_model::{
    Batch, BatchExtra, BatchRow, BatchSeries, Correction, CorrectionReason, Period, ReporterId, Revision,
};
use almanac_wire::pb::ingest as pb;
use almanac_wire::{FieldViolation, Payload, did_you_mean};

use crate::Ledger;
use crate::corrections::SearchError;
use crate::draft::{Draft, Rejected, Row, TallyEvent, tally_id};
use crate::error::reason;

/// Who takes something back, and why.
#[derive(Clone, Debug)]
pub(crate) struct Why {
    pub(crate) reporter: ReporterId,
    pub(crate) reason: CorrectionReason,
    pub(crate) note: Option<String>,
}

/// Finds what one request takes back.
pub(crate) struct Retractions<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) catalog: &'a Catalog,
    pub(crate) why: &'a Why,
    /// The batch that was read last: what one upload got wrong lies in one.
    pub(crate) last_read: RefCell<Option<(Revision, Rc<Batch>)>>,
}

/// Why one retraction has no row: a mistake in it, or a fault of the log.
enum Fault {
    Violation(FieldViolation),
    Log(SearchError),
}

impl From<SearchError> for Fault {
    fn from(error: SearchError) -> Self {
        Self::Log(error)
    }
}

fn wrong(field: &str, reason: &'static str, message: impl Into<String>) -> Fault {
    Fault::Violation(FieldViolation::new(field, reason, message))
}

impl Retractions<'_> {
    /// A row for each retraction, or what is wrong with it. It blocks on the disk.
    pub(crate) fn draft(&self, retractions: &[pb::Retraction]) -> Result<Draft, SearchError> {
        let mut draft = Draft {
            rows: Vec::new(),
            rejected: Vec::new(),
        };
        for (index, retraction) in retractions.iter().enumerate() {
            match self.row(index, retraction) {
                Ok(row) => draft.rows.push(row),
                Err(Fault::Log(error)) => return Err(error),
                Err(Fault::Violation(violation)) => {
                    draft.rejected.push(Rejected {
                        index,
                        violations: vec![violation],
                        current_revision: None,
                    });
                }
            }
        }
        draft.reject_repeated("retractions");
        Ok(draft)
    }

    fn row(&self, index: usize, retraction: &pb::Retraction) -> Result<Row, Fault> {
        let name = &retraction.metric;
        let metric = self.catalog.metric(name).ok_or_else(|| {
            let near = did_you_mean(&self.catalog.nearest_metric(name));
            wrong("metric", "UNKNOWN_METRIC", format!("there is no metric {name:?}{near}"))
        })?;
        match metric.method {
            Method::Tally => self.tally(index, metric, retraction),
            Method::Report => self.report(index, metric, retraction),
        }
    }

    fn tally(&self, index: usize, metric: &Metric, retraction: &pb::Retraction) -> Result<Row, Fault> {
        let event_id = retraction.event_id.as_str();
        if event_id.is_empty() {
            let message = format!("{} is a tally; give the event_id of the event", metric.id);
            return Err(wrong("event_id", reason::REQUIRED, message));
        }
        let id = tally_id(&self.why.reporter, &metric.id, event_id);
        let unknown = || {
            let message = format!("{} recorded no event {event_id:?} of {}", self.why.reporter, metric.id);
            wrong("event_id", reason::UNKNOWN_EVENT, message)
        };
        let known = self.ledger.tally(&id).map_err(SearchError::Index)?;
        let (content, revision) = known.ok_or_else(unknown)?;
        let batch = self.batch(revision)?.ok_or_else(unknown)?;
        let of_event = |extra: &&BatchExtra| extra.event_id.as_deref() == Some(event_id);
        let found = batch.extras().iter().filter(of_event).find_map(|extra| {
            let row = batch.rows().nth(extra.row as usize)?;
            (row.series.metric == metric.id && row.series.reporter == self.why.reporter).then_some(row)
        });
        let event_id = Some(event_id.to_owned());
        let tally = Some(TallyEvent { id, content });
        self.retraction(index, &found.ok_or_else(unknown)?, event_id, None, tally)
            .ok_or_else(unknown)
    }

    fn report(&self, index: usize, metric: &Metric, retraction: &pb::Retraction) -> Result<Row, Fault> {
        if retraction.expected_revision == 0 {
            let message = "give the revision that holds the value, as ExplainFigure shows it";
            return Err(wrong("expected_revision", reason::REQUIRED, message));
        }
        let (series, period) = self.place(metric, retraction)?;
        let revision = Revision(retraction.expected_revision);
        let nothing = || {
            let message = format!("revision {revision} holds no value of this series and period");
            wrong("expected_revision", reason::UNKNOWN_EVENT, message)
        };
        let batch = self.batch(revision)?.ok_or_else(nothing)?;
        let here = |row: &BatchRow<'_>| *row.series == series && row.period == period.ordinal() && !row.is_retraction;
        let found = batch.rows().find(here).ok_or_else(nothing)?;
        self.retraction(index, &found, None, Some(revision), None)
            .ok_or_else(nothing)
    }

    /// The series and period that a retraction of a report names.
    fn place(&self, metric: &Metric, retraction: &pb::Retraction) -> Result<(BatchSeries, Period), Fault> {
        let malformed = |field: &str, error: &dyn std::fmt::Display| wrong(field, reason::MALFORMED, error.to_string());
        let period = self.catalog.period(&retraction.period);
        let period = period.map_err(|error| malformed("period", &error))?;
        if period.granularity() != metric.frequency {
            let message = format!("{} is reported by {}; give its period", metric.id, metric.frequency);
            return Err(wrong("period", reason::MALFORMED, message));
        }
        let mut dimensions = Vec::new();
        for (dimension, code) in &retraction.dimensions {
            let field = format!("dimensions.{dimension}");
            let dimension = dimension.parse().map_err(|error| malformed(&field, &error))?;
            dimensions.push((dimension, code.parse().map_err(|error| malformed(&field, &error))?));
        }
        dimensions.sort();
        let series = BatchSeries {
            metric: metric.id.clone(),
            area: retraction.area.parse().map_err(|error| malformed("area", &error))?,
            reporter: self.why.reporter.clone(),
            dimensions: dimensions.into(),
            granularity: metric.frequency,
            decimals: metric.decimals,
        };
        Ok((series, period))
    }

    /// The events of a revision; `None` when there is no such revision or it holds something else.
    fn batch(&self, revision: Revision) -> Result<Option<Rc<Batch>>, SearchError> {
        if let Some((_, batch)) = self.last_read.borrow().as_ref().filter(|(of, _)| *of == revision) {
            return Ok(Some(Rc::clone(batch)));
        }
        let log: &dyn EventLog = self.ledger.log.as_ref();
        let record = log.read(revision, 1)?.into_iter().next();
        let payload = record.map(|record| Payload::decode(&record.payload)).transpose();
        match payload.map_err(|cause| SearchError::Decode { revision, cause })? {
            Some(Payload::Events(batch)) => {
                let batch = Rc::new(batch);
                *self.last_read.borrow_mut() = Some((revision, Rc::clone(&batch)));
                Ok(Some(batch))
            }
            _ => Ok(None),
        }
    }

    fn retraction(
        &self,
        index: usize,
        found: &BatchRow<'_>,
        event_id: Option<String>,
        expected_revision: Option<Revision>,
        tally: Option<TallyEvent>,
    ) -> Option<Row> {
        let event = CheckedEvent {
            series: found.series.clone(),
            period: Period::from_ordinal(found.series.granularity, found.period)?,
            value: found.value,
            status: found.status,
            occurred_at: None,
        };
        let correction = Some(Correction {
            reason: self.why.reason,
            expected_revision,
        });
        let extra = BatchExtra {
            event_id,
            note: self.why.note.clone(),
            correction,
            ..BatchExtra::default()
        };
        Some(Row {
            index,
            event,
            extra,
            tally,
            is_retraction: true,
        })
    }
}
