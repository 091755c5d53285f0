//! Figures computed at the same time: they do not depend on one another.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use almanac_model::Figure;

use super::{Answer, figure};
use crate::grid::Grid;
use crate::question::{Question, Refusal, State};
use crate::share::Totals;

/// A thread is begun for no fewer figures: they take longer than its beginning.
const FIGURES_OF_A_THREAD: usize = 16;

/// Some of the figures of a question, and where the next ones begin.
pub(super) fn page(
    cores: usize,
    state: State<'_>,
    question: &Question,
    (grid, offset, limit): (&Grid<'_>, usize, usize),
) -> Result<Answer, Vec<Refusal>> {
    let total = grid.len();
    let end = offset.saturating_add(limit).min(total);
    Ok(Answer {
        figures: on_cores(cores, state, question, (grid, offset.min(end)..end))?,
        next: (end < total).then_some(end),
    })
}

/// Where there are many figures, each part of them by a thread of its own.
fn on_cores(
    cores: usize,
    state: State<'_>,
    question: &Question,
    (grid, page): (&Grid<'_>, Range<usize>),
) -> Result<Vec<Figure>, Vec<Refusal>> {
    let parts = cores.min(page.len() / FIGURES_OF_A_THREAD).max(1);
    let length = page.len().div_ceil(parts).max(1);
    let of_part = |start: usize| start..page.end.min(start + length);
    let mut parts = page.clone().step_by(length).map(of_part);
    let first = parts.next().unwrap_or_default();
    thread::scope(|scope| {
        let begun = parts.map(|part| {
            // what a grid remembers is for one thread
            scope.spawn(move || {
                let grid = Grid::of(state.catalog, question)?;
                Ok::<_, Vec<Refusal>>(figures(state, question, &grid, part))
            })
        });
        let others: Vec<_> = begun.collect();
        let mut all = figures(state, question, grid, first);
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(all)
    })
}

fn figures(state: State<'_>, question: &Question, grid: &Grid<'_>, part: Range<usize>) -> Vec<Figure> {
    let mut totals = Totals::new(state, question);
    let places = grid.places().skip(part.start).take(part.len());
    let figure = |place| {
        let one = grid.figure(state.catalog, question, place);
        figure(&mut totals, (state, question), one)
    };
    places.map(figure).collect()
}
