//! Figures of Ca Mau across the merger of 2025-07-01, on the real areas: what is restated, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use almanac_catalog::Catalog;
use almanac_cube::Cube;
use almanac_indicator::{AreaSelection, Base, Question, State, answer};
use almanac_model::{
    AreaId, BatchBuilder, BatchExtra, ComparisonFlag, Event, EventTime, Figure, FigureFlag, Measure, MissingReason,
    Qualifier, Quality, ReporterId, Revision,
};
use jiff::civil::{Date, date};

const BEFORE: Date = date(2017, 12, 31);
const AFTER: Date = date(2026, 1, 1);

/// Reporter, metric, area, codes, value.
type Recorded<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

struct Book {
    catalog: Catalog,
    cube: Cube,
}

impl Book {
    /// Values of one period.
    fn of(period: &str, values: &[Recorded<'_>]) -> Self {
        let catalog = almanac_ca_mau::catalog().unwrap();
        let mut batch = BatchBuilder::default();
        for (reporter, metric, area, codes, value) in values {
            let event = Event {
                metric: metric.parse().unwrap(),
                area: area.parse().unwrap(),
                dimensions: codes
                    .iter()
                    .map(|(id, code)| (id.parse().unwrap(), code.parse().unwrap()))
                    .collect(),
                time: EventTime::Period(period.parse().unwrap()),
                measure: Measure::Value(value.parse().unwrap()),
                quality: Quality::Official,
                qualifier: Qualifier::Exact,
                event_id: None,
                note: None,
                correction: None,
            };
            let reporter: ReporterId = reporter.parse().unwrap();
            let row = catalog.check_event(&reporter, &event, date(2026, 11, 23)).unwrap();
            batch.push(
                row.series,
                row.period.ordinal(),
                row.value,
                row.status,
                BatchExtra::default(),
            );
        }
        let mut cube = Cube::default();
        cube.apply(Revision(1), &batch.finish(), &catalog).unwrap();
        Self { catalog, cube }
    }

    fn figure(&self, measure: &str, area: &str, period: &str, boundaries: Option<Date>) -> Figure {
        let question = Question {
            measures: vec![self.catalog.measure(measure).unwrap()],
            areas: AreaSelection::List(vec![AreaId::new(area).unwrap()]),
            periods: vec![period.parse().unwrap()],
            group_by: Vec::new(),
            filters: [].into(),
            strict: false,
            on_boundaries_of: boundaries,
            comparisons: vec![Base::Period("2017".parse().unwrap())],
        };
        let state = State {
            catalog: &self.catalog,
            cube: &self.cube,
            as_of: Revision::LATEST,
        };
        answer(state, &question, 0, 1).unwrap().figures.pop().unwrap()
    }
}

const FIXED: &[(&str, &str)] = &[("service", "fixed")];
const MOBILE: &[(&str, &str)] = &[("service", "mobile")];

/// Ca Mau as published; Bac Lieu with round numbers.
fn both_provinces() -> Book {
    Book::of(
        "2017",
        &[
            (
                "ca-mau-telecom-operators",
                "telephone.subscriptions",
                "96",
                FIXED,
                "42166",
            ),
            (
                "ca-mau-telecom-operators",
                "telephone.subscriptions",
                "96",
                MOBILE,
                "1413852",
            ),
            ("bac-lieu-dic", "telephone.subscriptions", "95", FIXED, "20000"),
            ("bac-lieu-dic", "telephone.subscriptions", "95", MOBILE, "900000"),
            ("ca-mau-statistics", "population.inhabitants", "96", &[], "1222600"),
            ("ca-mau-statistics", "population.inhabitants", "95", &[], "900000"),
        ],
    )
}

#[test]
fn rule_17_by_default_a_figure_is_on_the_boundaries_of_its_own_time() {
    let figure = both_provinces().figure("telephone.subscriptions", "96", "2017", None);
    assert_eq!(figure.value.as_deref(), Ok("1456018"));
    assert!(!figure.flags.contains(&FigureFlag::Restated));
}

#[test]
fn rule_18_ca_mau_2017_against_ca_mau_2026_is_not_comparable_unless_restated() {
    let book = Book::of(
        "2025",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "2140282")],
    );
    let plain = book.figure("population.inhabitants", "96", "2025", None);
    assert!(plain.comparisons[0].flags.contains(&ComparisonFlag::NotComparable));
    let restated = both_provinces().figure("population.inhabitants", "96", "2017", Some(AFTER));
    assert!(restated.comparisons[0].flags.is_empty());
}

