//! The figures that are other at one state of the log than at an earlier one.

use std::collections::VecDeque;
use std::sync::Arc;

use almanac_indicator::{Refusal, RefusalReason};
use almanac_model::Figure;
use almanac_wire::figure_to_proto;
use almanac_wire::pb::{query as pb, shared};
use prost::Message;

use crate::error::QueryError;
use crate::limits;
use crate::mistakes::Mistakes;
use crate::replica::Moment;
use crate::rpc::figures::Figures;
use crate::shared::SharedReplica;

/// The figures that are other, message by message.
pub(super) struct Difference {
    now: Figures,
    /// The same figures at the earlier state; none when all are told.
    before: Option<Figures>,
    /// The number of the first figure that was not looked at; none after the last.
    next: Option<usize>,
    /// Figures that are other and not in a message yet, the first one first.
    found: VecDeque<shared::Figure>,
    /// Figures in a message.
    most: usize,
    ended: bool,
}

/// A watch computes all its figures at every revision.
pub(super) async fn refuse_too_many(mut figures: Figures, replica: &Arc<SharedReplica>) -> Result<(), QueryError> {
    let beyond = figures.some(replica, limits::WATCHED_FIGURES, 1).await?;
    if beyond.figures.is_empty() {
        Ok(())
    } else {
        Err(too_many())
    }
}

fn too_many() -> QueryError {
    QueryError::Refused(vec![Refusal {
        field: "periods".to_owned(),
        reason: RefusalReason::TooManyFigures,
        message: format!(
            "the question asks for more than {} figures, which is the most that a watch follows: ask for fewer indicators, \
             areas, periods or codes, or in several watches",
            limits::WATCHED_FIGURES
        ),
    }])
}

impl Difference {
    /// With other definitions there may be other figures, and so there are when relative periods moved on: then all are told.
    pub(super) fn between(
        asked: &pb::QueryIndicatorsRequest,
        before: Option<Moment>,
        now: Moment,
        most: usize,
    ) -> Result<Self, QueryError> {
        let before = before.filter(|before| before.catalog_revision == now.catalog_revision);
        let now = Figures::asked(asked, now, Mistakes::default())?;
        let before = before.map(|before| Figures::asked(asked, before, Mistakes::default()));
        let before = before.transpose()?.filter(|before| before.has_periods_of(&now));
        Ok(Self {
            before,
            now,
            next: Some(0),
            found: VecDeque::new(),
            most,
            ended: false,
        })
    }

    /// What each text of the request's periods stands for now.
    pub(super) fn resolved_periods(&self) -> Vec<String> {
        self.now.resolved_periods()
    }

    /// Whether all figures are told.
    pub(super) const fn is_snapshot(&self) -> bool {
        self.before.is_none()
    }

    /// The figures of the next message and whether it is the last. There is one at least, which may be empty.
    pub(super) async fn next(
        &mut self,
        replica: &Arc<SharedReplica>,
    ) -> Result<Option<(Vec<shared::Figure>, bool)>, QueryError> {
        if self.ended {
            return Ok(None);
        }
        // more than a message, so that the last one is known as such
        while let Some(offset) = self.next.filter(|_| self.found.len() <= self.most) {
            self.look(replica, offset).await?;
        }
        let message = self.message();
        self.ended = self.next.is_none() && self.found.is_empty();
        Ok(Some((message, self.ended)))
    }

    async fn look(&mut self, replica: &Arc<SharedReplica>, offset: usize) -> Result<(), QueryError> {
        let now = self.now.some(replica, offset, limits::FIGURES_AT_ONCE).await?;
        let end = offset.saturating_add(now.figures.len());
        // the definitions, and with them the number of figures, may have changed since the watch began
        if end > limits::WATCHED_FIGURES {
            return Err(too_many());
        }
        let mut before = match &mut self.before {
            Some(before) => before.some(replica, offset, limits::FIGURES_AT_ONCE).await?.figures,
            None => Vec::new(),
        }
        .into_iter();
        let is_other = |figure: &Figure| before.next().is_none_or(|before| before != *figure);
        self.found
            .extend(now.figures.into_iter().filter(is_other).map(figure_to_proto));
        self.next = now.next;
        Ok(())
    }

    /// As many of the figures that were found as a message takes.
    fn message(&mut self) -> Vec<shared::Figure> {
        let mut bytes = 0;
        let fits = |figure: &&shared::Figure| {
            bytes += figure.encoded_len();
            bytes <= limits::PAGE_BYTES
        };
        let count = self.found.iter().take(self.most).take_while(fits).count();
        // one that is larger than a message goes alone
        let count = count.max(1).min(self.found.len());
        self.found.drain(..count).collect()
    }
}
