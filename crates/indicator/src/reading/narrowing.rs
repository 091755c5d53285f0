//! Which series of a metric a term reads.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use almanac_catalog::{Expectation, Metric};
use almanac_cube::{Columns, Kind, MetricCube};
use almanac_model::{Code, Period, ReporterId};

use super::ahead::Ahead;
use super::sources::KnownSources;
use crate::question::{Filters, State};

/// Which series of a metric: codes by dimension, and one reporter or all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrowing {
    filters: Filters,
    reporter: Option<ReporterId>,
    /// The periods that are asked for.
    pub(super) asked: Rc<[Period]>,
    matches: OnceCell<Matches>,
    /// Where its series are, by territory.
    pub(super) sources: KnownSources,
    pub(super) ahead: Ahead,
}

/// What holds for all series with one combination of codes, by its place among those of the metric.
#[derive(Clone, Debug)]
pub(crate) struct Matches {
    taken: Vec<bool>,
    /// The place of the wanted reporter; none when all are, and one that no series has when there is no such.
    reporter: Option<usize>,
    /// Of each expectation of the metric.
    expected: Vec<Expected>,
    /// The places of the expectations whose reports it takes.
    pub(crate) expectations: Vec<usize>,
    /// Whether no two of them are of one reporter.
    pub(crate) expects_each_once: bool,
    /// What holds for the series of a block, by its shape.
    shapes: Vec<OnceCell<Rc<Shape>>>,
}

#[derive(Clone, Debug)]
struct Expected {
    /// How many combinations are expected and taken, whether or not they were ever recorded.
    count: usize,
    /// Whether one is, by the place of the combination.
    combinations: Vec<bool>,
    reporter: usize,
}

/// What holds for the series of all blocks of one shape.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// How many there are.
    pub(super) series: usize,
    /// Those that are read.
    pub(crate) taken: Columns,
    /// The places of their reporters.
    pub(crate) reporters: Rc<BTreeSet<usize>>,
    /// Those that each expectation of the metric names and whose codes are read.
    expected: Vec<Columns>,
}

impl Narrowing {
    pub(crate) fn new(filters: Filters, reporter: Option<ReporterId>, asked: Rc<[Period]>) -> Self {
        Self {
            filters,
            reporter,
            asked,
            matches: OnceCell::new(),
            sources: KnownSources::default(),
            ahead: Ahead::default(),
        }
    }

    pub(crate) const fn filters(&self) -> &Filters {
        &self.filters
    }

    pub(crate) fn takes_reporter(&self, reporter: &ReporterId) -> bool {
        self.reporter.as_ref().is_none_or(|wanted| wanted == reporter)
    }

    /// Whether codes, in the order of the metric's sorted dimensions, are among the wanted ones.
    pub(crate) fn takes_codes(&self, metric: &Metric, codes: &[Code]) -> bool {
        is_among(&self.wanted(metric), codes)
    }

    /// What holds for the combinations of codes of the metric that it narrows. It is found once: a narrowing is of one metric, and
    /// used at one state of the log.
    pub(crate) fn matches(&self, state: State<'_>, metric: &Metric) -> &Matches {
        self.matches.get_or_init(|| {
            let recorded = state.cube.metric(&metric.id);
            let combinations = recorded.map_or(&[][..], |recorded| recorded.combinations());
            let known = recorded.map_or(&[][..], |recorded| recorded.reporters());
            let place = |id: &ReporterId| known.iter().position(|known| known == id).unwrap_or(usize::MAX);
            let wanted = self.wanted(metric);
            let expected = |one: &Expectation| Expected::of(one, &wanted, combinations, place(&one.reporter));
            let expectations = state.catalog.expectations(&metric.id);
            let own = expectations.iter().enumerate();
            let own = own.filter(|(_, one)| self.takes_reporter(&one.reporter));
            let mut reporters = HashSet::new();
            Matches {
                taken: combinations.iter().map(|codes| is_among(&wanted, codes)).collect(),
                reporter: self.reporter.as_ref().map(place),
                expected: expectations.iter().map(expected).collect(),
                expectations: own.clone().map(|(place, _)| place).collect(),
                expects_each_once: own.into_iter().all(|(_, one)| reporters.insert(&one.reporter)),
                shapes: vec![OnceCell::new(); recorded.map_or(0, MetricCube::shapes)],
            }
        })
    }

