//! What a question may not ask: everything that would need a guess.

mod groupings;

use std::collections::BTreeSet;

use almanac_catalog::{Catalog, DenominatorJoin, Kind, Metric, SumOperator, TimeOperator};
use almanac_model::{AreaId, DimensionId, FigureArea, Granularity, LevelId, Period};

use self::groupings::{Asked, asked, check_groupings, of_codes};
use crate::answer::{Group, measure_text};
use crate::plan::{Node, Plan};
use crate::question::{Base, GroupKey, Question, Refusal, RefusalReason};
use crate::territory::{grouping_codes, levels_read};

/// The refusals of a question, each once, and no more than anybody reads.
pub(crate) fn check(
    catalog: &Catalog,
    question: &Question,
    plans: &[Plan<'_>],
    targets: &[(FigureArea, Period)],
) -> Result<(), Vec<Refusal>> {
    let mut found = Refusals::default();
    let groupings = asked(catalog, question);
    check_bases(question, &mut found);
    for plan in plans {
        let name = measure_text(&plan.measure);
        // a grouping narrows the areas, whatever the dimensions of the metrics
        let is_grouping = |id: &DimensionId| catalog.grouping(id.as_str()).is_some();
        for dimension in question.filters.keys().filter(|id| !is_grouping(id)) {
            check_dimension(plan, name, dimension, "filters", &mut found);
        }
        for (index, key) in question.group_by.iter().enumerate() {
            if let GroupKey::Dimension(dimension) = key
                && !is_grouping(dimension)
            {
                check_dimension(plan, name, dimension, &format!("group_by[{index}]"), &mut found);
            }
        }
        check_granularities(plan, name, question, &mut found);
        for term in &plan.terms {
            check_additive(term.metric, name, question, plan, &mut found);
            check_combined(term.metric, targets, &mut found);
            check_territories(catalog, question, &groupings, term.metric, targets, &mut found);
        }
    }
    if found.list.is_empty() { Ok(()) } else { Err(found.list) }
}

/// As many refusals as are read; a question about thousands of periods may be wrong in each of them.
const MAX_REFUSALS: usize = 64;

#[derive(Default)]
struct Refusals {
    list: Vec<Refusal>,
}

impl Refusals {
    fn is_full(&self) -> bool {
        self.list.len() >= MAX_REFUSALS
    }

    fn add(&mut self, field: &str, reason: RefusalReason, message: String) {
        let refusal = Refusal {
            field: field.to_owned(),
            reason,
            message,
        };
        if !self.is_full() && !self.list.contains(&refusal) {
            self.list.push(refusal);
        }
    }
}

/// The refusals that the base of a comparison would meet if it were asked for itself.
pub(crate) fn check_one(
    catalog: &Catalog,
    question: &Question,
    plan: &Plan<'_>,
    group: &Group,
    area: &FigureArea,
    period: Period,
) -> Result<(), Vec<Refusal>> {
    let mut found = Refusals::default();
    let target = [(area.clone(), period)];
    let groupings = of_codes(catalog, &grouping_codes(catalog, question, group));
    for term in &plan.terms {
        check_territories(catalog, question, &groupings, term.metric, &target, &mut found);
    }
    if found.list.is_empty() { Ok(()) } else { Err(found.list) }
}

/// What is asked for of each area and period. Restated figures are put together from whatever was collected, and what
/// cannot be is missing; but an average or a least value over two territories would be of neither.
fn check_territories(
    catalog: &Catalog,
    question: &Question,
    groupings: &[Asked],
    metric: &Metric,
    targets: &[(FigureArea, Period)],
    found: &mut Refusals,
) {
    if question.on_boundaries_of.is_none() {
        check_targets(catalog, metric, targets, found);
        check_groupings(catalog, metric, groupings, targets, found);
    } else if !matches!(metric.time, TimeOperator::Sum | TimeOperator::Last) {
        for (area, period) in targets {
            for area in area.areas() {
                check_boundaries(catalog, metric, area, *period, found);
            }
        }
    }
}

/// A month is not compared with a year.
fn check_bases(question: &Question, found: &mut Refusals) {
    for (index, base) in question.comparisons.iter().enumerate() {
        let Base::Period(base) = base else { continue };
        let other = question
            .periods
            .iter()
            .find(|period| period.granularity() != base.granularity());
        if let Some(period) = other {
            let message = format!(
                "the base {base} is a {} and {period} a {}; compare periods of one kind",
                base.granularity(),
                period.granularity()
            );
            found.add(
                &format!("comparisons[{index}].base_period"),
                RefusalReason::BaseGranularity,
                message,
            );
        }
    }
}

fn check_dimension(plan: &Plan<'_>, name: &str, dimension: &DimensionId, field: &str, found: &mut Refusals) {
    let mut with = plan.terms_with(dimension.as_str()).peekable();
    if with.peek().is_none() {
        let own: BTreeSet<&str> = plan
            .terms
            .iter()
            .flat_map(|term| &term.metric.dimensions)
            .map(DimensionId::as_str)
            .collect();
        let remedy = if own.is_empty() {
            "it has no dimension".to_owned()
        } else {
            format!("its dimensions are {}", own.into_iter().collect::<Vec<_>>().join(", "))
        };
        let message = format!("no metric of {name} has the dimension {dimension}; {remedy}");
        found.add(field, RefusalReason::DimensionNotUsed, message);
    } else if let Some(term) = with.find(|term| term.filter.contains_key(dimension)) {
        let message = format!(
            "the formula of {name} itself chooses codes of {dimension} (of {}); ask for the metric instead",
            term.metric.id
        );
        found.add(field, RefusalReason::DimensionFixed, message);
    }
}

/// Every term has to exist at the granularity at which it is read; only a denominator that is joined by date may be
/// coarser than what is asked for.
fn check_granularities(plan: &Plan<'_>, name: &str, question: &Question, found: &mut Refusals) {
    let asked: BTreeSet<Granularity> = question.periods.iter().map(|period| period.granularity()).collect();
    for (term, read) in terms_by_granularity(plan, &plan.root, &asked) {
        let metric = plan.terms[term].metric;
        let (id, frequency) = (&metric.id, metric.frequency);
        let wrong = |granularity: &Granularity| read.contains(granularity) && !frequency.divides(*granularity);
        for (place, granularity) in question.period_kinds().into_iter().filter(|(_, kind)| wrong(kind)) {
            let via = if name == id.as_str() {
                String::new()
            } else {
                format!(" (in {name})")
            };
            let (reason, message) = if granularity.is_finer_than(frequency) {
                let message = format!(
                    "{id}{via} is reported by {frequency}; a {granularity} is finer: ask by {frequency} or longer"
                );
                (RefusalReason::PeriodTooFine, message)
            } else {
                let message = format!(
                    "{id}{via} is reported by {frequency}, and {frequency}s do not make up a {granularity}{}",
                    in_its_calendar(frequency, granularity, question)
                );
                (RefusalReason::PeriodNotDivisible, message)
            };
            found.add(&format!("periods[{place}]"), reason, message);
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

/// The terms with the granularities at which they are read: those asked for, or that of a denominator joined by date.
fn terms_by_granularity(
    plan: &Plan<'_>,
    node: &Node,
    asked: &BTreeSet<Granularity>,
) -> Vec<(usize, BTreeSet<Granularity>)> {
    match node {
        Node::Constant(_) => Vec::new(),
        Node::Term(index) => vec![(*index, asked.clone())],
        Node::Negate(inner) | Node::OrZero(inner) => terms_by_granularity(plan, inner, asked),
        Node::Binary(_, left, right) => [
            terms_by_granularity(plan, left, asked),
            terms_by_granularity(plan, right, asked),
        ]
        .concat(),
        Node::Quotient(quotient) => {
            let below = match quotient.join {
                DenominatorJoin::SamePeriod => asked.clone(),
                DenominatorJoin::LatestOnOrBefore { .. } => {
                    let terms = quotient.denominator.terms().into_iter();
                    terms
                        .map(|term| plan.terms[term].metric.frequency)
                        .max()
                        .into_iter()
                        .collect()
                }
            };
            let above = terms_by_granularity(plan, &quotient.numerator, asked);
            [above, terms_by_granularity(plan, &quotient.denominator, &below)].concat()
        }
    }
}

/// What cannot be added needs one code of every dimension: a total would count a person twice.
fn check_additive(metric: &Metric, name: &str, question: &Question, plan: &Plan<'_>, found: &mut Refusals) {
    if metric.sum == SumOperator::Sum {
        return;
    }
    let fixed_by_formula = |dimension: &DimensionId| {
        plan.terms
            .iter()
            .any(|term| term.metric.id == metric.id && term.filter.get(dimension).is_some_and(|c| c.len() == 1))
    };
    for dimension in &metric.dimensions {
        let grouped = question.group_by.contains(&GroupKey::Dimension(dimension.clone()));
        let one_code = question.filters.get(dimension).is_some_and(|codes| codes.len() == 1);
        if !grouped && !one_code && !fixed_by_formula(dimension) {
            let message = format!(
                "{} cannot be added over {dimension} (asked for by {name}): give one code in filters, or group_by it",
                metric.id
            );
            found.add("filters", RefusalReason::NotAdditive, message);
        }
    }
}

/// What cannot be added has no sum over several areas.
fn check_combined(metric: &Metric, targets: &[(FigureArea, Period)], found: &mut Refusals) {
    let several = targets.iter().find(|(area, _)| area.areas().len() > 1);
    if let Some((area, period)) = several.filter(|_| metric.sum == SumOperator::None) {
        let message = format!(
            "{} cannot be added: there is no figure for {} areas together in {period}; leave combine_areas out",
            metric.id,
            area.areas().len()
        );
        found.add("combine_areas", RefusalReason::NotAdditive, message);
    }
}

fn check_targets(catalog: &Catalog, metric: &Metric, targets: &[(FigureArea, Period)], found: &mut Refusals) {
    let rank = |level: &str| catalog.level_rank(level).unwrap_or(0);
    let each = targets
        .iter()
        .flat_map(|(area, period)| area.areas().iter().map(move |area| (area, period)));
    for (area, period) in each {
        if found.is_full() {
            return;
        }
        let (Some(area), Some(collected)) = (catalog.area(area.as_str()), metric.level_for(*period)) else {
            if catalog.area(area.as_str()).is_some() {
                let message = format!("{} was not collected at the end of {period}", metric.id);
                found.add("periods", RefusalReason::NotCollectedThen, message);
            }
            continue;
        };
        if !catalog.is_valid_at(&area.id, period.last_day()) {
            continue;
        }
        let (asked, finest) = (rank(area.level.as_str()), rank(collected.as_str()));
        if asked > finest {
            let message = format!(
                "{} is collected by {collected} in {period}; {} is a {}, which is finer: ask for a {collected}",
                metric.id, area.id, area.level
            );
            found.add("areas", RefusalReason::AreaTooFine, message);
        } else if asked < finest && metric.sum == SumOperator::None {
            let message = format!(
                "{} is collected by {collected} and cannot be added: there is no figure for {}, a {}",
                metric.id, area.id, area.level
            );
            found.add("areas", RefusalReason::NotAdditive, message);
        }
        check_levels(metric, *period, found);
        check_boundaries(catalog, metric, &area.id, *period, found);
    }
}

/// An average, a least or a greatest value over two collection levels would be of different series.
fn check_levels(metric: &Metric, period: Period, found: &mut Refusals) {
    if !matches!(
        metric.time,
        TimeOperator::Average | TimeOperator::Min | TimeOperator::Max
    ) {
        return;
    }
    let levels = period
        .parts(metric.frequency)
        .map(|parts| levels_read(metric, parts))
        .unwrap_or_default();
    if levels.len() > 1 {
        let levels: Vec<&str> = levels.into_iter().map(LevelId::as_str).collect();
        let message = format!(
            "{} was collected by {} within {period}; ask for periods in which the level is the same",
            metric.id,
            levels.join(" and by ")
        );
        found.add("periods", RefusalReason::LevelChange, message);
    }
}

/// What is put together from the parts of a period needs one territory in all of them. Only the last value does not.
fn check_boundaries(catalog: &Catalog, metric: &Metric, area: &AreaId, period: Period, found: &mut Refusals) {
    let last_only = metric.kind == Kind::Stock && metric.time == TimeOperator::Last;
    if last_only || metric.frequency == period.granularity() {
        return;
    }
    if let Some(day) = catalog.boundary_changes(area, period.start(), period.end()).first() {
        let message = format!(
            "the territory of {area} changed on {day}, inside {period}; ask for periods that end before {day} or \
             begin with it, or restate with on_boundaries_of"
        );
        found.add("periods", RefusalReason::BoundaryChange, message);
    }
}
