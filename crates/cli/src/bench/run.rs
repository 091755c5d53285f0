//! One run, from empty folders to a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use almanac_client::{IngestClient, QueryClient, RecordedAt};
use indicatif::{ProgressBar, ProgressStyle};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::BenchError;
use super::ask::{self, Effort, QUESTIONS, Question, timed, told};
use super::disk;
use super::expected::Expected;
use super::load::{inhabitants, load, load_nothing};
use super::machine::Machine;
use super::processes::{Process, disk_bytes};
use super::report::{Report, Row, Told, Unit};
use super::workload::Workload;
use super::writes::{self, CALLERS, LARGE, LARGE_CALLERS, Later};

/// Each question is asked so often at most.
const TIMES: u64 = 2_000;
/// Values that are corrected before the state ahead of them is asked for.
const CORRECTIONS: usize = 1_000;
/// Requests with one event that are wanted each second.
const SINGLE_RATE: u32 = 20_000;
/// Batches of a thousand events of which it is measured when they are visible: 100,000 events a second.
const VISIBLE_BATCHES: u32 = 100;
/// The name under which health speaks of the query service.
const QUERY_SERVICE: &str = "almanac.query.v1.QueryService";

/// What takes longer is broken, and not slow.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);

/// The folders and processes of a run, and what it found so far.
struct Run {
    workload: Arc<Workload>,
    effort: Effort,
    folder: PathBuf,
    ingest_process: Process,
    query_process: Process,
    ingest: IngestClient,
    query: QueryClient,
    rows: Vec<Row>,
    answers: Vec<(&'static str, Vec<Told>)>,
    bar: ProgressBar,
}

/// What is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Parts {
    /// Everything.
    All,
    /// The load, and what comes of it: no corrections and no small writes.
    Reads,
}

/// Measures in a folder.
pub(super) async fn measure(
    workload: Workload,
    name: String,
    folder: &Path,
    time: Duration,
    parts: Parts,
) -> Result<Report, BenchError> {
    let mut run = Run::start(workload, folder, time).await?;
    let loaded = run.load(parts).await?;
    run.questions().await?;
    run.restarts(loaded).await?;
    if parts == Parts::All {
        run.corrected(loaded).await?;
        run.writes().await?;
    }
    run.bar.finish_and_clear();
    run.query_process.stop().await?;
    run.ingest_process.stop().await?;
    Ok(Report {
        machine: Machine::here(super::now()),
        workload: name,
        shape: run.workload.shape,
        rows: run.rows,
        answers: run.answers,
    })
}

impl Run {
    async fn start(workload: Workload, folder: &Path, time: Duration) -> Result<Self, BenchError> {
        let catalog = folder.join("catalogue");
        fs::create_dir_all(&catalog).map_err(BenchError::files(&catalog))?;
        for (name, text) in workload.files.iter() {
            fs::write(catalog.join(name), text).map_err(BenchError::files(&catalog))?;
        }
        let ingest_process = Process::ingest(&folder.join("ingest"), &catalog).await?;
        let query_process = Process::query(&ingest_process, &folder.join("query")).await?;
        Ok(Self {
            effort: Effort { time, times: TIMES },
            folder: folder.to_owned(),
            ingest: IngestClient::connect(&ingest_process.uri())
                .await?
                .with_deadline(PATIENCE),
            query: QueryClient::connect(&query_process.uri())
                .await?
                .with_deadline(PATIENCE),
            ingest_process,
            query_process,
            rows: Vec::new(),
            answers: Vec::new(),
            bar: progress(workload.shape.observations() as u64),
            workload: Arc::new(workload),
        })
    }