#[test]
fn rule_17_on_the_boundaries_of_2026_ca_mau_2017_is_both_provinces() {
    let book = both_provinces();
    // 42,166 + 1,413,852 + 20,000 + 900,000
    let figure = book.figure("telephone.subscriptions", "96", "2017", Some(AFTER));
    assert_eq!(figure.value.as_deref(), Ok("2376018"));
    assert!(figure.flags.contains(&FigureFlag::Restated));
    // 2,376,018 / 2,122,600 x 100: the ratio of the sums, not an average of the densities
    let density = book.figure("telephone.density", "96", "2017", Some(AFTER));
    assert_eq!(density.value.as_deref(), Ok("111.94"));
    let quotient = density.quotient.unwrap();
    assert_eq!(quotient.denominator.value.as_deref(), Ok("2122600"));
}

#[test]
fn rule_17_on_the_boundaries_of_its_own_time_nothing_is_restated() {
    let figure = both_provinces().figure("telephone.subscriptions", "95", "2017", Some(BEFORE));
    assert_eq!(figure.value.as_deref(), Ok("920000"));
    assert!(!figure.flags.contains(&FigureFlag::Restated));
}

#[test]
fn rule_26_a_province_that_lacks_a_side_leaves_both_when_restated() {
    let book = Book::of(
        "2017",
        &[
            (
                "ca-mau-telecom-operators",
                "telephone.subscriptions",
                "96",
                MOBILE,
                "1222600",
            ),
            ("bac-lieu-dic", "telephone.subscriptions", "95", MOBILE, "900000"),
            ("ca-mau-statistics", "population.inhabitants", "96", &[], "1222600"),
        ],
    );
    let density = book.figure("telephone.density", "96", "2017", Some(AFTER));
    assert_eq!(density.value.as_deref(), Ok("100.00"));
    assert!(density.flags.contains(&FigureFlag::Unmatched));
}

#[test]
fn a_restated_figure_without_all_of_its_parts_says_so() {
    let book = Book::of(
        "2017",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "1222600")],
    );
    let figure = book.figure("population.inhabitants", "96", "2017", Some(AFTER));
    assert_eq!(figure.value.as_deref(), Ok("1222600"));
    assert!(
        figure.flags.contains(&FigureFlag::PartialCoverage),
        "Bac Lieu is not in it: {figure:?}"
    );
}

#[test]
fn rule_17_the_merged_province_cannot_be_taken_apart() {
    let book = Book::of(
        "2025",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "2140282")],
    );
    let apart = book.figure("population.inhabitants", "96", "2025", Some(BEFORE));
    assert_eq!(apart.value, Err(MissingReason::NotRestatable));
    let whole = book.figure("population.inhabitants", "96", "2025", None);
    assert_eq!(whole.value.as_deref(), Ok("2140282"));
}

#[test]
fn rule_17_districts_are_restated_on_the_province_and_not_on_communes() {
    let book = Book::of(
        "2018",
        &[(
            "ca-mau-postal-enterprises",
            "post.service_points",
            "964",
            &[("point_kind", "post_office")],
            "7",
        )],
    );
    let province = book.figure("post.service_points", "96", "2018", Some(AFTER));
    assert_eq!(province.value.as_deref(), Ok("7"));
    let commune = book.catalog.areas().find(|area| {
        let (day, district) = (date(2018, 12, 31), AreaId::new("964").unwrap());
        area.level.as_str() == "commune"
            && area.is_valid_at(AFTER)
            && book.catalog.share_in(&district, day, &area.id, AFTER) == almanac_catalog::Share::Unknown
    });
    let commune = commune.unwrap().id.to_string();
    let divided = book.figure("post.service_points", &commune, "2018", Some(AFTER));
    assert_eq!(divided.value, Err(MissingReason::NotRestatable));
}
