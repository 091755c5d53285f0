//! A log that the test writes, and a query service that follows it.

mod log;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use almanac_model::{
    Batch, BatchBuilder, BatchExtra, Correction, CorrectionReason, Event, EventTime, LogId, Measure, Release,
    ReporterId, Revision,
};
use almanac_query::{Deps, Drained, SERVICE, ServeError, serve};
use almanac_wire::Payload;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::query::query_service_client::QueryServiceClient;
use jiff::Timestamp;
use jiff::civil::date;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::{ErrorInfo, StatusExt};

pub(crate) use log::{TestLog, time_of};

pub(crate) type Client = QueryServiceClient<Channel>;

/// The first second of 2018 in UTC; revision `n` of a test log is recorded `n` seconds later.
pub(crate) const EPOCH_SECOND: i64 = 1_514_764_800;

pub(crate) fn log_id(byte: u8) -> LogId {
    LogId::from_random([byte; 16])
}

/// A log that holds the catalogue in revision 1 and the figures of 2017 in revision 2.
pub(crate) async fn log_of_2017() -> TestLog {
    let log = TestLog::start(log_id(1)).await;
    log.append(&catalogue());
    log.append(&Payload::Events(events_2017()));
    log
}

pub(crate) fn catalogue() -> Payload {
    Payload::Catalog(almanac_ca_mau::catalog_files())
}

/// The catalogue with one file more.
pub(crate) fn catalogue_with(file: &str, text: &str) -> Payload {
    let mut files = almanac_ca_mau::catalog_files();
    files.insert(file, text);
    Payload::Catalog(files)
}

/// A figure of the province for a year, under a catalogue that defines its metric.
pub(crate) fn plan(catalogue: &Payload, reporter: &str, metric: &str, year: &str, value: &str) -> Payload {
    let Payload::Catalog(files) = catalogue else {
        panic!("no catalogue: {catalogue:?}");
    };
    let recorded = almanac_ca_mau::events_2017().unwrap().into_iter();
    let inhabitants = recorded
        .map(|one| one.event)
        .find(|event| event.metric.as_str() == "population.inhabitants");
    let event = Event {
        metric: metric.parse().unwrap(),
        ..in_year(inhabitants.unwrap(), year, value)
    };
    let catalog = almanac_catalog::Catalog::load(files).unwrap();
    Payload::Events(batch_under(&catalog, [(reporter.parse().unwrap(), event)]))
}

pub(crate) fn release(name: &str, revision: u64) -> Payload {
    Payload::Release(Release {
        name: name.parse().unwrap(),
        revision: Revision(revision),
        note: String::new(),
        created_at: Timestamp::from_second(EPOCH_SECOND).unwrap(),
    })
}

pub(crate) fn events_2017() -> Batch {
    let recorded = almanac_ca_mau::events_2017().unwrap();
    batch(recorded.into_iter().map(|recorded| (recorded.reporter, recorded.event)))
}

/// The inhabitants of a year, corrected.
pub(crate) fn inhabitants(year: &str, value: &str) -> Payload {
    let correction = Some(Correction {
        reason: CorrectionReason::NewData,
        expected_revision: None,
    });
    another("population.inhabitants", |event| Event {
        correction,
        ..in_year(event, year, value)
    })
}

/// Permits of one kind issued in a year.
pub(crate) fn permits(year: &str, value: &str) -> Payload {
    another("permits.issued", |event| in_year(event, year, value))
}

/// An event like the first of 2017 of a metric.
fn another(metric: &str, change: impl Fn(Event) -> Event) -> Payload {
    let recorded = almanac_ca_mau::events_2017().unwrap();
    let first = recorded
        .into_iter()
        .find(|one| one.event.metric.as_str() == metric)
        .unwrap();
    Payload::Events(batch([(first.reporter, change(first.event))]))
}

fn in_year(event: Event, year: &str, value: &str) -> Event {
    let (time, measure) = (
        EventTime::Period(year.parse().unwrap()),
        Measure::Value(value.parse().unwrap()),
    );
    Event { time, measure, ..event }
}

pub(crate) fn batch(events: impl IntoIterator<Item = (ReporterId, Event)>) -> Batch {
    batch_under(&almanac_ca_mau::catalog().unwrap(), events)
}

pub(crate) fn batch_under(
    catalog: &almanac_catalog::Catalog,
    events: impl IntoIterator<Item = (ReporterId, Event)>,
) -> Batch {
    let mut batch = BatchBuilder::default();
    for (reporter, event) in events {
        let checked = catalog.check_event(&reporter, &event, date(2018, 6, 1)).unwrap();
        let extra = BatchExtra {
            note: event.note,
            correction: event.correction,
            ..BatchExtra::default()
        };
        batch.push(
            checked.series,
            checked.period.ordinal(),
            checked.value,
            checked.status,
            extra,
        );
    }
    batch.finish()
}

