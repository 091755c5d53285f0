//! The whole workload through one stream, until query shows it.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use almanac_client::{EventStream, IngestClient, QueryClient, RecordedAt, StreamAnswer};
use almanac_model::{Decimal, Event, EventTime, Granularity, Measure, Period, Qualifier, Quality};
use indicatif::ProgressBar;
use uuid::Uuid;

use super::BenchError;
use super::processes::Process;
use super::workload::{INHABITANTS, LAST_DAY, Workload, province_name};

/// What a load took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// From the first batch sent to the last acknowledged.
    pub(super) durable: Duration,
    /// From the first batch sent until a question sees the last.
    pub(super) visible: Duration,
    /// The last revision of it.
    pub(super) last: RecordedAt,
}

/// The years in which there are values.
pub(super) fn recorded_years(workload: &Workload) -> RangeInclusive<i16> {
    workload.date(0).year()..=LAST_DAY.year()
}

/// Records the inhabitants of every province, in every year of the workload.
pub(super) async fn inhabitants(ingest: &IngestClient, workload: &Workload) -> Result<RecordedAt, BenchError> {
    let mut last = None;
    for year in recorded_years(workload) {
        let period: Period = year.to_string().parse()?;
        let events = (0..workload.shape.provinces).map(|province| {
            Ok(Event {
                metric: INHABITANTS.parse()?,
                area: province_name(province).parse()?,
                dimensions: [].into(),
                ..event(0, period, workload.inhabitants(province), workload)
            })
        });
        let events = events.collect::<Result<Vec<_>, BenchError>>()?;
        last = Some(ingest.record(&workload.reporter, events).await?.at);
    }
    last.ok_or(BenchError::Nothing)
}

/// Sends everything, waits until all of it is on disk, and then until query shows it.
pub(super) async fn load(
    ingest: &IngestClient,
    query: &QueryClient,
    workload: &Workload,
    bar: &ProgressBar,
) -> Result<Load, BenchError> {
    let (durable, last) = send(ingest, workload, bar).await?;
    let acknowledged = Instant::now();
    seen(query, last).await?;
    Ok(Load {
        durable,
        visible: durable + acknowledged.elapsed(),
        last,
    })
}

/// Sends everything to a service that does nothing, and that no query service follows: how long it took.
pub(super) async fn load_nothing(workload: &Workload, bar: &ProgressBar) -> Result<Duration, BenchError> {
    let mut process = Process::bare().await?;
    let bare = IngestClient::connect(&process.uri()).await?;
    let (taken, _) = send(&bare, workload, bar).await?;
    process.stop().await?;
    Ok(taken)
}

/// Sends everything through one stream: how long it took until the last batch was acknowledged, and where that is.
async fn send(
    ingest: &IngestClient,
    workload: &Workload,
    bar: &ProgressBar,
) -> Result<(Duration, RecordedAt), BenchError> {
    let mut stream = ingest.stream(&workload.reporter, Uuid::new_v4()).await?;
    let begun = Instant::now();
    for block in workload.blocks() {
        let rows = block.values.len() as u64;
        stream.send(&workload.batch(block)?).await?;
        bar.inc(rows);
    }
    let last = answered(&mut stream).await?;
    Ok((begun.elapsed(), last))
}

/// Waits for all answers, none of which may be a refusal.
async fn answered(stream: &mut EventStream) -> Result<RecordedAt, BenchError> {
    let mut last = None;
    while let Some(answer) = stream.next_answer().await? {
        last = Some(recorded(answer)?);
    }
    last.ok_or(BenchError::Nothing)
}

pub(super) fn recorded(answer: StreamAnswer) -> Result<RecordedAt, BenchError> {
    match answer {
        StreamAnswer::Recorded { at, .. } => Ok(at),
        StreamAnswer::Refused { mistakes, .. } => Err(BenchError::Refused {
            mistake: mistakes.into_iter().next().map(|mistake| mistake.message),
        }),
    }
}

/// Asks for the smallest figure there is, of nothing older than a write.
pub(super) async fn seen(query: &QueryClient, write: RecordedAt) -> Result<(), BenchError> {
    query
        .indicators([INHABITANTS])
        .area(province_name(0))
        .period(LAST_DAY.year())
        .min_revision(write)
        .fetch()
        .await?;
    Ok(())
}

/// An event of a series.
pub(super) fn event(series: usize, period: Period, value: i64, workload: &Workload) -> Event {
    let series = workload.series(series);
    Event {
        metric: series.metric,
        area: series.area,
        dimensions: series.dimensions.iter().cloned().collect(),
        time: EventTime::Period(period),
        measure: Measure::Value(Decimal::new(value.into(), 0)),
        quality: Quality::Official,
        qualifier: Qualifier::Exact,
        event_id: None,
        note: None,
        correction: None,
        confidential: false,
    }
}

/// A day of the workload as a period; also one after its last.
pub(super) fn day(workload: &Workload, day: usize) -> Result<Period, BenchError> {
    Period::from_ordinal(Granularity::Day, workload.day(day)).ok_or(BenchError::Nothing)
}
