//! Which part of a total a figure is (rule 29): the total is of the same selection as its parts.
//!
//! Over a key that is grouped by, the total is the same question without that key: what the filters leave out is not in it.
//! Over areas it is the sum of all areas of the question, without those that lie under another one of them. Both are computed
//! as any figure is, before rounding, and so are the percentages: they are not made to be 100.

use std::collections::BTreeMap;

use almanac_catalog::Catalog;
use almanac_model::{Exact, Figure, FigureArea, FigureShare, NoPercent, Period};

use crate::additive::refuse_total;
use crate::answer::{Group, evaluate_figure, measure_text, narrowings};
use crate::combined::combined;
use crate::comparable::refuse_not_grouped;
use crate::compare::{Measured, exact_percent, percent_of};
use crate::evaluate::Evaluation;
use crate::plan::Plan;
use crate::question::{Question, Refusal, RefusalReason, ShareOf, State};
use crate::value::Value;

/// The field of the question.
const FIELD: &str = "share_of";

/// Why figures are not asked for as parts of a total.
pub(crate) fn refuse_shares(catalog: &Catalog, question: &Question, plans: &[Plan<'_>]) -> Vec<Refusal> {
    let Some(of) = &question.share_of else {
        return Vec::new();
    };
    let key = match of {
        ShareOf::Areas => None,
        ShareOf::Key(key) => Some(key),
    };
    let totals = plans.iter().filter_map(|plan| refuse_total(catalog, plan, key, FIELD));
    let mut found: Vec<Refusal> = totals.collect();
    found.extend(key.and_then(|key| refuse_not_grouped(question, key, FIELD)));
    if *of == ShareOf::Areas && question.combine_areas {
        found.push(Refusal {
            field: FIELD.to_owned(),
            reason: RefusalReason::Conflict,
            message: "the areas are asked for as one sum, which is the total itself; leave out combine_areas"
                .to_owned(),
        });
    }
    found
}

/// What tells one total from another: the measure, the area unless it is over areas, the period and the codes.
type TotalKey = (String, Option<FigureArea>, Period, Group);

/// The totals of a question. Each is computed once, however many figures are parts of it.
pub(crate) struct Totals<'a> {
    state: State<'a>,
    question: &'a Question,
    known: BTreeMap<TotalKey, (Figure, Value)>,
}

impl<'a> Totals<'a> {
    pub(crate) const fn new(state: State<'a>, question: &'a Question) -> Self {
        Self {
            state,
            question,
            known: BTreeMap::new(),
        }
    }

    /// Which part of its total a figure is; `None` when that was not asked.
    pub(crate) fn share(
        &mut self,
        plan: &Plan<'_>,
        target: &(FigureArea, Period),
        group: &Group,
        value: &Value,
    ) -> Option<FigureShare> {
        let of = self.question.share_of.as_ref()?;
        let (figure, total) = self.total(of, plan, target, group);
        let percent = part_of(total, value).and_then(|(total, part)| percent_of(total, part));
        Some(FigureShare {
            of: of.to_string(),
            total: figure.value.clone(),
            total_qualifier: figure.qualifier,
            total_quality: figure.quality,
            total_flags: figure.flags.clone(),
            percent,
        })
    }

    /// The part as a number before rounding, and whether it is exact.
    pub(crate) fn part(
        &mut self,
        plan: &Plan<'_>,
        target: &(FigureArea, Period),
        group: &Group,
        value: &Value,
    ) -> Option<Measured> {
        let of = self.question.share_of.as_ref()?;
        let (_, total) = self.total(of, plan, target, group);
        let (whole, part) = part_of(total, value).ok()?;
        Some(Measured {
            number: exact_percent(whole, part).ok()?,
            bounded: total.is_bounded() || value.is_bounded(),
        })
    }

    fn total(
        &mut self,
        of: &ShareOf,
        plan: &Plan<'_>,
        (area, period): &(FigureArea, Period),
        group: &Group,
    ) -> &(Figure, Value) {
        let (total_area, total_group) = match of {
            ShareOf::Areas => (None, group.clone()),
            ShareOf::Key(key) => {
                let mut others = group.clone();
                others.remove(key);
                (Some(area.clone()), others)
            }
        };
        let (state, question) = (self.state, self.question);
        let key = (measure_text(&plan.measure).to_owned(), total_area, *period, total_group);
        self.known
            .entry(key)
            .or_insert_with_key(|(_, total_area, _, total_group)| {
                let sum = || combined(state.catalog, question, *period);
                // a period that has a figure has an area
                let total_area = total_area.clone().or_else(sum).unwrap_or_else(|| area.clone());
                total(state, question, plan, &(total_area, *period), total_group)
            })
    }
}

/// The numbers of a total and its part.
fn part_of<'v>(total: &'v Value, value: &'v Value) -> Result<(&'v Exact, &'v Exact), NoPercent> {
    let numbers = total.outcome.as_ref().ok().zip(value.outcome.as_ref().ok());
    numbers.ok_or(NoPercent::Missing)
}

fn total(
    state: State<'_>,
    question: &Question,
    plan: &Plan<'_>,
    target: &(FigureArea, Period),
    group: &Group,
) -> (Figure, Value) {
    let narrowings = narrowings(state.catalog, question, plan, group);
    let mut evaluation = Evaluation::new(state, plan, &narrowings);
    evaluate_figure(state, question, plan, target, group, &mut evaluation)
}
