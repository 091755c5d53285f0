//! The order of the figures of a question, and the rank of each.

use almanac_catalog::Catalog;
use almanac_model::{Figure, FigureRank};

use super::place::ranks;
use super::sort::sorted;
use super::survey::{Numbers, numbers};
use crate::answer::{Answer, figure};
use crate::grid::{Grid, Place};
use crate::question::{Question, Refusal, State};
use crate::share::Totals;

/// Which figures are answered in which order, and the rank of each: of one question at one state, found by a [`super::Survey`].
#[derive(Clone, Debug)]
pub struct Standings {
    /// The figures that are answered, each with its rank if it has one.
    order: Vec<(Place, Option<FigureRank>)>,
}

impl Standings {
    /// The figures of a question in their order, from number `offset` on, at most `limit`. Question and state are those of the
    /// survey.
    pub fn answer(
        &self,
        state: State<'_>,
        question: &Question,
        (offset, limit): (usize, usize),
    ) -> Result<Answer, Vec<Refusal>> {
        let grid = Grid::of(state.catalog, question)?;
        Ok(self.page(state, question, &grid, (offset, limit)))
    }

    /// The standings of a question that was checked.
    pub(crate) fn of(state: State<'_>, question: &Question, grid: &Grid<'_>) -> Self {
        let seen = numbers(state, question, grid, grid.places());
        Self::new(state.catalog, question, grid, &seen)
    }

    /// The standings of figures whose numbers are known.
    pub(super) fn new(catalog: &Catalog, question: &Question, grid: &Grid<'_>, seen: &[Numbers]) -> Self {
        let mut ranks = ranks(catalog, question, grid, seen);
        let order = sorted(catalog, question, grid, seen).into_iter();
        Self {
            order: order.map(|one| (one.place, ranks[one.index].take())).collect(),
        }
    }

    pub(crate) fn page(
        &self,
        state: State<'_>,
        question: &Question,
        grid: &Grid<'_>,
        (offset, limit): (usize, usize),
    ) -> Answer {
        let mut totals = Totals::new(state, question);
        let page = self.order.iter().skip(offset).take(limit);
        let figures: Vec<Figure> = page
            .map(|(place, rank)| {
                let one = grid.figure(state.catalog, question, *place);
                let figure = figure(&mut totals, (state, question), one);
                Figure {
                    rank: rank.clone().map(Box::new),
                    ..figure
                }
            })
            .collect();
        let end = offset.saturating_add(figures.len());
        Answer {
            figures,
            next: (end < self.order.len()).then_some(end),
        }
    }
}
