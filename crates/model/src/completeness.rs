//! Whether the reports that are expected are there.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{AreaId, Code, DimensionId, MetricId, Period, ReporterId, Revision};

/// One report that is expected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpectedReport {
    /// From whom.
    pub reporter: ReporterId,
    /// Of what.
    pub metric: MetricId,
    /// Where.
    pub area: AreaId,
    /// The code of each dimension.
    pub codes: BTreeMap<DimensionId, Code>,
    /// Its period, of the metric's frequency.
    pub period: Period,
    /// The last day on which it is on time; `None` when the catalogue does not say.
    pub due: Option<Date>,
    /// Whether it is there, and when it came.
    pub status: ReportStatus,
    /// Its versions; `None` when it is not there.
    pub recorded: Option<RecordedReport>,
}

/// The versions of a report that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordedReport {
    /// The revision of its first version; when the report was withdrawn in between, of the first one after that.
    pub first: Revision,
    /// When that was recorded.
    pub first_time: Option<Timestamp>,
    /// The revision of the version that holds.
    pub last: Revision,
}

/// Whether an expected report is there.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ReportStatus {
    /// There; its first version came by the due day.
    OnTime,
    /// There; its first version came after the due day.
    Late,
    /// There; nobody says when it was due.
    Reported,
    /// Not there, and its due day has passed.
    Overdue,
    /// Not there, and its due day (without one: the last day of its period) has not passed.
    NotYetDue,
    /// Not there after the end of its period; nobody says when it is due.
    Missing,
    /// Reported as unable to exist: it is not expected after all.
    CannotExist,
}

/// How many of the reports of one reporter for one metric and period are there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CompletenessSummary {
    /// Who reports.
    pub reporter: ReporterId,
    /// What.
    pub metric: MetricId,
    /// For which period; its reports are those of the metric's periods within it.
    pub period: Period,
    /// How many.
    pub counts: Completeness,
}

/// How many reports are there and how many are not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Completeness {
    /// `reported + missing`: what coverage calls expected.
    pub expected: u32,
    /// There, with a number or with a reason why there is none.
    pub reported: u32,
    /// Of those reported: in time.
    pub on_time: u32,
    /// Of those reported: too late.
    pub late: u32,
    /// Not there, for whatever reason.
    pub missing: u32,
    /// Of those missing: the due day has passed.
    pub overdue: u32,
    /// Of those missing: the due day has not passed.
    pub not_yet_due: u32,
    /// Reported as unable to exist; not expected.
    pub cannot_exist: u32,
}

impl ReportStatus {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OnTime,
        Self::Late,
        Self::Reported,
        Self::Overdue,
        Self::NotYetDue,
        Self::Missing,
        Self::CannotExist,
    ];
}

impl AddAssign<ReportStatus> for Completeness {
    fn add_assign(&mut self, status: ReportStatus) {
        use ReportStatus::{CannotExist, Late, Missing, NotYetDue, OnTime, Overdue, Reported};
        if status == CannotExist {
            self.cannot_exist += 1;
            return;
        }
        self.expected += 1;
        match status {
            OnTime | Late | Reported => self.reported += 1,
            Overdue | NotYetDue | Missing | CannotExist => self.missing += 1,
        }
        self.on_time += u32::from(status == OnTime);
        self.late += u32::from(status == Late);
        self.overdue += u32::from(status == Overdue);
        self.not_yet_due += u32::from(status == NotYetDue);
    }
}
