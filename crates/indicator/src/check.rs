//! What a question may not ask: everything that would need a guess.

mod groupings;
mod periods;
mod targets;

use std::collections::{BTreeSet, HashMap};

use almanac_catalog::{Catalog, Metric, SumOperator};
use almanac_model::{DimensionId, FigureArea, Period, PeriodRange};

use self::groupings::{Asked, asked, check_groupings, of_codes};
use self::periods::{check_functions, check_periods};
use self::targets::{Target, is_read_whole, is_steady};
use crate::answer::{Group, measure_text};
use crate::comparable::refuse_comparisons;
use crate::plan::Plan;
use crate::question::{Base, GroupKey, Question, Refusal, RefusalReason};
use crate::ranking::refuse_ranking;
use crate::reach::{Follow, Reach, reach};
use crate::share::refuse_shares;
use crate::territory::grouping_codes;

/// What a plan reads for each period that is asked for.
type Reaches<'p> = HashMap<Period, Reach<'p>>;

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
    found.take(refuse_comparisons(catalog, question, plans));
    found.take(refuse_shares(catalog, question, plans));
    found.take(refuse_ranking(question));
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
        let reaches: Reaches<'_> = question
            .periods
            .iter()
            .map(|period| (*period, reach(plan, &plan.root, (*period).into(), Follow::Asked)))
            .collect();
        for (place, period) in question.placed_periods() {
            let asked = (question, period.granularity());
            check_periods(plan, asked, &format!("periods[{place}]"), &reaches[&period], &mut found);
        }
        for (index, term) in plan.terms.iter().enumerate() {
            check_additive(term.metric, name, question, plan, &mut found);
            check_combined(term.metric, targets, &mut found);
            check_territories(
                catalog,
                question,
                &groupings,
                (index, term.metric),
                (targets, &reaches),
                &mut found,
            );
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
        self.take([refusal]);
    }

    fn take(&mut self, refusals: impl IntoIterator<Item = Refusal>) {
        for refusal in refusals {
            if !self.is_full() && !self.list.contains(&refusal) {
                self.list.push(refusal);
            }
        }
    }
}

/// Checks the areas and periods for which one term is read.
fn check_term(
    catalog: &Catalog,
    metric: &Metric,
    (term, restated): (usize, bool),
    targets: &[(FigureArea, Period)],
    reaches: &Reaches<'_>,
    found: &mut Refusals,
) {
    let each = targets
        .iter()
        .flat_map(|(area, period)| area.areas().iter().map(move |area| (area, period)));
    let is_steady = !restated && is_steady(catalog, metric, term, reaches);
    // the one before: periods of an area follow one another
    let mut fine = None;
    for (area, period) in each {
        if fine == Some(area) || (is_steady && is_read_whole(catalog, metric, area)) {
            fine = Some(area);
            continue;
        }
        let reads = reaches.get(period).into_iter().flat_map(|reach| &reach.reads);
        for read in reads.filter(|read| read.term == term) {
            if found.is_full() {
                return;
            }
            let target = Target {
                area,
                asked: *period,
                read,
            };
            // restated figures are put together from whatever was collected; what cannot be is missing
            if restated {
                target.check_restated(catalog, metric, found);
            } else {
                target.check(catalog, metric, found);
            }
        }
    }
}

/// The areas with the periods for which a term is read: those that are asked for, and those that functions reach.
fn read_at(term: usize, targets: &[(FigureArea, Period)], reaches: &Reaches<'_>) -> Vec<(FigureArea, Period)> {
    let mut found = targets.to_vec();
    for (area, period) in targets {
        let reads = reaches.get(period).into_iter().flat_map(|reach| &reach.reads);
        for read in reads.filter(|read| read.term == term && read.joined.is_none()) {
            let ends = read.stretches().map(PeriodRange::last);
            found.extend(ends.filter(|end| end != period).map(|end| (area.clone(), end)));
        }
    }
    found
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
    let groupings = of_codes(catalog, &grouping_codes(catalog, question, group));
    let reach = reach(plan, &plan.root, period.into(), Follow::Asked);
    check_functions(measure_text(&plan.measure), "periods", &reach, &mut found);
    let (targets, reaches) = ([(area.clone(), period)], Reaches::from([(period, reach)]));
    for (index, term) in plan.terms.iter().enumerate() {
        check_territories(
            catalog,
            question,
            &groupings,
            (index, term.metric),
            (&targets, &reaches),
            &mut found,
        );
    }
    if found.list.is_empty() { Ok(()) } else { Err(found.list) }
}

/// What is asked for of each area and period. Restated figures are put together from whatever was collected, and what
/// cannot be is missing; but an average or a least value over two territories would be of neither.
fn check_territories(
    catalog: &Catalog,
    question: &Question,
    groupings: &[Asked],
    (term, metric): (usize, &Metric),
    (targets, reaches): (&[(FigureArea, Period)], &Reaches<'_>),
    found: &mut Refusals,
) {
    let restated = question.on_boundaries_of.is_some();
    check_term(catalog, metric, (term, restated), targets, reaches, found);
    if !restated && !groupings.is_empty() {
        check_groupings(catalog, metric, groupings, &read_at(term, targets, reaches), found);
    }
}

/// A month is not compared with a year.
fn check_bases(question: &Question, found: &mut Refusals) {
    for (index, base) in question.comparisons.iter().enumerate() {
        let Base::Period(base) = base.base else { continue };
        let other = question
            .periods
            .iter()
            .find(|period| period.granularity() != base.granularity());
        if let Some(period) = other {
            let message = format!(
                "the base {base} is {} and {period} {}; compare periods of one kind",
                base.granularity().with_article(),
                period.granularity().with_article()
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
