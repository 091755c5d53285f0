//! One side of a check, computed like any figure.

use almanac_model::{AreaId, ComparisonFlag, FigureArea, MissingReason, Period, Qualifier};

use super::finding::{RuleSide, Unchecked, UncheckedReason};
use crate::answer::{Group, evaluate_figure, narrowings};
use crate::check::check;
use crate::compare::Compared;
use crate::evaluate::Evaluation;
use crate::plan::Plan;
use crate::question::{Base, GroupKey, Question, State};
use crate::value::Value;

/// Sides are printed with at most so many decimals; they are judged before that.
pub(super) const DECIMALS: u8 = 12;

/// A formula for some codes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) state: State<'a>,
    pub(super) plan: &'a Plan<'a>,
    pub(super) group_by: &'a [GroupKey],
    pub(super) group: &'a Group,
}

impl Unchecked {
    /// Tells the other side too, which is there.
    pub(super) fn beside(mut self, other: &Side) -> Self {
        self.sides.insert(0, other.shown.clone());
        self.message = format!("{}: {}", other.shown.told(), self.message);
        self
    }
}

/// A value and how it is shown.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) value: Value,
    pub(super) shown: RuleSide,
}

impl Reader<'_> {
    /// The value for an area and a period, or why a question for it would be refused.
    pub(super) fn read(&self, area: &AreaId, period: Period) -> Result<Side, Unchecked> {
        let question = self.question(area, period);
        let target = (FigureArea::One(area.clone()), period);
        let plans = std::slice::from_ref(self.plan);
        check(self.state.catalog, &question, plans, std::slice::from_ref(&target)).map_err(|refusals| {
            let first = refusals.into_iter().next();
            let (reason, message) = first.map_or_else(
                || (UncheckedReason::Missing, "it cannot be asked for".to_owned()),
                |refusal| (UncheckedReason::Refused(refusal.reason), refusal.message),
            );
            Unchecked {
                reason,
                sides: Vec::new(),
                message,
            }
        })?;
        let narrowings = narrowings(self.state.catalog, &question, self.plan, self.group);
        let mut evaluation = Evaluation::new(self.state, self.plan, &narrowings);
        let (figure, mut value) =
            evaluate_figure(self.state, &question, self.plan, &target, self.group, &mut evaluation);
        // what the figure does not show is not judged either
        if let Err(reason) = figure.value {
            value.outcome = Err(reason);
        }
        Ok(Side {
            shown: self.shown(&value, period),
            value,
        })
    }

    /// Whether the figure of an earlier period stands against that of this one.
    pub(super) fn compares(&self, area: &AreaId, period: Period, base: Base, value: &Value) -> bool {
        let question = self.question(area, period);
        let compared = Compared {
            state: self.state,
            question: &question,
            plan: self.plan,
            narrowings: &narrowings(self.state.catalog, &question, self.plan, self.group),
            group: self.group,
            area: &FigureArea::One(area.clone()),
            period,
            value,
        };
        !compared
            .with(&base.into())
            .flags
            .contains(&ComparisonFlag::NotComparable)
    }

    fn question(&self, area: &AreaId, period: Period) -> Question {
        Question {
            group_by: self.group_by.to_vec(),
            ..Question::one(self.plan.measure.clone(), area.clone(), period)
        }
    }

    fn shown(&self, value: &Value, period: Period) -> RuleSide {
        RuleSide {
            formula: self.plan.formula.to_string(),
            period: Some(period),
            value: value
                .outcome
                .as_ref()
                .map(|number| number.to_short_string(DECIMALS))
                .map_err(|reason| *reason),
            quality: value.lineage.quality,
            qualifier: if value.is_missing() {
                Qualifier::Exact
            } else {
                value.qualifier
            },
            flags: value.lineage.flags.clone(),
        }
    }
}

impl RuleSide {
    /// Something that is not a figure: a bound, a median.
    pub(super) fn number(formula: String, number: String) -> Self {
        Self {
            formula,
            period: None,
            value: Ok(number),
            quality: None,
            qualifier: Qualifier::Exact,
            flags: [].into(),
        }
    }

    /// `post.items is 5`, or `post.items has no value (not collected)`, with the period.
    pub(super) fn told(&self) -> String {
        let period = self.period.map(|period| format!(" in {period}")).unwrap_or_default();
        let bound = match self.qualifier {
            Qualifier::Exact => "",
            Qualifier::AtLeast => "at least ",
            Qualifier::AtMost => "at most ",
            Qualifier::About => "about ",
        };
        match &self.value {
            Ok(number) => format!("{} is {bound}{number}{period}", self.formula),
            Err(reason) => format!("{} has no value{period} ({reason})", self.formula),
        }
    }

    pub(super) fn missing(&self) -> Option<MissingReason> {
        self.value.as_ref().err().copied()
    }
}
