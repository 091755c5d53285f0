//! How fast batches become bytes, and bytes batches. An event is one row; a series has a year of days.

use std::hint::black_box;

use almanac_model::{Batch, BatchSeries, Granularity};
use almanac_wire::{batch_from_proto, decode_events, encode_batch};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Official, exact, a number.
const OFFICIAL: u32 = 3;
const DAYS: usize = 365;

fn series(place: usize) -> BatchSeries {
    BatchSeries {
        metric: "post.items".parse().expect("an id"),
        area: format!("96{place}").parse().expect("an id"),
        reporter: "ca-mau-post".parse().expect("an id"),
        dimensions: vec![("direction".parse().expect("an id"), "sent".parse().expect("a code"))],
        granularity: Granularity::Day,
        decimals: 0,
    }
}

/// Values up to 20,000 without a pattern.
fn batch(rows: usize) -> Batch {
    let index = |row: usize| u32::try_from(row / DAYS).expect("a few");
    let day = |row: usize| i32::try_from(17_000 + row % DAYS).expect("a day");
    let value = |row: usize| i64::try_from(row * 7919 % 20_011).expect("small");
    Batch::new(
        (0..rows.div_ceil(DAYS)).map(series).collect(),
        (0..rows).map(index).collect(),
        (0..rows).map(day).collect(),
        (0..rows).map(value).collect(),
        vec![OFFICIAL; rows],
        Vec::new(),
    )
    .expect("columns that fit together")
}

fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    for rows in [1000, 8192, 16_384] {
        let batch = batch(rows);
        let bytes = encode_batch(&batch);
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_with_input(BenchmarkId::new("encode", rows), &batch, |bencher, batch| {
            bencher.iter(|| encode_batch(black_box(batch)));
        });
        group.bench_with_input(BenchmarkId::new("decode", rows), &bytes, |bencher, bytes| {
            bencher.iter(|| batch_from_proto(decode_events(black_box(bytes)).expect("a batch")));
        });
    }
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
