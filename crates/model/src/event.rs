//! One event as a reporter states it, before the catalogue has been asked.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{AreaId, Code, Decimal, DimensionId, MetricId, MissingReason, Period, Qualifier, Quality, Revision};

/// A reported value, or the statement that there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What was counted.
    pub metric: MetricId,
    /// Where.
    pub area: AreaId,
    /// The code of each of the metric's dimensions.
    pub dimensions: BTreeMap<DimensionId, Code>,
    /// When.
    pub time: EventTime,
    /// How much, or why not.
    pub measure: Measure,
    /// How final.
    pub quality: Quality,
    /// How bounded.
    pub qualifier: Qualifier,
    /// The reporter's own id of the event; needed for tallies, where it tells a retry from a second event.
    pub event_id: Option<String>,
    /// A remark kept with the event.
    pub note: Option<String>,
    /// Why an earlier value is replaced.
    pub correction: Option<Correction>,
    /// Whether the value may be part of totals and is never to be told or derivable (SDMX `CONF_STATUS` C).
    pub confidential: bool,
}

/// When an event belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventTime {
    /// The period it is about.
    Period(Period),
    /// The instant at which it happened; the catalogue's time zone tells the day.
    Instant(Timestamp),
}

/// A number, or the reason why there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// The number; zero counts.
    Value(Decimal),
    /// The reason; one that [`MissingReason::is_recordable`].
    Missing(MissingReason),
}

/// The statement that an event replaces an earlier one on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Correction {
    /// Why.
    pub reason: CorrectionReason,
    /// The revision that holds the value the corrector saw; another one in between refuses the correction.
    pub expected_revision: Option<Revision>,
}

/// Why a value is corrected: the usual causes of a revision policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CorrectionReason {
    /// The reporter made a mistake.
    ReportingError,
    /// Later or fuller source data.
    NewData,
    /// The method of collection or computation changed.
    MethodChange,
}
