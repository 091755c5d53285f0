//! The running total of a tally. It counts events by what was said of them, so that one can be taken back without a trace.

use almanac_model::{Qualifier, Quality, Status};

const QUALITIES: [Quality; 3] = [Quality::Estimated, Quality::Preliminary, Quality::Official];
const QUALIFIERS: [Qualifier; 4] = [
    Qualifier::Exact,
    Qualifier::AtLeast,
    Qualifier::AtMost,
    Qualifier::About,
];

/// The events of one cell, added.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    pub(crate) total: i128,
    /// Signed: within one batch an event may be taken back before it comes.
    pub(crate) by_quality: [i32; QUALITIES.len()],
    pub(crate) by_qualifier: [i32; QUALIFIERS.len()],
    /// Signed too.
    pub(crate) confidential: i32,
}

impl Tally {
    /// The total of so many events of one status.
    pub(crate) fn alike(total: i128, status: Status, events: i32) -> Self {
        let mut tally = Self {
            total,
            ..Self::default()
        };
        tally.count(status, events);
        tally
    }

    /// How many events it has, if all of them have the status of the total.
    pub(crate) fn events_alike(&self) -> Option<i32> {
        let (total, status) = self.value()?;
        let events = self.by_quality.into_iter().max()?;
        (*self == Self::alike(total, status, events)).then_some(events)
    }

    pub(crate) fn add(&mut self, value: i128, status: Status) {
        self.total += value;
        self.count(status, 1);
    }

    pub(crate) fn take_back(&mut self, value: i128, status: Status) {
        self.total -= value;
        self.count(status, -1);
    }

    fn count(&mut self, status: Status, change: i32) {
        for (quality, events) in QUALITIES.iter().zip(&mut self.by_quality) {
            if *quality == status.quality {
                *events = events.saturating_add(change);
            }
        }
        if status.confidential {
            self.confidential = self.confidential.saturating_add(change);
        }
        for (qualifier, events) in QUALIFIERS.iter().zip(&mut self.by_qualifier) {
            if *qualifier == status.qualifier {
                *events = events.saturating_add(change);
            }
        }
    }

    /// The total and what holds of it; `None` when every event was taken back: no record, and not zero.
    pub(crate) fn value(&self) -> Option<(i128, Status)> {
        let present = |(_, events): &(_, &i32)| **events > 0;
        let quality = QUALITIES
            .iter()
            .zip(&self.by_quality)
            .find(present)
            .map(|(quality, _)| *quality)?;
        let bounds = QUALIFIERS
            .iter()
            .zip(&self.by_qualifier)
            .filter(|(_, events)| **events > 0);
        let qualifier = bounds.fold(Qualifier::Exact, |sum, (bound, _)| sum.plus(*bound));
        Some((
            self.total,
            Status {
                quality,
                qualifier,
                missing: None,
                confidential: self.confidential > 0,
            },
        ))
    }
}
