//! Rules 18, 22 and 27: a figure against that of another period.

use std::collections::BTreeSet;

use almanac_indicator::{Base, Comparing};
use almanac_model::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, Exact, FigureFlag, MissingReason, NoPercent,
    Period, Qualifier,
};

use super::Oracle;
use super::figure::Asked;
use super::growth::yearly;
use super::share::percent;
use super::value::Value;

/// Two values that are held against each other.
pub(super) struct Pair {
    pub(super) value: Value,
    pub(super) base: Value,
    /// Like for like: whether anything was left out for it. `None` when that was not asked.
    pub(super) left_out: Option<bool>,
}

impl Oracle<'_> {
    /// What a figure is compared with, and how far they are apart.
    pub(super) fn comparison(&self, comparing: &Comparing, asked: &Asked<'_>, value: &Value) -> Comparison {
        let period = asked.period;
        let (kind, base_period) = match comparing.base {
            Base::Target => return self.against_target(asked, value),
            Base::PreviousPeriod => (ComparisonKind::PreviousPeriod, Some(period.offset(-1))),
            Base::SamePeriodLastYear => (ComparisonKind::SamePeriodLastYear, self.last_year(period)),
            Base::Period(period) => (ComparisonKind::Base, Some(period)),
        };
        let pair = self.pair(asked, value, base_period, comparing.like_for_like);
        let numbers = pair.base.outcome.as_ref().ok().zip(pair.value.outcome.as_ref().ok());
        Comparison {
            kind,
            base_period,
            base: printed(&pair.base, asked),
            base_qualifier: pair.base.qualifier,
            base_quality: pair.base.quality,
            change: numbers.map(|(base, value)| self.change(base, value, asked)),
            cagr: numbers.map_or(Err(NoPercent::Missing), |(base, value)| {
                yearly(base, value, base_period, period)
            }),
            contribution: (comparing.contribution_of.as_ref())
                .map(|key| self.contribution(key, asked, base_period, &pair)),
            like: pair.left_out.map(|_| printed(&pair.value, asked)),
            target: None,
            flags: self.comparison_flags(base_period, &pair, asked),
        }
    }

    /// Rule 28: both are of one area and period, and no growth leads from the plan to what came of it.
    fn against_target(&self, asked: &Asked<'_>, value: &Value) -> Comparison {
        let (base, target) = self.target(asked);
        let pair = Pair {
            value: value.clone(),
            base,
            left_out: None,
        };
        let numbers = pair.base.outcome.as_ref().ok().zip(value.outcome.as_ref().ok());
        Comparison {
            kind: ComparisonKind::Target,
            base_period: Some(asked.period),
            base: printed(&pair.base, asked),
            base_qualifier: pair.base.qualifier,
            base_quality: pair.base.quality,
            change: numbers.map(|(base, value)| self.change(base, value, asked)),
            cagr: Err(numbers.map_or(NoPercent::Missing, |_| NoPercent::Span)),
            contribution: None,
            like: None,
            target,
            flags: self.comparison_flags(None, &pair, asked),
        }
    }

    /// A figure and that of a base period, or what both have. Where there is no base nothing is in both.
    pub(super) fn pair(
        &self,
        asked: &Asked<'_>,
        value: &Value,
        base_period: Option<Period>,
        like_for_like: bool,
    ) -> Pair {
        let base = base_period.map(|period| (asked.at(period), self.base_value(&asked.at(period))));
        let Some((base_asked, base)) = base else {
            let none = Value::missing(MissingReason::CannotExist);
            return Pair {
                value: if like_for_like { none.clone() } else { value.clone() },
                base: none,
                left_out: like_for_like.then_some(false),
            };
        };
        match base.outcome {
            _ if !like_for_like => Pair {
                value: value.clone(),
                base,
                left_out: None,
            },
            // incomplete is only what is asked for strictly as a whole
            Err(reason) if reason != MissingReason::Incomplete => Pair {
                value: Value::missing(reason),
                base,
                left_out: Some(false),
            },
            _ => {
                let alike = self.alike(asked, &base_asked);
                Pair {
                    value: alike.value,
                    base: alike.base,
                    left_out: Some(alike.left_out),
                }
            }
        }
    }

    /// The value of the base period. Where no question could ask for it, it is missing.
    fn base_value(&self, asked: &Asked<'_>) -> Value {
        let territory = self.territory_asked(asked);
        if self.is_void(&territory, asked.period.last_day()) {
            return Value::missing(MissingReason::CannotExist);
        }
        match self.refused(asked) {
            Some(reason) => Value::missing(reason),
            None => self.value_asked(asked).value,
        }
    }

    fn comparison_flags(
        &self,
        base_period: Option<Period>,
        pair: &Pair,
        asked: &Asked<'_>,
    ) -> BTreeSet<ComparisonFlag> {
        let Pair { value, base, left_out } = pair;
        let mut flags = BTreeSet::new();
        let is_whole = left_out.is_none();
        let day = asked.period.last_day();
        let territory = self.territory_asked(asked);
        let is_other = |period: Period| {
            // like for like only areas are taken that kept their extent
            (is_whole && !self.is_comparable(&territory, period.last_day(), day))
                || self.is_broken_between(asked, value, period, base)
        };
        if base_period.is_some_and(is_other) {
            flags.insert(ComparisonFlag::NotComparable);
        }
        if is_whole && base.flags.iter().chain(&value.flags).copied().any(lacks_something) {
            flags.insert(ComparisonFlag::Partial);
        }
        let bounded = |value: &Value| value.outcome.is_ok() && value.qualifier != Qualifier::Exact;
        if bounded(base) || bounded(value) {
            flags.insert(ComparisonFlag::Bounded);
        }
        if *left_out == Some(true) {
            flags.insert(ComparisonFlag::LikeForLike);
        }
        flags
    }

    /// The period that is written the same but for the year; some years have no 29 February and no week 53.
    pub(super) fn last_year(&self, period: Period) -> Option<Period> {
        let text = period.to_string();
        let (calendar, text) = text
            .rsplit_once(':')
            .map_or((String::new(), text.as_str()), |(calendar, text)| {
                (format!("{calendar}:"), text)
            });
        let (year, rest) = text.split_at(4);
        let earlier = year.parse::<i16>().ok()? - 1;
        self.catalog.period(&format!("{calendar}{earlier:04}{rest}")).ok()
    }

    fn change(&self, base: &Exact, value: &Exact, asked: &Asked<'_>) -> Change {
        let difference = value - base;
        Change {
            absolute: difference.to_decimal_string(asked.measure.decimals),
            unit: self.change_unit(asked),
            percent: percent(&difference, base),
            index: percent(value, base),
        }
    }

    /// Between two percentages there are points.
    fn change_unit(&self, asked: &Asked<'_>) -> ChangeUnit {
        let unit = &asked.measure.unit;
        if self.catalog.unit(unit).is_some_and(|unit| unit.percentage) {
            ChangeUnit::PercentagePoint
        } else {
            ChangeUnit::Figure(unit.clone())
        }
    }
}

fn printed(value: &Value, asked: &Asked<'_>) -> Result<String, MissingReason> {
    let printed = value.outcome.as_ref();
    printed
        .map(|number| number.to_decimal_string(asked.measure.decimals))
        .map_err(|reason| *reason)
}

/// The flags of a value that lacks parts.
pub(super) fn lacks_something(flag: FigureFlag) -> bool {
    matches!(
        flag,
        FigureFlag::PartialPeriod | FigureFlag::PartialCoverage | FigureFlag::Unmatched
    )
}
