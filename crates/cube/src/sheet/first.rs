//! Recording what comes first: reports of periods of which nothing was recorded yet. Nearly all of a log are such, and come as runs of
//! one series; so they are put column by column, and what could have been there before is looked for once.

use almanac_catalog::Method;
use almanac_model::Revision;

use super::Sheet;
use super::states::{NOTHING, held};
use crate::above::Change;
use crate::series::Entry;

impl Sheet {
    /// Records reports of periods one after the other, when they are the first; tells whether they are.
    pub(super) fn record_first(
        &mut self,
        column: u8,
        revision: Revision,
        entries: &[Entry],
        method: Method,
        changes: &mut Vec<Change>,
    ) -> bool {
        let place = entries.first().and_then(|first| self.place(column, first.period));
        let Some(first) = place.filter(|_| method == Method::Report && is_run(entries)) else {
            return false;
        };
        let places = (first..).step_by(self.width);
        if places
            .clone()
            .zip(entries)
            .any(|(place, _)| self.states.get(place) != NOTHING)
        {
            return false;
        }
        let values = entries.iter().map(|entry| entry.value);
        self.totals.add_each(first / self.width, values.clone());
        self.values.set_each((first, self.width), values);
        let revisions = entries.iter().map(|_| i128::from(revision.0));
        self.revisions.set_each((first, self.width), revisions);
        for (place, entry) in places.zip(entries) {
            let state = entry.status.bits();
            self.states.put(place, state);
            changes.push(Change {
                period: entry.period,
                units: entry.value,
                before: None,
                after: held(state),
            });
        }
        self.newest_revision = self.newest_revision.max(revision);
        true
    }
}

/// Whether they are of periods one after the other, and take nothing back.
fn is_run(entries: &[Entry]) -> bool {
    let follows = |pair: &[Entry]| pair[0].period.checked_add(1) == Some(pair[1].period);
    entries.windows(2).all(follows) && !entries.iter().any(|entry| entry.is_retraction)
}
