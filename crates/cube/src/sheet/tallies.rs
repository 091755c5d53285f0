//! What the newest totals of tallies were added up from. Nearly always all events of a cell have the status of their total; then
//! how many they are says it all, and takes two bytes instead of fifty.

use std::collections::BTreeMap;

use almanac_model::Status;

use super::{Numbers, Place, Sheet};
use crate::tally::Tally;

#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    /// How many events made a total, all of them of its status; zero where that is not so. As long as the sheet once there was one.
    alike: Numbers,
    /// The others.
    mixed: BTreeMap<Place, Tally>,
}

impl Tallies {
    pub(super) fn lengthen_rows(&mut self, from: usize, to: usize) {
        self.alike.lengthen_rows(from, to);
    }

    pub(super) fn grow_in_front(&mut self, count: usize) {
        if !self.alike.is_empty() {
            self.alike.grow_in_front(count);
        }
    }

    pub(super) fn grow_to(&mut self, length: usize) {
        if !self.alike.is_empty() {
            self.alike.grow_to(length);
        }
    }

    fn is_empty(&self) -> bool {
        self.alike.is_empty() && self.mixed.is_empty()
    }
}

impl Sheet {
    /// What the newest total of a place was added up from; `None` where nothing was tallied.
    pub(super) fn tally(&self, place: Place) -> Option<Tally> {
        if let Some(mixed) = self.tallies.mixed.get(&place) {
            return Some(*mixed);
        }
        let cell = self.place(place.0, place.1)?;
        let events = i32::try_from(self.tallies.alike.get(cell))
            .ok()
            .filter(|events| *events > 0)?;
        let status = Status::from_bits(self.states.get(cell).into())?;
        Some(Tally::alike(self.values.get(cell), status, events))
    }

    /// Puts one, of which the place has, or gets, the total.
    pub(super) fn put_tally(&mut self, place: Place, tally: Tally) {
        let Some(cell) = self.place(place.0, place.1) else {
            return;
        };
        self.tallies.alike.grow_to(self.states.len());
        let events = tally.events_alike();
        self.tallies.alike.set(cell, events.unwrap_or(0).into());
        if events.is_some() {
            self.tallies.mixed.remove(&place);
        } else {
            self.tallies.mixed.insert(place, tally);
        }
    }

    /// What the newest totals of a series were added up from, by period.
    pub(crate) fn tallies(&self, column: u8) -> impl Iterator<Item = (i32, Tally)> + '_ {
        let periods = (!self.tallies.is_empty()).then(|| self.periods());
        let periods = periods.into_iter().flatten();
        periods.filter_map(move |period| Some((period, self.tally((column, period))?)))
    }

    /// The tallies of which there is more than their value, by place.
    pub(super) fn tallies_with_more(&self) -> impl Iterator<Item = Place> {
        let made_by_many = self.events.keys().filter(|place| !self.superseded.contains_key(place));
        let all = self.superseded.keys().chain(made_by_many).copied();
        all.filter(|place| self.tally(*place).is_some())
    }
}

#[cfg(test)]
mod tests {
    use almanac_catalog::Method;
    use almanac_model::{Qualifier, Quality, Revision};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::series::Entry;

    const OFFICIAL: Status = Status {
        quality: Quality::Official,
        qualifier: Qualifier::Exact,
        missing: None,
        confidential: false,
    };

    fn entry() -> impl Strategy<Value = (u8, Entry)> {
        // most are official
        let quality = prop_oneof![4 => Just(Quality::Official), 1 => Just(Quality::Preliminary)];
        let qualifier = prop_oneof![8 => Just(Qualifier::Exact), 1 => Just(Qualifier::AtLeast)];
        let parts = (0..3_u8, 0..6_i32, -5..50_i128, quality, qualifier, any::<bool>());
        (parts, (0..5_u8).prop_map(|one| one == 0)).prop_map(
            |((column, period, value, quality, qualifier, confidential), is_retraction)| {
                let status = Status {
                    quality,
                    qualifier,
                    confidential: confidential && quality == Quality::Preliminary,
                    ..OFFICIAL
                };
                let entry = Entry {
                    period,
                    value,
                    status,
                    is_retraction,
                };
                (column, entry)
            },
        )
    }

    proptest! {
        #[test]
        fn a_total_is_made_of_what_was_added_to_it_wherever_the_sheet_grows(events in vec(entry(), 1..60)) {
            let mut sheet = Sheet::new(3);
            let mut width = 0;
            let mut plain: BTreeMap<Place, Tally> = BTreeMap::new();
            for (revision, (column, entry)) in (1..).zip(events) {
                width = width.max(usize::from(column) + 1);
                sheet.cover(&(entry.period..=entry.period), width);
                sheet.record(column, Revision(revision), &[entry], Method::Tally, &mut Vec::new());
                let tally = plain.entry((column, entry.period)).or_default();
                if entry.is_retraction {
                    tally.take_back(entry.value, entry.status);
                } else {
                    tally.add(entry.value, entry.status);
                }
                let kept: BTreeMap<_, _> = sheet.all_tallies().collect();
                prop_assert_eq!(&kept, &plain);
                let told = sheet.newest(column, entry.period).and_then(|version| version.content);
                prop_assert_eq!(told, plain[&(column, entry.period)].value());
            }
        }
    }

    #[test]
    fn events_of_one_status_are_counted_and_others_told_apart() {
        let mut sheet = Sheet::new(0);
        sheet.cover(&(0..=1), 1);
        let entry = Entry {
            period: 0,
            value: 2,
            status: OFFICIAL,
            is_retraction: false,
        };
        sheet.record(0, Revision(1), &[entry; 3], Method::Tally, &mut Vec::new());
        assert!(sheet.tallies.mixed.is_empty());
        let bound = Entry {
            status: Status {
                qualifier: Qualifier::AtLeast,
                ..OFFICIAL
            },
            ..entry
        };
        sheet.record(0, Revision(2), &[bound], Method::Tally, &mut Vec::new());
        assert_eq!(sheet.tallies.mixed.len(), 1);
        let taken_back = Entry {
            is_retraction: true,
            ..bound
        };
        sheet.record(0, Revision(3), &[taken_back], Method::Tally, &mut Vec::new());
        assert!(sheet.tallies.mixed.is_empty());
    }
}
