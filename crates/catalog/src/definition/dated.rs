//! Which definitions hold when.

use almanac_model::{Granularity, LevelId, Period};
use jiff::civil::Date;

use super::{Area, CollectionLevel, DatedParent, Metric};

impl CollectionLevel {
    /// Whether the metric is collected at this level for that period (by the period's last day).
    #[must_use]
    pub fn covers(&self, period: Period) -> bool {
        let day = period.last_day();
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }
}

impl Metric {
    /// The level at which it is collected, if it always was.
    #[must_use]
    pub fn only_level(&self) -> Option<&LevelId> {
        match self.levels.as_slice() {
            [only] if only.from.is_none() && only.to.is_none() => Some(&only.level),
            _ => None,
        }
    }

    /// At which level it is collected for that period; `None` when it is not collected then.
    #[must_use]
    pub fn level_for(&self, period: Period) -> Option<&LevelId> {
        let collection = self.levels.iter().find(|collection| collection.covers(period))?;
        Some(&collection.level)
    }

    /// At which level it is collected on that day; `None` when it is not collected then.
    #[must_use]
    pub fn level_on(&self, day: Date) -> Option<&LevelId> {
        self.level_for(Period::containing(Granularity::Day, day))
    }
}

impl DatedParent {
    /// Whether it is so on that day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

impl Area {
    /// Whether it exists on that day.
    #[must_use]
    pub fn is_valid_at(&self, day: Date) -> bool {
        self.parents.iter().any(|stretch| stretch.holds_on(day))
    }

    /// The first day on which it no longer exists; `None` when it exists for ever.
    #[must_use]
    pub fn ends(&self) -> Option<Date> {
        self.parents
            .iter()
            .map(|stretch| stretch.to)
            .reduce(|left, right| Some(left?.max(right?)))
            .flatten()
    }
}
