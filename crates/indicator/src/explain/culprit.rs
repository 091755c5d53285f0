//! What brought a flag about, or left a figure without a value.

use almanac_catalog::{Range, Transition};
use almanac_cube::SeriesKey;
use almanac_model::{AreaId, MissingReason, PeriodRange};
use jiff::civil::Date;

use crate::notes::Side;

/// So many culprits are listed for one cause; the rest is counted.
pub const MAX_CULPRITS: usize = 100;

/// One thing that brought about a flag or a missing value. Only what applies is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Culprit {
    /// The place of the term among those of the explanation.
    pub term: Option<usize>,
    /// The series.
    pub series: Option<SeriesKey>,
    /// The area, when it is not one series.
    pub area: Option<AreaId>,
    /// The period: a sub-period that lacks a value or whose total decreased, or the period that was read.
    pub period: Option<PeriodRange>,
    /// The last day of the value that stands in for an absent one, the day on which there is no such area, the day that was
    /// read when the area lay elsewhere than on the boundaries asked for, or the first day of a new definition.
    pub day: Option<Date>,
    /// Why there is no value.
    pub missing: Option<MissingReason>,
    /// Which side of a division the area lacks.
    pub lacks: Option<Side>,
    /// The values that the catalogue declares as possible.
    pub range: Option<Range>,
    /// Who changed the definition.
    pub source: Option<String>,
    /// The change of boundaries.
    pub transition: Option<Transition>,
}

/// Some culprits, and how many there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Culprits {
    /// At most [`MAX_CULPRITS`].
    pub listed: Vec<Culprit>,
    /// All of them.
    pub count: usize,
}

impl Culprits {
    pub(super) fn add(&mut self, culprit: Culprit) {
        if self.listed.len() < MAX_CULPRITS {
            self.listed.push(culprit);
        }
        self.count += 1;
    }

    pub(super) fn add_all(&mut self, others: &Self) {
        let room = MAX_CULPRITS - self.listed.len().min(MAX_CULPRITS);
        self.listed.extend(others.listed.iter().take(room).cloned());
        self.count += others.count;
    }
}
