//! Nothing confidential can be derived: all figures of small random cubes are asked for, and by exact linear algebra no
//! confidential number is a combination of those that are published.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod days;
mod linear;
mod probe;
mod ranks;
mod territory;

use std::collections::BTreeSet;

use almanac_catalog::{Catalog, CatalogFiles, MeasureId};
use almanac_cube::Cube;
use almanac_indicator::{AreaSelection, Filters, GroupKey, Question, State, answer};
use almanac_model::{
    AreaId, BatchBuilder, BatchExtra, BatchSeries, Code, DimensionId, Exact, Figure, Granularity, MetricId,
    MissingReason, Period, Qualifier, Quality, ReporterId, Revision, Status,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::linear::Span;

const CATALOGUE: &str = include_str!("catalogue.toml");
const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to
north,1,Bac,province,,2000-01-01,
east,2,Dong,district,north,2000-01-01,
mid,3,Giua,district,north,2000-01-01,
west,4,Tay,district,north,2000-01-01,
";
const DISTRICTS: [&str; 3] = ["east", "mid", "west"];
const CODES: [&str; 3] = ["a", "b", "c"];
const REPORTERS: [&str; 2] = ["post", "rail"];
/// Months of two quarters.
const MONTHS: [&str; 4] = ["2017-02", "2017-03", "2017-04", "2017-05"];
const PERIODS: [&str; 7] = ["2017-02", "2017-03", "2017-04", "2017-05", "2017-Q1", "2017-Q2", "2017"];
const CELLS: usize = DISTRICTS.len() * CODES.len() * REPORTERS.len() * MONTHS.len();

/// What stands in one cell: nothing, a reason, a number, a confidential number.
#[derive(Clone, Copy, Debug)]
enum Content {
    Nothing,
    NotCollected,
    Number(i64),
    Confidential(i64),
}

/// The place of each cell: district, code, reporter, month.
fn places() -> impl Iterator<Item = [&'static str; 4]> {
    let with_months = |area, code, reporter| MONTHS.map(move |month| [area, code, reporter, month]);
    let with_reporters = move |area, code| REPORTERS.into_iter().flat_map(move |one| with_months(area, code, one));
    DISTRICTS
        .into_iter()
        .flat_map(move |area| CODES.into_iter().flat_map(move |code| with_reporters(area, code)))
}

fn catalog() -> Catalog {
    let files: CatalogFiles = [("areas.csv", AREAS.to_owned()), ("catalog.toml", CATALOGUE.to_owned())]
        .into_iter()
        .collect();
    almanac_testkit::generate::load(&files)
}

fn cube(catalog: &Catalog, metric: &str, contents: &[Content]) -> Cube {
    let mut batch = BatchBuilder::default();
    for ([area, code, reporter, month], content) in places().zip(contents) {
        let (value, missing, confidential) = match *content {
            Content::Nothing => continue,
            Content::NotCollected => (0, Some(MissingReason::NotCollected), false),
            Content::Number(value) => (value, None, false),
            Content::Confidential(value) => (value, None, true),
        };
        let series = BatchSeries {
            metric: MetricId::new(metric).unwrap(),
            area: AreaId::new(area).unwrap(),
            reporter: ReporterId::new(reporter).unwrap(),
            dimensions: [(DimensionId::new("kind").unwrap(), Code::new(code).unwrap())].into(),
            granularity: Granularity::Month,
            decimals: 0,
        };
        let status = Status {
            quality: Quality::Official,
            qualifier: Qualifier::Exact,
            missing,
            confidential,
        };
        let month: Period = month.parse().unwrap();
        batch.push(series, month.ordinal(), value, status, BatchExtra::default());
    }
    let mut cube = Cube::default();
    cube.apply(Revision(1), &batch.finish(), catalog).unwrap();
    cube
}

/// A figure that was asked for, and its coefficients over the cells as the definition of the metric has them.
struct Asked {
    figure: Figure,
    row: Vec<Exact>,
}

/// The figures of all areas and periods, of each set of codes, of each reporter and of both.
fn everything(catalog: &Catalog, metric: &str, contents: &[Content]) -> Vec<Asked> {
    let cube = cube(catalog, metric, contents);
    let state = State {
        catalog,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    let measure = MeasureId::Metric(MetricId::new(metric).unwrap());
    let one = Question::one(measure, AreaId::new("north").unwrap(), "2017".parse().unwrap());
    let areas = DISTRICTS
        .into_iter()
        .chain(["north"])
        .map(|area| AreaId::new(area).unwrap());
    let areas: Vec<AreaId> = areas.collect();
    let mut asked = Vec::new();
    for set in 1..1_usize << CODES.len() {
        let codes: BTreeSet<Code> = (0..CODES.len())
            .filter(|bit| set >> bit & 1 == 1)
            .map(|bit| Code::new(CODES[bit]).unwrap())
            .collect();
        for group_by in [vec![], vec![GroupKey::Reporter]] {
            let question = Question {
                areas: AreaSelection::List(areas.clone()),
                periods: PERIODS.iter().map(|period| period.parse().unwrap()).collect(),
                filters: Filters::from([(DimensionId::new("kind").unwrap(), codes.clone())]),
                group_by,
                ..one.clone()
            };
            let figures = answer(state, &question, 0, usize::MAX).unwrap().figures;
            asked.extend(figures.into_iter().map(|figure| {
                let row = row(&figure, &codes, contents, metric == "average");
                Asked { figure, row }
            }));
        }
    }
    asked
}

fn row(figure: &Figure, codes: &BTreeSet<Code>, contents: &[Content], is_average: bool) -> Vec<Exact> {
    let days = |month: &str| i128::from(month.parse::<Period>().unwrap().days());
    let is_read = |[area, code, reporter, month]: [&str; 4], content: &Content| {
        let month: Period = month.parse().unwrap();
        matches!(content, Content::Number(_) | Content::Confidential(_))
            && ["north", area].contains(&figure.area.areas()[0].as_str())
            && codes.iter().any(|wanted| wanted.as_str() == code)
            && figure
                .dimensions
                .get("reporter")
                .is_none_or(|wanted| wanted == reporter)
            && (figure.period.start() <= month.start() && month.end() <= figure.period.end())
    };
    let read: Vec<_> = places()
        .zip(contents)
        .map(|(place, content)| (place, is_read(place, content)))
        .collect();
    let coefficient = |&([area, code, reporter, month], is_read): &([&str; 4], bool)| {
        let same = |other: &&([&str; 4], bool)| other.1 && other.0[..3] == [area, code, reporter];
        let all_days: i128 = read.iter().filter(same).map(|(place, _)| days(place[3])).sum();
        match (is_read, is_average) {
            (false, _) => Exact::from_integer(0),
            (true, false) => Exact::from_integer(1),
            (true, true) => Exact::from_integer(days(month))
                .checked_div(&Exact::from_integer(all_days))
                .unwrap(),
        }
    };
    read.iter().map(coefficient).collect()
}

fn confidential(contents: &[Content]) -> impl Iterator<Item = usize> + '_ {
    let is_confidential = |(_, content): &(usize, &Content)| matches!(content, Content::Confidential(_));
    contents
        .iter()
        .enumerate()
        .filter(is_confidential)
        .map(|(cell, _)| cell)
}

/// The first confidential cell that the published figures tell.
fn told(asked: &[Asked], contents: &[Content], is_published: impl Fn(&Asked) -> bool) -> Option<usize> {
    let rows: BTreeSet<&Vec<Exact>> = asked
        .iter()
        .filter(|one| is_published(one))
        .map(|one| &one.row)
        .collect();
    let mut span = Span::default();
    for row in rows {
        span.add(row.clone());
    }
    confidential(contents).find(|&cell| span.contains_unit(cell, CELLS))
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        2 => Just(Content::Nothing),
        1 => Just(Content::NotCollected),
        12 => (0_i64..50).prop_map(Content::Number),
        1 => (0_i64..50).prop_map(Content::Confidential),
    ]
}

