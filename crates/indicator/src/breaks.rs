//! Breaks in definitions: from a day on a metric counts something else, or in another way (rule 18).

use almanac_catalog::Metric;
use almanac_model::{FigureFlag, Period};
use jiff::civil::Date;

use crate::evaluate::Reading;
use crate::expected::relevant_periods;
use crate::plan::Plan;
use crate::value::Value;

/// Whether a metric has a break after a day, up to and with another.
pub(crate) fn breaks_between(metric: &Metric, after: Date, until: Date) -> bool {
    metric.breaks.iter().any(|one| after < one.date && one.date <= until)
}

/// Flags a value of a period that rests on both sides of a break: the period has the break inside, or something was read
/// from before it for a period after it.
pub(crate) fn flag_break(plan: &Plan<'_>, readings: &[Reading], period: Period, value: &mut Value) {
    let broken = readings.iter().any(|reading| {
        let from = reading.span.start().min(period.start());
        let until = reading.span.last_day().max(period.last_day());
        breaks_between(plan.terms[reading.term].metric, from, until)
    });
    if broken && !value.is_missing() {
        value.lineage.flags.insert(FigureFlag::Break);
    }
}

/// Whether the values of two periods stand on different sides of a break of a metric behind them. Of a level only the
/// sub-period at its end counts: that of a year with a break in June is already one of the new definition.
pub(crate) fn is_broken_between(plan: &Plan<'_>, one: (Period, &Value), other: (Period, &Value)) -> bool {
    let apart = plan.terms.iter().any(|term| {
        let read = |period: Period| {
            let parts = period.parts(term.metric.frequency)?;
            let relevant = relevant_periods(term.metric, parts);
            Some((relevant.first()?.start(), relevant.last()?.last_day()))
        };
        // a denominator may be coarser than the period; then its own period is not longer ago than the period's
        let whole = |period: Period| (period.start(), period.last_day());
        let (first, second) = (
            read(one.0).unwrap_or(whole(one.0)),
            read(other.0).unwrap_or(whole(other.0)),
        );
        breaks_between(term.metric, first.0.min(second.0), first.1.max(second.1))
    });
    // a denominator of another period may be of another side than its numerator's period
    let reads_across = |value: &Value| {
        let flags = &value.lineage.flags;
        flags.contains(&FigureFlag::DenominatorOtherPeriod) && flags.contains(&FigureFlag::Break)
    };
    apart || reads_across(one.1) || reads_across(other.1)
}
