//! `WatchIndicators`: figures, and each again whenever it changes.
//!
//! A watch keeps no figures, and their ranks only while it tells them. It compares the figures of the newest revision with
//! those of the revision it told last, some at a time; so it costs little memory, a slow client never has more than a message
//! waiting, and a client that comes back is served like one that stayed.

mod difference;

use std::sync::Arc;
use std::time::Duration;

use almanac_model::{LogId, Revision};
use almanac_service_kit::server::stream_stop;
use almanac_wire::pb::query as pb;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tonic::Request;

use self::difference::Difference;
use super::feed::{self, Messages, Outlet};
use super::figures::Figures;
use super::{Answered, Query};
use crate::answer::{answered_at, respond_with_stream};
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::read_at::{AsOf, ReadAt};
use crate::replica::{Moment, Progress};
use crate::shared::SharedReplica;
use crate::{Clock, reason};

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::WatchIndicatorsRequest>,
) -> Answered<Messages<pb::WatchIndicatorsResponse>> {
    let (until, stop) = (query.until(&request), stream_stop(&request));
    let begun = begin(query, request.into_inner(), until).await;
    let (watch, from) = begun.map_err(|error| error.under("query"))?;
    let (seen, now) = (watch.seen.clone(), (query.clock)());
    let follow = |outlet| async move { watch.follow(from, outlet).await.map_err(|error| error.under("query")) };
    Ok(respond_with_stream(feed::begin(query, stop, follow), &seen, now))
}

/// What is refused is refused before the stream begins.
async fn begin(
    query: &Query,
    request: pb::WatchIndicatorsRequest,
    until: Instant,
) -> Result<(Watch, Option<Moment>), QueryError> {
    let pb::WatchIndicatorsRequest {
        query: asked,
        resume_after,
    } = request;
    let mut asked = asked.unwrap_or_default();
    let page_token = std::mem::take(&mut asked.page_token);
    let read_at = asked.read_at.get_or_insert_default();
    let as_of = read_at.as_of.take();
    read_at.min_revision = read_at.min_revision.max(resume_after);
    let (seen, page, mut mistakes) = query.open_page(&asked, until).await?;
    if as_of.is_some() {
        let message = || "a watch follows the newest state; leave it out, or ask StreamIndicators".to_owned();
        mistakes.add("read_at.as_of", reason::CONFLICT, message);
    }
    if !page_token.is_empty() {
        let message = || "a watch has no pages; leave it out, and go on with resume_after".to_owned();
        mistakes.add("page_token", reason::CONFLICT, message);
    }
    refuse_order(&asked, &mut mistakes);
    let figures = Figures::asked(&asked, seen.clone(), mistakes)?;
    difference::refuse_too_many(figures, &query.replica).await?;
    let from = resumed(query, seen.log, Revision(resume_after), until).await?;
    let watch = Watch {
        replica: Arc::clone(&query.replica),
        progress: query.replica.progress(),
        clock: Arc::clone(&query.clock),
        asked,
        most: page.limit,
        every: query.progress_every,
        due: Instant::now(),
        seen,
    };
    Ok((watch, from))
}

/// A figure that comes again comes by itself, so it has no place in an order, and nothing says that one is no longer a first.
fn refuse_order(asked: &pb::QueryIndicatorsRequest, mistakes: &mut Mistakes) {
    for (field, is_given) in [("order_by", !asked.order_by.is_empty()), ("top", asked.top != 0)] {
        if is_given {
            mistakes.add(field, reason::CONFLICT, || {
                "a watch tells each figure by itself, in no order; leave it out, give rank_among for the rank of each, or ask \
                 QueryIndicators"
                    .to_owned()
            });
        }
    }
}

