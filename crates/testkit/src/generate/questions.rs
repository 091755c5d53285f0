//! Questions that mostly can be answered.

use std::collections::BTreeSet;

use almanac_catalog::{Area, Catalog, MeasureId, Metric};
use almanac_indicator::{AdHocFormula, AreaSelection, Base, Comparing, Filters, GroupKey, Question, Ranking, ShareOf};
use almanac_model::{AreaId, Batch, Code, DimensionId, Granularity, Period, Revision};
use jiff::civil::{Date, date};

use super::genes::{Choices, Gene};
use super::groupings::GROUPING;
use super::kinds::{adds, is_sum, reads_other_periods};
use super::secrets;

/// A question and the revision as of which it is asked.
pub(super) fn question(
    catalog: &Catalog,
    log: &[(Revision, Batch)],
    gene: &Gene,
    formula: Option<AdHocFormula>,
) -> (Revision, Question) {
    let mut choices = Choices::of(gene);
    let secret = secrets::asked_for(log, &mut choices);
    let mut measures = match &secret {
        Some(secret) => secret.measures(catalog, &mut choices),
        None => measures(catalog, &mut choices),
    };
    let asked = measures.len();
    // what is asked for has to suit the formula too
    let references = formula.iter().flat_map(|asked| asked.formula.references());
    measures.extend(references.map(|reference| reference.measure.clone()));
    let over_time = reads_other_periods(catalog, &measures, formula.as_ref());
    let aim = match formula {
        Some(_) => None,
        None => aim(catalog, &measures, &mut choices),
    };
    let around = secret.as_ref().map(|secret| secret.period.last_day());
    let periods = periods(catalog, &measures, (aim, around, over_time), &mut choices);
    let mut revisions = vec![Revision::LATEST; 5];
    revisions.extend(log.iter().map(|(revision, _)| *revision));
    let as_of = choices.one(&revisions).copied().unwrap_or(Revision::LATEST);
    let dimensions: Vec<DimensionId> = dimensions(catalog, &measures).into_iter().collect();
    let (mut group_by, mut filters) = match aim {
        Some(target) => (
            target.dimensions.iter().cloned().map(GroupKey::Dimension).collect(),
            Filters::new(),
        ),
        None => (
            group_by(&dimensions, &mut choices),
            filters(catalog, &dimensions, &mut choices),
        ),
    };
    let areas = match &secret {
        Some(secret) => secret.areas(catalog, &mut choices),
        None => areas(catalog, &measures, &periods, aim, &mut choices),
    };
    let strict = choices.once_in(6);
    // what reads other periods is refused where boundaries changed in between
    let on_boundaries_of = choices
        .once_in(if over_time { 2 } else { 3 })
        .then(|| choices.of_values(BOUNDARIES));
    let comparisons = comparisons(&periods, &mut choices);
    let combine_areas = choices.once_in(5);
    by_grouping(catalog, &mut group_by, &mut filters, &mut choices);
    let is_aimed = aim.is_some();
    // the formula mostly by itself
    let by_itself = formula.is_some() && choices.below(4) != 3;
    measures.truncate(if by_itself { 0 } else { asked });
    let mut question = Question {
        on_boundaries_of,
        comparisons,
        areas,
        strict,
        measures,
        formulas: formula.into_iter().collect(),
        periods,
        period_places: Vec::new(),
        group_by,
        filters,
        combine_areas,
        share_of: None,
        ranking: Ranking::default(),
    };
    relate(catalog, is_aimed, &mut question, &mut choices);
    (as_of, question)
}

/// Sometimes the codes of the grouping of areas, or one of them.
fn by_grouping(catalog: &Catalog, group_by: &mut Vec<GroupKey>, filters: &mut Filters, choices: &mut Choices<'_>) {
    if let Some(grouping) = catalog.grouping(GROUPING) {
        match choices.below(8) {
            7 => group_by.push(GroupKey::Dimension(grouping.dimension.id.clone())),
            6 => {
                let code = choices.one(&grouping.dimension.codes).map(|item| item.code.clone());
                filters.insert(grouping.dimension.id.clone(), code.into_iter().collect());
            }
            _ => {}
        }
    }
}

/// Days around those on which things change.
const BOUNDARIES: [Date; 6] = [
    date(2018, 6, 30),
    date(2016, 12, 31),
    date(2017, 7, 1),
    date(2017, 6, 13),
    date(2017, 5, 1),
    date(2017, 12, 31),
];

