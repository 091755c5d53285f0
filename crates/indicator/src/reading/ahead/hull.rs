//! Stretches that are read in one pass: what is the same for all areas.

use std::ops::RangeInclusive;

use almanac_catalog::{Metric, SumOperator};
use almanac_model::PeriodRange;
use jiff::civil::Date;

use crate::expected::{is_always_collected, is_steady, relevant_periods};
use crate::question::State;
use crate::reading::Narrowing;
use crate::reading::sum::plain_periods;
use crate::territory::Stretch;

/// So many stretches are in one hull at most: not all that are asked for may be in the page.
const STRETCHES: usize = 64;

/// A stretch, and periods that follow it one after the other.
#[derive(Clone, Debug)]
pub(super) struct Hull {
    first: PeriodRange,
    stretches: Vec<Stretched>,
    /// All of them.
    whole: Stretch,
    /// The last day on which a report is expected.
    expected_on: Date,
    is_steady: bool,
}

/// A stretch in sub-periods of a metric.
#[derive(Clone, Debug)]
pub(super) struct Stretched {
    /// As ordinals.
    pub(super) parts: RangeInclusive<i32>,
    /// Those whose values need only be added; `None` where one has to look at each.
    pub(super) read: Option<RangeInclusive<i32>>,
    /// Those that count for coverage.
    pub(super) relevant: PeriodRange,
    /// Whether just these are read, so that nothing is left to be counted where all of them have a value.
    pub(super) is_counted: bool,
}

impl Hull {
    /// Some stretches of a metric; `None` when it is not read for such.
    pub(super) fn of(state: State<'_>, metric: &Metric, narrowing: &Narrowing, spans: &[PeriodRange]) -> Option<Self> {
        let (first, last) = (*spans.first()?, *spans.last()?);
        let parts = spans.iter().map(|span| span.parts(metric.frequency));
        let parts: Vec<PeriodRange> = parts.collect::<Option<_>>()?;
        let stretches: Vec<Stretched> = parts.iter().map(|parts| Stretched::of(metric, *parts)).collect();
        let relevant = stretches.first()?.relevant.until(stretches.last()?.relevant.last());
        let (begins, day) = (relevant.first().last_day(), last.last_day());
        let is_steady = metric.sum == SumOperator::Sum
            && is_always_collected(metric)
            && is_steady(state, metric, narrowing, relevant)
            && !state.catalog.changes_between(begins, day);
        Some(Self {
            first,
            stretches,
            whole: Stretch {
                parts: parts.first()?.until(parts.last()?.last()),
                day,
            },
            expected_on: relevant.last().last_day(),
            is_steady,
        })
    }

    /// Whether one hierarchy, and one set of series, holds throughout, and series add up.
    pub(super) const fn is_steady(&self) -> bool {
        self.is_steady
    }

    pub(super) fn stretches(&self) -> &[Stretched] {
        &self.stretches
    }

    /// The place of a stretch among its own.
    pub(super) fn place(&self, span: PeriodRange) -> Option<usize> {
        if span == self.first {
            return Some(0);
        }
        let (first, asked) = (self.first.first(), span.first());
        let is_period = |span: PeriodRange| span.first() == span.last();
        let is_alike = is_period(span) && is_period(self.first) && asked.granularity() == first.granularity();
        let place = usize::try_from(asked.ordinal().checked_sub(first.ordinal())?).ok()?;
        (is_alike && place < self.stretches.len()).then_some(place)
    }

    pub(super) const fn stretch(&self) -> Stretch {
        self.whole
    }

    /// The day whose hierarchy holds.
    pub(super) const fn day(&self) -> Date {
        self.whole.day
    }

    pub(super) const fn expected_on(&self) -> Date {
        self.expected_on
    }
}

impl Stretched {
    fn of(metric: &Metric, parts: PeriodRange) -> Self {
        let ordinals = |parts: PeriodRange| parts.first().ordinal()..=parts.last().ordinal();
        let relevant = relevant_periods(metric, parts);
        let read = plain_periods(metric, &ordinals(parts));
        Self {
            parts: ordinals(parts),
            relevant,
            is_counted: read == Some(ordinals(relevant)),
            read,
        }
    }
}

impl Narrowing {
    /// A stretch and, if it is one of the periods that are asked for, those of them that follow it.
    pub(super) fn following(&self, span: PeriodRange) -> Vec<PeriodRange> {
        let mut found = vec![span];
        let asked = self.asked.iter().map(|period| PeriodRange::from(*period));
        for period in asked.skip_while(|period| *period != span).skip(1) {
            let last = found[found.len() - 1].last();
            if found.len() == STRETCHES || period.first() != last.offset(1) {
                break;
            }
            found.push(period);
        }
        found
    }
}
