//! Rule 18: from a day on a metric is defined or measured in another way.

use almanac_catalog::Metric;
use almanac_model::{FigureFlag, Period};
use jiff::civil::Date;

use super::Oracle;
use super::figure::Asked;
use super::reads::Read;
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
        let first = reading.span.start().min(period.start());
        let last = reading.span.last_day().max(period.last_day());
        breaks_within(&reading.term.metric, first, last)
    });
    if broken && value.outcome.is_ok() {
        value.flags.insert(FigureFlag::Break);
    }
}

impl Oracle<'_> {
    /// Whether a break of any metric stands between what two figures rest on. Of a level that is the end of its period.
    pub(super) fn is_broken_between(&self, asked: &Asked<'_>, value: &Value, other: Period, base: &Value) -> bool {
        let mut reads = self.reads_of(asked).list;
        reads.extend(self.reads_of(&asked.at(other)).list);
        // each term of one figure stands against the same term of the other
        let between = reads.iter().any(|one| {
            let metric = &one.term.metric;
            let of_term = reads.iter().filter(|other| other.term.place == one.term.place);
            let days: Vec<(Date, Date)> = of_term.map(rests_on).collect();
            let (first, last) = (
                days.iter().map(|days| days.0).min(),
                days.iter().map(|days| days.1).max(),
            );
            first
                .zip(last)
                .is_some_and(|(first, last)| breaks_within(metric, first, last))
        });
        // a denominator of another period may be on another side than its numerator
        let across = [FigureFlag::DenominatorOtherPeriod, FigureFlag::Break];
        let reads_across = |value: &Value| across.iter().all(|flag| value.flags.contains(flag));
        between || reads_across(value) || reads_across(base)
    }
}

/// From when until when is what counts of a term that is read.
fn rests_on(read: &Read) -> (Date, Date) {
    let counting = relevant(&read.term.metric, &sub_periods(&read.term.metric, read.span));
    match (counting.first(), counting.last()) {
        (Some(first), Some(last)) => (first.start(), last.last_day()),
        // a denominator that is coarser
        _ => (read.span.start(), read.span.last_day()),
    }
}
