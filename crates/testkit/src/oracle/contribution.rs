//! Rule 27: what one part of a total contributed to its growth.

use almanac_indicator::GroupKey;
use almanac_model::{NoPercent, Period};

use super::Oracle;
use super::compare::Pair;
use super::figure::Asked;
use super::share::percent;

impl Oracle<'_> {
    /// The change of the part in percent of the base of the total, which is the same question without the key.
    pub(super) fn contribution(
        &self,
        key: &GroupKey,
        asked: &Asked<'_>,
        base_period: Option<Period>,
        pair: &Pair,
    ) -> Result<String, NoPercent> {
        let group = asked.group.without(key);
        let all = Asked {
            group: &group,
            ..asked.clone()
        };
        let total = self.pair(
            &all,
            &self.figure_value(&all).value,
            base_period,
            pair.left_out.is_some(),
        );
        match (&pair.value.outcome, &pair.base.outcome, &total.base.outcome) {
            (Ok(value), Ok(base), Ok(total)) => percent(&(value - base), total),
            _ => Err(NoPercent::Missing),
        }
    }
}
