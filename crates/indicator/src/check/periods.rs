//! Periods that a formula cannot be computed for.

use almanac_catalog::TimeFunction;
use almanac_model::{Granularity, Period};

use super::Refusals;
use crate::answer::measure_text;
use crate::plan::Plan;
use crate::question::{Question, RefusalReason};
use crate::reach::{Reach, Unreachable};

/// Every term has to exist at the granularity at which it is read; only a denominator that is joined by date may be
/// coarser than what is asked for.
pub(super) fn check_periods(
    plan: &Plan<'_>,
    (question, asked): (&Question, Granularity),
    field: &str,
    reach: &Reach<'_>,
    found: &mut Refusals,
) {
    let name = measure_text(&plan.measure);
    check_functions(name, field, reach, found);
    for read in &reach.reads {
        let metric = plan.terms[read.term].metric;
        let granularity = read.joined.unwrap_or(read.first.granularity());
        if metric.target_of.is_some() && granularity != metric.frequency && metric.frequency.divides(granularity) {
            let (id, frequency) = (&metric.id, metric.frequency);
            let message = format!(
                "{id} is a target by {frequency}, and targets do not add up to a {granularity}: ask by {frequency}"
            );
            found.add(field, RefusalReason::PeriodNotDivisible, message);
        }
        if metric.frequency.divides(granularity) {
            continue;
        }
        let via = if name == metric.id.as_str() {
            String::new()
        } else {
            format!(" (in {name})")
        };
        let (id, frequency, asked_for) = (&metric.id, metric.frequency, granularity.with_article());
        if granularity.is_finer_than(frequency) {
            let message =
                format!("{id}{via} is reported by {frequency}; {asked_for} is finer: ask by {frequency} or longer");
            found.add(field, RefusalReason::PeriodTooFine, message);
        } else {
            let example = if read.joined.is_none() {
                in_its_calendar(frequency, asked, question)
            } else {
                String::new()
            };
            let message =
                format!("{id}{via} is reported by {frequency}, and {frequency}s do not make up {asked_for}{example}");
            found.add(field, RefusalReason::PeriodNotDivisible, message);
        }
    }
}

/// Where the periods asked for are of another calendar: the same ones of the metric's own.
fn in_its_calendar(frequency: Granularity, asked: Granularity, question: &Question) -> String {
    let own = asked.in_calendar(frequency.calendar());
    let own = own.filter(|own| own.calendar() != asked.calendar() && frequency.divides(*own));
    let of_kind = |period: &&Period| period.granularity() == asked;
    let example = question.periods.iter().find(of_kind).zip(own);
    example.map_or_else(String::new, |(period, own)| {
        let own = Period::containing(own, period.last_day());
        format!("; ask by {frequency} or longer of its own calendar, such as {own}")
    })
}

/// Functions that cannot keep a period whole, or that read too much.
pub(super) fn check_functions(name: &str, field: &str, reach: &Reach<'_>, found: &mut Refusals) {
    for unreachable in &reach.unreachable {
        let (reason, message) = refusal(name, unreachable);
        found.add(field, reason, message);
    }
    if reach.too_many {
        let message = format!(
            "{name} reads more than a thousand values for one figure; take fewer or longer periods in its functions, or \
             fewer functions inside each other"
        );
        found.add(field, RefusalReason::TooManyPeriods, message);
    }
}

fn refusal(name: &str, Unreachable { over, span }: &Unreachable<'_>) -> (RefusalReason, String) {
    let (text, granularity) = (&over.text, span.granularity());
    let a_period = granularity.with_article();
    match over.function {
        TimeFunction::Shift { count, unit } => {
            let count = count.unsigned_abs();
            let unit = if count == 1 { unit.name() } else { unit.plural() };
            let message = format!(
                "{text} (in {name}) would shift {a_period} by {count} {unit}, which leaves no whole {granularity}; \
                 ask for periods that can be shifted so"
            );
            (RefusalReason::PeriodNotWhole, message)
        }
        TimeFunction::Moving { unit, .. } => {
            let unit = unit.granularity_beside(granularity);
            let a_unit = unit.with_article();
            let message = format!(
                "{text} (in {name}) looks back from the end of {a_unit}, and {span} does not end with one; ask by {unit}"
            );
            (RefusalReason::PeriodNotWhole, message)
        }
        TimeFunction::By { unit, .. } => {
            let plural = unit.plural();
            let message = format!(
                "{text} (in {name}) goes through whole {plural}, which do not make up {a_period}; ask by {unit}, or \
                 by something longer that {plural} make up"
            );
            (RefusalReason::PeriodNotDivisible, message)
        }
        // every period has a year to date
        TimeFunction::YearToDate => (RefusalReason::PeriodNotWhole, format!("{text} (in {name}) has no year")),
    }
}