    /// Keeps rows, and tells them where no progress bar is seen.
    fn found(&mut self, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            if self.bar.is_hidden() {
                eprintln!("{}: {}", row.what, row.printed());
            }
            self.rows.push(row);
        }
    }

    async fn load(&mut self, parts: Parts) -> Result<RecordedAt, BenchError> {
        self.bar.set_message("the stream to a service that does nothing");
        let nothing = match parts {
            Parts::All => Some(load_nothing(&self.workload, &self.bar).await?),
            Parts::Reads => None,
        };
        self.bar.reset();
        self.bar.set_message("load");
        let first = inhabitants(&self.ingest, &self.workload).await?;
        super::load::seen(&self.query, first).await?;
        let memory = self.query_process.memory_bytes()?;
        let loaded = load(&self.ingest, &self.query, &self.workload, &self.bar).await?;
        let memory = self.query_process.memory_bytes()?.saturating_sub(memory);
        let disk = disk_bytes(&self.folder.join("ingest").join("log"))?;
        let events = count(self.workload.shape.observations() as u64);
        let rate = |time: Duration| events / time.as_secs_f64();
        let (durable, visible, memory) = (rate(loaded.durable), rate(loaded.visible), count(memory) / events);
        let stream = Row::new("stream", "packed stream, durable", Unit::EventsPerSecond, durable);
        self.found([stream.target("10 M/s", "20 M/s")]);
        if let Some(limit) = nothing.map(rate) {
            let what = "the same to a service that does nothing, and nobody follows";
            self.found([
                Row::new("stream_limit", what, Unit::EventsPerSecond, limit),
                Row::new("stream_ratio", "against that", Unit::Times, durable / limit),
            ]);
        }
        let loaded_row = Row::new("loaded", "loaded and visible in query", Unit::EventsPerSecond, visible);
        let memory_row = Row::new("memory", "read model in memory", Unit::BytesPerObservation, memory);
        self.found([
            loaded_row.target("5 M/s", "10 M/s"),
            Row::new("disk", "log on disk", Unit::BytesPerEvent, count(disk) / events).target("< 8 B", "< 4 B"),
            memory_row.target("< 16 B", "< 10 B"),
        ]);
        Ok(loaded.last)
    }

    /// The questions, after their answers were found to be right.
    async fn questions(&mut self) -> Result<(), BenchError> {
        self.bar.set_message("check the answers");
        let workload = Arc::clone(&self.workload);
        let mut expected = Expected::new(&workload);
        for block in workload.blocks() {
            expected.add(&block);
        }
        for question in QUESTIONS {
            let answer = told(&question.build(&self.query, &workload).fetch().await?);
            agree(question, &expected.answer(question), &answer)?;
            self.answers.push((question.id(), answer));
        }
        for (question, what, must, aim) in [
            (Question::PostByMonth, "Q1 one province by month", "< 0.5 ms", "0.2 ms"),
            (
                Question::InternetByQuarter,
                "Q2 last of quarter by technology",
                "< 0.5 ms",
                "0.2 ms",
            ),
            (
                Question::TelephoneDensity,
                "Q3 density of every province",
                "< 0.5 ms",
                "0.2 ms",
            ),
            (
                Question::Everything,
                "Q4 every metric, province and month",
                "< 5 ms",
                "2 ms",
            ),
        ] {
            self.bar.set_message(what);
            let taken = timed(question, &self.query, &workload, None, self.effort).await?;
            self.found([Row::times(question.id(), what, &taken).target(must, aim)]);
        }
        let called = ask::calls(&self.query_process.uri(), self.effort).await?;
        self.found([Row::times("call", "a call that asks for nothing", &called)]);
        self.bar.set_message("a large answer");
        let rows = super::large::measure(&self.query_process.uri(), &workload, self.effort.time).await?;
        self.found(rows);
        Ok(())
    }

    /// Ends the query service, and starts it from its checkpoint, and from the log.
    async fn restarts(&mut self, loaded: RecordedAt) -> Result<(), BenchError> {
        for (id, what, folder, must, aim) in [
            (
                "restart_checkpoint",
                "query restart to SERVING, from its checkpoint",
                "query",
                "< 10 s",
                "< 3 s",
            ),
            (
                "restart_log",
                "query restart to SERVING, from the log",
                "query-anew",
                "",
                "",
            ),
        ] {
            self.bar.set_message(what);
            let begun = self.restart(folder).await?;
            self.found([Row::new(id, what, Unit::Seconds, begun.as_secs_f64()).target(must, aim)]);
            super::load::seen(&self.query, loaded).await?;
        }
        Ok(())
    }

    async fn restart(&mut self, folder: &str) -> Result<Duration, BenchError> {
        // the one that is there goes first: two at once are another thing to measure
        self.query_process.stop().await?;
        let begun = Instant::now();
        self.query_process = Process::query(&self.ingest_process, &self.folder.join(folder)).await?;
        serving(&self.query_process.uri()).await?;
        let taken = begun.elapsed();
        let query = QueryClient::connect(&self.query_process.uri()).await?;
        self.query = query.with_deadline(PATIENCE);
        Ok(taken)
    }

    /// Corrects values, and asks for the state ahead of that.
    async fn corrected(&mut self, loaded: RecordedAt) -> Result<(), BenchError> {
        self.bar.set_message("corrections");
        let question = Question::TelephoneDensity;
        let last = writes::corrections(&self.ingest, &self.workload, CORRECTIONS).await?;
        super::load::seen(&self.query, last).await?;
        let ask = || question.build(&self.query, &self.workload);
        let now = told(&ask().fetch().await?);
        let then = told(&ask().as_of_revision(loaded.revision).fetch().await?);
        let before = self.answers.iter().find(|(id, _)| *id == question.id());
        agree(question, before.map_or(&[], |(_, told)| told), &then)?;
        if now == then {
            return Err(BenchError::Wrong {
                question: question.id(),
                told: "corrections make no difference".to_owned(),
            });
        }
        self.bar.set_message("Q5");
        let now = timed(question, &self.query, &self.workload, None, self.effort).await?;
        let then = timed(
            question,
            &self.query,
            &self.workload,
            Some(loaded.revision),
            self.effort,
        )
        .await?;
        let row = Row::times("q5", "Q5 as Q3, a thousand corrections ago", &then);
        let ratio = row.measured / Row::times("", "", &now).measured;
        let against = Row::new("q5_ratio", "Q5 against Q3", Unit::Times, ratio).target("2 x", "1.2 x");
        self.found([row, against]);
        Ok(())
    }

    async fn writes(&mut self) -> Result<(), BenchError> {
        let (time, later) = (self.effort.time, Arc::new(Later::default()));
        let mut bare_process = Process::bare().await?;
        let bare = IngestClient::connect(&bare_process.uri()).await?;
        // each beside the same to a service that does nothing: how fast the machine is changes from minute to minute
        let closed = async |callers, events| {
            let rate = writes::closed(&self.ingest, &self.workload, &later, (callers, events), time).await?;
            let limit = writes::closed(&bare, &self.workload, &Arc::default(), (callers, events), time).await?;
            Ok::<_, BenchError>((rate, limit))
        };
        self.bar.set_message("requests of 1,000 events");
        let large = closed(LARGE_CALLERS, LARGE).await?;
        self.bar.set_message("requests of one event");
        let single = closed(CALLERS, 1).await?;
        let rate = writes::offered(single.0, SINGLE_RATE);
        let open = writes::open(&self.ingest, &self.workload, &later, rate, time).await?;
        let open_limit = writes::open(&bare, &self.workload, &Arc::default(), rate, time).await?;
        bare_process.stop().await?;
        let folder = self.folder.clone();
        let synced = tokio::task::spawn_blocking(move || disk::open(&folder, rate, time)).await??;
        self.bar.set_message("acknowledged to visible");
        let visible = writes::visible(&self.ingest, &self.query, &self.workload, VISIBLE_BATCHES, time).await?;
        let large_told = format!("RecordEvents with 1,000 events, {LARGE_CALLERS} callers");
        let single_told = format!("RecordEvents with 1 event, {CALLERS} callers");
        let nothing = "the same requests to a service that does nothing";
        self.found([
            Row::new("large", &large_told, Unit::EventsPerSecond, large.0).target("500,000/s", "900,000/s"),
            Row::new("large_limit", nothing, Unit::EventsPerSecond, large.1),
            Row::new("large_ratio", "against that", Unit::Times, large.0 / large.1),
            Row::new("single", &single_told, Unit::EventsPerSecond, single.0).target("20,000/s", "40,000/s"),
            Row::new("single_limit", nothing, Unit::EventsPerSecond, single.1),
            Row::new("single_ratio", "against that", Unit::Times, single.0 / single.1),
            Row::times(
                "single_time",
                &format!("RecordEvents with 1 event when {rate}/s are offered"),
                &open,
            )
            .target("p99 < 5 ms", ""),
            Row::times("single_time_limit", nothing, &open_limit),
            Row::times(
                "sync",
                "a page written and synced for what comes at that rate, without a service",
                &synced,
            ),
            Row::times("visible", "acknowledged to visible, at 100,000 events/s", &visible)
                .target("p99 < 20 ms", "p99 < 5 ms"),
        ]);
        Ok(())
    }
}