    /// The wanted codes of each dimension, in the order of their ids; `None` where all are.
    fn wanted(&self, metric: &Metric) -> Vec<Option<&BTreeSet<Code>>> {
        let mut dimensions: Vec<_> = metric.dimensions.iter().collect();
        dimensions.sort();
        let wanted = dimensions.into_iter().map(|dimension| self.filters.get(dimension));
        wanted.collect()
    }
}

impl Matches {
    /// Whether series of a kind are read.
    pub(super) fn takes(&self, kind: Kind) -> bool {
        self.taken.get(kind.combination as usize).is_some_and(|taken| *taken)
            && self.reporter.is_none_or(|wanted| wanted == kind.reporter as usize)
    }

    /// How many series an expectation of the metric, by its place, names for each area.
    pub(super) fn expected_count(&self, expectation: usize) -> usize {
        self.expected.get(expectation).map_or(0, |expected| expected.count)
    }

    /// What holds for the series of the blocks of a shape. It is found once.
    pub(super) fn of_shape(&self, recorded: &MetricCube, shape: usize) -> Option<&Rc<Shape>> {
        let known = self.shapes.get(shape)?;
        Some(known.get_or_init(|| {
            let kinds = recorded.kinds(shape);
            let read = kinds.iter().filter(|kind| self.takes(**kind));
            let reporters: BTreeSet<usize> = read.map(|kind| kind.reporter as usize).collect();
            let expected = self.expected.iter();
            Rc::new(Shape {
                series: kinds.len(),
                taken: Columns::of(&kinds, |kind| self.takes(kind)),
                reporters: Rc::new(reporters),
                expected: expected
                    .map(|expected| Columns::of(&kinds, |kind| expected.has(kind)))
                    .collect(),
            })
        }))
    }
}

/// Adds reporters to others. Nearly all shapes of a metric have the same ones: they are shared.
pub(super) fn add_reporters(reporters: &mut Option<Rc<BTreeSet<usize>>>, more: &Rc<BTreeSet<usize>>) {
    let known = reporters.get_or_insert_with(|| Rc::clone(more));
    if !Rc::ptr_eq(known, more) {
        Rc::make_mut(known).extend(more.iter());
    }
}

impl Shape {
    /// The series that some expectations name.
    pub(super) fn expected_under(&self, expectations: impl Iterator<Item = usize>) -> Columns {
        let named = expectations.map(|one| self.expected[one]);
        named.fold(Columns::default(), Columns::or)
    }
}

impl Expected {
    fn of(
        expectation: &Expectation,
        wanted: &[Option<&BTreeSet<Code>>],
        combinations: &[Vec<Code>],
        reporter: usize,
    ) -> Self {
        let cells = expectation.cells.iter();
        let cells: HashSet<Vec<&Code>> = cells.map(|cell| cell.values().collect()).collect();
        let taken = |codes: &&Vec<&Code>| is_among(wanted, codes.iter().copied());
        Self {
            count: cells.iter().filter(taken).count(),
            combinations: combinations
                .iter()
                .map(|codes| is_among(wanted, codes) && cells.contains(&codes.iter().collect::<Vec<_>>()))
                .collect(),
            reporter,
        }
    }

    /// Whether it names series of a kind, and their codes are read.
    fn has(&self, kind: Kind) -> bool {
        let is_expected = self.combinations.get(kind.combination as usize);
        self.reporter == kind.reporter as usize && is_expected.is_some_and(|is| *is)
    }
}

fn is_among<'c>(wanted: &[Option<&BTreeSet<Code>>], codes: impl IntoIterator<Item = &'c Code>) -> bool {
    let each = wanted.iter().zip(codes);
    each.into_iter()
        .all(|(wanted, code)| wanted.is_none_or(|wanted| wanted.contains(code)))
}