/// The state that the client has seen. Before the first catalogue there was nothing to see.
async fn resumed(query: &Query, log: LogId, after: Revision, until: Instant) -> Result<Option<Moment>, QueryError> {
    if after == Revision::EMPTY {
        return Ok(None);
    }
    match query.replica.locate(&ReadAt::pinned(log, after), until).await {
        Ok(moment) => Ok(Some(moment)),
        Err(QueryError::NoCatalog { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// One client that watches.
struct Watch {
    replica: Arc<SharedReplica>,
    progress: watch::Receiver<Progress>,
    clock: Clock,
    asked: pb::QueryIndicatorsRequest,
    /// Figures in a message.
    most: usize,
    /// How often there is a message at least.
    every: Duration,
    /// When there has to be one.
    due: Instant,
    /// The state that is told.
    seen: Moment,
}

impl Watch {
    /// Tells what is other than at `from`, and then what changes, until the log is replaced.
    async fn follow(
        mut self,
        mut from: Option<Moment>,
        outlet: Outlet<pb::WatchIndicatorsResponse>,
    ) -> Result<(), QueryError> {
        loop {
            self.tell(from, &outlet).await?;
            let newer = self.newer(&outlet).await?;
            from = Some(std::mem::replace(&mut self.seen, newer));
        }
    }

    /// Tells the figures that are other than they were; nothing when there are none and nothing is due.
    async fn tell(
        &mut self,
        from: Option<Moment>,
        outlet: &Outlet<pb::WatchIndicatorsResponse>,
    ) -> Result<(), QueryError> {
        let skipped_ahead = from
            .as_ref()
            .is_some_and(|from| self.seen.revision > from.revision.next());
        let mut difference = Difference::between(&self.asked, from, self.seen.clone(), self.most)?;
        let message = pb::WatchIndicatorsResponse {
            figures: Vec::new(),
            answered_at: Some(self.answered_at()),
            complete: false,
            snapshot: difference.is_snapshot(),
            skipped_ahead,
            resolved_periods: difference.resolved_periods(),
            lag: None,
        };
        while let Some((figures, complete)) = difference.next(&self.replica).await? {
            if figures.is_empty() && !message.snapshot && Instant::now() < self.due {
                return Ok(());
            }
            let message = pb::WatchIndicatorsResponse {
                figures,
                complete,
                ..message.clone()
            };
            self.send(message, outlet).await;
        }
        Ok(())
    }

    fn answered_at(&self) -> pb::AnsweredAt {
        pb::AnsweredAt {
            // it was read as a date, which has one notation
            on_boundaries_of: self.asked.on_boundaries_of.clone(),
            ..answered_at(&self.seen)
        }
    }

    /// Waits for a newer state; says every few seconds that there is none.
    async fn newer(&mut self, outlet: &Outlet<pb::WatchIndicatorsResponse>) -> Result<Moment, QueryError> {
        let (log, seen, rebuilds) = (self.seen.log, self.seen.revision, self.seen.rebuilds);
        let other_log =
            |progress: &Progress| progress.log != Some(log) || progress.rebuilds != rebuilds || progress.applied < seen;
        let moved = |progress: &Progress| other_log(progress) || progress.applied > seen;
        loop {
            let changed = timeout_at(self.due, self.progress.wait_for(moved)).await;
            match changed.map(|progress| progress.map(|progress| other_log(&progress))) {
                Ok(Ok(false)) => break,
                Ok(Ok(true)) => return Err(QueryError::LogReplaced),
                // the replica outlives its readers
                Ok(Err(_)) => return Err(QueryError::Broken),
                Err(_) => {
                    let message = pb::WatchIndicatorsResponse {
                        answered_at: Some(self.answered_at()),
                        complete: true,
                        ..pb::WatchIndicatorsResponse::default()
                    };
                    self.send(message, outlet).await;
                }
            }
        }
        let newest = ReadAt {
            log_id: Some(log),
            min_revision: seen,
            as_of: AsOf::Newest,
        };
        let found = self.replica.locate(&newest, Instant::now()).await;
        // it was there a moment ago
        match found {
            Ok(moment) if moment.rebuilds == rebuilds => Ok(moment),
            Err(QueryError::Broken) => Err(QueryError::Broken),
            Ok(_) | Err(_) => Err(QueryError::LogReplaced),
        }
    }

    /// Sends a message, with how far the replica is by then.
    async fn send(&mut self, message: pb::WatchIndicatorsResponse, outlet: &Outlet<pb::WatchIndicatorsResponse>) {
        let lag = self.progress.borrow().lag;
        let message = pb::WatchIndicatorsResponse {
            lag: Some(lag.to_proto((self.clock)())),
            ..message
        };
        outlet.send(message).await;
        self.due = Instant::now() + self.every;
    }
}
