//! The figures of a question, computed some at a time, so that a record that arrives never waits long.

mod grid;
mod message;
mod ranked;

use std::pin::pin;
use std::sync::Arc;

use almanac_indicator::{Answer, Question, Refusal, Standings, State, answer, answer_more};
use almanac_model::{Figure, PeriodRange};
use almanac_wire::pb::query as pb;
use futures_util::stream::{self, StreamExt as _};

use self::grid::{Grid, Smaller};

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
    /// How many there are at most.
    at_most: usize,
    grid: Grid,
    /// The order and the ranks, once they are known; of a question that has any.
    standings: Option<Arc<Standings>>,
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
        let at_most = ask::figures_at_most(&question, &moment.catalog);
        Ok(Self {
            question: Arc::new(question),
            resolved_periods,
            moment,
            work: if at_most <= limits::FIGURES_INLINE {
                Work::Small
            } else {
                Work::Large
            },
            at_most,
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
        if self.at_most.min(page.limit) <= limits::FIGURES_IN_PART || self.question.ranking.is_asked() {
            return self.page_in_turn(replica, page).await;
        }
        if matches!(self.grid, Grid::Unchecked) {
            // refuses what is wrong, and computes nothing yet
            self.some_as(replica, (page.offset, 0), drop).await?;
        }
        match self.grid.total(&self.question) {
            Some(total) => self.page_in_parts(replica, page, total).await,
            None => self.page_in_turn(replica, page).await,
        }
    }

    /// The figures are computed some after the others.
    async fn page_in_turn<M: FigureMessage>(
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

    /// The figures are computed on as many cores as there are.
    async fn page_in_parts<M: FigureMessage>(
        &self,
        replica: &Arc<SharedReplica>,
        page: Page,
        total: usize,
    ) -> Result<(M, Option<usize>), QueryError> {
        let end = page.offset.saturating_add(page.limit).min(total);
        let parts = self.grid.parts(&self.question, page.offset, end);
        let computed = parts.into_iter().map(|part| {
            let (replica, moment, work) = (Arc::clone(replica), self.moment.clone(), self.work);
            async move { computed(&replica, &moment, work, (answer_more, part), M::ready).await }
        });
        let mut computed = pin!(stream::iter(computed).buffered(replica.at_one_time()));
        let mut message = M::default();
        while let Some(part) = computed.next().await {
            if !message.add(part?.figures) {
                break;
            }
        }
        let reached = page.offset.saturating_add(message.len());
        Ok((message, (reached < total).then_some(reached)))
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
        let part = self
            .grid
            .smaller(&self.question, offset, limit)
            .unwrap_or_else(|| Smaller {
                question: Arc::clone(&self.question),
                skip: offset,
                count: limit,
            });
        let look = if matches!(self.grid, Grid::Unchecked) {
            answer
        } else {
            answer_more
        };
        let mut found = computed(replica, &self.moment, self.work, (look, part), ready).await?;
        if let Some(total) = self.grid.total(&self.question) {
            let end = offset.saturating_add(found.count);
            found.next = (end < total).then_some(end);
        }
        if matches!(self.grid, Grid::Unchecked) {
            self.grid = Grid::of(&self.question, &self.moment.catalog);
        }
        Ok(found)
    }
}

/// Looks for some figures of a question.
type Look = fn(State<'_>, &Question, usize, usize) -> Result<Answer, Vec<Refusal>>;

/// Figures of a question, made ready where they are computed.
async fn computed<T: Send + 'static>(
    replica: &Arc<SharedReplica>,
    moment: &Moment,
    work: Work,
    (look, part): (Look, Smaller),
    ready: fn(Vec<Figure>) -> T,
) -> Result<Part<T>, QueryError> {
    let Smaller { question, skip, count } = part;
    let compute = move |replica: &Replica, state: State<'_>| {
        look(state, &question, skip, count).map(|answer| Part::of(answer, replica, ready))
    };
    let found = replica.compute(moment, work, compute).await?;
    found.map_err(QueryError::Refused)
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