/// Waits until a service says that it serves.
async fn serving(uri: &str) -> Result<(), BenchError> {
    let channel = tonic::transport::Endpoint::from_shared(uri.to_owned())?
        .connect()
        .await?;
    let failed = |status| BenchError::Health(Box::new(status));
    let request = HealthCheckRequest {
        service: QUERY_SERVICE.to_owned(),
    };
    let mut told = HealthClient::new(channel)
        .watch(request)
        .await
        .map_err(failed)?
        .into_inner();
    while let Some(health) = told.message().await.map_err(failed)? {
        if health.status == ServingStatus::Serving as i32 {
            return Ok(());
        }
    }
    Err(BenchError::ServiceEnded)
}

fn agree(question: Question, expected: &[Told], answer: &[Told]) -> Result<(), BenchError> {
    if expected == answer {
        return Ok(());
    }
    let first = expected
        .iter()
        .zip(answer)
        .find(|(expected, answer)| expected != answer);
    Err(BenchError::Wrong {
        question: question.id(),
        told: match first {
            Some((expected, answer)) => format!("{answer:?} where {expected:?} is right"),
            None => format!("{} figures where there are {}", answer.len(), expected.len()),
        },
    })
}

pub(super) fn progress(events: u64) -> ProgressBar {
    let bar = ProgressBar::new(events);
    // the template is fixed; without it the bar only looks plainer
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

#[expect(clippy::cast_precision_loss, reason = "for a ratio of three digits")]
pub(super) fn count(number: u64) -> f64 {
    number as f64
}
