//! Groupings: classifications of areas beside the hierarchy, such as urban and rural, or the regions of a country.

use std::collections::BTreeMap;

use almanac_model::{AreaId, Code};
use jiff::civil::Date;

use super::Dimension;

/// A dimension of areas. An area that is not listed has the code of its nearest listed ancestor of the day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grouping {
    /// Its id, its texts and its codes. No event has a code of it.
    pub dimension: Dimension,
    /// The listed areas, each with its codes in the order of their dates, which do not overlap.
    pub members: BTreeMap<AreaId, Vec<Membership>>,
}

/// The code of an area in a stretch of time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Membership {
    /// The code.
    pub code: Code,
    /// From this day; absent: always.
    pub from: Option<Date>,
    /// Until the day before this one; absent: for ever.
    pub to: Option<Date>,
}

impl Grouping {
    /// The code that the area itself is listed with on that day.
    #[must_use]
    pub fn listed_on(&self, area: &AreaId, day: Date) -> Option<&Code> {
        let stretches = self.members.get(area)?;
        let stretch = stretches.iter().find(|stretch| stretch.holds_on(day))?;
        Some(&stretch.code)
    }
}

impl Membership {
    /// Whether it is so on that day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }
}
