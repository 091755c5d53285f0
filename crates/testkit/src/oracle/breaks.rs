//! Rule 18: from a day on a metric is defined or measured in another way.

use almanac_catalog::Metric;
use almanac_model::{FigureFlag, Period};
use jiff::civil::Date;

use super::Oracle;
use super::figure::Asked;
use super::series::{relevant, sub_periods};
use super::value::Value;

/// Whether a metric has a break after a day, until another.
pub(super) fn breaks_within(metric: &Metric, after: Date, until: Date) -> bool {
    metric.breaks.iter().any(|one| one.date > after && one.date <= until)
}

/// Flags a value with a break in the time that it is about or rests on.
pub(super) fn flag_break(value: &mut Value, period: Period) {
    let mut readings = value.readings.iter();
    let broken = readings.any(|reading| {
        let first = reading.period.start().min(period.start());
        let last = reading.period.last_day().max(period.last_day());
        breaks_within(&reading.term.metric, first, last)
    });
    if broken && value.outcome.is_ok() {
        value.flags.insert(FigureFlag::Break);
    }
}

impl Oracle<'_> {
    /// Whether a break of any metric stands between what two figures rest on. Of a level that is the end of its period.
    pub(super) fn is_broken_between(&self, asked: &Asked<'_>, value: &Value, other: Period, base: &Value) -> bool {
        let rests_on = |metric: &Metric, period: Period| {
            let counting = relevant(metric, &sub_periods(metric, period));
            match (counting.first(), counting.last()) {
                (Some(first), Some(last)) => (first.start(), last.last_day()),
                _ => (period.start(), period.last_day()),
            }
        };
        let terms = self.terms_of(asked);
        let between = terms.iter().any(|term| {
            let (one, two) = (rests_on(&term.metric, asked.period), rests_on(&term.metric, other));
            breaks_within(&term.metric, one.0.min(two.0), one.1.max(two.1))
        });
        // a denominator of another period may be on another side than its numerator
        let across = [FigureFlag::DenominatorOtherPeriod, FigureFlag::Break];
        let reads_across = |value: &Value| across.iter().all(|flag| value.flags.contains(flag));
        between || reads_across(value) || reads_across(base)
    }
}