/// Relates the figures to their targets, to what two periods have in common and to totals.
fn relate(catalog: &Catalog, is_aimed: bool, question: &mut Question, choices: &mut Choices<'_>) {
    let (measures, formula) = (&question.measures, question.formulas.first());
    let key = choices.one(&question.group_by).cloned();
    let adds_up = measures.iter().all(|measure| adds(catalog, measure))
        && formula.is_none_or(|asked| is_sum(catalog, &asked.formula));
    let of_total = adds_up || choices.once_in(32);
    let over_time = reads_other_periods(catalog, measures, formula);
    let like_for_like =
        choices.once_in(3) && question.on_boundaries_of.is_none() && (!over_time || choices.below(8) == 7);
    let contribution_of = key.clone().filter(|_| choices.once_in(2) && of_total);
    for comparing in &mut question.comparisons {
        comparing.like_for_like = like_for_like;
        comparing.contribution_of.clone_from(&contribution_of);
    }
    let is_planned = |measure| catalog.targets_of(measure).next().is_some();
    if is_aimed || (choices.once_in(4) && formula.is_none() && measures.iter().all(is_planned)) {
        question.comparisons.push(Base::Target.into());
    }
    let of_areas = (!question.combine_areas).then_some(ShareOf::Areas);
    let share_of = key.map(ShareOf::Key).or(of_areas);
    question.share_of = share_of.filter(|_| choices.once_in(3) && of_total);
}

/// None, one or two bases.
fn comparisons(periods: &[Period], choices: &mut Choices<'_>) -> Vec<Comparing> {
    let count = choices.of_values([0, 0, 1, 2]);
    let mut base = || {
        let named = periods[0].offset(choices.of_values([-1, -2, 0, 1, -4]));
        choices.of_values([Base::PreviousPeriod, Base::SamePeriodLastYear, Base::Period(named)])
    };
    (0..count).map(|_| base().into()).collect()
}

/// Mostly a target of the one measure that is asked for, if it has any: the question then is for what it plans.
fn aim<'a>(catalog: &'a Catalog, measures: &'a [MeasureId], choices: &mut Choices<'_>) -> Option<&'a Metric> {
    let [measure] = measures else { return None };
    let targets: Vec<&Metric> = catalog.targets_of(measure).collect();
    choices.one(&targets).copied().filter(|_| choices.below(4) > 0)
}

/// One or two measures. Indicators are more interesting than metrics.
fn measures(catalog: &Catalog, choices: &mut Choices<'_>) -> Vec<MeasureId> {
    let metrics: Vec<MeasureId> = catalog
        .metrics()
        .map(|metric| MeasureId::Metric(metric.id.clone()))
        .collect();
    let indicators: Vec<MeasureId> = catalog
        .indicators()
        .map(|indicator| MeasureId::Indicator(indicator.id.clone()))
        .collect();
    let is_target = |measure: &MeasureId| {
        let metric = catalog.metric(measure.as_str());
        metric.is_some_and(|metric| metric.target_of.is_some())
    };
    let (targets, mut all): (Vec<MeasureId>, Vec<MeasureId>) = metrics.into_iter().partition(is_target);
    all.extend(indicators.iter().cloned());
    if choices.once_in(8) {
        all.extend(targets);
    }
    let first = choices.one(&all);
    let count = choices.of_values([1, 1, 1, 2]);
    let second = choices.one(&indicators).filter(|second| Some(*second) != first);
    first.into_iter().chain(second).take(count).cloned().collect()
}

fn metrics_of<'a>(catalog: &'a Catalog, measures: &[MeasureId]) -> Vec<&'a Metric> {
    let ids: BTreeSet<_> = measures
        .iter()
        .flat_map(|measure| catalog.metrics_of(measure))
        .collect();
    ids.iter().filter_map(|id| catalog.metric(id.as_str())).collect()
}

