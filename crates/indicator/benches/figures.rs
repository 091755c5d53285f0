//! How fast batches are applied to the cube, and figures computed from it: `cargo bench -p almanac-indicator`. The workload is that
//! of `almanac bench`, a year of daily values of 42,000 series, without services and network.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at what it does not expect")]

use std::fmt::Write as _;
use std::hint::black_box;

use almanac_catalog::{Catalog, CatalogFiles, MeasureId};
use almanac_cube::Cube;
use almanac_indicator::{AreaSelection, GroupKey, Question, State, answer};
use almanac_model::{Batch, BatchSeries, Code, DimensionId, Granularity, Period, PeriodRange, Revision};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const DEFINITIONS: &str = include_str!("../../cli/src/bench/national.toml");
const PROVINCES: usize = 63;
const DISTRICTS: usize = 700;
const DAYS: i32 = 365;
const SERIES_OF_A_BATCH: usize = 27;
const METRICS: [&str; 4] = [
    "telephone.subscriptions",
    "internet.subscriptions",
    "post.items",
    "press.copies",
];

fn catalog() -> Catalog {
    let mut areas = "area,code,name_vi,level,parent,valid_from,valid_to\nVN,VN,VN,country,,2000-01-01,\n".to_owned();
    for province in 0..PROVINCES {
        writeln!(areas, "P{province},P{province},P,province,VN,2000-01-01,").unwrap();
    }
    for district in 0..DISTRICTS {
        let province = district * PROVINCES / DISTRICTS;
        writeln!(areas, "D{district},D{district},D,district,P{province},2000-01-01,").unwrap();
    }
    let mut files = CatalogFiles::default();
    files.insert("national.toml", DEFINITIONS);
    files.insert("areas.csv", areas.as_str());
    Catalog::load(&files).unwrap()
}

/// The series of a district.
fn series_of(catalog: &Catalog, district: usize) -> Vec<BatchSeries> {
    let mut all = Vec::new();
    for metric in METRICS.iter().map(|id| catalog.metric(id).unwrap()) {
        let mut combinations: Vec<Vec<(DimensionId, Code)>> = vec![Vec::new()];
        let mut ids: Vec<_> = metric.dimensions.iter().collect();
        ids.sort();
        for id in ids {
            let codes = &catalog.classification(id.as_str()).unwrap().codes;
            let longer = |before: Vec<_>| {
                let with = move |code: &Code| [&before[..], &[(id.clone(), code.clone())]].concat();
                codes.iter().map(move |item| with(&item.code))
            };
            combinations = combinations.into_iter().flat_map(longer).collect();
        }
        all.extend(combinations.into_iter().map(|dimensions| BatchSeries {
            metric: metric.id.clone(),
            area: format!("D{district}").parse().unwrap(),
            reporter: "national-feed".parse().unwrap(),
            dimensions: dimensions.into(),
            granularity: Granularity::Day,
            decimals: 0,
        }));
    }
    all
}

fn batches(catalog: &Catalog) -> Vec<Batch> {
    let all: Vec<BatchSeries> = (0..DISTRICTS)
        .flat_map(|district| series_of(catalog, district))
        .collect();
    let first = "2023-01-01".parse::<Period>().unwrap().ordinal();
    let of_series = |series: &[BatchSeries]| {
        let places = 0..u32::try_from(series.len()).unwrap();
        let rows = places.flat_map(|place| (0..DAYS).map(move |day| (place, day)));
        let rows: Vec<(u32, i32)> = rows.collect();
        let value = |(place, day): &(u32, i32)| i64::from(place * 7919 + day.unsigned_abs() * 31 % 500);
        Batch::new(
            series.to_vec(),
            rows.iter().map(|(place, _)| *place).collect(),
            rows.iter().map(|(_, day)| first + day).collect(),
            rows.iter().map(value).collect(),
            vec![3; rows.len()],
            Vec::new(),
        )
        .unwrap()
    };
    let mut batches: Vec<Batch> = all.chunks(SERIES_OF_A_BATCH).map(of_series).collect();
    batches.push(inhabitants());
    batches
}

fn inhabitants() -> Batch {
    let year = "2023".parse::<Period>().unwrap().ordinal();
    let series = (0..PROVINCES).map(|province| BatchSeries {
        metric: "population.inhabitants".parse().unwrap(),
        area: format!("P{province}").parse().unwrap(),
        reporter: "national-feed".parse().unwrap(),
        dimensions: [].into(),
        granularity: Granularity::Year,
        decimals: 0,
    });
    let count = u32::try_from(PROVINCES).unwrap();
    let all = |number: i64| vec![number; PROVINCES];
    Batch::new(
        series.collect(),
        (0..count).collect(),
        vec![year; PROVINCES],
        all(1_234_567),
        vec![3; PROVINCES],
        Vec::new(),
    )
    .unwrap()
}

fn filled(catalog: &Catalog, batches: &[Batch]) -> Cube {
    let mut cube = Cube::default();
    for (batch, revision) in batches.iter().zip(1..) {
        cube.apply(Revision(revision), batch, catalog).unwrap();
    }
    cube
}

/// The questions of the workload, by name.
fn questions(catalog: &Catalog) -> Vec<(&'static str, Question)> {
    let measure = |id: &str| catalog.measure(id).unwrap();
    let one = |id: &str, period: &str| Question::one(measure(id), "P1".parse().unwrap(), period.parse().unwrap());
    let periods = |text: &str| text.parse::<PeriodRange>().unwrap().iter().collect::<Vec<Period>>();
    let provinces = AreaSelection::Under {
        area: "VN".parse().unwrap(),
        level: "province".parse().unwrap(),
    };
    let months = "2023-01..2023-12";
    let every: Vec<MeasureId> = METRICS.iter().map(|id| measure(id)).collect();
    vec![
        (
            "Q1",
            Question {
                periods: periods(months),
                ..one("post.items", "2023")
            },
        ),
        (
            "Q2",
            Question {
                periods: periods("2023-Q1..2023-Q4"),
                group_by: vec![GroupKey::Dimension("technology".parse().unwrap())],
                ..one("internet.subscriptions", "2023")
            },
        ),
        (
            "Q3",
            Question {
                areas: provinces.clone(),
                ..one("telephone.density", "2023")
            },
        ),
        (
            "Q4",
            Question {
                measures: every,
                areas: provinces,
                periods: periods(months),
                ..one("post.items", "2023")
            },
        ),
    ]
}

fn figures(criterion: &mut Criterion) {
    let catalog = catalog();
    let batches = batches(&catalog);
    let events: usize = batches.iter().map(Batch::len).sum();
    let mut group = criterion.benchmark_group("cube");
    group.sample_size(10).throughput(Throughput::Elements(events as u64));
    group.bench_function("apply", |bencher| {
        bencher.iter_with_large_drop(|| filled(&catalog, &batches));
    });
    group.finish();
    let cube = filled(&catalog, &batches);
    let state = State {
        catalog: &catalog,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    let mut group = criterion.benchmark_group("figures");
    group.sample_size(20);
    for (name, question) in questions(&catalog) {
        group.bench_function(name, |bencher| {
            bencher.iter(|| answer(state, black_box(&question), 0, usize::MAX).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, figures);
criterion_main!(benches);
