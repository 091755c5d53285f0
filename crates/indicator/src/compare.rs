//! Comparing a figure with that of another period, or with its target.

mod number;

use std::collections::BTreeSet;

use almanac_model::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, Exact, FigureArea, FigureFlag, MissingReason,
    NoPercent, Period, Qualifier,
};

use crate::alike::alike;
use crate::answer::{Group, narrowings};
use crate::breaks::is_broken_between;
use crate::cagr::cagr;
use crate::check::check_one;
use crate::evaluate::{Evaluation, all_or_nothing};
use crate::plan::Plan;
use crate::question::{Base, Comparing, GroupKey, Question, Refusal, RefusalReason, State};
use crate::reading::Narrowing;
use crate::target::{Target, target_of};
use crate::territory::Territory;
use crate::value::Value;

pub(crate) use self::number::Measured;

/// What a figure was computed from, to compute that of another period in the same way.
pub(crate) struct Compared<'a> {
    pub(crate) state: State<'a>,
    pub(crate) question: &'a Question,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) group: &'a Group,
    pub(crate) narrowings: &'a [Narrowing],
    pub(crate) area: &'a FigureArea,
    pub(crate) period: Period,
    pub(crate) value: &'a Value,
}

/// Two values that are held against each other.
struct Pair {
    value: Value,
    base: Value,
    /// Only what both have was taken, and whether something was left out for it.
    like: Option<bool>,
}

impl Compared<'_> {
    pub(crate) fn with(&self, comparing: &Comparing) -> Comparison {
        let (kind, base_period) = match comparing.base {
            Base::PreviousPeriod => (ComparisonKind::PreviousPeriod, self.base_period(comparing)),
            Base::SamePeriodLastYear => (ComparisonKind::SamePeriodLastYear, self.base_period(comparing)),
            Base::Period(period) => (ComparisonKind::Base, Some(period)),
            Base::Target => return self.with_target(),
        };
        let pair = self.pair(base_period, comparing.like_for_like);
        let cagr = cagr(
            pair.base.outcome.as_ref().ok(),
            pair.value.outcome.as_ref().ok(),
            base_period,
            self.period,
        );
        Comparison {
            cagr,
            contribution: comparing
                .contribution_of
                .as_ref()
                .map(|key| self.contribution(key, base_period, &pair)),
            like: pair.like.map(|_| self.printed(&pair.value)),
            flags: self.flags(base_period, &pair),
            ..self.comparison(kind, base_period, &pair.base, &pair.value)
        }
    }

    /// The period that a figure is compared with; for a target its own.
    fn base_period(&self, comparing: &Comparing) -> Option<Period> {
        match comparing.base {
            Base::PreviousPeriod => Some(self.period.offset(-1)),
            Base::SamePeriodLastYear => self.period.a_year_before(),
            Base::Period(period) => Some(period),
            Base::Target => Some(self.period),
        }
    }

    /// Whether the plan was met. Both are of one area and period, so that nothing but bounds and missing parts stands
    /// between them.
    fn with_target(&self) -> Comparison {
        let target = (self.area, self.period);
        let Target { value: base, setting } = target_of(self.state, self.question, self.plan, self.group, target);
        let pair = Pair {
            value: self.value.clone(),
            base,
            like: None,
        };
        Comparison {
            target: setting,
            flags: self.flags(None, &pair),
            ..self.comparison(ComparisonKind::Target, Some(self.period), &pair.base, &pair.value)
        }
    }

    fn comparison(&self, kind: ComparisonKind, base_period: Option<Period>, base: &Value, value: &Value) -> Comparison {
        Comparison {
            kind,
            base_period,
            base: self.printed(base),
            base_qualifier: if base.is_missing() {
                Qualifier::Exact
            } else {
                base.qualifier
            },
            base_quality: base.lineage.quality,
            change: self.change_between(base, value),
            cagr: Err(if base.is_missing() || value.is_missing() {
                NoPercent::Missing
            } else {
                NoPercent::Span
            }),
            contribution: None,
            like: None,
            target: None,
            flags: BTreeSet::new(),
        }
    }

    fn printed(&self, value: &Value) -> Result<String, MissingReason> {
        let printed = value.outcome.as_ref();
        printed
            .map(|number| number.to_decimal_string(self.plan.decimals))
            .map_err(|reason| *reason)
    }

    fn change_between(&self, base: &Value, value: &Value) -> Option<Change> {
        let (base, value) = (base.outcome.as_ref().ok()?, value.outcome.as_ref().ok()?);
        let Distance {
            absolute,
            percent,
            index,
        } = Distance::between(base, value, self.plan.decimals);
        let unit = self.state.catalog.unit(&self.plan.unit);
        let unit = if unit.is_some_and(|unit| unit.percentage) {
            ChangeUnit::PercentagePoint
        } else {
            ChangeUnit::Figure(self.plan.unit.to_string())
        };
        Some(Change {
            absolute,
            unit,
            percent,
            index,
        })
    }

    /// The figure and its base, or what both periods have of them.
    fn pair(&self, base_period: Option<Period>, like_for_like: bool) -> Pair {
        let base = base_period.map_or_else(
            || Value::missing(MissingReason::CannotExist),
            |period| self.value_of(period),
        );
        let refused = matches!(base.outcome, Err(reason) if reason != MissingReason::Incomplete);
        let whole = |like| Pair {
            value: self.value.clone(),
            base: base.clone(),
            like,
        };
        if !like_for_like {
            return whole(None);
        }
        let Some(period) = base_period.filter(|_| !refused) else {
            // nothing of the figure is there in both
            let reason = base.outcome.as_ref().err().copied();
            let value = Value::missing(reason.unwrap_or(MissingReason::NoRecord));
            return Pair {
                value,
                ..whole(Some(false))
            };
        };
        let territory = Territory::of(self.state, self.question, self.area, self.group);
        let pair = alike(
            self.state,
            self.plan,
            self.narrowings,
            &territory,
            (self.period, period),
        );
        Pair {
            value: pair.value,
            base: pair.base,
            like: Some(pair.left_out),
        }
    }

    /// How many points of the total's growth are those of the figure.
    fn contribution(&self, key: &GroupKey, base_period: Option<Period>, pair: &Pair) -> Result<String, NoPercent> {
        let total = self.total_base(key, base_period, pair);
        let (value, base) = (pair.value.outcome.as_ref(), pair.base.outcome.as_ref());
        let (value, base) = value.ok().zip(base.ok()).ok_or(NoPercent::Missing)?;
        let total = total.outcome.map_err(|_| NoPercent::Missing)?;
        percent_of(&total, &(value - base))
    }

    /// The base of the total: the same question without the key.
    fn total_base(&self, key: &GroupKey, base_period: Option<Period>, pair: &Pair) -> Value {
        let mut group = self.group.clone();
        group.remove(key);
        let narrowings = narrowings(self.state.catalog, self.question, self.plan, &group);
        let whole = Compared {
            state: self.state,
            question: self.question,
            plan: self.plan,
            group: &group,
            narrowings: &narrowings,
            area: self.area,
            period: self.period,
            value: self.value,
        };
        whole.pair(base_period, pair.like.is_some()).base
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
        value_in(state, question, plan, narrowings, &territory, period)
    }

    fn flags(&self, base_period: Option<Period>, pair: &Pair) -> BTreeSet<ComparisonFlag> {
        const LACKS: [FigureFlag; 3] = [
            FigureFlag::PartialPeriod,
            FigureFlag::PartialCoverage,
            FigureFlag::Unmatched,
        ];
        let Pair { value, base, like } = pair;
        let lacks = |value: &Value| LACKS.iter().any(|flag| value.lineage.flags.contains(flag));
        let territory = Territory::of(self.state, self.question, self.area, self.group);
        // like for like only areas are taken that kept their extent
        let is_other = |period: Period| {
            (like.is_none() && !territory.is_same_on(self.state, period.last_day(), self.period.last_day()))
                || is_broken_between(self.plan, (period, base), (self.period, value))
        };
        let not_comparable = base_period
            .is_some_and(is_other)
            .then_some(ComparisonFlag::NotComparable);
        let partial = (like.is_none() && (lacks(base) || lacks(value))).then_some(ComparisonFlag::Partial);
        let bounded = (base.is_bounded() || value.is_bounded()).then_some(ComparisonFlag::Bounded);
        let like = (*like == Some(true)).then_some(ComparisonFlag::LikeForLike);
        let flags = [not_comparable, partial, bounded, like];
        flags.into_iter().flatten().collect()
    }
}

