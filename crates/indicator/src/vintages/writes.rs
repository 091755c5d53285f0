//! The revisions that wrote what a figure may read.

use std::ops::RangeInclusive;

use almanac_catalog::{Catalog, Metric};
use almanac_cube::{Cube, MetricCube};
use almanac_model::{AreaId, Period, PeriodRange, Revision};

use super::{OneFigure, TooManyRevisions};
use crate::answer::{Group, narrowings};
use crate::plan::Plan;
use crate::reach::{Follow, reach};

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
    let reads = reach(&plan, &plan.root, figure.period.into(), Follow::Everything).reads;
    for read in reads {
        let (term, metric) = (read.term, plan.terms[read.term].metric);
        let Some(recorded) = cube.metric(&metric.id) else {
            continue;
        };
        if recorded.has_confidential() {
            each_write_of(recorded, call)?;
            continue;
        }
        let ordinals = ordinals(metric, read.hull());
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

/// The sub-periods of a term in a stretch, and those before that may stand in for an absent one or, where the total since
/// the start of the year is reported, are subtracted.
fn ordinals(metric: &Metric, span: PeriodRange) -> RangeInclusive<i32> {
    let earliest = span.start();
    let ordinal = |day| Period::containing(metric.frequency, day).ordinal();
    let first = Period::containing(metric.frequency, earliest);
    let earliest = first
        .year()
        .filter(|_| metric.cumulative)
        .map_or(earliest, Period::start);
    let carried = i32::try_from(metric.carry_forward).unwrap_or(i32::MAX);
    ordinal(earliest).saturating_sub(carried)..=ordinal(span.last_day())
}
