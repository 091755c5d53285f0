//! One run of the second workload.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use almanac_client::{EventStream, IngestClient, QueryClient, RecordedAt};
use almanac_model::Revision;
use indicatif::ProgressBar;
use uuid::Uuid;

use super::super::BenchError;
use super::super::ask::{histogram, note};
use super::super::load::recorded;
use super::super::machine::Machine;
use super::super::processes::{Process, disk_bytes};
use super::super::report::{self, Row, Unit};
use super::super::run::{PATIENCE, count};
use super::super::workload::LAST_DAY;
use super::{Counters, METRIC, area_name, catalogue, reporter};

/// How often a question is asked.
const TIMES: usize = 50;
/// How far before the last revision the window is asked.
const INSIDE: u64 = 10;

/// What the first area came to, by revision. Batches that are acknowledged together are told the last revision of them.
type Marks = BTreeMap<Revision, i64>;

/// Measures in a folder, and tells the table.
pub(in super::super) async fn measure(
    mut counters: Counters,
    folder: &Path,
    bar: &ProgressBar,
) -> Result<String, BenchError> {
    let definitions = folder.join("catalogue");
    fs::create_dir_all(&definitions).map_err(BenchError::files(&definitions))?;
    for (name, text) in catalogue().iter() {
        fs::write(definitions.join(name), text).map_err(BenchError::files(&definitions))?;
    }
    let mut ingest_process = Process::ingest(&folder.join("ingest"), &definitions).await?;
    let mut query_process = Process::query(&ingest_process, &folder.join("query")).await?;
    let ingest = IngestClient::connect(&ingest_process.uri())
        .await?
        .with_deadline(PATIENCE);
    let query = QueryClient::connect(&query_process.uri())
        .await?
        .with_deadline(PATIENCE);
    let empty = query_process.memory_bytes()?;
    let begun = Instant::now();
    let (marks, last) = load(&ingest, &mut counters, bar).await?;
    let durable = begun.elapsed();
    asked(&query, None, Some(last)).await?;
    let visible = begun.elapsed();
    let memory = query_process.memory_bytes()?.saturating_sub(empty);
    let disk = disk_bytes(&folder.join("ingest").join("log"))?;
    let (tallies, cells) = (count(counters.tallies as u64), count(counters.cells() as u64));
    let rate = |time: Duration| tallies / time.as_secs_f64();
    let mut rows = vec![
        Row::new(
            "stream",
            "stream of tallies with ids, durable",
            Unit::EventsPerSecond,
            rate(durable),
        ),
        Row::new(
            "loaded",
            "loaded and visible in query",
            Unit::EventsPerSecond,
            rate(visible),
        ),
        Row::new("disk", "log on disk", Unit::BytesPerEvent, count(disk) / tallies),
        Row::new(
            "cell",
            "query in memory, for each cell",
            Unit::BytesPerCell,
            count(memory) / cells,
        ),
    ];
    rows.extend(questions(&query, &marks).await?);
    let after = query_process.memory_bytes()?.saturating_sub(empty);
    rows.push(Row::new(
        "cell_after",
        "the same with an early state kept",
        Unit::BytesPerCell,
        count(after) / cells,
    ));
    bar.finish_and_clear();
    query_process.stop().await?;
    ingest_process.stop().await?;
    let head = ["", "measured", "p99"].map(str::to_owned);
    let table = report::table(head, rows.iter().map(Row::cells));
    Ok(format!(
        "Workload W2: {} tallies in {} batches, {} cells of {} series\n{}\n{table}\n",
        counters.tallies,
        counters.batches,
        counters.cells(),
        counters.series.len(),
        Machine::here(super::super::now()),
    ))
}

/// Sends everything, and waits until all of it is on disk.
async fn load(
    ingest: &IngestClient,
    counters: &mut Counters,
    bar: &ProgressBar,
) -> Result<(Marks, RecordedAt), BenchError> {
    let mut stream = ingest.stream(&reporter()?, Uuid::new_v4()).await?;
    let (mut sums, mut answers) = (Vec::new(), Vec::new());
    while let Some(batch) = counters.next() {
        bar.inc(batch.len() as u64);
        sums.push(counters.first_area);
        stream.send(&batch).await?;
        while stream.unanswered() > 32 {
            answers.extend(next(&mut stream).await?);
        }
    }
    while let Some(answer) = next(&mut stream).await? {
        answers.push(answer);
    }
    let last = answers.last().copied().ok_or(BenchError::Nothing)?;
    let revisions = answers.iter().map(|answer| answer.revision);
    Ok((revisions.zip(sums).collect(), last))
}

async fn next(stream: &mut EventStream) -> Result<Option<RecordedAt>, BenchError> {
    stream.next_answer().await?.map(recorded).transpose()
}

/// The question at the newest state, inside the window and before it; each is compared with what was sent.
async fn questions(query: &QueryClient, marks: &Marks) -> Result<Vec<Row>, BenchError> {
    let last = marks.last_key_value().ok_or(BenchError::Nothing)?;
    let mut newest_first = marks.iter().rev();
    let inside = newest_first.find(|(revision, _)| revision.0 + INSIDE <= last.0.0);
    let inside = inside.ok_or(BenchError::Nothing)?;
    let early = marks.iter().nth(marks.len() / 10).ok_or(BenchError::Nothing)?;
    let mut rows = vec![
        timed(query, last, "now", "a year of 100 series, now").await?,
        timed(query, inside, "inside", "the same as of ten revisions ago").await?,
    ];
    let begun = Instant::now();
    check(query, early).await?;
    rows.push(Row::new(
        "early_first",
        "the same as of a tenth of the log, first",
        Unit::Seconds,
        begun.elapsed().as_secs_f64(),
    ));
    rows.push(timed(query, early, "early", "the same again").await?);
    Ok(rows)
}

async fn timed(query: &QueryClient, mark: (&Revision, &i64), id: &'static str, what: &str) -> Result<Row, BenchError> {
    let mut taken = histogram()?;
    for _ in 0..TIMES {
        let begun = Instant::now();
        check(query, mark).await?;
        note(&mut taken, begun.elapsed());
    }
    Ok(Row::times(id, what, &taken))
}

async fn check(query: &QueryClient, (revision, sum): (&Revision, &i64)) -> Result<(), BenchError> {
    let told = asked(query, Some(*revision), None).await?;
    if told == sum.to_string() {
        return Ok(());
    }
    Err(BenchError::Wrong {
        question: "the first area",
        told: format!("{told} as of {revision} where {sum} is right"),
    })
}

/// What the first area came to, in the year of the workload.
async fn asked(query: &QueryClient, as_of: Option<Revision>, after: Option<RecordedAt>) -> Result<String, BenchError> {
    let mut question = query.indicators([METRIC]).area(area_name(0)).period(LAST_DAY.year());
    if let Some(revision) = as_of {
        question = question.as_of_revision(revision);
    }
    if let Some(write) = after {
        question = question.min_revision(write);
    }
    let figures = question.fetch().await?;
    let figure = figures.figures.first().ok_or(BenchError::Nothing)?;
    Ok(figure.value.clone().unwrap_or_else(|reason| reason.to_string()))
}