/// The value of a territory that exists in a period, all or nothing where that is asked for.
pub(crate) fn value_in(
    state: State<'_>,
    question: &Question,
    plan: &Plan<'_>,
    narrowings: &[Narrowing],
    territory: &Territory,
    period: Period,
) -> Value {
    let mut value = Evaluation::new(state, plan, narrowings).run(territory, period).value;
    if question.strict {
        all_or_nothing(&mut value);
    }
    value
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

/// How far two numbers are apart. Growth from zero or from a negative base has no meaning.
pub(crate) struct Distance {
    pub(crate) absolute: String,
    pub(crate) percent: Result<String, NoPercent>,
    pub(crate) index: Result<String, NoPercent>,
}

impl Distance {
    pub(crate) fn between(base: &Exact, value: &Exact, decimals: u8) -> Self {
        let difference = value - base;
        Self {
            absolute: difference.to_decimal_string(decimals),
            percent: percent_of(base, &difference),
            index: percent_of(base, value),
        }
    }
}

/// A number in percent of a positive one, with two decimals.
pub(crate) fn percent_of(base: &Exact, part: &Exact) -> Result<String, NoPercent> {
    exact_percent(base, part).map(|percent| percent.to_decimal_string(2))
}

/// A number in percent of a positive one, before it is rounded.
pub(crate) fn exact_percent(base: &Exact, part: &Exact) -> Result<Exact, NoPercent> {
    if base.sign().is_lt() {
        return Err(NoPercent::BaseNegative);
    }
    let ratio = part.checked_div(base).ok_or(NoPercent::BaseZero)?;
    Ok(&ratio * &Exact::from_integer(100))
}
