//! Every value that one figure has had.
//!
//! A figure changes only at a revision that wrote a value it may read, or that changed the definitions. Those revisions
//! are found from the versions of the values; the figure is then computed at each of them, with the definitions of its
//! time, and kept where it differs from the one before.

mod writes;

use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_cube::{Cells, Cube};
use almanac_model::{Exact, Figure, MissingReason, NoPercent, Revision};

use self::writes::{add_cells, each_write};
use crate::compare::Distance;
use crate::evaluate::Evaluation;
use crate::one::OneFigure;
use crate::question::{Refusal, State};

/// The log up to a revision.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Each version of the definitions with the revision from which it is in force, the oldest first.
    pub catalogs: &'a [(Revision, Arc<Catalog>)],
    /// The recorded values.
    pub cube: &'a Cube,
    /// Nothing recorded after this revision is seen.
    pub as_of: Revision,
}

/// A figure may have changed at more revisions than are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooManyRevisions;

/// A figure as it was from a revision on.
#[derive(Clone, Debug)]
pub struct Vintage {
    /// From when.
    pub revision: Revision,
    /// The figure.
    pub figure: Figure,
    /// What is other than in the vintage before; empty in the first.
    pub changes: BTreeSet<FigureChange>,
}

/// What can change in a figure.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FigureChange {
    /// The number: another one, none any more, or one for the first time.
    Value,
    /// The reason why there is no number.
    Missing,
    /// The unit.
    Unit,
    /// How final it is.
    Quality,
    /// How it is bounded.
    Qualifier,
    /// One side of the quotient.
    Operands,
    /// Reports received or expected.
    Coverage,
    /// The flags, or the day from which a value was carried forward.
    Flags,
}

/// How far two values of a figure are apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevisionSize {
    /// The later one minus the earlier one, computed before rounding, with the figure's decimals.
    pub absolute: String,
    /// The same in percent of the earlier one, with two decimals.
    pub percent: Result<String, NoPercent>,
}

impl<'a> History<'a> {
    /// The revisions at which a figure may have changed, or a refusal to look at more than `most`.
    pub fn candidates(self, figure: &OneFigure, most: usize) -> Result<BTreeSet<Revision>, TooManyRevisions> {
        let mut found = BTreeSet::new();
        for (index, (from, catalog)) in self.catalogs.iter().enumerate() {
            let replaced = self.catalogs.get(index + 1).map_or(u64::MAX, |(next, _)| next.0);
            let in_force = |revision: Revision| revision > *from && revision.0 < replaced && revision <= self.as_of;
            if *from <= self.as_of {
                found.insert(*from);
                each_write(self.cube, catalog, figure, &mut |revision| {
                    if in_force(revision) {
                        found.insert(revision);
                    }
                    if found.len() > most {
                        Err(TooManyRevisions)
                    } else {
                        Ok(())
                    }
                })?;
            }
        }
        Ok(found)
    }

    /// The cells whose past the figure, its vintages and its explanation may read.
    #[must_use]
    pub fn cells(self, figure: &OneFigure) -> Cells {
        let mut cells = Cells::default();
        for (_, catalog) in self.catalogs.iter().filter(|(from, _)| *from <= self.as_of) {
            add_cells(self.cube, catalog, figure, &mut cells);
        }
        cells
    }

    /// The figure at a revision; `None` when it was not defined then.
    pub fn figure_at(self, figure: &OneFigure, revision: Revision) -> Result<Option<Figure>, Vec<Refusal>> {
        self.state_at(revision).map_or(Ok(None), |state| figure.figure(state))
    }

    /// How far the values of two revisions are apart; `None` when one of them has none.
    #[must_use]
    pub fn size(self, figure: &OneFigure, earlier: Revision, later: Revision) -> Option<RevisionSize> {
        let (first, _) = self.exact_at(figure, earlier)?;
        let (latest, decimals) = self.exact_at(figure, later)?;
        let Distance {
            absolute,
            percent,
            index: _,
        } = Distance::between(&first, &latest, decimals);
        Some(RevisionSize { absolute, percent })
    }

    /// The number before it is rounded, and its decimals.
    fn exact_at(self, figure: &OneFigure, revision: Revision) -> Option<(Exact, u8)> {
        let state = self.state_at(revision)?;
        let ready = figure.ready(state.catalog).ok()??;
        let mut evaluation = Evaluation::new(state, &ready.plan, &ready.narrowings);
        let (_, value) = figure.evaluate(state, &ready, &mut evaluation);
        Some((value.outcome.ok()?, ready.plan.decimals))
    }

    fn state_at(self, revision: Revision) -> Option<State<'a>> {
        let later = self.catalogs.partition_point(|(from, _)| *from <= revision);
        let (_, catalog) = self.catalogs.get(later.checked_sub(1)?)?;
        Some(State {
            catalog,
            cube: self.cube,
            as_of: revision,
        })
    }
}

/// Adds what a figure was from a revision on, when it differs from what it was before. It begins with the first revision
/// that recorded anything of it.
pub fn keep_vintage(vintages: &mut Vec<Vintage>, revision: Revision, figure: Figure) {
    let changes = match vintages.last() {
        Some(before) => differences(&before.figure, &figure),
        None if figure.quality.is_none() && figure.value == Err(MissingReason::NoRecord) => return,
        None => BTreeSet::new(),
    };
    if vintages.is_empty() || !changes.is_empty() {
        vintages.push(Vintage {
            revision,
            figure,
            changes,
        });
    }
}

fn differences(before: &Figure, after: &Figure) -> BTreeSet<FigureChange> {
    // all fields by name, so that a new one is not forgotten; the first four say which figure it is
    let Figure {
        measure: _,
        area: _,
        period: _,
        dimensions: _,
        value,
        unit,
        quality,
        qualifier,
        quotient,
        coverage,
        flags,
        carried_from,
        // a vintage is compared with vintages only
        comparisons: _,
        // and asked for alone
        share: _,
        rank: _,
    } = after;
    let changed = [
        (FigureChange::Value, value.as_ref().ok() != before.value.as_ref().ok()),
        (
            FigureChange::Missing,
            value.as_ref().err() != before.value.as_ref().err(),
        ),
        (FigureChange::Unit, *unit != before.unit),
        (FigureChange::Quality, *quality != before.quality),
        (FigureChange::Qualifier, *qualifier != before.qualifier),
        (FigureChange::Operands, *quotient != before.quotient),
        (FigureChange::Coverage, *coverage != before.coverage),
        (
            FigureChange::Flags,
            *flags != before.flags || *carried_from != before.carried_from,
        ),
    ];
    changed
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(change, _)| change)
        .collect()
}