/// A running query service.
pub(crate) struct TestQuery {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<Drained, ServeError>>,
}

impl TestQuery {
    /// A service that waits as long as any test may take for what does not come.
    pub(crate) async fn follow(log: &TestLog) -> Self {
        Self::start(log, Duration::from_mins(1)).await
    }

    /// A service that does not wait for what is not there.
    pub(crate) async fn impatient(log: &TestLog) -> Self {
        let query = Self::start(log, Duration::ZERO).await;
        query.until_serving().await;
        query
    }

    pub(crate) async fn start(log: &TestLog, patience: Duration) -> Self {
        // as often as any test may take: never
        Self::start_with(log, patience, Duration::from_mins(10)).await
    }

    pub(crate) async fn start_with(log: &TestLog, patience: Duration, progress_every: Duration) -> Self {
        let deps = Deps {
            patience,
            progress_every,
            ..Self::deps(log)
        };
        Self::start_deps(deps).await
    }

    /// What a service needs that follows the log: a clock that stands, and patience for as long as any test may take.
    pub(crate) fn deps(log: &TestLog) -> Deps {
        // an hour after the first record: what was heard was heard at this moment
        let now = Timestamp::from_second(EPOCH_SECOND + 3600).unwrap();
        let ingest = Endpoint::from_shared(format!("http://{}", log.address)).unwrap();
        Deps {
            patience: Duration::from_mins(1),
            progress_every: Duration::from_mins(10),
            ..Deps::new(ingest, Arc::new(move || now))
        }
    }

    pub(crate) async fn start_deps(deps: Deps) -> Self {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, deps, shutdown.clone()));
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect()
            .await
            .unwrap();
        let client = QueryServiceClient::new(channel);
        Self {
            address,
            client,
            shutdown,
            serving,
        }
    }

    /// Waits until the health service says so.
    pub(crate) async fn until(&self, wanted: ServingStatus) {
        let channel = Endpoint::from_shared(format!("http://{}", self.address))
            .unwrap()
            .connect()
            .await
            .unwrap();
        let request = HealthCheckRequest {
            service: SERVICE.to_owned(),
        };
        let mut statuses = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
        loop {
            let status = statuses.message().await.unwrap().unwrap().status;
            if status == wanted as i32 {
                return;
            }
        }
    }

    pub(crate) async fn until_serving(&self) {
        self.until(ServingStatus::Serving).await;
    }

    pub(crate) async fn stop(self) -> Drained {
        drop(self.client);
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap()
    }
}

/// The question for indicators of the province in 2017.
pub(crate) fn ask(indicators: &[&str]) -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        indicators: texts(indicators),
        areas: texts(&["96"]),
        periods: texts(&["2017"]),
        ..pb::QueryIndicatorsRequest::default()
    }
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The request as of a state.
#[expect(clippy::unnecessary_wraps, reason = "as the field of a request is")]
pub(crate) fn as_of(state: almanac_wire::pb::shared::as_of::State) -> Option<pb::ReadAt> {
    let as_of = almanac_wire::pb::shared::AsOf { state: Some(state) };
    Some(pb::ReadAt {
        as_of: Some(as_of),
        ..pb::ReadAt::default()
    })
}

#[expect(clippy::unnecessary_wraps, reason = "as the field of a request is")]
pub(crate) fn min_revision(revision: u64) -> Option<pb::ReadAt> {
    Some(pb::ReadAt {
        min_revision: revision,
        ..pb::ReadAt::default()
    })
}

pub(crate) fn values(response: &pb::QueryIndicatorsResponse) -> Vec<Option<&str>> {
    response.figures.iter().map(|figure| figure.value.as_deref()).collect()
}

/// A refusal as a person with grpcurl sees it: code, reason, text, and each violation.
pub(crate) fn told(status: &Status) -> String {
    let mut lines = vec![
        format!("{:?} {}", status.code(), reason(status)),
        status.message().to_owned(),
    ];
    if let Some(request) = status.get_details_bad_request() {
        let line = |one: tonic_types::FieldViolation| format!("- {} {}: {}", one.reason, one.field, one.description);
        lines.extend(request.field_violations.into_iter().map(line));
    }
    lines.join("\n")
}

pub(crate) fn info(status: &Status) -> ErrorInfo {
    status.get_details_error_info().unwrap()
}

pub(crate) fn reason(status: &Status) -> String {
    info(status).reason
}

pub(crate) fn is(status: &Status, code: Code, expected: &str) -> bool {
    status.code() == code && reason(status) == expected
}
