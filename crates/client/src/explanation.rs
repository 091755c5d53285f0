//! What one figure was made of, and the values that it has had.

use std::collections::BTreeMap;

use almanac_catalog::Documentation;
use almanac_model::{
    AreaId, Figure, FigureFlag, MissingReason, Period, PeriodRange, Qualifier, Quality, ReporterId, Revision, UnitId,
};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::AnsweredAt;

/// What a figure was made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// The figure.
    pub figure: Figure,
    /// The number before it is rounded; `None` when there is none.
    pub exact_value: Option<Number>,
    /// The formula, with other indicators written out.
    pub formula: String,
    /// The formula with the terms' values put in: evaluated exactly it is the number before rounding.
    pub substituted: String,
    /// The terms of the formula, in its order.
    pub terms: Vec<Term>,
    /// Why the figure has its flags, and why it has no value.
    pub causes: Vec<Cause>,
    /// At which state of the log.
    pub answered_at: AnsweredAt,
}

/// A number as it is, not rounded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number {
    /// Decimal digits; rounded to twelve decimals when they would never end.
    pub digits: String,
    /// The fraction of whole numbers, when the digits would never end.
    pub fraction: Option<String>,
}

/// One term of a formula: a metric, narrowed to some codes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Term {
    /// The term as the formula writes it.
    pub expression: String,
    /// The metric's label, definition and source.
    pub documentation: Documentation,
    /// The number, or why there is none.
    pub value: Result<Number, MissingReason>,
    /// The metric's unit.
    pub unit: UnitId,
    /// The period that was read, or the periods that were read like one.
    pub period: PeriodRange,
    /// What each series contributes; added they are the value.
    pub contributions: Vec<Contribution>,
}

/// What one series contributes to a term.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contribution {
    /// Where.
    pub area: AreaId,
    /// The code of each dimension.
    pub dimensions: BTreeMap<String, String>,
    /// Who reported it.
    pub reporter: ReporterId,
    /// The number after the time operator and the weight of the area, or why there is none.
    pub value: Result<Number, MissingReason>,
    /// The day whose boundaries hold.
    pub boundaries_of: Date,
    /// The recorded values that it was made of.
    pub values: Vec<RecordedValue>,
}

/// One recorded value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordedValue {
    /// The period it was reported for.
    pub period: Period,
    /// The number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// How final it is.
    pub quality: Option<Quality>,
    /// How it is bounded.
    pub qualifier: Qualifier,
    /// Whether it is taken off: of totals since the start of the year, the one up to the sub-period before.
    pub subtracted: bool,
    /// What made it, the oldest first: of a report one revision, of a tally each that added to it or took something back.
    pub writes: Vec<ValueWrite>,
}

/// What one revision did to a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValueWrite {
    /// The revision.
    pub revision: Revision,
    /// When it was recorded.
    pub record_time: Option<Timestamp>,
    /// What a report said, or what was added to a tally, as decimal digits; `None` when there is no number.
    pub amount: Option<String>,
    /// How many events it recorded for the value.
    pub recorded_count: u64,
    /// How many events it took back.
    pub taken_back_count: u64,
}

/// Why a figure has a flag, or no value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cause {
    /// What it is the cause of: a flag, or the reason why there is no value.
    pub effect: Result<FigureFlag, MissingReason>,
    /// The same in words.
    pub sentence: String,
    /// How many series, areas, periods or changes of boundaries brought it about.
    pub culprit_count: u64,
}

/// All values that one figure has had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Vintages {
    /// The oldest first.
    pub vintages: Vec<Vintage>,
    /// The state of the log up to which they are listed.
    pub answered_at: AnsweredAt,
}

/// A figure as it was from one revision until that of the next vintage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Vintage {
    /// The figure.
    pub figure: Figure,
    /// The revision that made it so.
    pub revision: Revision,
    /// When that revision was recorded.
    pub revision_time: Option<Timestamp>,
}

impl Explanation {
    /// The explanation with the events of its next page.
    pub(crate) fn continued(mut self, next: Self) -> Self {
        for (term, more) in self.terms.iter_mut().zip(next.terms) {
            for contribution in more.contributions {
                term.add(contribution);
            }
        }
        self
    }
}

impl Term {
    /// Adds a contribution of the next page, which may go on with the last one.
    fn add(&mut self, next: Contribution) {
        let last = self.contributions.last_mut();
        match last.filter(|last| last.is_series_of(&next)) {
            Some(last) => next.values.into_iter().for_each(|value| last.add(value)),
            None => self.contributions.push(next),
        }
    }
}

impl Contribution {
    fn is_series_of(&self, other: &Self) -> bool {
        let key = |one: &Self| {
            (
                one.area.clone(),
                one.dimensions.clone(),
                one.reporter.clone(),
                one.boundaries_of,
            )
        };
        key(self) == key(other)
    }

    fn add(&mut self, next: RecordedValue) {
        let last = self.values.last_mut();
        match last.filter(|last| last.period == next.period) {
            Some(last) => last.writes.extend(next.writes),
            None => self.values.push(next),
        }
    }
}
