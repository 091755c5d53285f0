//! The numbers by which the figures of a question are ordered and ranked.

use super::{OrderBy, OrderNumber, Ranking, Standings};
use crate::answer::check_grid;
use crate::compare::{Compared, Measured, value_in};
use crate::grid::{Grid, One, Place};
use crate::question::{Question, Refusal, State};
use crate::share::Totals;
use crate::territory::Territory;

/// The numbers of one figure, in the order of [`numbers_of`]; `None` where it has none.
pub(super) type Numbers = Vec<Option<Measured>>;

/// Looks at the figures of a question for the numbers by which they are ordered and ranked, some at a time: all of one question
/// at one state, since nothing of an earlier look is looked at again.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    seen: Vec<Numbers>,
}

impl Survey {
    /// Looks at so many more figures. Answers the standings when there are no more to look at. The question is checked at the
    /// first look.
    pub fn look(
        &mut self,
        state: State<'_>,
        question: &Question,
        limit: usize,
    ) -> Result<Option<Standings>, Vec<Refusal>> {
        let grid = Grid::of(state.catalog, question)?;
        if self.seen.is_empty() {
            check_grid(state.catalog, question, &grid)?;
        }
        let more = grid.places().skip(self.seen.len()).take(limit);
        let found = numbers(state, question, &grid, more);
        self.seen.extend(found);
        let is_all = self.seen.len() >= grid.len();
        Ok(is_all.then(|| Standings::new(state.catalog, question, &grid, &self.seen)))
    }
}

/// The numbers that matter for a ranking: those of the order. The first one is that by which figures are ranked.
pub(super) fn numbers_of(ranking: &Ranking) -> Vec<OrderNumber> {
    let ordered = ranking.order_by.iter().filter_map(|key| match key.by {
        OrderBy::Number(number) => Some(number),
        _ => None,
    });
    let mut numbers: Vec<OrderNumber> = ordered.collect();
    if numbers.is_empty() && ranking.rank_among.is_some() {
        numbers.push(ranking.ranked_by().0);
    }
    numbers
}

/// The numbers of some figures.
pub(super) fn numbers(
    state: State<'_>,
    question: &Question,
    grid: &Grid<'_>,
    places: impl Iterator<Item = Place>,
) -> Vec<Numbers> {
    let wanted = numbers_of(&question.ranking);
    let mut totals = Totals::new(state, question);
    places
        .map(|place| {
            let one = grid.figure(state.catalog, question, place);
            of_figure(&mut totals, (state, question), one, &wanted)
        })
        .collect()
}

/// Each of the wanted numbers of one figure.
pub(super) fn of_figure(
    totals: &mut Totals<'_>,
    (state, question): (State<'_>, &Question),
    one: One<'_>,
    wanted: &[OrderNumber],
) -> Numbers {
    let One {
        plan,
        target,
        group,
        narrowings,
    } = one;
    let (area, period) = target;
    let territory = Territory::of(state, question, area, group);
    // an order by names needs no numbers
    if wanted.is_empty() || territory.is_void(state, period.last_day()) {
        return vec![None; wanted.len()];
    }
    let value = value_in(state, question, plan, narrowings, &territory, *period);
    let compared = Compared {
        state,
        question,
        plan,
        group,
        narrowings,
        area,
        period: *period,
        value: &value,
    };
    let number = |number: &OrderNumber| match *number {
        OrderNumber::Value => Measured::of(&value),
        OrderNumber::Compared(index, number) => compared.number(question.comparisons.get(index)?, number),
        OrderNumber::SharePercent => totals.part(plan, target, group, &value),
    };
    wanted.iter().map(number).collect()
}
