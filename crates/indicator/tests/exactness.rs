//! Figures are exact, however large, and depend neither on the order in which events came, nor on their batches, nor on a
//! restart in between.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_cube::{Cube, CubeDecoder};
use almanac_indicator::{Question, State, answer};
use almanac_model::{
    AreaId, Batch, BatchBuilder, BatchExtra, BatchSeries, Figure, Granularity, MetricId, Period, Qualifier, Quality,
    ReporterId, Revision, Status,
};
use almanac_testkit::generate::{Log, World, rebatched, shuffled, world};
use almanac_wire::figure_to_proto;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use prost::Message;

const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to\nhere,1,Day,province,,2000-01-01,\n";

const HEAD: &str = r#"
[catalog]
id = "exactness"
time_zone = "Asia/Ho_Chi_Minh"
label = { vi = "x", en = "x" }
owner = "x"
[[level]]
id = "province"
label = { vi = "x", en = "x" }
[[unit]]
id = "item"
label = { vi = "x", en = "x" }
"#;

const TEXTS: &str = r#"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
unit = "item"
"#;

fn catalog() -> Catalog {
    let metric = |id: &str, keys: &str| {
        format!(
            "[[metric]]\nid = \"{id}\"\n{TEXTS}\nfrequency = \"month\"\nlevels = [{{ level = \"province\" }}]\n{keys}\n"
        )
    };
    let definitions = [
        HEAD.to_owned(),
        metric("counted", "kind = \"flow\"\nmethod = \"tally\""),
        metric("tenths", "kind = \"flow\"\nmethod = \"report\"\ndecimals = 1"),
        metric("level", "kind = \"stock\"\nmethod = \"report\"\ntime = \"average\""),
        format!("[[indicator]]\nid = \"square\"\n{TEXTS}\nformula = \"counted * counted\"\n"),
    ];
    let files: CatalogFiles = [("areas.csv", AREAS.to_owned()), ("catalog.toml", definitions.concat())]
        .into_iter()
        .collect();
    almanac_testkit::generate::load(&files)
}

