//! The revisions that wrote what a figure may read.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use almanac_catalog::{Catalog, Metric, Share};
use almanac_cube::{Cells, Cube, MetricCube, Stretch};
use almanac_model::{AreaId, FigureArea, Period, PeriodRange, Revision};
use jiff::civil::Date;

use super::TooManyRevisions;
use crate::one::{OneFigure, Ready};
use crate::reach::{Follow, Read, reach};

/// Calls for each version of each value that the figure may read under these definitions.
pub(super) fn each_write(
    cube: &Cube,
    catalog: &Catalog,
    figure: &OneFigure,
    call: &mut impl FnMut(Revision) -> Result<(), TooManyRevisions>,
) -> Result<(), TooManyRevisions> {
    // what these definitions cannot answer is no figure while they are in force
    let Ok(Some(ready)) = figure.ready(catalog) else {
        return Ok(());
    };
    let read = reads(&ready, catalog, figure);
    for (term, ordinals) in read.terms {
        let metric = ready.plan.terms[term].metric;
        let Some(recorded) = cube.metric(&metric.id) else {
            continue;
        };
        if recorded.has_confidential() {
            each_write_of(recorded, call)?;
            continue;
        }
        let series = read.areas.iter().flat_map(|area| recorded.series_of(area));
        // the reports of others count in the coverage, and other codes do not
        let narrowing = &ready.narrowings[term];
        for series in series.filter(|series| narrowing.takes_codes(metric, &series.key().codes)) {
            for (revision, _) in ordinals.clone().flat_map(|ordinal| series.vintages(ordinal)) {
                call(revision)?;
            }
        }
    }
    Ok(())
}

/// Adds the cells that the figure may read under these definitions.
pub(super) fn add_cells(cube: &Cube, catalog: &Catalog, figure: &OneFigure, cells: &mut Cells) {
    let Ok(Some(ready)) = figure.ready(catalog) else {
        return;
    };
    let read = reads(&ready, catalog, figure);
    for (term, ordinals) in read.terms {
        let metric = &ready.plan.terms[term].metric.id;
        let everything = cube.metric(metric).is_some_and(MetricCube::has_confidential);
        let stretch = if everything {
            Stretch::Everything
        } else {
            Stretch::Of(read.areas.iter().copied().cloned().collect(), ordinals)
        };
        cells.add(metric, stretch);
    }
}

/// What a figure may read.
struct Reads<'c> {
    areas: BTreeSet<&'c AreaId>,
    /// Terms of its plan, each with periods of the term's metric.
    terms: Vec<(usize, RangeInclusive<i32>)>,
}

fn reads<'c>(ready: &Ready<'_>, catalog: &'c Catalog, figure: &OneFigure) -> Reads<'c> {
    let Ready {
        plan,
        narrowings: _,
        target: (area, period),
    } = ready;
    let terms = reach(plan, &plan.root, (*period).into(), Follow::Everything).reads;
    let hulls = || terms.iter().map(Read::hull);
    let (first, last) = (
        hulls().map(PeriodRange::start).min(),
        hulls().map(PeriodRange::last_day).max(),
    );
    let days = (
        first.map_or(period.start(), |first| first.min(period.start())),
        last.map_or(period.last_day(), |last| last.max(period.last_day())),
    );
    let ordinals_of = |read: &Read| (read.term, ordinals(plan.terms[read.term].metric, read.hull()));
    Reads {
        areas: areas(catalog, area, figure.question.on_boundaries_of, days),
        terms: terms.iter().map(ordinals_of).collect(),
    }
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

/// The areas whose values an area's figure may be made of: those under it, or those that it was or became a part of.
fn areas<'a>(
    catalog: &'a Catalog,
    of: &FigureArea,
    boundaries: Option<Date>,
    (first, last): (Date, Date),
) -> BTreeSet<&'a AreaId> {
    let all = catalog.areas().map(|unit| &unit.id);
    let Some(boundaries) = boundaries else {
        let lies_under = |unit: &&AreaId| of.areas().iter().any(|area| catalog.lies_under_at_any_date(unit, area));
        return all.filter(lies_under).collect();
    };
    // between two changes every day gives the same shares
    let days = [first, last].into_iter().chain(catalog.change_days(first, last));
    days.flat_map(|day| {
        let lies_in = move |unit: &AreaId, area| catalog.share_in(unit, day, area, boundaries) != Share::Nothing;
        let has_part = move |unit: &&AreaId| of.areas().iter().any(|area| lies_in(unit, area));
        catalog.areas().map(|unit| &unit.id).filter(has_part)
    })
    .collect()
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
