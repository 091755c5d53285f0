//! Figures that are ordered or ranked: all are looked at before the first is told.

use std::sync::Arc;

use almanac_indicator::{Standings, State, Survey};
use almanac_model::Figure;

use super::{Figures, Part};
use crate::error::QueryError;
use crate::limits;
use crate::replica::Replica;
use crate::shared::SharedReplica;

impl Figures {
    /// Some of the figures in their order. The standings are found once, for all pages of a stream.
    pub(super) async fn some_ranked<T: Send + 'static>(
        &mut self,
        replica: &Arc<SharedReplica>,
        (offset, limit): (usize, usize),
        ready: fn(Vec<Figure>) -> T,
    ) -> Result<Part<T>, QueryError> {
        let standings = match &self.standings {
            Some(standings) => Arc::clone(standings),
            None => Arc::clone(self.standings.insert(self.survey(replica).await?)),
        };
        let asked = Arc::clone(&self.question);
        let compute = move |replica: &Replica, state: State<'_>| {
            let answer = standings.answer(state, &asked, (offset, limit));
            answer.map(|answer| Part::of(answer, replica, ready))
        };
        let found = replica.compute(&self.moment, self.work, compute).await?;
        found.map_err(QueryError::Refused)
    }

    /// Looks at all figures, some at a time.
    async fn survey(&self, replica: &Arc<SharedReplica>) -> Result<Arc<Standings>, QueryError> {
        let mut survey = Survey::default();
        loop {
            let asked = Arc::clone(&self.question);
            let look = move |_: &Replica, state: State<'_>| {
                let looked = survey.look(state, &asked, limits::FIGURES_AT_ONCE);
                (survey, looked)
            };
            let (so_far, looked) = replica.compute(&self.moment, self.work, look).await?;
            if let Some(standings) = looked.map_err(QueryError::Refused)? {
                return Ok(Arc::new(standings));
            }
            survey = so_far;
        }
    }
}