fn config() -> Config {
    Config {
        cases: 12,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rule_20_no_confidential_number_is_a_combination_of_published_figures(
        contents in prop::collection::vec(content(), CELLS),
        metric in prop::sample::select(vec!["sum", "average"]),
    ) {
        let asked = everything(&catalog(), metric, &contents);
        let leak = told(&asked, &contents, |one| one.figure.value.is_ok());
        prop_assert_eq!(leak.map(|cell| places().nth(cell)), None, "{}", metric);
        // what is published is what was recorded, secrets included
        for Asked { figure, row } in asked.iter().filter(|one| metric == "sum" && one.figure.value.is_ok()) {
            let numbers = contents.iter().map(|content| match content {
                Content::Number(value) | Content::Confidential(value) => i128::from(*value),
                Content::Nothing | Content::NotCollected => 0,
            });
            let total = numbers.zip(row).fold(Exact::from_integer(0), |sum, (number, times)| &sum + &(&Exact::from_integer(number) * times));
            prop_assert_eq!(figure.value.as_ref().unwrap(), &total.to_decimal_string(0));
        }
    }
}

/// A full cube with two secrets.
fn full() -> Vec<Content> {
    let mut contents: Vec<Content> = (0..CELLS)
        .map(|cell| Content::Number(i64::try_from(cell).unwrap() + 1))
        .collect();
    contents[0] = Content::Confidential(7);
    contents[CELLS / 2] = Content::Confidential(8);
    contents
}

#[test]
fn rule_20_primary_suppression_alone_would_tell_the_number() {
    let contents = full();
    for metric in ["sum", "average"] {
        let asked = everything(&catalog(), metric, &contents);
        assert_eq!(told(&asked, &contents, |one| one.figure.value.is_ok()), None);
        // all but the confidential numbers themselves
        let is_secret = |one: &Asked| {
            let read: Vec<usize> = (0..CELLS).filter(|cell| !one.row[*cell].sign().is_eq()).collect();
            read.len() == 1 && confidential(&contents).any(|cell| cell == read[0])
        };
        assert!(told(&asked, &contents, |one| !is_secret(one)).is_some(), "{metric}");
        // without the complements the published totals would tell as well
        let holds_secret = |one: &Asked| confidential(&contents).any(|cell| !one.row[cell].sign().is_eq());
        let with_complements = |one: &Asked| one.figure.value.is_ok() || !holds_secret(one);
        assert!(told(&asked, &contents, with_complements).is_some(), "{metric}");
    }
}

#[test]
fn rule_20_most_totals_with_a_secret_in_them_are_published() {
    let contents = full();
    let asked = everything(&catalog(), "sum", &contents);
    let holds_secret = |one: &&Asked| confidential(&contents).any(|cell| !one.row[cell].sign().is_eq());
    let totals = asked.iter().filter(holds_secret);
    let (published, withheld): (Vec<&Asked>, Vec<&Asked>) = totals.partition(|one| one.figure.value.is_ok());
    assert!(
        published.len() > withheld.len(),
        "{} and {}",
        published.len(),
        withheld.len()
    );
    let reasons: BTreeSet<_> = withheld
        .iter()
        .filter_map(|one| one.figure.value.clone().err())
        .collect();
    assert_eq!(reasons, BTreeSet::from([MissingReason::Suppressed]));
}
