//! Small writes: requests of a thousand events and of one, and how soon query shows what was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use almanac_client::{IngestClient, QueryClient, RecordedAt};
use almanac_model::{Batch, Correction, CorrectionReason, Event};
use hdrhistogram::Histogram;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::BenchError;
use super::ask::{histogram, note};
use super::load::{day, event, recorded, seen};
use super::pace::moments;
use super::workload::{Block, METRICS, Random, Workload};

/// Callers that wait for an answer each.
pub(super) const CALLERS: usize = 64;
/// ... when each request has a thousand events.
pub(super) const LARGE_CALLERS: usize = 8;
/// Events of a large request.
pub(super) const LARGE: usize = 1_000;
/// Days after the workload's last for which there are later events; then they begin again, and supersede.
const LATER_DAYS: usize = 365;
/// Of the rate that 64 callers reach when nobody waits, what is offered to measure how long one takes. How fast a shared machine
/// is changes meanwhile: near the rate that was reached, requests queue up as soon as it is slower, and their time is that of the queue.
const OFFERED: f64 = 0.5;

/// The next event after the workload, one after the other for all callers.
#[derive(Default)]
pub(super) struct Later(AtomicUsize);

impl Later {
    fn take(&self, count: usize, workload: &Workload) -> Result<Vec<Event>, BenchError> {
        let first = self.0.fetch_add(count, Ordering::Relaxed);
        let one = |place: usize| {
            let (series, later) = (place % workload.shape.series(), place / workload.shape.series());
            let period = day(workload, workload.shape.days + later % LATER_DAYS)?;
            Ok(event(series, period, (place % 1_000).try_into().unwrap_or(0), workload))
        };
        (first..first + count).map(one).collect()
    }
}

/// How fast callers are that send the next request when the one before was answered.
pub(super) async fn closed(
    ingest: &IngestClient,
    workload: &Arc<Workload>,
    later: &Arc<Later>,
    (callers, events): (usize, usize),
    time: Duration,
) -> Result<f64, BenchError> {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (ingest, workload, later) = (ingest.clone(), Arc::clone(workload), Arc::clone(later));
        running.spawn(async move {
            let mut recorded = 0;
            while begun.elapsed() < time {
                let request = later.take(events, &workload)?;
                recorded += ingest.record(&workload.reporter, request).await?.recorded_count;
            }
            Ok::<u32, BenchError>(recorded)
        });
    }
    let mut sum = 0.0;
    while let Some(ended) = running.join_next().await {
        sum += f64::from(ended??);
    }
    Ok(sum / begun.elapsed().as_secs_f64())
}

/// How long a request with one event takes, from when it was due, at a rate that is below what callers reach.
pub(super) async fn open(
    ingest: &IngestClient,
    workload: &Arc<Workload>,
    later: &Arc<Later>,
    rate: u32,
    time: Duration,
) -> Result<Histogram<u64>, BenchError> {
    let due = Arc::new(Mutex::new(moments(rate, time)));
    let mut running = JoinSet::new();
    for _ in 0..CALLERS {
        let (ingest, workload, later) = (ingest.clone(), Arc::clone(workload), Arc::clone(later));
        let due = Arc::clone(&due);
        running.spawn(async move {
            let mut taken = histogram()?;
            while let Some(due) = next(&due).await {
                ingest.record(&workload.reporter, later.take(1, &workload)?).await?;
                note(&mut taken, due.elapsed());
            }
            Ok::<_, BenchError>(taken)
        });
    }
    let mut all = histogram()?;
    while let Some(ended) = running.join_next().await {
        all.add(ended??)?;
    }
    Ok(all)
}

async fn next(due: &Mutex<mpsc::UnboundedReceiver<Instant>>) -> Option<Instant> {
    due.lock().await.recv().await
}

/// The rate at which [`open`] measures after [`closed`]: not more than what is wanted.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is small and positive"
)]
pub(super) fn offered(reached: f64, wanted: u32) -> u32 {
    (reached * OFFERED).min(f64::from(wanted)).max(1.0) as u32
}

