//! How fast batches become bytes, and bytes batches. An event is one row; a series has a year of days. The same of figures.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use almanac_model::{
    AreaId, Batch, BatchSeries, Coverage, Figure, Granularity, Operand, Period, Qualifier, Quality, Quotient,
};
use almanac_wire::pb::shared::FigureBatch;
use almanac_wire::{
    Calendars, FigureBatchBuilder, FiguresAnswer, batch_from_proto, decode_events, decode_figures, encode_batch,
    encode_figures, figures_from_batch,
};
use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use prost::Message as _;

/// Official, exact, a number.
const OFFICIAL: u32 = 3;
const DAYS: usize = 365;

fn series(place: usize) -> BatchSeries {
    BatchSeries {
        metric: "post.items".parse().expect("an id"),
        area: format!("96{place}").parse().expect("an id"),
        reporter: "ca-mau-post".parse().expect("an id"),
        dimensions: [("direction".parse().expect("an id"), "sent".parse().expect("a code"))].into(),
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

/// Figures of a question by area and day: one in five is a density.
fn figures_by_day(count: usize) -> Vec<Figure> {
    let day = |figure: usize| i32::try_from(19_000 + figure % DAYS).expect("a day");
    let side = |figure: usize, formula: &str| Operand {
        formula: formula.into(),
        value: Ok((figure * 7919 % 2_000_011).to_string()),
        period: Period::from_ordinal(Granularity::Day, day(figure)).expect("a day"),
        sources: ["circular 06/2018", "ca-mau-telecom-operators"]
            .map(str::to_owned)
            .into(),
        quality: Some(Quality::Official),
        qualifier: Qualifier::Exact,
    };
    let one = |figure: usize| Figure {
        measure: ["post.items", "telephone.density"][usize::from(figure.is_multiple_of(5))].into(),
        area: format!("96{}", figure / DAYS).parse::<AreaId>().expect("an id").into(),
        period: Period::from_ordinal(Granularity::Day, day(figure)).expect("a day"),
        dimensions: BTreeMap::new(),
        value: Ok((figure * 7919 % 20_011).to_string()),
        unit: "item".into(),
        quality: Some(Quality::Official),
        qualifier: Qualifier::Exact,
        quotient: figure.is_multiple_of(5).then(|| {
            Box::new(Quotient {
                numerator: side(figure, "telephone.subscriptions"),
                denominator: side(figure, "population.inhabitants"),
            })
        }),
        coverage: Some(Coverage {
            reported: 31,
            expected: 31,
        }),
        flags: BTreeSet::new(),
        carried_from: None,
        comparisons: Vec::new(),
        share: None,
        rank: None,
    };
    (0..count).map(one).collect()
}

/// Figures become bytes, and bytes figures: one by one, and in columns.
fn figures(criterion: &mut Criterion) {
    let count = 10_000;
    let figures = figures_by_day(count);
    let calendars = Calendars::default();
    let one_by_one = |figures: Vec<Figure>| {
        let answer = FiguresAnswer {
            figures: encode_figures(figures),
            ..FiguresAnswer::default()
        };
        answer.encode_to_vec()
    };
    let in_columns = |figures: Vec<Figure>| {
        let mut batch = FigureBatchBuilder::default();
        for figure in figures {
            batch.push(figure);
        }
        batch.finish().encode_to_vec()
    };
    let read_one_by_one = |bytes: &Bytes| -> Vec<Figure> {
        let answer = FiguresAnswer::decode(bytes.clone()).expect("a message");
        let mut figures = Vec::new();
        decode_figures(&answer.figures, &calendars, &mut figures).expect("figures");
        figures
    };
    let read_columns = |bytes: &[u8]| {
        let batch = FigureBatch::decode(bytes).expect("a message");
        figures_from_batch(batch, &calendars).expect("figures")
    };
    let mut group = criterion.benchmark_group("figures");
    group.throughput(Throughput::Elements(count as u64));
    let bytes = Bytes::from(one_by_one(figures.clone()));
    group.bench_function(format!("encode one by one, {} bytes", bytes.len()), |bencher| {
        bencher.iter_batched(|| figures.clone(), one_by_one, BatchSize::LargeInput);
    });
    group.bench_function("decode one by one", |bencher| {
        bencher.iter(|| read_one_by_one(black_box(&bytes)));
    });
    let bytes = in_columns(figures.clone());
    group.bench_function(format!("encode columns, {} bytes", bytes.len()), |bencher| {
        bencher.iter_batched(|| figures.clone(), in_columns, BatchSize::LargeInput);
    });
    group.bench_function("decode columns", |bencher| {
        bencher.iter(|| read_columns(black_box(&bytes)));
    });
    group.finish();
}

criterion_group!(benches, codec, figures);
criterion_main!(benches);