/// The value of a figure of 2017 after these values were recorded: of each the month, the reporter, the scaled number.
fn value(measure: &str, metric: &str, decimals: u8, values: impl Iterator<Item = (u8, usize, i64)>) -> String {
    let catalog = catalog();
    let mut batch = BatchBuilder::default();
    for (month, reporter, number) in values {
        let series = BatchSeries {
            metric: MetricId::new(metric).unwrap(),
            area: AreaId::new("here").unwrap(),
            reporter: ReporterId::new(&format!("reporter-{reporter}")).unwrap(),
            dimensions: [].into(),
            granularity: Granularity::Month,
            decimals,
        };
        let status = Status {
            quality: Quality::Official,
            qualifier: Qualifier::Exact,
            missing: None,
            confidential: false,
        };
        let month: Period = format!("2017-{month:02}").parse().unwrap();
        batch.push(series, month.ordinal(), number, status, BatchExtra::default());
    }
    let mut cube = Cube::default();
    cube.apply(Revision(1), &batch.finish(), &catalog).unwrap();
    let state = State {
        catalog: &catalog,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    let measure = catalog.measure(measure).unwrap();
    let question = Question::one(measure, AreaId::new("here").unwrap(), "2017".parse().unwrap());
    answer(state, &question, 0, 1).unwrap().figures.remove(0).value.unwrap()
}

/// Ten events in each month and of each of a hundred reporters.
fn twelve_thousand(number: i64) -> impl Iterator<Item = (u8, usize, i64)> {
    (1..=12).flat_map(move |month| (0..1000).map(move |event| (month, event % 100, number)))
}

#[test]
fn exactness_of_sums_beyond_64_bits_and_of_products_beyond_38_digits() {
    // 12,000 * (2^63 - 1) and 12,000 * -2^63
    let greatest = value("counted", "counted", 0, twelve_thousand(i64::MAX));
    assert_eq!(greatest, "110680464442257309684000");
    let least = value("counted", "counted", 0, twelve_thousand(i64::MIN));
    assert_eq!(least, "-110680464442257309696000");
    // its square has 47 digits
    let square = value("square", "counted", 0, twelve_thousand(i64::MAX));
    assert_eq!(square, "12250165209153784682025154720929480179856000000");
}

#[test]
fn exactness_of_averages_of_the_greatest_values() {
    let levels = (1..=12).map(|month| (month, 0, i64::MAX));
    assert_eq!(value("level", "level", 0, levels), i64::MAX.to_string());
}

#[test]
fn exactness_of_a_tenth_and_two_tenths() {
    assert_eq!(value("tenths", "tenths", 1, [(1, 0, 1), (2, 0, 2)].into_iter()), "0.3");
    assert_eq!(value("tenths", "tenths", 1, [(1, 0, 1), (1, 1, 2)].into_iter()), "0.3");
    // ten times a tenth is one
    assert_eq!(value("tenths", "tenths", 1, (1..=10).map(|month| (month, 0, 1))), "1.0");
}

/// The bytes of the answer to each question of a world, or what refuses it.
type Answers = Vec<Result<Vec<Vec<u8>>, String>>;

fn answers(world: &World, log: &Log) -> Answers {
    answers_of(world, &applied(world, Cube::default(), log), |figure| figure)
}

/// The same without the revision at which a target was set: that is the batch that set it, and other batches have others.
fn answers_in_any_batches(world: &World, log: &Log) -> Answers {
    answers_of(world, &applied(world, Cube::default(), log), |mut figure| {
        let targets = figure.comparisons.iter_mut().filter_map(|one| one.target.as_mut());
        targets.for_each(|target| target.revision = Revision::EMPTY);
        figure
    })
}

fn applied(world: &World, mut cube: Cube, log: &[(Revision, Batch)]) -> Cube {
    for (revision, batch) in log {
        cube.apply(*revision, batch, &world.catalog).unwrap();
    }
    cube
}

/// The cube of another process, which has only the bytes.
fn restored(cube: Cube) -> Cube {
    let mut decoder = CubeDecoder::default();
    cube.encode(|piece| decoder.add(piece)).unwrap();
    decoder.finish().unwrap()
}

fn answers_of(world: &World, cube: &Cube, told: impl Fn(Figure) -> Figure) -> Answers {
    let state = State {
        catalog: &world.catalog,
        cube,
        as_of: Revision::LATEST,
    };
    let answered = world.questions.iter().map(|(_, question)| {
        let figures = answer(state, question, 0, usize::MAX)
            .map_err(|refusals| format!("{refusals:?}"))?
            .figures;
        Ok(figures
            .into_iter()
            .map(|figure| figure_to_proto(told(figure)).encode_to_vec())
            .collect())
    });
    answered.collect()
}

proptest! {
    #![proptest_config(Config { cases: 40, rng_seed: RngSeed::Fixed(38), failure_persistence: None, ..Config::default() })]

    #[test]
    fn exactness_the_bytes_of_answers_depend_neither_on_the_order_of_events_nor_on_batches(
        world in world(),
        seed in any::<u64>(),
        most in 1_usize..9,
    ) {
        let whole = answers_in_any_batches(&world, &world.log);
        let other_order = shuffled(&world.log, seed);
        prop_assert_eq!(&whole, &answers_in_any_batches(&world, &other_order));
        prop_assert_eq!(&whole, &answers_in_any_batches(&world, &rebatched(&other_order, most)));
    }

    #[test]
    fn exactness_the_bytes_of_answers_are_those_of_a_cold_start_after_a_warm_one(
        world in world(),
        at in any::<prop::sample::Index>(),
    ) {
        let cold = answers(&world, &world.log);
        let (before, after) = world.log.split_at(at.index(world.log.len() + 1));
        let halfway = restored(applied(&world, Cube::default(), before));
        let warm = applied(&world, halfway, after);
        prop_assert_eq!(&answers_of(&world, &warm, |figure| figure), &cold);
        prop_assert_eq!(&answers_of(&world, &restored(warm), |figure| figure), &cold);
    }
}
