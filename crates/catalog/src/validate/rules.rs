//! What an event of a metric is checked against, prepared once.

use std::collections::HashSet;

use almanac_model::{Code, Decimal, DimensionId};

use crate::table::Table;
use crate::{Dimension, Metric};

/// What an event of one metric is checked against.
#[derive(Clone, Debug)]
pub(crate) struct EventRules {
    /// The dimensions of the metric with their codes, sorted as events have them.
    pub(crate) dimensions: Vec<(DimensionId, HashSet<Code>)>,
    /// The least scaled value.
    pub(crate) min: i64,
    /// The greatest scaled value.
    pub(crate) max: i64,
}

impl EventRules {
    pub(crate) fn new(metric: &Metric, dimensions: &Table<DimensionId, Dimension>) -> Self {
        let codes_of = |id: &DimensionId| {
            let codes = dimensions
                .get(id.as_str())
                .map_or(&[][..], |dimension| &dimension.codes);
            codes.iter().map(|item| item.code.clone()).collect()
        };
        let mut of_metric: Vec<_> = metric.dimensions.iter().map(|id| (id.clone(), codes_of(id))).collect();
        of_metric.sort_by(|(left, _), (right, _)| left.cmp(right));
        // a limit beyond 64 bits does not limit
        let scaled =
            |limit: Option<Decimal>, open| limit.map_or(open, |limit| limit.to_scaled(metric.decimals).unwrap_or(open));
        Self {
            dimensions: of_metric,
            min: scaled(metric.range.min, i64::MIN),
            max: scaled(metric.range.max, i64::MAX),
        }
    }
}
