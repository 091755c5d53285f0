//! What figures are compared with.

use std::fmt::Display;

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::ComparisonKind;

/// One comparison of every figure of a question, for [`crate::IndicatorsQuestion::comparisons`].
///
/// ```
/// use almanac_client::Against;
///
/// let growth = Against::same_period_last_year().like_for_like();
/// let parts_of_growth = Against::period("2015").contribution_of("service");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    request: pb::ComparisonRequest,
}

impl Against {
    /// With the period before.
    #[must_use]
    pub fn previous_period() -> Self {
        Self::kind(ComparisonKind::PreviousPeriod)
    }

    /// With the same period of the year before.
    #[must_use]
    pub fn same_period_last_year() -> Self {
        Self::kind(ComparisonKind::SamePeriodLastYear)
    }

    /// With this period, of the granularity of the figures: `2015`.
    #[must_use]
    pub fn period(period: impl Display) -> Self {
        let mut against = Self::kind(ComparisonKind::Base);
        against.request.base_period = period.to_string();
        against
    }

    /// With the plan's figure for the same area, period and codes.
    #[must_use]
    pub fn target() -> Self {
        Self::kind(ComparisonKind::Target)
    }

    /// Also how many percentage points of the growth of the total over a key that is grouped by each of its codes
    /// contributed.
    #[must_use]
    pub fn contribution_of(mut self, key: impl Display) -> Self {
        self.request.contribution_of = key.to_string();
        self
    }

    /// Only what both periods have.
    #[must_use]
    pub fn like_for_like(mut self) -> Self {
        self.request.like_for_like = true;
        self
    }

    pub(crate) fn into_proto(self) -> pb::ComparisonRequest {
        self.request
    }

    fn kind(kind: ComparisonKind) -> Self {
        Self {
            request: pb::ComparisonRequest {
                kind: kind.into(),
                ..pb::ComparisonRequest::default()
            },
        }
    }
}
