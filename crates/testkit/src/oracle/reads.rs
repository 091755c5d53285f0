//! What a formula reads for a stretch: each term, as often as functions lead to it.

use almanac_catalog::{DenominatorJoin, Formula, MeasureId, Operator, TimeFunction};
use almanac_indicator::RefusalReason;
use almanac_model::{Granularity, Period, PeriodRange};

use super::Oracle;
use super::formula::{Scope, narrowed};
use super::join::denominator_year;
use super::stretch::Reach;
use super::term::Term;

/// A term and a stretch for which it is read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) term: Term,
    pub(super) span: PeriodRange,
    /// The kind of period of which it is read; that of a denominator that is joined by date may be another than its span's.
    pub(super) kind: Granularity,
}

/// Everything that is read.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub(super) list: Vec<Read>,
    /// Functions that would leave no whole periods.
    pub(super) not_whole: Vec<RefusalReason>,
}

/// So many values of terms are read for one figure at most.
pub(super) const MAX_READS: usize = 1_000;

impl Reads {
    /// The last period of all that is read of the same term.
    pub(super) fn end_of(&self, read: &Read) -> Period {
        let of_term = self.list.iter().filter(|other| other.term.place == read.term.place);
        let latest = of_term.max_by_key(|other| other.span.end());
        latest.unwrap_or(read).span.last()
    }
}

impl Oracle<'_> {
    /// What a formula reads. Of which period a denominator is that is joined by date depends on what was recorded; it stands
    /// for that of its numerator.
    pub(super) fn reads(&self, formula: &Formula, scope: &Scope) -> Reads {
        let mut found = Reads::default();
        self.add_reads(formula, scope, None, &mut found);
        found
    }

    fn add_reads(&self, formula: &Formula, scope: &Scope, stands_for: Option<PeriodRange>, found: &mut Reads) {
        if found.list.len() > MAX_READS {
            return;
        }
        match formula {
            Formula::Constant(_) => {}
            Formula::Negate(inner) => self.add_reads(inner, scope, stands_for, found),
            Formula::Reference(reference) => {
                let filter = narrowed(&scope.filter, &reference.filter);
                match &reference.measure {
                    MeasureId::Metric(id) => {
                        let metric = self.catalog.metric(id.as_str());
                        found.list.extend(metric.map(|metric| Read {
                            term: Term {
                                place: scope.place,
                                ..self.term(metric, &filter, scope.reporter.as_ref())
                            },
                            span: stands_for.unwrap_or(scope.span),
                            kind: scope.span.granularity(),
                        }));
                    }
                    MeasureId::Indicator(id) => {
                        if let Some(indicator) = self.catalog.indicator(id.as_str()) {
                            let scope = scope.of(indicator.into(), filter);
                            self.add_reads(&scope.definition.formula, &scope, stands_for, found);
                        }
                    }
                }
            }
            Formula::Over(function, inner) => match self.reached(*function, inner, scope) {
                Reach::Once(span) => self.add_reads(inner, &scope.at(span), None, found),
                Reach::Each(periods) => {
                    for period in periods {
                        self.add_reads(inner, &scope.at(period.into()), None, found);
                    }
                }
                Reach::Nowhere => {}
                Reach::NotWhole => found.not_whole.push(match function {
                    TimeFunction::By { .. } => RefusalReason::PeriodNotDivisible,
                    _ => RefusalReason::PeriodNotWhole,
                }),
            },
            Formula::Binary(operator, left, right) => {
                self.add_reads(left, scope, stands_for, found);
                let right_scope = scope.after(&self.scope_terms(left, scope));
                if *operator == Operator::Divide {
                    self.add_denominator(right, &right_scope, stands_for, found);
                } else {
                    self.add_reads(right, &right_scope, stands_for, found);
                }
            }
        }
    }

    fn add_denominator(&self, formula: &Formula, scope: &Scope, stands_for: Option<PeriodRange>, found: &mut Reads) {
        let Some(coarsest) = self.coarsest_frequency(formula, scope) else {
            return;
        };
        let joined = stands_for.or(Some(scope.span));
        match scope.definition.denominator {
            DenominatorJoin::SamePeriod => self.add_reads(formula, scope, stands_for, found),
            DenominatorJoin::LatestOnOrBefore { .. } => {
                let newest = if coarsest.divides(scope.span.granularity()) {
                    scope.span
                } else {
                    Period::containing(coarsest, scope.span.last_day()).into()
                };
                self.add_reads(formula, &scope.at(newest), joined, found);
            }
            DenominatorJoin::YearAverage => {
                let year = denominator_year(coarsest, scope.span);
                let Some(parts) = PeriodRange::from(year).parts(coarsest) else {
                    // it has no average: none of its terms makes up a year
                    let terms = self.scope_terms(formula, scope).into_iter().enumerate();
                    found.list.extend(terms.map(|(index, term)| Read {
                        term: Term {
                            place: scope.place + index,
                            ..term
                        },
                        span: joined.unwrap_or(scope.span),
                        kind: year.granularity(),
                    }));
                    return;
                };
                for part in parts.iter() {
                    self.add_reads(formula, &scope.at(part.into()), joined, found);
                }
            }
        }
    }
}
