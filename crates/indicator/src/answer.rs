//! Answering a question: one figure for each measure, area, period and combination of codes.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use almanac_catalog::{Catalog, MeasureId};
use almanac_model::{
    AreaId, Exact, Figure, FigureArea, FigureFlag, MissingReason, Period, Qualifier, Quotient, ReporterId,
};

use crate::check::check;
use crate::combined::combined;
use crate::compare::Compared;
use crate::evaluate::{Evaluation, all_or_nothing};
use crate::grid::{Grid, One};
use crate::operand::operand;
use crate::plan::Plan;
use crate::question::{AreaSelection, GroupKey, Question, Refusal, RefusalReason, State};
use crate::ranking::{Standings, refuse_too_many_ranked};
use crate::reading::Narrowing;
use crate::share::Totals;
use crate::territory::Territory;
use crate::value::Value;

/// The most figures that one question may ask for, over all its pages.
pub const MAX_FIGURES: usize = 1_000_000;

/// A page of figures.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The figures in the order of measures, areas, periods and codes.
    pub figures: Vec<Figure>,
    /// Where the next page begins; `None` after the last figure.
    pub next: Option<usize>,
}

/// A combination of codes: the text of each group key.
pub(crate) type Group = BTreeMap<GroupKey, String>;

/// Answers a question, from figure number `offset` on, at most `limit` figures. One that is ordered or ranked looks at all its
/// figures for that; see [`Standings`] for its other pages.
pub fn answer(state: State<'_>, question: &Question, offset: usize, limit: usize) -> Result<Answer, Vec<Refusal>> {
    let grid = Grid::of(state.catalog, question)?;
    check_grid(state.catalog, question, &grid)?;
    if question.ranking.is_asked() {
        return Ok(Standings::of(state, question, &grid).page(state, question, &grid, (offset, limit)));
    }
    Ok(page(state, question, &grid, (offset, limit)))
}

/// More figures of a question that was answered at this state before, or of a part of it: it is not checked again. Not of one
/// that is ordered or ranked; see [`Standings`].
pub fn answer_more(state: State<'_>, question: &Question, offset: usize, limit: usize) -> Result<Answer, Vec<Refusal>> {
    let grid = Grid::of(state.catalog, question)?;
    Ok(page(state, question, &grid, (offset, limit)))
}

fn page(state: State<'_>, question: &Question, grid: &Grid<'_>, (offset, limit): (usize, usize)) -> Answer {
    let total = grid.len();
    let mut totals = Totals::new(state, question);
    let page = grid.places().skip(offset).take(limit);
    let mut figures = Vec::with_capacity(limit.min(total.saturating_sub(offset)));
    figures.extend(page.map(|place| {
        let one = grid.figure(state.catalog, question, place);
        figure(&mut totals, (state, question), one)
    }));
    let end = offset.saturating_add(figures.len());
    Answer {
        figures,
        next: (end < total).then_some(end),
    }
}

/// The measures and formulas of a question, made ready.
pub(crate) fn plans<'c>(catalog: &'c Catalog, question: &Question) -> Vec<Plan<'c>> {
    let measures = question.measures.iter();
    let formulas = question.formulas.iter();
    measures
        .filter_map(|measure| Plan::of(measure, catalog))
        .chain(formulas.filter_map(|formula| Plan::of_formula(formula, catalog)))
        .collect()
}

/// How many figures each measure of a question, and then each formula, has for one area and period: one for each combination of
/// the codes that are grouped by.
#[must_use]
pub fn figures_each(catalog: &Catalog, question: &Question) -> Vec<usize> {
    let plans = plans(catalog, question);
    plans.iter().map(|plan| groups(catalog, plan, question).len()).collect()
}

/// Refuses what a question may not ask, and more figures than are answered.
pub(crate) fn check_grid(catalog: &Catalog, question: &Question, grid: &Grid<'_>) -> Result<(), Vec<Refusal>> {
    check(catalog, question, &grid.plans, &grid.targets)?;
    let total = grid.len();
    if total > MAX_FIGURES {
        return Err(vec![too_many(total)]);
    }
    match refuse_too_many_ranked(question, total) {
        Some(refusal) => Err(vec![refusal]),
        None => Ok(()),
    }
}

