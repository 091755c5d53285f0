//! What a formula reads for one period: shifted periods, windows, and denominators of other periods.
//!
//! [`spans`] says over which days a function computes its formula; the evaluation, the checks of a question and the search
//! for vintages all go by it, so that nothing is read that was not checked.

use almanac_catalog::{DenominatorJoin, TimeFunction, WindowOperator};
use almanac_model::{Granularity, Period, PeriodRange};

use crate::plan::{Node, OverNode, Plan, QuotientNode};

/// So many values of terms are read for one figure at most: windows inside windows multiply.
const MAX_READS: usize = 1_000;

/// Over which days a function computes its formula.
pub(crate) enum Spans {
    /// Once, over this stretch.
    Once(PeriodRange),
    /// Over each of these periods.
    Each(PeriodRange),
    /// The calendar has no such period.
    Nowhere,
    /// The function cannot be computed for such a period.
    Refused,
}

/// Over which days a function computes its formula when it is asked for a stretch.
pub(crate) fn spans(over: &OverNode, span: PeriodRange) -> Spans {
    match over.function {
        TimeFunction::Shift { count, unit } => match span.shifted(count, unit) {
            Ok(Some(shifted)) => Spans::Once(shifted),
            Ok(None) => Spans::Nowhere,
            Err(_) => Spans::Refused,
        },
        TimeFunction::YearToDate => Spans::Once(span.year_to_date()),
        TimeFunction::Moving { operator, count, unit } => match span.last_units(count, unit) {
            // flows of the periods add up to the flow of all of them, with what is known of each series
            Some(window) if operator == WindowOperator::Sum && over.adds_over_time => Spans::Once(window),
            Some(window) => Spans::Each(window),
            None => Spans::Refused,
        },
        TimeFunction::By { operator: _, unit } => {
            let parts = span.parts(unit.granularity_beside(span.granularity()));
            parts.map_or(Spans::Refused, Spans::Each)
        }
    }
}

/// A term that is read, from one stretch to another.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// The index of the term.
    pub(crate) term: usize,
    /// The earliest stretch over which it is read.
    pub(crate) first: PeriodRange,
    /// The latest stretch over which it is read; all others lie between the two.
    pub(crate) last: PeriodRange,
    /// The stretches of several periods that are read as one.
    pub(crate) longer: Vec<PeriodRange>,
    /// Of a denominator that is joined by date: the kind of period of which it is read. Its stretch is that of the
    /// numerator.
    pub(crate) joined: Option<Granularity>,
}

/// A function that cannot be computed for a stretch.
#[derive(Clone, Debug)]
pub(crate) struct Unreachable<'p> {
    pub(crate) over: &'p OverNode,
    pub(crate) span: PeriodRange,
}

/// What is read for one period.
#[derive(Debug, Default)]
pub(crate) struct Reach<'p> {
    pub(crate) reads: Vec<Read>,
    pub(crate) unreachable: Vec<Unreachable<'p>>,
    /// More would be read than for one figure is.
    pub(crate) too_many: bool,
    count: usize,
}

impl Read {
    /// From its first period to its last.
    pub(crate) fn hull(&self) -> PeriodRange {
        self.first.until(self.last.last())
    }

    /// The stretches over which it is read: the first, then each later period, and those of several periods.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = PeriodRange> {
        let first = self.first;
        let later = self.hull().iter().filter(move |period| period.end() > first.end());
        let longer = self.longer.iter().copied().filter(move |longer| *longer != first);
        std::iter::once(first).chain(later.map(PeriodRange::from)).chain(longer)
    }
}

/// Whether denominators that are joined by date are followed to every period that they may be of.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Follow {
    /// They are taken as of the numerator's period: which one they are of depends on what was recorded.
    Asked,
    /// To each period of which they may be.
    Everything,
}

/// What a node of a plan reads for a stretch.
pub(crate) fn reach<'p>(plan: &'p Plan<'_>, node: &'p Node, span: PeriodRange, follow: Follow) -> Reach<'p> {
    let mut walk = Walk {
        plan,
        follow,
        found: Reach::default(),
    };
    walk.node(node, span, None);
    walk.found
}

/// A stretch for which a denominator stands, and the kind of period of which it is read.
type Joined = (PeriodRange, Granularity);

struct Walk<'p, 'c> {
    plan: &'p Plan<'c>,
    follow: Follow,
    found: Reach<'p>,
}

