//! What a comparison may not ask.

use almanac_catalog::{Catalog, DenominatorJoin};

use crate::additive::refuse_total;
use crate::answer::measure_text;
use crate::plan::{Node, Plan};
use crate::question::{Base, Comparing, GroupKey, Question, Refusal, RefusalReason};
use crate::target::refuse_without_target;

/// The refusals of all comparisons of a question, beside those of their periods.
pub(crate) fn refuse_comparisons(catalog: &Catalog, question: &Question, plans: &[Plan<'_>]) -> Vec<Refusal> {
    let mut found = Vec::new();
    for (index, comparing) in question.comparisons.iter().enumerate() {
        let field = |name: &str| format!("comparisons[{index}].{name}");
        found.extend(refuse_exclusions(question, comparing, &field));
        if comparing.like_for_like {
            let inseparable = |plan| refuse_inseparable(plan, &field("like_for_like"));
            found.extend(plans.iter().filter_map(inseparable));
        }
        if comparing.base == Base::Target {
            let without = |plan| refuse_without_target(catalog, plan, &field("kind"));
            found.extend(plans.iter().filter_map(without));
        }
        if let Some(key) = &comparing.contribution_of {
            let total = |plan| refuse_total(catalog, plan, Some(key), &field("contribution_of"));
            found.extend(plans.iter().filter_map(total));
            found.extend(refuse_not_grouped(question, key, &field("contribution_of")));
        }
    }
    found
}

/// What excludes each other.
fn refuse_exclusions(question: &Question, comparing: &Comparing, field: &dyn Fn(&str) -> String) -> Vec<Refusal> {
    let is_target = comparing.base == Base::Target;
    let conflict = |name: &str, message: &str| Refusal {
        field: field(name),
        reason: RefusalReason::Conflict,
        message: message.to_owned(),
    };
    let mut found = Vec::new();
    if comparing.like_for_like && is_target {
        let message =
            "a target is one figure, which has no parts to leave out; leave it false with COMPARISON_KIND_TARGET";
        found.push(conflict("like_for_like", message));
    }
    if comparing.like_for_like && question.on_boundaries_of.is_some() {
        let message = "restated figures are put together from other series in each period; give either like_for_like or \
                       on_boundaries_of";
        found.push(conflict("like_for_like", message));
    }
    if comparing.contribution_of.is_some() && is_target {
        let message = "a target has no growth to contribute to; leave it out with COMPARISON_KIND_TARGET";
        found.push(conflict("contribution_of", message));
    }
    found
}

/// Values from which no part can be left out by itself: totals since the start of the year contain each other, and what is
/// computed over several periods has none that stands against one of the base.
fn refuse_inseparable(plan: &Plan<'_>, field: &str) -> Option<Refusal> {
    let since_start_of_year = plan.terms.iter().find(|term| term.metric.cumulative);
    let message = match since_start_of_year {
        Some(term) => format!(
            "{} is reported as the total since the start of the year, of which no part can be left out; compare periods that \
             both have, without like_for_like",
            term.metric.id
        ),
        None if reads_other_periods(&plan.root) => format!(
            "{} is computed over other periods than the one that is asked for, of which no part can be left out; ask for \
             what it is made of, or without like_for_like",
            measure_text(&plan.measure)
        ),
        None => return None,
    };
    Some(Refusal {
        field: field.to_owned(),
        reason: RefusalReason::Conflict,
        message,
    })
}

/// Whether a function or the average of a year leads to other periods. A denominator that is joined by date is read once.
fn reads_other_periods(node: &Node) -> bool {
    match node {
        Node::Constant(_) | Node::Term(_) => false,
        Node::Negate(inner) | Node::OrZero(inner) => reads_other_periods(inner),
        Node::Binary(_, left, right) => reads_other_periods(left) || reads_other_periods(right),
        Node::Quotient(quotient) => {
            quotient.join == DenominatorJoin::YearAverage
                || reads_other_periods(&quotient.numerator)
                || reads_other_periods(&quotient.denominator)
        }
        Node::Over(_) => true,
    }
}

/// The parts of a total are what is grouped by.
pub(crate) fn refuse_not_grouped(question: &Question, key: &GroupKey, field: &str) -> Option<Refusal> {
    (!question.group_by.contains(key)).then(|| Refusal {
        field: field.to_owned(),
        reason: RefusalReason::NotGrouped,
        message: format!("the parts of the total are the figures by {key}; add \"{key}\" to group_by"),
    })
}