fn too_many(total: usize) -> Refusal {
    Refusal {
        field: "periods".to_owned(),
        reason: RefusalReason::TooManyFigures,
        message: format!(
            "the question asks for {total} figures or more; at most {MAX_FIGURES} are answered: ask for fewer indicators, areas, \
             periods or codes at a time"
        ),
    }
}

/// The areas and periods that are asked for, by area. They are counted before they are put together, since a short request
/// can ask for more of them than there is memory.
pub(crate) fn targets(catalog: &Catalog, question: &Question) -> Result<Vec<(FigureArea, Period)>, Vec<Refusal>> {
    let refuse_above = |total: usize| {
        if total > MAX_FIGURES {
            Err(vec![too_many(total)])
        } else {
            Ok(())
        }
    };
    let each_period = |area: &AreaId| {
        let area = FigureArea::One(area.clone());
        question
            .periods
            .iter()
            .map(move |period| (area.clone(), *period))
            .collect::<Vec<_>>()
    };
    if question.combine_areas {
        let one_each = question.periods.iter();
        return Ok(one_each
            .filter_map(|period| Some((combined(catalog, question, *period)?, *period)))
            .collect());
    }
    match &question.areas {
        AreaSelection::List(areas) => {
            refuse_above(areas.len().saturating_mul(question.periods.len()))?;
            Ok(areas.iter().flat_map(each_period).collect())
        }
        AreaSelection::Under { area, level } => {
            let mut found = Vec::new();
            for (index, period) in question.periods.iter().enumerate() {
                let day = question.on_boundaries_of.unwrap_or(period.last_day());
                let areas = catalog.descendants_at(area, level, day);
                found.extend(areas.into_iter().map(|area| (area.clone(), index)));
                refuse_above(found.len())?;
            }
            found.sort_unstable();
            Ok(found
                .into_iter()
                .map(|(area, index)| (FigureArea::One(area), question.periods[index]))
                .collect())
        }
    }
}

/// Every combination of the codes that are grouped by, in the order in which they are published. A code that the filters
/// leave out has no figure: that nothing was recorded for it would not be true.
pub(crate) fn groups(catalog: &Catalog, plan: &Plan<'_>, question: &Question) -> Vec<Group> {
    question.group_by.iter().fold(vec![Group::new()], |groups, key| {
        let texts = group_texts(catalog, plan, question, key);
        let extended = groups.iter().flat_map(|group| {
            texts.iter().map(move |text| {
                let mut group = group.clone();
                group.insert(key.clone(), text.clone());
                group
            })
        });
        extended.collect()
    })
}

pub(crate) fn group_texts(catalog: &Catalog, plan: &Plan<'_>, question: &Question, key: &GroupKey) -> Vec<String> {
    match key {
        GroupKey::Dimension(id) => {
            let wanted = question.filters.get(id);
            let codes = catalog
                .classification(id.as_str())
                .into_iter()
                .flat_map(|dimension| &dimension.codes);
            let codes = codes.filter(|item| wanted.is_none_or(|wanted| wanted.contains(&item.code)));
            codes.map(|item| item.code.to_string()).collect()
        }
        // the reporters of what the formula begins with; a population has its own, which is not broken down
        GroupKey::Reporter => {
            let first = plan.terms.first().map(|term| &term.metric.id);
            let reporters = catalog
                .reporters()
                .filter(|reporter| first.is_some_and(|id| reporter.metrics.contains(id)));
            reporters.map(|reporter| reporter.id.to_string()).collect()
        }
    }
}

/// What each term reads: the formula's codes, the question's, and the group's.
pub(crate) fn narrowings(catalog: &Catalog, question: &Question, plan: &Plan<'_>, group: &Group) -> Vec<Narrowing> {
    let asked: Rc<[Period]> = question.periods.as_slice().into();
    plan.terms
        .iter()
        .map(|term| {
            let mut filters = term.filter.clone();
            let mut reporter = None;
            for (dimension, codes) in question
                .filters
                .iter()
                .filter(|(id, _)| term.metric.dimensions.contains(id))
            {
                filters.insert(dimension.clone(), codes.clone());
            }
            for (key, text) in group {
                match key {
                    GroupKey::Dimension(id) if term.metric.dimensions.contains(id) => {
                        let wanted = filters.remove(id);
                        let code = text
                            .parse()
                            .into_iter()
                            .filter(|code| wanted.as_ref().is_none_or(|w| w.contains(code)));
                        filters.insert(id.clone(), code.collect());
                    }
                    GroupKey::Dimension(_) => {}
                    GroupKey::Reporter => reporter = reporter_of(catalog, text, &term.metric.id),
                }
            }
            Narrowing::new(filters, reporter, Rc::clone(&asked))
        })
        .collect()
}

