//! Several periods of a question, read in one pass over what an area has.
//!
//! Most of what is asked for is plain: one area, no boundary that changes, nothing confidential, no gap in what was recorded. Then
//! a term is a sum of columns, and those of the periods that follow are taken while the columns are at hand; or it is the sum of all
//! that lies under the area, which the cube keeps. What is not plain is not in here: it is read series by series.

mod above;
mod hull;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use almanac_catalog::{Metric, Share};
use almanac_cube::Block;
use almanac_model::{AreaId, Exact, FigureFlag, PeriodRange, Qualifier, Quality, Revision, Status};

use self::hull::{Hull, Stretched};
use super::narrowing::add_reporters;
use super::sum::plain_total;
use super::{Narrowing, Selection, SourceBlock, Sources, TermValue};
use crate::expected::Steady;
use crate::question::State;
use crate::territory::Territory;
use crate::value::{Value, weakest};

/// So many passes over an area are remembered: formulas read a term for several stretches.
const PASSES: usize = 4;

/// So many hulls are remembered: those of several years of days.
const HULLS: usize = 32;

/// What was read of the area that was read last, and what is known of stretches whatever the area.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    hulls: RefCell<Vec<Rc<Hull>>>,
    passes: RefCell<Option<OfArea>>,
}

#[derive(Clone, Debug)]
struct OfArea {
    area: AreaId,
    as_of: Revision,
    passes: Vec<Pass>,
}

/// What a pass over an area came to.
#[derive(Clone, Debug)]
struct Pass {
    hull: Rc<Hull>,
    /// Of each of its stretches; `None` where it is not plain.
    sums: Vec<Option<Plain>>,
    sources: Rc<Sources>,
    reporters: Rc<BTreeSet<usize>>,
}

/// The sum of a stretch without gaps.
#[derive(Clone, Copy, Debug, Default)]
struct Plain {
    units: i128,
    qualifier: Qualifier,
    quality: Option<Quality>,
}

/// What is looked at.
struct Look<'a, 't> {
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    territory: &'t Territory,
}

/// The value of a term that is plain, and what is behind it; `None` when it is not.
pub(super) fn read_plain<'a>(
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    territory: &Territory,
    span: PeriodRange,
) -> Option<TermValue<'a>> {
    let [area] = territory.plain_areas()? else {
        return None;
    };
    let look = Look {
        state,
        metric,
        narrowing,
        territory,
    };
    let mut known = narrowing.ahead.passes.borrow_mut();
    let known = known.get_or_insert_with(|| OfArea::new(area, state.as_of));
    known.turn_to(area, state.as_of);
    let (pass, place) = match known.find(span) {
        Some(found) => found,
        None => (known.remember(look.pass(area, span)?), 0),
    };
    look.value(&known.passes[pass], place)
}

impl OfArea {
    fn new(area: &AreaId, as_of: Revision) -> Self {
        Self {
            area: area.clone(),
            as_of,
            passes: Vec::new(),
        }
    }

    /// Forgets another area and another state.
    fn turn_to(&mut self, area: &AreaId, as_of: Revision) {
        if self.area != *area || self.as_of != as_of {
            self.area = area.clone();
            self.as_of = as_of;
            self.passes.clear();
        }
    }

    /// The pass in which a stretch was read, and its place there.
    fn find(&self, span: PeriodRange) -> Option<(usize, usize)> {
        let mut passes = self.passes.iter().enumerate();
        passes.find_map(|(index, pass)| Some((index, pass.hull.place(span)?)))
    }

    fn remember(&mut self, pass: Pass) -> usize {
        if self.passes.len() == PASSES {
            self.passes.remove(0);
        }
        self.passes.push(pass);
        self.passes.len() - 1
    }
}

