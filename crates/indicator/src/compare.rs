//! Comparing a figure with that of another period.

use std::collections::BTreeSet;

use almanac_model::{
    Change, Comparison, ComparisonFlag, ComparisonKind, Exact, FigureArea, FigureFlag, MissingReason, NoPercent,
    Period, Qualifier,
};

use crate::answer::Group;
use crate::breaks::is_broken_between;
use crate::check::check_one;
use crate::evaluate::{Evaluation, all_or_nothing};
use crate::plan::Plan;
use crate::question::{Base, Question, Refusal, RefusalReason, State};
use crate::reading::Narrowing;
use crate::territory::Territory;
use crate::value::Value;

/// What a figure was computed from, to compute that of another period in the same way.
pub(crate) struct Compared<'a> {
    pub(crate) state: State<'a>,
    pub(crate) question: &'a Question,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) narrowings: &'a [Narrowing],
    pub(crate) group: &'a Group,
    pub(crate) area: &'a FigureArea,
    pub(crate) period: Period,
    pub(crate) value: &'a Value,
}

impl Compared<'_> {
    pub(crate) fn with(&self, base: Base) -> Comparison {
        let (kind, base_period) = match base {
            Base::PreviousPeriod => (ComparisonKind::PreviousPeriod, Some(self.period.offset(-1))),
            Base::SamePeriodLastYear => (ComparisonKind::SamePeriodLastYear, self.period.a_year_before()),
            Base::Period(period) => (ComparisonKind::Base, Some(period)),
        };
        let base = base_period.map_or_else(
            || Value::missing(MissingReason::CannotExist),
            |period| self.value_of(period),
        );
        let decimals = self.plan.decimals;
        Comparison {
            kind,
            base_period,
            base: base
                .outcome
                .as_ref()
                .map(|number| number.to_decimal_string(decimals))
                .map_err(|reason| *reason),
            base_qualifier: if base.is_missing() {
                Qualifier::Exact
            } else {
                base.qualifier
            },
            base_quality: base.lineage.quality,
            change: change_between(&base, self.value, decimals),
            flags: self.flags(base_period, &base),
        }
    }

    /// The value of the base period. One that a question could not ask for is missing here: the figure itself stands.
    fn value_of(&self, period: Period) -> Value {
        let Self {
            state,
            question,
            plan,
            narrowings,
            group,
            area,
            ..
        } = *self;
        let territory = Territory::of(state, question, area, group);
        if territory.is_void(state, period.last_day()) {
            return Value::missing(MissingReason::CannotExist);
        }
        if let Err(refusals) = check_one(state.catalog, question, plan, group, area, period) {
            return Value::missing(reason_of(&refusals));
        }
        let mut value = Evaluation::new(state, plan, narrowings).run(&territory, period).value;
        if question.strict {
            all_or_nothing(&mut value);
        }
        value
    }

    fn flags(&self, base_period: Option<Period>, base: &Value) -> BTreeSet<ComparisonFlag> {
        const LACKS: [FigureFlag; 3] = [
            FigureFlag::PartialPeriod,
            FigureFlag::PartialCoverage,
            FigureFlag::Unmatched,
        ];
        let lacks = |value: &Value| LACKS.iter().any(|flag| value.lineage.flags.contains(flag));
        let territory = Territory::of(self.state, self.question, self.area, self.group);
        let is_other = |period: Period| {
            !territory.is_same_on(self.state, period.last_day(), self.period.last_day())
                || is_broken_between(self.plan, (period, base), (self.period, self.value))
        };
        let not_comparable = base_period
            .is_some_and(is_other)
            .then_some(ComparisonFlag::NotComparable);
        let partial = (lacks(base) || lacks(self.value)).then_some(ComparisonFlag::Partial);
        let is_bound = |value: &Value| !value.is_missing() && value.qualifier != Qualifier::Exact;
        let bounded = (is_bound(base) || is_bound(self.value)).then_some(ComparisonFlag::Bounded);
        not_comparable.into_iter().chain(partial).chain(bounded).collect()
    }
}

/// Why there is no base where a question for it would be refused.
fn reason_of(refusals: &[Refusal]) -> MissingReason {
    let is = |reason| refusals.iter().any(|refusal| refusal.reason == reason);
    if is(RefusalReason::PeriodNotWhole) {
        MissingReason::CannotExist
    } else if is(RefusalReason::NotAdditive) {
        MissingReason::NotAdditive
    } else if is(RefusalReason::BoundaryChange) || is(RefusalReason::LevelChange) {
        MissingReason::NotRestatable
    } else {
        MissingReason::NotCollected
    }
}

fn change_between(base: &Value, value: &Value, decimals: u8) -> Option<Change> {
    let (base, value) = (base.outcome.as_ref().ok()?, value.outcome.as_ref().ok()?);
    Some(change(base, value, decimals))
}

/// How far two numbers are apart. Growth from zero or from a negative base has no meaning.
pub(crate) fn change(base: &Exact, value: &Exact, decimals: u8) -> Change {
    let difference = value - base;
    let percent_of_base = |part: &Exact| {
        if base.sign().is_lt() {
            return Err(NoPercent::BaseNegative);
        }
        let ratio = part.checked_div(base).ok_or(NoPercent::BaseZero)?;
        Ok((&ratio * &Exact::from_integer(100)).to_decimal_string(2))
    };
    Change {
        absolute: difference.to_decimal_string(decimals),
        percent: percent_of_base(&difference),
        index: percent_of_base(value),
    }
}