impl<'p> Walk<'p, '_> {
    fn node(&mut self, node: &'p Node, span: PeriodRange, joined: Option<Joined>) {
        if self.found.too_many {
            return;
        }
        match node {
            Node::Constant(_) => {}
            Node::Term(term) => self.read(*term, span, joined),
            Node::Negate(inner) | Node::OrZero(inner) => self.node(inner, span, joined),
            Node::Binary(_, left, right) => {
                self.node(left, span, joined);
                self.node(right, span, joined);
            }
            Node::Quotient(quotient) => {
                self.node(&quotient.numerator, span, joined);
                self.denominator(quotient, span, joined);
            }
            Node::Over(over) => match spans(over, span) {
                Spans::Once(stretch) => self.node(&over.inner, stretch, None),
                Spans::Each(periods) => {
                    for period in periods.iter() {
                        self.node(&over.inner, period.into(), None);
                    }
                }
                Spans::Nowhere => {}
                Spans::Refused => self.found.unreachable.push(Unreachable { over, span }),
            },
        }
    }

    fn denominator(&mut self, quotient: &'p QuotientNode, span: PeriodRange, joined: Option<Joined>) {
        let node = &quotient.denominator;
        let Some(frequency) = denominator_frequency(self.plan, quotient) else {
            return self.node(node, span, joined);
        };
        let asked = joined.map_or(span, |(asked, _)| asked);
        match (quotient.join, self.follow) {
            (DenominatorJoin::SamePeriod, _) => self.node(node, span, joined),
            (DenominatorJoin::LatestOnOrBefore { limit }, Follow::Everything) => {
                for candidate in join_candidates(span, frequency, limit) {
                    self.node(node, candidate, None);
                }
            }
            (DenominatorJoin::LatestOnOrBefore { .. }, Follow::Asked) => {
                let newest = Period::containing(frequency, span.last_day()).into();
                let itself = frequency.divides(span.granularity());
                self.node(node, if itself { span } else { newest }, Some((asked, frequency)));
            }
            (DenominatorJoin::YearAverage, follow) => {
                let year = denominator_year(frequency, span);
                let Some(parts) = year.parts(frequency) else {
                    // no average of the year: the terms themselves do not fit into it, whatever functions read
                    for term in node.terms() {
                        self.read(term, year.into(), Some((asked, year.granularity())));
                    }
                    return;
                };
                let joined = (follow == Follow::Asked).then_some((asked, frequency));
                for part in parts.iter() {
                    self.node(node, part.into(), joined);
                }
            }
        }
    }

    /// Keeps from where to where a term is read. Functions go through their periods in order.
    fn read(&mut self, term: usize, span: PeriodRange, joined: Option<Joined>) {
        self.found.count += 1;
        self.found.too_many |= self.follow == Follow::Asked && self.found.count > MAX_READS;
        let (span, joined) = joined.map_or((span, None), |(asked, frequency)| (asked, Some(frequency)));
        let known =
            self.found.reads.iter_mut().find(|read| {
                read.term == term && read.joined == joined && read.first.granularity() == span.granularity()
            });
        let longer = (span.first() != span.last()).then_some(span);
        let Some(read) = known else {
            let (first, last) = (span, span);
            self.found.reads.push(Read {
                term,
                first,
                last,
                longer: longer.into_iter().collect(),
                joined,
            });
            return;
        };
        read.longer
            .extend(longer.filter(|longer| !read.longer.contains(longer)));
        if span.start() < read.first.start() {
            read.first = span;
        }
        if span.end() > read.last.end() {
            read.last = span;
        }
    }
}

/// The coarsest frequency of a denominator's metrics; `None` when it names none.
pub(crate) fn denominator_frequency(plan: &Plan<'_>, quotient: &QuotientNode) -> Option<Granularity> {
    let [_, terms] = &quotient.terms;
    terms.iter().map(|term| plan.terms[*term].metric.frequency).max()
}

/// The year over which a denominator is averaged: that of its own calendar in which a stretch ends. Days belong to every
/// calendar, so theirs is that of the stretch.
pub(crate) fn denominator_year(frequency: Granularity, span: PeriodRange) -> Period {
    let calendar_of = if frequency == Granularity::Day {
        span.granularity()
    } else {
        frequency
    };
    Period::year_of(calendar_of, span.last_day())
}

/// The periods over which a denominator is averaged in a year; `None` when it is read like any other.
pub(crate) fn year_parts(plan: &Plan<'_>, quotient: &QuotientNode, year: PeriodRange) -> Option<PeriodRange> {
    let frequency = denominator_frequency(plan, quotient)?;
    (quotient.join == DenominatorJoin::YearAverage)
        .then(|| year.parts(frequency))
        .flatten()
}

/// The stretches in which to look for a denominator, the best first: the stretch itself where its parts make it up, then
/// the periods of the denominator's own frequency that ended by then, at most `limit` back.
pub(crate) fn join_candidates(
    span: PeriodRange,
    frequency: Granularity,
    limit: u32,
) -> impl Iterator<Item = PeriodRange> {
    let itself = frequency.divides(span.granularity()).then_some(span);
    let deadline = if itself.is_some() { span.start() } else { span.end() };
    let newest = Period::containing(frequency, span.last_day());
    let back = (0..=i32::try_from(limit).unwrap_or(i32::MAX)).map(move |places| newest.offset(-places));
    let before = back.filter(move |earlier| earlier.end() <= deadline);
    itself.into_iter().chain(before.map(PeriodRange::from))
}