/// One to three periods that are mostly not finer than the metrics are reported.
fn periods(
    catalog: &Catalog,
    measures: &[MeasureId],
    (aim, around, over_time): (Option<&Metric>, Option<Date>, bool),
    choices: &mut Choices<'_>,
) -> Vec<Period> {
    let metrics = metrics_of(catalog, measures);
    let fits = |granularity: &Granularity| metrics.iter().all(|metric| metric.frequency.divides(*granularity));
    let own = metrics.iter().filter_map(|metric| metric.frequency.calendar());
    let calendars: BTreeSet<_> = own.map(Some).chain([None]).collect();
    let of_calendar = |calendar| {
        Granularity::ALL
            .into_iter()
            .filter_map(move |kind| kind.in_calendar(calendar))
    };
    let mut granularities: Vec<Granularity> = calendars.into_iter().flat_map(of_calendar).filter(fits).collect();
    granularities.sort_unstable();
    granularities.dedup();
    let finest = metrics.iter().map(|metric| metric.frequency).min();
    // a denominator may be coarser than the question
    if choices.once_in(4) || granularities.is_empty() {
        granularities.extend(finest);
    }
    if finest == Some(Granularity::Day) && granularities.len() > 1 {
        granularities.retain(|granularity| *granularity < Granularity::Quarter);
    }
    if let Some(target) = aim.filter(|target| granularities.contains(&target.frequency)) {
        granularities = vec![target.frequency];
    }
    if over_time && choices.below(2) == 1 {
        granularities.truncate(1);
    }
    let granularity = choices.one(&granularities).copied().unwrap_or(Granularity::Year);
    let (day, count) = match granularity.standard() {
        Granularity::Day => (date(2017, 6, 5), 16),
        Granularity::Week => (date(2017, 5, 15), 6),
        Granularity::Month => (date(2017, 6, 1), 7),
        Granularity::Quarter => (date(2017, 4, 1), 3),
        Granularity::Half => (date(2016, 7, 1), 3),
        Granularity::Year | Granularity::Custom(..) => (date(2015, 1, 1), 3),
    };
    let (day, count) = around.map_or((day, count), |around| (around, 1));
    let first = Period::containing(granularity, day).offset(i32::try_from(choices.below(count)).unwrap_or(0));
    (0..choices.of_values([1, 1, 2, 3]))
        .map(|places| first.offset(places))
        .collect()
}

fn dimensions(catalog: &Catalog, measures: &[MeasureId]) -> BTreeSet<DimensionId> {
    let mut all = measures.iter().map(|measure| catalog.dimensions_of(measure));
    let first = all.next().unwrap_or_default();
    all.fold(first, |both, next| both.intersection(&next).cloned().collect())
}

fn group_by(dimensions: &[DimensionId], choices: &mut Choices<'_>) -> Vec<GroupKey> {
    let mut keys = Vec::new();
    if choices.once_in(4) {
        keys.extend(choices.one(dimensions).cloned().map(GroupKey::Dimension));
    }
    if choices.once_in(8) {
        keys.push(GroupKey::Reporter);
    }
    keys
}

fn filters(catalog: &Catalog, dimensions: &[DimensionId], choices: &mut Choices<'_>) -> Filters {
    let mut filters = Filters::new();
    if choices.once_in(4)
        && let Some(id) = choices.one(dimensions)
        && let Some(dimension) = catalog.dimension(id.as_str())
    {
        let mut codes: Vec<Code> = dimension.codes.iter().map(|item| item.code.clone()).collect();
        codes.truncate(1 + choices.below(2));
        filters.insert(id.clone(), codes.into_iter().collect());
    }
    filters
}

/// Areas that are mostly not finer than the metrics are collected.
fn areas(
    catalog: &Catalog,
    measures: &[MeasureId],
    periods: &[Period],
    aim: Option<&Metric>,
    choices: &mut Choices<'_>,
) -> AreaSelection {
    let rank = |level: &str| catalog.level_rank(level).unwrap_or(0);
    let metrics = metrics_of(catalog, measures);
    let levels = periods
        .iter()
        .flat_map(|period| metrics.iter().filter_map(|metric| metric.level_for(*period)));
    let finest = levels.map(|level| rank(level.as_str())).min().unwrap_or(0);
    let anywhere = choices.once_in(16);
    let possible: Vec<&Area> = catalog
        .areas()
        .filter(|area| anywhere || rank(area.level.as_str()) <= finest)
        .filter(|area| aim.is_none_or(|target| target.level_for(periods[0]) == Some(&area.level)))
        .collect();
    let at = choices.below(possible.len());
    let count = choices.of_values([1, 1, 2, 3]);
    let list: Vec<AreaId> = possible
        .iter()
        .skip(at)
        .take(count)
        .map(|area| area.id.clone())
        .collect();
    let tops: Vec<&Area> = catalog.areas().filter(|area| rank(area.level.as_str()) == 0).collect();
    let levels: Vec<_> = catalog
        .levels()
        .filter(|level| rank(level.id.as_str()) <= finest)
        .collect();
    match (choices.once_in(4), choices.one(&tops), choices.one(&levels)) {
        (true, Some(area), Some(level)) if aim.is_none() => AreaSelection::Under {
            area: area.id.clone(),
            level: level.id.clone(),
        },
        _ => AreaSelection::List(list),
    }
}
