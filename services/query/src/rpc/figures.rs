//! The figures of a question, computed some at a time, so that a record that arrives never waits long.

mod message;
mod ranked;

use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_indicator::{
    Answer, AreaSelection, Question, ShareOf, Standings, State, answer, answer_more, figures_each,
};
use almanac_model::{AreaId, Figure, PeriodRange};
use almanac_wire::pb::query as pb;

use crate::answer::answered_on;
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::page::Page;
use crate::replica::{Moment, Replica};
use crate::shared::{SharedReplica, Work};
use crate::{ask, limits};

pub(super) use message::{FigureMessage, Form, OneByOne};

/// The figures of a question at one state of the log.
pub(super) struct Figures {
    question: Arc<Question>,
    resolved_periods: Vec<PeriodRange>,
    moment: Moment,
    work: Work,
    grid: Grid,
    /// The order and the ranks, once they are known; of a question that has any.
    standings: Option<Arc<Standings>>,
}

/// What is known of the order of the figures.
enum Grid {
    /// Nothing yet: the question has not been checked.
    Unchecked,
    /// It takes the whole question to find some of them.
    Whole,
    /// For each measure, each of these areas and each period as many as the measure has groups.
    Regular(Vec<AreaId>, Vec<usize>),
    /// One for each measure and each period: the areas are one sum.
    Combined,
}

impl Figures {
    /// The question of a request.
    pub(super) fn asked(
        request: &pb::QueryIndicatorsRequest,
        moment: Moment,
        mut mistakes: Mistakes,
    ) -> Result<Self, QueryError> {
        let ask::Asked {
            question,
            resolved_periods,
        } = ask::question(request, &moment, &mut mistakes);
        mistakes.refuse_any()?;
        let few = ask::figures_at_most(&question, &moment.catalog) <= limits::FIGURES_INLINE;
        Ok(Self {
            question: Arc::new(question),
            resolved_periods,
            moment,
            work: if few { Work::Small } else { Work::Large },
            grid: Grid::Unchecked,
            standings: None,
        })
    }

    /// What every answer says of them.
    pub(super) fn answered_at(&self) -> pb::AnsweredAt {
        answered_on(&self.moment, self.question.on_boundaries_of)
    }

    /// At which state of the log.
    pub(super) const fn moment(&self) -> &Moment {
        &self.moment
    }

    /// What each text of the request's periods stands for.
    pub(super) fn resolved_periods(&self) -> Vec<String> {
        self.resolved_periods.iter().map(ToString::to_string).collect()
    }

    /// Whether another question is about the same periods.
    pub(super) fn has_periods_of(&self, other: &Self) -> bool {
        self.question.periods == other.question.periods
    }

    /// A page of figures, and where the next page begins. It ends early before it grows larger than clients take.
    pub(super) async fn page<M: FigureMessage>(
        &mut self,
        replica: &Arc<SharedReplica>,
        page: Page,
    ) -> Result<(M, Option<usize>), QueryError> {
        let (mut message, mut offset) = (M::default(), page.offset);
        loop {
            let limit = page.limit - message.len();
            let part = self.some_as(replica, (offset, limit), M::ready).await?;
            let are_all = message.add(part.figures);
            offset = page.offset + message.len();
            if !are_all {
                return Ok((message, Some(offset)));
            }
            if part.next.is_none() || message.len() >= page.limit {
                return Ok((message, part.next));
            }
        }
    }

    /// Some of the figures, from number `offset` on.
    pub(super) async fn some(
        &mut self,
        replica: &Arc<SharedReplica>,
        offset: usize,
        limit: usize,
    ) -> Result<Part<Vec<Figure>>, QueryError> {
        self.some_as(replica, (offset, limit), |figures| figures).await
    }

    /// The same, made ready where they are computed. The first time the whole question is checked, and only then, since checking
    /// a million figures for each thousand takes minutes; what follows is asked as a smaller question where that is possible.
    async fn some_as<T: Send + 'static>(
        &mut self,
        replica: &Arc<SharedReplica>,
        (offset, limit): (usize, usize),
        ready: fn(Vec<Figure>) -> T,
    ) -> Result<Part<T>, QueryError> {
        let limit = limit.min(limits::FIGURES_AT_ONCE);
        if self.question.ranking.is_asked() {
            return self.some_ranked(replica, (offset, limit), ready).await;
        }
        let (asked, skip, total) = match &self.grid {
            Grid::Regular(areas, groups) => part(&self.question, (areas, groups), offset, limit),
            Grid::Combined => combined_part(&self.question, offset, limit),
            Grid::Unchecked | Grid::Whole => (Arc::clone(&self.question), offset, None),
        };
        let look = if matches!(self.grid, Grid::Unchecked) {
            answer
        } else {
            answer_more
        };
        let compute = move |replica: &Replica, state: State<'_>| {
            look(state, &asked, skip, limit).map(|answer| Part::of(answer, replica, ready))
        };
        let found = replica.compute(&self.moment, self.work, compute).await?;
        let mut found = found.map_err(QueryError::Refused)?;
        if let Some(total) = total {
            let end = offset.saturating_add(found.count);
            found.next = (end < total).then_some(end);
        }
        if matches!(self.grid, Grid::Unchecked) {
            self.grid = grid(&self.question, &self.moment.catalog);
        }
        Ok(found)
    }
}