impl Plain {
    /// Values of one status, added; `None` where they are no numbers.
    fn of(units: i128, status: Status) -> Option<Self> {
        status.missing.is_none().then_some(Self {
            units,
            qualifier: status.qualifier,
            quality: Some(status.quality),
        })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            units: self.units + other.units,
            qualifier: self.qualifier.plus(other.qualifier),
            quality: weakest(self.quality, other.quality),
        }
    }
}

impl<'a> Look<'a, '_> {
    /// Reads a stretch of an area, and the periods after it that are asked for.
    fn pass(&self, area: &AreaId, span: PeriodRange) -> Option<Pass> {
        let Self {
            state,
            metric,
            narrowing,
            territory,
        } = *self;
        let hull = self
            .hull(span)
            .filter(|hull| state.catalog.is_valid_at(area, hull.day()))?;
        let cube = state.cube.metric(&metric.id)?;
        if cube.confidential(state.as_of).next().is_some() {
            return None;
        }
        let selection = Selection {
            state,
            metric,
            narrowing,
            territory,
            stretch: hull.stretch(),
        };
        if let Some(above) = above::pass(&selection, cube, area, &hull) {
            return Some(above);
        }
        let sources = selection.find_sources(hull.expected_on());
        let mut sums = vec![Some(Plain::default()); hull.stretches().len()];
        let mut reporters = None;
        for read in &sources.blocks {
            let block = cube.block(read.place).filter(|_| read.share == Share::All)?;
            add_reporters(&mut reporters, &read.shape.reporters);
            for (sum, stretched) in sums.iter_mut().zip(hull.stretches()) {
                *sum = sum.and_then(|sum| self.plus(sum, (block, read), stretched));
            }
        }
        (!sources.blocks.is_empty()).then(|| Pass {
            hull,
            sums,
            sources: Rc::new(sources),
            reporters: reporters.unwrap_or_default(),
        })
    }

    /// A sum with what a block has in a stretch.
    fn plus(&self, sum: Plain, (block, read): (&Block, &SourceBlock), stretched: &Stretched) -> Option<Plain> {
        let (metric, as_of) = (self.metric, self.state.as_of);
        let (units, status) = plain_total(metric, block, read.shape.taken, &stretched.parts, as_of)?;
        Some(sum.plus(Plain::of(units, status)?))
    }

    /// What was read of a stretch.
    fn value(&self, pass: &Pass, place: usize) -> Option<TermValue<'a>> {
        let plain = pass.sums[place]?;
        let steady = Steady {
            state: self.state,
            metric: self.metric,
            relevant: pass.hull.stretches()[place].relevant,
            sources: Rc::clone(&pass.sources),
            has_no_gaps: pass.hull.stretches()[place].is_counted,
        };
        let mut value = Value::number(Exact::from_scaled(plain.units, self.metric.decimals));
        value.qualifier = plain.qualifier;
        value.lineage.quality = plain.quality;
        if steady.lacks_series() {
            value.lineage.flags.insert(FigureFlag::PartialCoverage);
        }
        Some(TermValue {
            value,
            reporters: Rc::clone(&pass.reporters),
            contributions: Vec::new(),
            steady: Some(steady),
        })
    }

    /// The hull of a stretch and the periods after it; of the stretch alone where not all of them are alike.
    fn hull(&self, span: PeriodRange) -> Option<Rc<Hull>> {
        let mut known = self.narrowing.ahead.hulls.borrow_mut();
        let wanted = |hull: &&Rc<Hull>| hull.place(span) == Some(0);
        if let Some(hull) = known.iter().find(wanted) {
            return Some(Rc::clone(hull)).filter(|hull| hull.is_steady());
        }
        let of = |spans: &[PeriodRange]| Hull::of(self.state, self.metric, self.narrowing, spans);
        let following = of(&self.narrowing.following(span))?;
        let hull = if following.is_steady() { following } else { of(&[span])? };
        let hull = Rc::new(hull);
        if known.len() == HULLS {
            known.remove(0);
        }
        known.push(Rc::clone(&hull));
        Some(hull).filter(|hull| hull.is_steady())
    }
}
