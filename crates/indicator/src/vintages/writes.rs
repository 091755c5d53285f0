//! The revisions that wrote what a figure may read.

use std::ops::RangeInclusive;

use almanac_catalog::{Catalog, DenominatorJoin};
use almanac_cube::{Cube, MetricCube};
use almanac_model::{AreaId, Period, Revision};
use jiff::civil::Date;

use super::{OneFigure, TooManyRevisions};
use crate::answer::{Group, narrowings};
use crate::plan::{Node, Plan};

/// Calls for each version of each value that the figure may read under these definitions.
pub(super) fn each_write(
    cube: &Cube,
    catalog: &Catalog,
    figure: &OneFigure,
    call: &mut impl FnMut(Revision) -> Result<(), TooManyRevisions>,
) -> Result<(), TooManyRevisions> {
    let Some(plan) = Plan::of(&figure.measure, catalog) else {
        return Ok(());
    };
    let narrowings = narrowings(catalog, &figure.question(), &plan, &Group::new());
    let areas: Vec<&AreaId> = catalog
        .areas()
        .map(|area| &area.id)
        .filter(|area| catalog.lies_under_at_any_date(area, &figure.area))
        .collect();
    for (term, earliest) in reach(&plan, figure.period.start()) {
        let metric = plan.terms[term].metric;
        let Some(recorded) = cube.metric(&metric.id) else {
            continue;
        };
        if recorded.has_confidential() {
            each_write_of(recorded, call)?;
            continue;
        }
        let ordinals = ordinals(&plan, term, earliest, figure.period.last_day());
        let series = areas.iter().flat_map(|area| recorded.series_of(area));
        for series in series.filter(|series| narrowings[term].takes_codes(metric, &series.key().codes)) {
            for (revision, _) in ordinals.clone().flat_map(|ordinal| series.vintages(ordinal)) {
                call(revision)?;
            }
        }
    }
    Ok(())
}

/// Calls for each version of each value of a metric: a figure may come and go with a confidential number elsewhere.
fn each_write_of(
    recorded: &MetricCube,
    call: &mut impl FnMut(Revision) -> Result<(), TooManyRevisions>,
) -> Result<(), TooManyRevisions> {
    for series in recorded.all_series() {
        for (revision, _) in series.periods().flat_map(|ordinal| series.vintages(ordinal)) {
            call(revision)?;
        }
    }
    Ok(())
}

/// The terms of a plan with the earliest day that each may be read from: a denominator may be of an earlier period.
fn reach(plan: &Plan<'_>, start: Date) -> Vec<(usize, Date)> {
    let mut open = vec![(&plan.root, start)];
    let mut found = Vec::new();
    while let Some((node, from)) = open.pop() {
        match node {
            Node::Constant(_) => {}
            Node::Term(term) => found.push((*term, from)),
            Node::Negate(inner) | Node::OrZero(inner) => open.push((inner, from)),
            Node::Binary(_, left, right) => open.extend([(&**left, from), (&**right, from)]),
            Node::Quotient(quotient) => {
                let terms = quotient.denominator.terms().into_iter();
                let frequency = terms.map(|term| plan.terms[term].metric.frequency).max();
                let earlier = match (quotient.join, frequency) {
                    (DenominatorJoin::LatestOnOrBefore { limit }, Some(frequency)) => {
                        let places = i32::try_from(limit).unwrap_or(i32::MAX);
                        Period::containing(frequency, from).offset(-places).start()
                    }
                    _ => from,
                };
                open.extend([(&quotient.numerator, from), (&quotient.denominator, earlier.min(from))]);
            }
        }
    }
    found
}

/// The sub-periods of a term between two days, and those before that may stand in for an absent one or, where the total
/// since the start of the year is reported, are subtracted.
fn ordinals(plan: &Plan<'_>, term: usize, earliest: Date, last: Date) -> RangeInclusive<i32> {
    let metric = plan.terms[term].metric;
    let ordinal = |day| Period::containing(metric.frequency, day).ordinal();
    let first = Period::containing(metric.frequency, earliest);
    let earliest = first
        .year()
        .filter(|_| metric.cumulative)
        .map_or(earliest, Period::start);
    let carried = i32::try_from(metric.carry_forward).unwrap_or(i32::MAX);
    ordinal(earliest).saturating_sub(carried)..=ordinal(last)
}
