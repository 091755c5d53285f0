//! Breaks in definitions: from a day on a metric counts something else, or in another way (rule 18).

use almanac_catalog::Metric;
use almanac_model::{FigureFlag, Period, PeriodRange};
use jiff::civil::Date;

use crate::evaluate::Reading;
use crate::expected::relevant_periods;
use crate::plan::Plan;
use crate::reach::{Follow, reach};
use crate::value::Value;

/// Whether a metric has a break after a day, up to and with another.
pub(crate) fn breaks_between(metric: &Metric, after: Date, until: Date) -> bool {
    metric.breaks.iter().any(|one| after < one.date && one.date <= until)
}

/// Flags a value of a period that rests on both sides of a break: the period has the break inside, or something was read
/// from before it for a period after it.
pub(crate) fn flag_break(plan: &Plan<'_>, readings: &[Reading<'_>], period: Period, value: &mut Value) {
    let metric = |reading: &Reading<'_>| plan.terms[reading.term].metric;
    let with_breaks = readings.iter().filter(|reading| !metric(reading).breaks.is_empty());
    let broken = with_breaks.into_iter().any(|reading| {
        let from = reading.span.start().min(period.start());
        let until = reading.span.last_day().max(period.last_day());
        breaks_between(metric(reading), from, until)
    });
    if broken && !value.is_missing() {
        value.lineage.flags.insert(FigureFlag::Break);
    }
}

/// Whether the values of two periods stand on different sides of a break of a metric behind them: of each term, what it
/// reads for one against what it reads for the other. Of a level only the sub-period at its end counts: that of a year with a
/// break in June is already one of the new definition.
pub(crate) fn is_broken_between(plan: &Plan<'_>, one: (Period, &Value), other: (Period, &Value)) -> bool {
    let reads = [one.0, other.0].map(|period| reach(plan, &plan.root, period.into(), Follow::Asked).reads);
    let apart = plan.terms.iter().enumerate().any(|(index, term)| {
        let of_term = reads.iter().flatten().filter(|read| read.term == index);
        let stretches = of_term.flat_map(|read| [read.first, read.last]);
        let days: Vec<(Date, Date)> = stretches.map(|span| rests_on(term.metric, span)).collect();
        let first = days.iter().map(|(first, _)| *first).min();
        let last = days.iter().map(|(_, last)| *last).max();
        first
            .zip(last)
            .is_some_and(|(first, last)| breaks_between(term.metric, first, last))
    });
    // a denominator of another period may be of another side than its numerator's period
    let reads_across = |value: &Value| {
        let flags = &value.lineage.flags;
        flags.contains(&FigureFlag::DenominatorOtherPeriod) && flags.contains(&FigureFlag::Break)
    };
    apart || reads_across(one.1) || reads_across(other.1)
}

/// The first and the last day of what counts of a stretch.
fn rests_on(metric: &Metric, span: PeriodRange) -> (Date, Date) {
    let parts = span.parts(metric.frequency);
    // a denominator may be coarser than the period; then its own period is not longer ago than the period's
    let relevant = parts.map_or(span, |parts| relevant_periods(metric, parts));
    (relevant.start(), relevant.last_day())
}