/// How long it takes from an acknowledgement until a question sees the batch, at a rate of batches of a thousand events.
pub(super) async fn visible(
    ingest: &IngestClient,
    query: &QueryClient,
    workload: &Workload,
    batches_per_second: u32,
    time: Duration,
) -> Result<Histogram<u64>, BenchError> {
    let mut stream = ingest.stream(&workload.reporter, Uuid::new_v4()).await?;
    let mut due = moments(batches_per_second, time);
    let mut asking = JoinSet::new();
    let (mut place, mut open) = (0, true);
    while open || stream.unanswered() > 0 {
        tokio::select! {
            moment = due.recv(), if open => {
                open = moment.is_some();
                if open {
                    stream.send(&later_batch(workload, place)?).await?;
                    place += 1;
                }
            }
            answer = stream.next_answer(), if stream.unanswered() > 0 => {
                if let Some(answer) = answer? {
                    asking.spawn(until_seen(query.clone(), recorded(answer)?, Instant::now()));
                }
            }
        }
    }
    while let Some(answer) = stream.next_answer().await? {
        asking.spawn(until_seen(query.clone(), recorded(answer)?, Instant::now()));
    }
    let mut taken = histogram()?;
    while let Some(ended) = asking.join_next().await {
        note(&mut taken, ended??);
    }
    Ok(taken)
}

async fn until_seen(query: QueryClient, write: RecordedAt, acknowledged: Instant) -> Result<Duration, BenchError> {
    seen(&query, write).await?;
    Ok(acknowledged.elapsed())
}

/// A thousand values of a stretch of later days: of fewer series the longer it is.
fn later_batch(workload: &Workload, place: usize) -> Result<Batch, BenchError> {
    let at_once = 100.min(workload.shape.series());
    let days = LARGE / at_once;
    let starts = workload.shape.series() / at_once;
    let (start, stretch) = (place % starts, place / starts % (LATER_DAYS / days));
    let mut random = Random::new(workload.shape.seed, place as u64);
    Ok(workload.batch(Block {
        first_series: start * at_once,
        first_day: workload.shape.days + stretch * days,
        days,
        values: (0..at_once * days).map(|_| random.between(0, 500)).collect(),
    })?)
}

/// Corrects that many values, each in a request of its own: of telephone subscriptions on the last days, so that the densities
/// that are asked for differ.
pub(super) async fn corrections(
    ingest: &IngestClient,
    workload: &Arc<Workload>,
    count: usize,
) -> Result<RecordedAt, BenchError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for _ in 0..CALLERS {
        let (ingest, workload, next) = (ingest.clone(), Arc::clone(workload), Arc::clone(&next));
        running.spawn(async move {
            let mut last = None;
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= count {
                    return Ok::<_, BenchError>(last);
                }
                let corrected = correction(&workload, place)?;
                last = Some(ingest.record(&workload.reporter, [corrected]).await?.at);
            }
        });
    }
    let mut all = Vec::new();
    while let Some(ended) = running.join_next().await {
        all.extend(ended??);
    }
    all.into_iter().max_by_key(|at| at.revision).ok_or(BenchError::Nothing)
}

fn correction(workload: &Workload, place: usize) -> Result<Event, BenchError> {
    let of_telephone = workload
        .cells
        .iter()
        .filter(|cell| cell.metric.as_str() == METRICS[0])
        .count();
    let (turn, cell) = (place / of_telephone, place % of_telephone);
    let (back, district) = (turn / workload.shape.districts, turn % workload.shape.districts);
    let series = district * workload.cells.len() + cell;
    let value = 100_000 + i64::try_from(place).unwrap_or(0);
    let last = workload.shape.days - 1;
    let mut corrected = event(
        series,
        day(workload, last - back % workload.shape.days)?,
        value,
        workload,
    );
    corrected.correction = Some(Correction {
        reason: CorrectionReason::NewData,
        expected_revision: None,
    });
    Ok(corrected)
}