fn reporter_of(catalog: &Catalog, id: &str, metric: &almanac_model::MetricId) -> Option<ReporterId> {
    catalog
        .reporter(id)
        .filter(|reporter| reporter.metrics.contains(metric))
        .map(|reporter| reporter.id.clone())
}

pub(crate) fn figure(totals: &mut Totals<'_>, (state, question): (State<'_>, &Question), one: One<'_>) -> Figure {
    let One {
        plan,
        target,
        group,
        narrowings,
    } = one;
    let mut evaluation = Evaluation::new(state, plan, narrowings);
    let (mut figure, value) = evaluate_figure(state, question, plan, target, group, &mut evaluation);
    let compared = Compared {
        state,
        question,
        plan,
        group,
        narrowings,
        area: &target.0,
        period: target.1,
        value: &value,
    };
    figure.comparisons = question
        .comparisons
        .iter()
        .map(|comparing| compared.with(comparing))
        .collect();
    figure.share = totals.share(plan, target, group, &value).map(Box::new);
    figure
}

/// The figure of one evaluation, which keeps what it read, and its value before rounding.
pub(crate) fn evaluate_figure(
    state: State<'_>,
    question: &Question,
    plan: &Plan<'_>,
    (area, period): &(FigureArea, Period),
    group: &Group,
    evaluation: &mut Evaluation<'_>,
) -> (Figure, Value) {
    let dimensions = group
        .iter()
        .map(|(key, text)| (key.to_string(), text.clone()))
        .collect();
    let territory = Territory::of(state, question, area, group);
    if territory.is_void(state, period.last_day()) {
        let value = Value::missing(MissingReason::CannotExist);
        return (assemble(plan, area, *period, dimensions, &value), value);
    }
    let result = evaluation.run(&territory, *period);
    let mut value = result.value;
    if question.strict {
        all_or_nothing(&mut value);
    }
    flag_range(plan, &mut value);
    let mut figure = assemble(plan, area, *period, dimensions, &value);
    figure.coverage = evaluation.coverage(&territory);
    figure.quotient = plan.root.quotient().zip(result.quotient).map(|(node, sides)| {
        let [above, below] = [0, 1].map(|side| (&node.told[side], node.terms[side].as_slice()));
        let last = sides.denominator_span.last();
        Box::new(Quotient {
            numerator: operand(above, (&sides.numerator, *period), evaluation),
            denominator: operand(below, (&sides.denominator, last), evaluation),
        })
    });
    (figure, value)
}

fn assemble(
    plan: &Plan<'_>,
    area: &FigureArea,
    period: Period,
    dimensions: BTreeMap<String, String>,
    value: &Value,
) -> Figure {
    let printed = value
        .outcome
        .as_ref()
        .map(|number| number.to_decimal_string(plan.decimals));
    Figure {
        measure: Arc::clone(&plan.name),
        area: area.clone(),
        period,
        dimensions,
        value: printed.map_err(|reason| *reason),
        unit: Arc::clone(&plan.unit),
        quality: value.lineage.quality,
        qualifier: if value.is_missing() {
            Qualifier::Exact
        } else {
            value.qualifier
        },
        quotient: None,
        coverage: None,
        flags: value.lineage.flags.clone(),
        carried_from: value.lineage.carried_from,
        comparisons: Vec::new(),
        share: None,
        rank: None,
    }
}

pub(crate) fn measure_text(measure: &MeasureId) -> &str {
    match measure {
        MeasureId::Metric(id) => id.as_str(),
        MeasureId::Indicator(id) => id.as_str(),
    }
}

fn flag_range(plan: &Plan<'_>, value: &mut Value) {
    let Ok(number) = &value.outcome else { return };
    let beyond =
        |bound: Option<_>, wrong: Ordering| bound.is_some_and(|bound| number.cmp(&Exact::from(bound)) == wrong);
    if beyond(plan.range.min, Ordering::Less) || beyond(plan.range.max, Ordering::Greater) {
        value.lineage.flags.insert(FigureFlag::OutOfRange);
    }
}
