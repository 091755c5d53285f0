//! What the cube keeps of the sums of all series under an area.

use std::collections::BTreeSet;
use std::rc::Rc;

use almanac_cube::{MetricCube, Subtree};
use almanac_model::AreaId;

use super::hull::Hull;
use super::{Pass, Plain};
use crate::reading::narrowing::add_reporters;
use crate::reading::{Selection, Sources};

/// A pass over an area of which the sums are kept; `None` when not all of them are read, or one of the stretches is not plain.
pub(super) fn pass(selection: &Selection<'_, '_>, cube: &MetricCube, area: &AreaId, hull: &Rc<Hull>) -> Option<Pass> {
    let state = selection.state;
    let (first, last) = (hull.stretches().first()?, hull.stretches().last()?);
    let periods = *first.parts.start()..=*last.parts.end();
    let subtree = cube.subtree((selection.metric, state.catalog), area, &periods)?;
    let mut sums = Vec::with_capacity(hull.stretches().len());
    for stretched in hull.stretches() {
        let parts = stretched.read.as_ref().filter(|_| stretched.is_counted)?;
        let (units, status) = subtree.total(parts, state.as_of)?;
        sums.push(Some(Plain::of(units, status)?));
    }
    let (sources, reporters) = whole(selection, hull, (cube, subtree))?;
    Some(Pass {
        hull: Rc::clone(hull),
        sums,
        sources: Rc::new(sources),
        reporters,
    })
}

/// What is expected and recorded in a subtree, and who reported, when all of its series are read.
fn whole(
    selection: &Selection<'_, '_>,
    hull: &Hull,
    (cube, subtree): (&MetricCube, &Subtree),
) -> Option<(Sources, Rc<BTreeSet<usize>>)> {
    let matches = selection.narrowing.matches(selection.state, selection.metric);
    let expectations = selection.shared_expectations(hull.expected_on());
    if expectations.len() != matches.expectations.len() {
        return None;
    }
    let each = expectations.iter().copied();
    let of_an_area: usize = each.clone().map(|one| matches.expected_count(one)).sum();
    let mut sources = Sources {
        expected: subtree.areas() * of_an_area,
        ..Sources::default()
    };
    let mut reporters = None;
    for (shape, blocks) in subtree.shapes() {
        let shape = matches.of_shape(cube, shape)?;
        if shape.taken.len() != shape.series {
            return None;
        }
        sources.recorded += blocks * shape.expected_under(each.clone()).len();
        add_reporters(&mut reporters, &shape.reporters);
    }
    Some((sources, reporters.unwrap_or_default()))
}
