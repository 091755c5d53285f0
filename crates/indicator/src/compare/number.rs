//! The numbers of a comparison before they are rounded: what figures are ordered by.

use almanac_model::Exact;

use super::{Compared, Pair, exact_percent};
use crate::question::{Base, Comparing};
use crate::ranking::ComparedNumber;
use crate::target::target_of;
use crate::value::Value;

/// A number by which figures are ordered.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) number: Exact,
    /// It rests on a bound, or on a number that is only about right.
    pub(crate) bounded: bool,
}

impl Measured {
    /// The number of a value; `None` when it is missing, for whatever reason.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let number = value.outcome.as_ref().ok()?.clone();
        let bounded = value.is_bounded();
        Some(Self { number, bounded })
    }
}

impl Compared<'_> {
    /// A number that a comparison gives; `None` when it gives none.
    pub(crate) fn number(&self, comparing: &Comparing, wanted: ComparedNumber) -> Option<Measured> {
        let base_period = self.base_period(comparing);
        let pair = if comparing.base == Base::Target {
            let target = (self.area, self.period);
            Pair {
                value: self.value.clone(),
                base: target_of(self.state, self.question, self.plan, self.group, target).value,
                like: None,
            }
        } else {
            self.pair(base_period, comparing.like_for_like)
        };
        let (value, base) = (pair.value.outcome.as_ref().ok()?, pair.base.outcome.as_ref().ok()?);
        let mut bounded = pair.value.is_bounded() || pair.base.is_bounded();
        let change = value - base;
        let number = match wanted {
            ComparedNumber::Change => change,
            ComparedNumber::GrowthPercent => exact_percent(base, &change).ok()?,
            ComparedNumber::AchievementPercent => exact_percent(base, value).ok()?,
            ComparedNumber::ContributionPoints => {
                let total = self.total_base(comparing.contribution_of.as_ref()?, base_period, &pair);
                bounded |= total.is_bounded();
                exact_percent(total.outcome.as_ref().ok()?, &change).ok()?
            }
        };
        Some(Measured { number, bounded })
    }
}
