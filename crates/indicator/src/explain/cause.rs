//! Why a figure has its flags, and why it has no value.

use almanac_model::{Figure, FigureFlag, MissingReason};

use super::culprit::{Culprit, Culprits};
use super::observed::Observed;
use super::words;
use crate::evaluate::{Evaluation, Reading};
use crate::notes::LackingPeriod;
use crate::plan::Plan;

/// Why a figure is as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// What it is the cause of.
    pub effect: Effect,
    /// The same in words.
    pub sentence: String,
    /// What brought it about.
    pub culprits: Culprits,
}

/// What has a cause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// A flag of the figure.
    Flag(FigureFlag),
    /// That the figure has no value.
    Missing(MissingReason),
}

impl Observed {
    /// A cause for each flag of the figure, in their order, and one for a missing value.
    pub(super) fn causes(&self, figure: &Figure, plan: &Plan<'_>, evaluation: &Evaluation<'_>) -> Vec<Cause> {
        let flags = figure.flags.iter().map(|flag| {
            let culprits = self.of_flag(*flag, figure, plan, evaluation);
            Cause {
                effect: Effect::Flag(*flag),
                sentence: words::of_flag(*flag, culprits.count),
                culprits,
            }
        });
        let missing = figure.value.as_ref().err().map(|reason| {
            let culprits = self.of_missing(*reason, figure, evaluation);
            Cause {
                effect: Effect::Missing(*reason),
                sentence: words::of_missing(*reason).to_owned(),
                culprits,
            }
        });
        flags.chain(missing).collect()
    }

    fn of_flag(&self, flag: FigureFlag, figure: &Figure, plan: &Plan<'_>, evaluation: &Evaluation<'_>) -> Culprits {
        match flag {
            FigureFlag::PartialPeriod => {
                let mut culprits = self.lacking_parts.clone();
                culprits.add_all(&lacking_periods(evaluation, |_| true));
                culprits
            }
            FigureFlag::PartialCoverage => self.lacking_series.clone(),
            FigureFlag::CarriedForward => self.carried.clone(),
            FigureFlag::CumulativeDecreased => self.decreased.clone(),
            FigureFlag::Restated => self.restated.clone(),
            FigureFlag::Unmatched => left_out(evaluation),
            FigureFlag::OutOfRange => all([Culprit {
                range: Some(plan.range),
                ..Culprit::default()
            }]),
            FigureFlag::Break => breaks(figure, plan, evaluation),
            FigureFlag::DenominatorOtherPeriod => {
                let readings = evaluation.notes.other_period.iter().cloned().flatten();
                all(readings.map(|term| of_reading(evaluation, term)))
            }
        }
    }

    fn of_missing(&self, reason: MissingReason, figure: &Figure, evaluation: &Evaluation<'_>) -> Culprits {
        let mut culprits = self.missing.get(&reason).cloned().unwrap_or_default();
        match reason {
            MissingReason::NoRecord => {
                culprits.add_all(&self.lacking_series);
                // those that were read have told already what they lack
                culprits.add_all(&lacking_periods(evaluation, |one| one.reading.is_none()));
            }
            MissingReason::NotRestatable => culprits.add_all(&self.undivided),
            MissingReason::CannotExist if !evaluation.notes.nowhere.is_empty() => {
                culprits.add_all(&all(evaluation.notes.nowhere.iter().map(|period| Culprit {
                    period: Some(*period),
                    missing: Some(reason),
                    ..Culprit::default()
                })));
            }
            // nothing was read at all: there is no such area
            MissingReason::CannotExist if evaluation.readings.is_empty() => {
                let day = self.boundaries.unwrap_or(figure.period.last_day());
                culprits.add_all(&all(figure.area.areas().iter().map(|area| Culprit {
                    area: Some(area.clone()),
                    day: Some(day),
                    ..Culprit::default()
                })));
            }
            MissingReason::Incomplete => {
                culprits.add_all(&self.lacking_parts);
                culprits.add_all(&lacking_periods(evaluation, |_| true));
                culprits.add_all(&self.lacking_series);
                culprits.add_all(&left_out(evaluation));
            }
            MissingReason::DenominatorZero => {
                let readings = evaluation.notes.zero_denominators.iter().cloned().flatten();
                culprits.add_all(&all(readings.map(|term| of_reading(evaluation, term))));
            }
            MissingReason::CannotExist
            | MissingReason::NotCollected
            | MissingReason::Suppressed
            | MissingReason::Unspecified
            | MissingReason::NotAdditive => {}
        }
        culprits
    }
}

/// A term that was read, by its place.
fn of_reading(evaluation: &Evaluation<'_>, term: usize) -> Culprit {
    Culprit {
        term: Some(term),
        period: evaluation.readings.get(term).map(|reading| reading.span),
        ..Culprit::default()
    }
}

/// The periods of windows that lack a value.
fn lacking_periods(evaluation: &Evaluation<'_>, takes: impl Fn(&LackingPeriod) -> bool) -> Culprits {
    let lacking = evaluation.notes.lacking.iter().filter(|one| takes(one));
    all(lacking.map(|one| Culprit {
        term: one.reading,
        period: Some(one.period),
        missing: Some(one.reason),
        ..Culprit::default()
    }))
}

/// The breaks of each metric inside the time that the figure is about or rests on.
fn breaks(figure: &Figure, plan: &Plan<'_>, evaluation: &Evaluation<'_>) -> Culprits {
    let of_term = |(term, reading): (usize, &Reading)| {
        let (from, until) = (
            reading.span.start().min(figure.period.start()),
            reading.span.last_day().max(figure.period.last_day()),
        );
        let breaks = plan.terms[reading.term].metric.breaks.iter();
        let inside = breaks.filter(move |one| from < one.date && one.date <= until);
        inside.map(move |one| Culprit {
            term: Some(term),
            day: Some(one.date),
            source: Some(one.source.clone()),
            ..Culprit::default()
        })
    };
    all(evaluation.readings.iter().enumerate().flat_map(of_term))
}

fn left_out(evaluation: &Evaluation<'_>) -> Culprits {
    let term_of = |term: usize| evaluation.readings.iter().position(|reading| reading.term == term);
    all(evaluation.notes.left_out.iter().map(|one| Culprit {
        term: term_of(one.term),
        area: Some(one.area.clone()),
        lacks: Some(one.lacks),
        ..Culprit::default()
    }))
}

fn all(culprits: impl IntoIterator<Item = Culprit>) -> Culprits {
    let mut all = Culprits::default();
    for culprit in culprits {
        all.add(culprit);
    }
    all
}
