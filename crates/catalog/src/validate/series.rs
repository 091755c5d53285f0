//! Whether the rows of one series fit the catalogue: asked once for all of them, so that a row is a few comparisons.

use almanac_model::{
    BatchSeries, Event, EventTime, Measure, MissingReason, Period, Qualifier, Quality, ReporterId, Status,
};
use jiff::civil::{Date, date};

use crate::{Catalog, Metric};

/// A stretch without a beginning or an end is one of the years in which there are periods.
const EARLIEST: Date = date(1000, 1, 1);
const LATEST: Date = date(2999, 1, 1);

/// What a row of one series may say, in a stretch of time in which the catalogue says the same of the series.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SeriesRules {
    /// The least scaled value.
    min: i64,
    /// The greatest scaled value.
    max: i64,
    /// The ordinal of the period that is not over.
    current: i32,
    may_be_confidential: bool,
}

impl SeriesRules {
    /// Whether a row can be recorded as it is: the ordinal of its period, which is in the stretch, its value in units of
    /// `10^-decimals`, and its status.
    #[must_use]
    pub const fn admit(&self, period: i32, value: i64, status: Status) -> bool {
        let fits = match status.missing {
            None => self.min <= value && value <= self.max,
            Some(_) => value == 0,
        };
        // as `Check::quality` has it
        let is_in_time = match status.quality {
            Quality::Estimated => true,
            Quality::Preliminary => period <= self.current,
            Quality::Official => period < self.current,
        };
        fits && is_in_time && (self.may_be_confidential || !status.confidential)
    }
}

impl Catalog {
    /// The rules for the rows of a series whose periods are from one ordinal to another, or `None` when there is something to
    /// say of them one by one: the series is not as it is recorded, it is of a tally, or the catalogue changes in between.
    ///
    /// A row that they admit is one that [`Self::check_event`] accepts and leaves as it is. One that they do not admit has
    /// to be asked about there.
    #[must_use]
    pub fn series_rules(
        &self,
        reporter: &ReporterId,
        series: &BatchSeries,
        (first, last): (i32, i32),
        today: Date,
    ) -> Option<SeriesRules> {
        let position = self.metrics.position(series.metric.as_str())?;
        let (metric, rules) = (&self.metrics.items()[position], &self.event_rules[position]);
        let first = Period::from_ordinal(series.granularity, first)?;
        let last = Period::from_ordinal(series.granularity, last)?;
        for period in [first, last] {
            let checked = self
                .check_event(reporter, &nothing_collected(series, period), today)
                .ok()?;
            if checked.series != *series || checked.period != period {
                return None;
            }
        }
        self.says_the_same(metric, series, first, last).then_some(SeriesRules {
            min: rules.min,
            max: rules.max,
            current: Period::containing(metric.frequency, today).ordinal(),
            may_be_confidential: !metric.cumulative,
        })
    }

    /// The rules for the rows of a series in the longest stretch around a period in which the catalogue says the same of it, and
    /// the ordinals of the first and the last period of that stretch; else as [`Self::series_rules`].
    #[must_use]
    pub fn series_rules_around(
        &self,
        reporter: &ReporterId,
        series: &BatchSeries,
        ordinal: i32,
        today: Date,
    ) -> Option<(SeriesRules, (i32, i32))> {
        let stretches = [self.longest_stretch(series, ordinal), Some((ordinal, ordinal))];
        stretches.into_iter().flatten().find_map(|stretch| {
            let rules = self.series_rules(reporter, series, stretch, today)?;
            Some((rules, stretch))
        })
    }

    /// The same series, its ids those that the catalogue holds: who keeps many series has each text in memory once.
    #[must_use]
    pub fn sharing_ids(&self, series: &BatchSeries) -> BatchSeries {
        let metric = self.metric(series.metric.as_str()).map(|metric| &metric.id);
        let area = self.area(series.area.as_str()).map(|area| &area.id);
        let reporter = self.reporter(series.reporter.as_str()).map(|reporter| &reporter.id);
        let dimensions = series.dimensions.iter().map(|(id, code)| {
            let Some(known) = self.dimension(id.as_str()) else {
                return (id.clone(), code.clone());
            };
            let item = known.codes.iter().find(|item| item.code == *code);
            (known.id.clone(), item.map_or(code, |item| &item.code).clone())
        });
        BatchSeries {
            metric: metric.unwrap_or(&series.metric).clone(),
            area: area.unwrap_or(&series.area).clone(),
            reporter: reporter.unwrap_or(&series.reporter).clone(),
            dimensions: dimensions.collect(),
            granularity: series.granularity,
            decimals: series.decimals,
        }
    }

    fn longest_stretch(&self, series: &BatchSeries, ordinal: i32) -> Option<(i32, i32)> {
        let period = Period::from_ordinal(series.granularity, ordinal)?;
        let day = period.last_day();
        let area = self.area(series.area.as_str())?;
        let area = area.parents.iter().find(|stretch| stretch.holds_on(day))?;
        let metric = self.metric(series.metric.as_str())?;
        let level = metric.levels.iter().find(|level| level.covers(period))?;
        let containing = |day| Period::containing(series.granularity, day).ordinal();
        let from = level.from.map_or(area.from, |from| from.max(area.from)).max(EARLIEST);
        let to = [level.to, area.to].into_iter().flatten().min().unwrap_or(LATEST);
        let (first, last) = (containing(from), containing(to) - 1);
        // near the last year that can be written it may lie beyond
        (first..=last).contains(&ordinal).then_some((first, last))
    }

    /// Whether one stretch of the area, and one of the metric's collection, holds from the first period to the last.
    fn says_the_same(&self, metric: &Metric, series: &BatchSeries, first: Period, last: Period) -> bool {
        let days = [first.last_day(), last.last_day()];
        let stretches = self.area(series.area.as_str()).map_or(&[][..], |area| &area.parents);
        stretches
            .iter()
            .any(|stretch| days.iter().all(|day| stretch.holds_on(*day)))
            && metric
                .levels
                .iter()
                .any(|level| level.covers(first) && level.covers(last))
    }
}

/// The event of a report that is right whenever its series and period are; there is none for a tally.
fn nothing_collected(series: &BatchSeries, period: Period) -> Event {
    Event {
        metric: series.metric.clone(),
        area: series.area.clone(),
        dimensions: series.dimensions.iter().cloned().collect(),
        time: EventTime::Period(period),
        measure: Measure::Missing(MissingReason::NotCollected),
        quality: Quality::Estimated,
        qualifier: Qualifier::Exact,
        event_id: None,
        note: None,
        correction: None,
        confidential: false,
    }
}
