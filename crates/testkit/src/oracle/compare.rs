//! Rules 18, 22 and 27: a figure against that of another period.

use std::collections::BTreeSet;

use almanac_catalog::MeasureId;
use almanac_indicator::{Base, Comparing};
use almanac_model::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, Exact, FigureFlag, MissingReason, NoPercent,
    Period, Qualifier,
};

use super::Oracle;
use super::figure::Asked;
use super::growth::yearly;
use super::value::Value;

impl Oracle<'_> {
    /// What a figure is compared with, and how far they are apart. `None` for a target: the generated catalogues have none.
    pub(super) fn comparison(&self, comparing: &Comparing, asked: &Asked<'_>, value: &Value) -> Option<Comparison> {
        let period = asked.period;
        let (kind, base_period) = match comparing.base {
            Base::Target => return None,
            Base::PreviousPeriod => (ComparisonKind::PreviousPeriod, Some(period.offset(-1))),
            Base::SamePeriodLastYear => (ComparisonKind::SamePeriodLastYear, last_year(period)),
            Base::Period(period) => (ComparisonKind::Base, Some(period)),
        };
        let base = match base_period {
            Some(period) => self.base_value(&asked.at(period)),
            None => Value::missing(MissingReason::CannotExist),
        };
        let numbers = base.outcome.as_ref().ok().zip(value.outcome.as_ref().ok());
        Some(Comparison {
            kind,
            base_period,
            base: base
                .outcome
                .as_ref()
                .map(|number| number.to_decimal_string(asked.decimals))
                .map_err(|reason| *reason),
            base_qualifier: base.qualifier,
            base_quality: base.quality,
            change: numbers.map(|(base, value)| self.change(base, value, asked)),
            cagr: numbers.map_or(Err(NoPercent::Missing), |(base, value)| {
                yearly(base, value, base_period, period)
            }),
            // the generated questions do not ask for these
            contribution: None,
            like: None,
            target: None,
            flags: self.comparison_flags(base_period, &base, asked, value),
        })
    }

    /// The value of the base period. Where no question could ask for it, it is missing.
    fn base_value(&self, asked: &Asked<'_>) -> Value {
        let territory = self.territory_asked(asked);
        if self.is_void(&territory, asked.period) {
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
        base: &Value,
        asked: &Asked<'_>,
        value: &Value,
    ) -> BTreeSet<ComparisonFlag> {
        let mut flags = BTreeSet::new();
        let day = asked.period.last_day();
        let territory = self.territory_asked(asked);
        let is_other = |period: Period| {
            !self.is_comparable(&territory, period.last_day(), day)
                || self.is_broken_between(asked, value, period, base)
        };
        if base_period.is_some_and(is_other) {
            flags.insert(ComparisonFlag::NotComparable);
        }
        if base.flags.iter().chain(&value.flags).copied().any(lacks_something) {
            flags.insert(ComparisonFlag::Partial);
        }
        let bounded = |value: &Value| value.outcome.is_ok() && value.qualifier != Qualifier::Exact;
        if bounded(base) || bounded(value) {
            flags.insert(ComparisonFlag::Bounded);
        }
        flags
    }

    fn change(&self, base: &Exact, value: &Exact, asked: &Asked<'_>) -> Change {
        let zero = Exact::from_integer(0);
        let percent = |number: &Exact| {
            if *base < zero {
                return Err(NoPercent::BaseNegative);
            }
            let ratio = number.checked_div(base).ok_or(NoPercent::BaseZero)?;
            Ok((&ratio * &Exact::from_integer(100)).to_decimal_string(2))
        };
        let difference = value - base;
        Change {
            absolute: difference.to_decimal_string(asked.decimals),
            unit: self.change_unit(asked),
            percent: percent(&difference),
            index: percent(value),
        }
    }

    /// Between two percentages there are points.
    fn change_unit(&self, asked: &Asked<'_>) -> ChangeUnit {
        let unit = match asked.measure {
            MeasureId::Metric(id) => self.catalog.metric(id.as_str()).map(|metric| &metric.unit),
            MeasureId::Indicator(id) => self.catalog.indicator(id.as_str()).map(|indicator| &indicator.unit),
        };
        let unit = unit.and_then(|unit| self.catalog.unit(unit.as_str()));
        match unit {
            Some(unit) if !unit.percentage => ChangeUnit::Figure(unit.id.to_string()),
            _ => ChangeUnit::PercentagePoint,
        }
    }
}

/// The flags of a value that lacks parts.
pub(super) fn lacks_something(flag: FigureFlag) -> bool {
    matches!(
        flag,
        FigureFlag::PartialPeriod | FigureFlag::PartialCoverage | FigureFlag::Unmatched
    )
}

/// The period that is written the same but for the year; some years have no 29 February and no week 53.
fn last_year(period: Period) -> Option<Period> {
    let text = period.to_string();
    let (year, rest) = text.split_at(4);
    let earlier = year.parse::<i16>().ok()? - 1;
    format!("{earlier:04}{rest}").parse().ok()
}
