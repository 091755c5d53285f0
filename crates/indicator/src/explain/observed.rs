//! What is met while the terms of a figure are read again: everything that may have brought a flag about, or left it
//! without a value.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Share, Transition};
use almanac_model::{AreaId, FigureFlag, MissingReason, PeriodRange};
use jiff::civil::Date;

use super::culprit::{Culprit, Culprits};
use crate::evaluate::Reading;
use crate::reading::Lack;
use crate::series::{SeriesScope, SeriesValue};

/// What was met while the terms were read again.
#[derive(Default)]
pub(super) struct Observed {
    pub(super) lacking_parts: Culprits,
    pub(super) lacking_series: Culprits,
    pub(super) carried: Culprits,
    pub(super) decreased: Culprits,
    pub(super) restated: Culprits,
    /// Areas of which nobody published how they were divided.
    pub(super) undivided: Culprits,
    /// The day on whose boundaries the figure is restated.
    pub(super) boundaries: Option<Date>,
    /// Terms and series without a value, by reason.
    pub(super) missing: BTreeMap<MissingReason, Culprits>,
    seen_transitions: BTreeSet<(AreaId, AreaId, Date)>,
    seen_areas: BTreeSet<(AreaId, Date)>,
}

impl Observed {
    pub(super) fn on_boundaries_of(boundaries: Option<Date>) -> Self {
        Self {
            boundaries,
            ..Self::default()
        }
    }

    pub(super) fn term(&mut self, index: usize, reading: &Reading<'_>) {
        if let Err(reason) = reading.value.outcome {
            let culprit = Culprit {
                term: Some(index),
                period: Some(reading.span),
                missing: Some(reason),
                ..Culprit::default()
            };
            self.missing.entry(reason).or_default().add(culprit);
        }
    }

    pub(super) fn series(&mut self, term: usize, scope: &SeriesScope<'_>, read: &SeriesValue) {
        let at = Culprit {
            term: Some(term),
            series: Some(scope.series.key().clone()),
            ..Culprit::default()
        };
        let value = &read.value;
        if value.lineage.flags.contains(&FigureFlag::PartialPeriod) {
            for ordinal in scope.lacking(read) {
                self.lacking_parts.add(lacking_part(scope, ordinal, &at));
            }
        }
        if value.lineage.flags.contains(&FigureFlag::CarriedForward) {
            let from = read.used.first().map(|(ordinal, _)| *ordinal);
            self.carried.add(Culprit {
                period: from.and_then(|from| scope.period(from)).map(PeriodRange::from),
                day: value.lineage.carried_from,
                ..at.clone()
            });
        }
        if value.lineage.flags.contains(&FigureFlag::CumulativeDecreased) {
            for ordinal in scope.decreased_totals() {
                self.decreased.add(Culprit {
                    period: scope.period(ordinal).map(PeriodRange::from),
                    ..at.clone()
                });
            }
        }
        match value.outcome {
            // a total that has nothing to be compared with
            Err(MissingReason::NoRecord) if !read.used.is_empty() => {
                for ordinal in scope.lacking(read) {
                    self.lacking_series.add(lacking_part(scope, ordinal, &at));
                }
            }
            Ok(_) | Err(MissingReason::NoRecord) => {}
            Err(reason) => {
                let culprit = Culprit {
                    missing: Some(reason),
                    ..at
                };
                if reason != MissingReason::CannotExist {
                    self.lacking_series.add(culprit.clone());
                }
                self.missing.entry(reason).or_default().add(culprit);
            }
        }
    }

    pub(super) fn lack(&mut self, term: usize, lack: Lack<'_>) {
        let at = Culprit {
            term: Some(term),
            missing: Some(MissingReason::NoRecord),
            ..Culprit::default()
        };
        self.lacking_series.add(match lack {
            Lack::Area(area) => Culprit {
                area: Some(area.clone()),
                ..at
            },
            Lack::Series(series, period) => Culprit {
                series: Some(series),
                period: Some(period.into()),
                ..at
            },
        });
    }

    /// The transitions over which a figure is restated, each once.
    pub(super) fn transitions(&mut self, transitions: Vec<&Transition>) {
        for one in transitions {
            if self
                .seen_transitions
                .insert((one.from.clone(), one.to.clone(), one.date))
            {
                self.restated.add(Culprit {
                    transition: Some(one.clone()),
                    ..Culprit::default()
                });
            }
        }
    }

    /// How many reasons there are so far why a figure is restated.
    pub(super) const fn restated_count(&self) -> usize {
        self.restated.count
    }

    /// Areas that came to lie elsewhere since a day, or before it; each once.
    pub(super) fn moved<'a>(&mut self, day: Date, areas: impl Iterator<Item = &'a AreaId>) {
        for area in areas {
            if self.seen_areas.insert((area.clone(), day)) {
                self.restated.add(Culprit {
                    area: Some(area.clone()),
                    day: Some(day),
                    ..Culprit::default()
                });
            }
        }
    }

    /// Areas of which nobody published how they were divided.
    pub(super) fn undivided(&mut self, term: usize, areas: &BTreeMap<&AreaId, Share>) {
        for (area, _) in areas.iter().filter(|(_, share)| **share == Share::Unknown) {
            self.undivided.add(Culprit {
                term: Some(term),
                area: Some((*area).clone()),
                missing: Some(MissingReason::NotRestatable),
                ..Culprit::default()
            });
        }
    }
}

/// A sub-period of a series that has no value.
fn lacking_part(scope: &SeriesScope<'_>, ordinal: i32, at: &Culprit) -> Culprit {
    let told = scope.series.cell(ordinal, scope.as_of);
    let missing = told.and_then(|cell| cell.status.missing);
    Culprit {
        period: scope.period(ordinal).map(PeriodRange::from),
        missing: Some(missing.unwrap_or(MissingReason::NoRecord)),
        ..at.clone()
    }
}