/// Some figures that were computed together.
pub(super) struct Part<T> {
    /// In the form that was asked for.
    pub(super) figures: T,
    /// How many there are.
    count: usize,
    /// Where the next ones begin; `None` after the last figure.
    pub(super) next: Option<usize>,
}

impl<T> Part<T> {
    fn of(answer: Answer, replica: &Replica, ready: fn(Vec<Figure>) -> T) -> Self {
        let Answer { mut figures, next } = answer;
        tell_when_targets_were_set(&mut figures, replica);
        Self {
            count: figures.len(),
            figures: ready(figures),
            next,
        }
    }
}

/// What was computed knows the revisions of targets; the log knows their times.
pub(super) fn tell_when_targets_were_set(figures: &mut [Figure], replica: &Replica) {
    let comparisons = figures.iter_mut().flat_map(|figure| &mut figure.comparisons);
    for target in comparisons.filter_map(|comparison| comparison.target.as_mut()) {
        target.time = replica.record_time(target.revision);
    }
}

/// The part of a regular question that has the figure of that number: how many come before it in the part, and how many
/// there are in the whole.
fn part(
    question: &Question,
    (areas, groups): (&[AreaId], &[usize]),
    offset: usize,
    limit: usize,
) -> (Arc<Question>, usize, Option<usize>) {
    let periods = question.periods.len();
    let (measure, rest) = measure_of(areas.len() * periods, groups, offset);
    let in_period = groups.get(measure).copied().unwrap_or(1);
    let (area, skip) = (rest / (periods * in_period), rest % (periods * in_period));
    let wanted = skip.saturating_add(limit).div_ceil(periods * in_period);
    let (mut asked, mut skip) = (question.periods.clone(), skip);
    if wanted == 1 {
        // of one area only the periods that are wanted
        let wanted = skip / in_period..(skip + limit).div_ceil(in_period);
        asked = asked.drain(wanted).collect();
        skip %= in_period;
    }
    let formula = measure.checked_sub(question.measures.len());
    let formula = formula.and_then(|index| question.formulas.get(index));
    let part = Question {
        measures: question.measures.get(measure).cloned().into_iter().collect(),
        formulas: formula.cloned().into_iter().collect(),
        areas: AreaSelection::List(areas.iter().skip(area).take(wanted).cloned().collect()),
        periods: asked,
        ..question.clone()
    };
    let total = areas.len() * periods * groups.iter().sum::<usize>();
    (Arc::new(part), skip, Some(total))
}

/// The measure that has the figure of that number, and how many of its own come before it: each has `cells` areas and
/// periods, and its groups in each.
fn measure_of(cells: usize, groups: &[usize], offset: usize) -> (usize, usize) {
    let mut rest = offset;
    for (measure, groups) in groups.iter().enumerate() {
        let figures = cells * groups;
        if rest < figures {
            return (measure, rest);
        }
        rest -= figures;
    }
    (groups.len(), rest)
}

/// The part of a question about one sum that begins with the figure of that number, and how many there are in the whole.
fn combined_part(question: &Question, offset: usize, limit: usize) -> (Arc<Question>, usize, Option<usize>) {
    let each = question.periods.len();
    let (measure, period) = (offset / each, offset % each);
    let part = Question {
        measures: question.measures.get(measure).cloned().into_iter().collect(),
        periods: question.periods.iter().skip(period).take(limit).copied().collect(),
        ..question.clone()
    };
    (Arc::new(part), 0, Some(question.measures.len() * each))
}

/// Whether a measure has as many figures for each area and period.
fn grid(question: &Question, catalog: &Catalog) -> Grid {
    // the total of all areas is known by the whole question only
    let is_total_of_areas = question.share_of == Some(ShareOf::Areas);
    if question.periods.is_empty() || is_total_of_areas {
        return Grid::Whole;
    }
    let areas = match &question.areas {
        AreaSelection::List(_) if question.combine_areas && question.group_by.is_empty() => return Grid::Combined,
        // in a period without such areas there is no figure
        _ if question.combine_areas => return Grid::Whole,
        AreaSelection::List(areas) => Some(areas.clone()),
        AreaSelection::Under { area, level } => {
            let mut each = question.periods.iter().map(|period| {
                let day = question.on_boundaries_of.unwrap_or(period.last_day());
                let mut areas: Vec<AreaId> = catalog.descendants_at(area, level, day).into_iter().cloned().collect();
                areas.sort();
                areas
            });
            let first = each.next();
            first.filter(|first| each.all(|other| other == *first))
        }
    };
    areas.filter(|areas| !areas.is_empty()).map_or(Grid::Whole, |areas| {
        Grid::Regular(areas, figures_each(catalog, question))
    })
}
