//! Rules run as queries: what the catalogue declares to hold, checked on figures that are computed like all others.
//!
//! A check ends in one of three ways: in order, violated, or not made because something that it needs is not there. The last is
//! told with its reason, so that silence never stands for "in order". A bound ("over 90 million") is judged only where it
//! decides.

mod finding;
mod judge;
mod kinds;
mod outlier;
mod side;

use std::collections::BTreeMap;

use almanac_catalog::{
    Among, Catalog, Documentation, Formula, Label, MeasureId, Range, Reference, Rule, RuleCheck, Severity,
};
use almanac_model::{AreaId, FigureArea, Period, RuleId};

use crate::answer::{Group, groups, targets};
use crate::plan::Plan;
use crate::question::{AreaSelection, GroupKey, Question, Refusal, State};

pub use self::finding::{Finding, FindingKind, RuleSide, Unchecked, UncheckedReason, Violation};
use self::kinds::Checked;

/// What is checked: each rule for each area, period and combination of codes.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The areas.
    pub areas: AreaSelection,
    /// The periods.
    pub periods: Vec<Period>,
}

/// Some of the checks, made.
#[derive(Clone, Debug, Default)]
pub struct CheckedPart {
    /// What was found, in the order of rules, areas, periods and codes.
    pub findings: Vec<Finding>,
    /// Checks that were made, and ended in order or in a violation.
    pub checked: usize,
    /// Checks that could not be made.
    pub unchecked: usize,
    /// The number of the first check that was not come to; `None` after the last.
    pub next: Option<usize>,
}

/// The rules that the catalogue writes out, and for each range that a metric or an indicator declares one with its id; by id.
#[must_use]
pub fn all_rules(catalog: &Catalog) -> Vec<Rule> {
    let metrics = catalog.metrics().map(|metric| {
        let measure = MeasureId::Metric(metric.id.clone());
        declared_range(measure, &metric.documentation, metric.range)
    });
    let indicators = catalog.indicators().map(|indicator| {
        let measure = MeasureId::Indicator(indicator.id.clone());
        declared_range(measure, &indicator.documentation, indicator.range)
    });
    let mut rules: Vec<Rule> = catalog.rules().cloned().collect();
    rules.extend(metrics.chain(indicators).flatten());
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    rules
}

/// What lies outside it is wrong. `None` without a range.
fn declared_range(measure: MeasureId, documentation: &Documentation, range: Range) -> Option<Rule> {
    if range.min.is_none() && range.max.is_none() {
        return None;
    }
    let label = &documentation.label;
    Some(Rule {
        id: RuleId::new(measure.as_str()).ok()?,
        documentation: Documentation {
            label: Label {
                vi: format!("{}: giá trị có thể có", label.vi),
                en: format!("{}: values that can be right", label.en),
            },
            ..documentation.clone()
        },
        severity: Severity::Error,
        group_by: Vec::new(),
        check: RuleCheck::Range {
            measure: Formula::Reference(Reference {
                measure,
                filter: BTreeMap::new(),
            }),
            range,
        },
    })
}

/// Makes checks from number `offset` on, until so many figures were looked up for them or something was found so often.
pub fn check_rules(
    state: State<'_>,
    checks: &Checks,
    offset: usize,
    most_figures: usize,
    most_findings: usize,
) -> Result<CheckedPart, Vec<Refusal>> {
    let mut part = CheckedPart::default();
    let targets = all_targets(state.catalog, checks)?;
    let (mut number, mut figures) = (0_usize, 0_usize);
    for rule in &checks.rules {
        let Some(prepared) = Prepared::new(state.catalog, rule, &targets) else {
            continue;
        };
        let count = prepared.count();
        if number.saturating_add(count) <= offset {
            number += count;
            continue;
        }
        let mut checked = Checked::new(state, rule, &prepared.plans);
        for index in offset.saturating_sub(number)..count {
            if figures >= most_figures || part.findings.len() >= most_findings {
                part.next = Some(number + index);
                return Ok(part);
            }
            figures = figures.saturating_add(figures_of(&rule.check));
            let (target, group) = prepared.at(index);
            match checked.check(target, group) {
                None => part.checked += 1,
                Some(kind) => {
                    match &kind {
                        FindingKind::Violation(_) => part.checked += 1,
                        FindingKind::Unchecked(_) => part.unchecked += 1,
                    }
                    part.findings.push(Finding {
                        rule: rule.id.clone(),
                        severity: rule.severity,
                        area: target.0.clone(),
                        period: target.1,
                        dimensions: group
                            .iter()
                            .map(|(key, code)| (key.to_string(), code.clone()))
                            .collect(),
                        kind,
                    });
                }
            }
        }
        number += count;
    }
    Ok(part)
}

/// How many figures a check looks up, so that one that looks far back counts for more. Those of a whole level are looked up
/// once for all checks.
fn figures_of(check: &RuleCheck) -> usize {
    match check {
        RuleCheck::Range { .. } => 1,
        RuleCheck::Identity { .. } | RuleCheck::Jump { .. } => 2,
        RuleCheck::Outlier { among, .. } => match among {
            Among::Areas => 1,
            Among::Periods(periods) => usize::try_from(*periods).unwrap_or(usize::MAX),
        },
    }
}

type Target = (AreaId, Period);

/// The areas and periods for which each rule is checked.
fn all_targets(catalog: &Catalog, checks: &Checks) -> Result<Vec<Target>, Vec<Refusal>> {
    let area = match &checks.areas {
        AreaSelection::List(areas) => areas.first(),
        AreaSelection::Under { area, .. } => Some(area),
    };
    let measure = catalog
        .metrics()
        .next()
        .map(|metric| MeasureId::Metric(metric.id.clone()));
    let (Some(area), Some(period), Some(measure)) = (area, checks.periods.first(), measure) else {
        return Ok(Vec::new());
    };
    let question = Question {
        areas: checks.areas.clone(),
        periods: checks.periods.clone(),
        ..Question::one(measure, area.clone(), *period)
    };
    // a sum over several areas is not asked for
    let one = |(area, period)| match area {
        FigureArea::One(area) => Some((area, period)),
        FigureArea::Sum(_) => None,
    };
    Ok(targets(catalog, &question)?.into_iter().filter_map(one).collect())
}

/// A rule with everything that it is checked for.
struct Prepared<'c> {
    plans: Vec<Plan<'c>>,
    targets: &'c [Target],
    groups: Vec<Group>,
}

impl<'c> Prepared<'c> {
    fn new(catalog: &'c Catalog, rule: &Rule, targets: &'c [Target]) -> Option<Self> {
        let formulas = rule.check.formulas().into_iter();
        let plans: Vec<Plan<'c>> = formulas
            .map(|formula| Plan::of_side(formula, catalog))
            .collect::<Option<_>>()?;
        let (first, (area, period)) = (plans.first()?, targets.first()?);
        let question = Question {
            group_by: rule.group_by.iter().cloned().map(GroupKey::Dimension).collect(),
            ..Question::one(first.measure.clone(), area.clone(), *period)
        };
        let groups = groups(catalog, first, &question);
        Some(Self { plans, targets, groups })
    }

    fn count(&self) -> usize {
        self.targets.len().saturating_mul(self.groups.len())
    }

    fn at(&self, index: usize) -> (&Target, &Group) {
        let (target, group) = (index / self.groups.len(), index % self.groups.len());
        (&self.targets[target], &self.groups[group])
    }
}
