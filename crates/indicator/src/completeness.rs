//! Which expected reports are there, when the first version of each came, and which are missing.
//!
//! What is expected is what coverage counts ([`crate::expected`]): one report for each series and sub-period that the
//! catalogue names. Coverage says how many of those behind a figure came; this lists them. A level over a longer period rests
//! on one sub-period only, so its coverage counts that one, while here every sub-period of the period is listed.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Metric, Share};
use almanac_cube::{Cell, SeriesKey};
use almanac_model::{
    AreaId, DimensionId, ExpectedReport, LevelId, MetricId, MissingReason, Period, RecordedReport, ReportStatus,
    ReporterId, Revision,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::expected::expected_series;
use crate::question::{AreaSelection, State};
use crate::reading::Narrowing;

/// The most reports that one question may expect.
pub const MAX_REPORTS: usize = 200_000;

/// More than [`MAX_REPORTS`] are expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooManyReports;

/// Which expected reports.
#[derive(Clone, Debug)]
pub struct Expected {
    /// In which areas; `None`: in all of which something is expected.
    pub areas: Option<AreaSelection>,
    /// Of whom; empty: of everybody.
    pub reporters: BTreeSet<ReporterId>,
    /// The day from which it is told what is overdue.
    pub on: Date,
}

/// The reports of a metric that are expected for a period, each once, by reporter, area, codes and sub-period. Empty when the
/// metric's periods do not make up the period. `record_time` tells when a revision was recorded.
pub fn expected_reports(
    state: State<'_>,
    expected: &Expected,
    metric: &Metric,
    period: Period,
    record_time: &dyn Fn(Revision) -> Option<Timestamp>,
) -> Result<Vec<ExpectedReport>, TooManyReports> {
    let found = due_days(state, expected, metric, period)?;
    let mut reports: Vec<ExpectedReport> = found
        .into_iter()
        .filter_map(|((key, ordinal), due)| {
            let part = Period::from_ordinal(metric.frequency, ordinal)?;
            Some(report(state, expected.on, metric, key, part, due, record_time))
        })
        .collect();
    reports.sort_by(|one, other| {
        let key = |report: &ExpectedReport| (report.reporter.clone(), report.area.clone(), report.codes.clone());
        (key(one), one.period.ordinal()).cmp(&(key(other), other.period.ordinal()))
    });
    Ok(reports)
}

/// The series and sub-periods of which a report is expected, each with the last day on which it is on time.
fn due_days(
    state: State<'_>,
    expected: &Expected,
    metric: &Metric,
    period: Period,
) -> Result<BTreeMap<(SeriesKey, i32), Option<Date>>, TooManyReports> {
    let mut due_days = BTreeMap::new();
    let Some(parts) = period.parts(metric.frequency) else {
        return Ok(due_days);
    };
    let mut areas = AreasOfADay::default();
    for part in parts.iter() {
        let Some(level) = metric.level_for(part) else { continue };
        areas.move_to(state, expected.areas.as_ref(), &metric.id, level, part.last_day());
        let shares: BTreeMap<&AreaId, Share> = areas.found.iter().map(|area| (*area, Share::All)).collect();
        for series in expected_series(state, metric, &Narrowing::default(), &shares) {
            let wanted = expected.reporters.is_empty() || expected.reporters.contains(&series.key.reporter);
            if wanted && series.covers(state, metric, part) {
                let due = due_day(part, series.due_days());
                // of two expectations of one report the stricter holds
                due_days
                    .entry((series.key, part.ordinal()))
                    .and_modify(|known: &mut Option<Date>| *known = known.iter().copied().chain(due).min())
                    .or_insert(due);
            }
        }
        if due_days.len() > MAX_REPORTS {
            return Err(TooManyReports);
        }
    }
    Ok(due_days)
}

/// The areas of a collection level that are asked for. They are looked for again only where the hierarchy changed.
#[derive(Default)]
struct AreasOfADay<'a> {
    at: Option<(&'a LevelId, Date)>,
    found: BTreeSet<&'a AreaId>,
}

impl<'a> AreasOfADay<'a> {
    fn move_to(
        &mut self,
        state: State<'a>,
        asked: Option<&AreaSelection>,
        metric: &MetricId,
        level: &'a LevelId,
        day: Date,
    ) {
        let same = |(known, earlier): (&LevelId, Date)| {
            known == level && earlier <= day && state.catalog.change_days(earlier, day).is_empty()
        };
        if self.at.is_some_and(same) {
            return;
        }
        self.at = Some((level, day));
        let under = |above: &AreaId| state.catalog.descendants_at(above, level, day);
        self.found = match asked {
            Some(AreaSelection::List(areas)) => areas.iter().flat_map(under).collect(),
            Some(AreaSelection::Under { area, level: asked }) => {
                let above = state.catalog.descendants_at(area, asked, day);
                above.into_iter().flat_map(under).collect()
            }
            None => {
                let expectations = state.catalog.expectations(metric).iter();
                expectations
                    .flat_map(|expectation| &expectation.areas)
                    .flat_map(under)
                    .collect()
            }
        };
    }
}

fn due_day(period: Period, days: Option<u32>) -> Option<Date> {
    Some(period.last_day().saturating_add(i64::from(days?).days()))
}

fn report(
    state: State<'_>,
    on: Date,
    metric: &Metric,
    key: SeriesKey,
    period: Period,
    due: Option<Date>,
    record_time: &dyn Fn(Revision) -> Option<Timestamp>,
) -> ExpectedReport {
    let recorded = recorded(state, metric, &key, period).map(|(first, cell)| {
        let versions = RecordedReport {
            first,
            first_time: record_time(first),
            last: cell.revision,
        };
        (versions, cell)
    });
    let status = match &recorded {
        Some((_, cell)) if cell.status.missing == Some(MissingReason::CannotExist) => ReportStatus::CannotExist,
        Some((versions, _)) => {
            let zone = state.catalog.time_zone();
            let day = versions.first_time.map(|time| zone.to_datetime(time).date());
            match day.zip(due) {
                Some((day, due)) if day > due => ReportStatus::Late,
                Some(_) => ReportStatus::OnTime,
                None => ReportStatus::Reported,
            }
        }
        None if on <= due.unwrap_or(period.last_day()) => ReportStatus::NotYetDue,
        None if due.is_some() => ReportStatus::Overdue,
        None => ReportStatus::Missing,
    };
    let mut dimensions: Vec<&DimensionId> = metric.dimensions.iter().collect();
    dimensions.sort();
    ExpectedReport {
        metric: metric.id.clone(),
        codes: dimensions.into_iter().cloned().zip(key.codes).collect(),
        reporter: key.reporter,
        area: key.area,
        period,
        due,
        status,
        recorded: recorded.map(|(versions, _)| versions),
    }
}

/// The value of a report that is there, with the revision of its first version. A report that was withdrawn is not there; one
/// that is sent again afterwards begins anew: that it had once been there does not make it punctual.
fn recorded(state: State<'_>, metric: &Metric, key: &SeriesKey, period: Period) -> Option<(Revision, Cell)> {
    let series = state.cube.metric(&metric.id)?.series(key)?;
    let cell = series.cell(period.ordinal(), state.as_of)?;
    let mut first = cell.revision;
    let seen = series
        .vintages(period.ordinal())
        .take_while(|(revision, _)| *revision <= state.as_of);
    let mut there = false;
    for (revision, version) in seen {
        if version.is_some() && !there {
            first = revision;
        }
        there = version.is_some();
    }
    Some((first, cell))
}
