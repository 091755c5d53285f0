//! What an evaluation meets on its way that is no value, and that explains one: areas left out, periods that lack a value,
//! denominators of other periods.

use std::ops::Range;

use almanac_model::{AreaId, MissingReason, PeriodRange};

/// What was met. Readings are meant by their places among those of the evaluation.
#[derive(Default)]
pub(crate) struct Notes {
    /// Areas that were left out of both sides of a division, each once, in the order in which they were met.
    pub(crate) left_out: Vec<LeftOut>,
    /// Periods of windows that lack a value.
    pub(crate) lacking: Vec<LackingPeriod>,
    /// The readings of each denominator that is of another period than its numerator.
    pub(crate) other_period: Vec<Range<usize>>,
    /// The readings of each denominator that is zero.
    pub(crate) zero_denominators: Vec<Range<usize>>,
    /// Periods for which a function has none in the calendar.
    pub(crate) nowhere: Vec<PeriodRange>,
}

/// An area that was left out of both sides of a division.
#[derive(Eq, PartialEq)]
pub(crate) struct LeftOut {
    pub(crate) area: AreaId,
    /// Which side it lacks.
    pub(crate) lacks: Side,
    /// The first term of that side.
    pub(crate) term: usize,
}

/// One side of a division.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// What is divided.
    Numerator,
    /// What it is divided by.
    Denominator,
}

/// A period of a window that lacks a value.
pub(crate) struct LackingPeriod {
    pub(crate) period: PeriodRange,
    pub(crate) reason: MissingReason,
    /// The first reading of it; none where boundaries were others and nothing was read.
    pub(crate) reading: Option<usize>,
}

impl Notes {
    pub(crate) fn leave_out(&mut self, areas: Vec<AreaId>, lacks: Side, term: usize) {
        for area in areas {
            let left_out = LeftOut { area, lacks, term };
            if !self.left_out.contains(&left_out) {
                self.left_out.push(left_out);
            }
        }
    }
}
