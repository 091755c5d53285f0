//! How fast records become durable: as many as one stream may have under way are appended, then the last is waited for.

use std::time::Instant;

use almanac_event_log::{EventLog, NewRecord, RecordKind, SledLog, SledOptions};
use almanac_model::Revision;
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Records between two waits.
const UNDER_WAY: u64 = 64;

/// Bytes like those of packed columns: some that repeat, and some that do not.
fn payload(bytes: usize) -> Bytes {
    let mut state = 1_u32;
    let byte = |place: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        if place.is_multiple_of(2) {
            0
        } else {
            state.to_le_bytes()[0]
        }
    };
    (0..bytes).map(byte).collect()
}

fn record(payload: &Bytes) -> NewRecord {
    NewRecord {
        kind: RecordKind::Events,
        recorded_at_ms: 1_500_000_000_000,
        principal: "bench".to_owned(),
        producer: None,
        request: None,
        receipt: Bytes::new(),
        payload: payload.clone(),
    }
}

/// Waits on a thread of its own kind: the log tells of each sync.
fn wait(log: &SledLog, revision: Revision, runtime: &tokio::runtime::Runtime) {
    let durable = runtime.block_on(almanac_event_log::wait_durable(log, revision));
    durable.expect("the disk works");
}

fn append(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut group = criterion.benchmark_group("append");
    group.sample_size(10);
    for bytes in [6_000, 50_000, 100_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let log = SledLog::open(dir.path(), SledOptions::default()).expect("a new log");
        let record = record(&payload(bytes));
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::new("durable", bytes), |bencher| {
            bencher.iter_custom(|records| {
                let begun = Instant::now();
                for place in 1..=records {
                    let revision = log.append(record.clone()).expect("the queue has room");
                    if place.is_multiple_of(UNDER_WAY) || place == records {
                        wait(&log, revision, &runtime);
                    }
                }
                begun.elapsed()
            });
        });
        log.close();
    }
    group.finish();
}

criterion_group!(benches, append);
criterion_main!(benches);
